import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { FINDING_KINDS, FINDING_LABELS, type Evidence } from '../journey/finding.ts';
import { writeMarkInFull } from '../plate/written-form.ts';
import { VERDICTS, type FindingRecord, type VerdictRecord } from '../store/finding-record.ts';
import { addVerdict, findFinding, listFindings } from '../store/list-findings.ts';
import type { Caller } from './access.ts';
import { CLOCK_ERROR_MS } from '../journey/impossible-trips.ts';
import { CLOCKS_OVER_MS } from '../pipeline/clone-search.ts';
import { worstClocks } from '../store/camera-clocks.ts';
import type { Database } from '../store/database.ts';
import { Instant, pageOf } from './answer-fields.ts';
import { markAnswer, MarkAnswer } from './pass-answer.ts';
import { checkPeriod, cursorField, limitField, markPatternField, periodFields } from './query-fields.ts';
import { parseJson } from './request-body.ts';
import { check } from './request-check.ts';
import { route } from './route.ts';
import type { Services } from './services.ts';

const NOTE = 'A finding is a reason to look, not proof: most impossible trips are misreads, and a pattern accuses nobody. Compare the pictures before you act.';

const VerdictAnswer = z.strictObject({
  at: Instant, verdict: z.enum(VERDICTS), by: z.string().describe('Id of the key'), reason: z.string(),
}).meta({ id: 'FindingVerdict' });

const findingFields = {
  id: z.string(), kind: z.enum(FINDING_KINDS),
  label: z.enum(FINDING_LABELS).describe('What the evidence comes to. `clone`: two vehicles carry the mark; `possible-misread`: one pass may show another mark; `convoy`; `counted`: a pattern, and no more than that'),
  mark: z.string().describe('With its jurisdiction, where known; of a convoy that of its first vehicle'), parts: MarkAnswer,
  keys: z.array(z.string()).describe('Letters and number of every vehicle that it is about'),
  summary: z.string(), count: z.int().describe('How often it was observed'),
  firstAt: Instant.describe('First and last thing in evidence'), lastAt: Instant, foundAt: Instant.describe('When it was first found'),
  verdict: VerdictAnswer.nullable().describe('The newest; null while nobody has said anything of it'),
};
export const FindingAnswer = z.strictObject(findingFields).meta({ id: 'Finding' });

const EvidenceAnswer = z.strictObject({
  at: Instant, firm: z.boolean().describe('It weighs towards the label: both reads are sure, and nothing explains it otherwise'), words: z.string(),
  figures: z.record(z.string(), z.union([z.number(), z.string()])).describe('The numbers behind the words; their units are in their names'),
  passes: z.array(z.strictObject({
    pass: z.string().describe('Id of the pass; it may have been deleted since'), camera: z.string(), site: z.string().nullable(), capturedAt: Instant, mark: z.string().describe('As read there'),
    confidence: z.number(), vehicleClass: z.string().nullable(), vehicleColour: z.string().nullable(),
  })),
}).meta({ id: 'FindingEvidence' });

export const FindingDetailAnswer = z.strictObject({
  ...findingFields,
  evidence: z.array(EvidenceAnswer).describe('The newest 100, oldest first; `count` tells of all'),
  verdicts: z.array(VerdictAnswer).describe('All of them, oldest first'),
  evidenceSinceVerdict: z.boolean().describe('Something came into evidence after the newest verdict: look again'),
  note: z.string(),
}).meta({ id: 'FindingDetail' });

function verdictAnswer({ at, verdict, actor, reason }: VerdictRecord, offset: number): z.output<typeof VerdictAnswer> {
  return { at: formatInstant(at, offset), verdict, by: actor, reason };
}

function findingAnswer(f: FindingRecord, offset: number): z.output<typeof FindingAnswer> {
  const { id, kind, label, keys, summary, count, verdict } = f;
  return {
    id, kind, label, mark: writeMarkInFull(f.mark), parts: markAnswer(f.mark), keys: [...keys], summary, count, firstAt: formatInstant(f.firstAt, offset), lastAt: formatInstant(f.lastAt, offset),
    foundAt: formatInstant(f.foundAt, offset), verdict: verdict && verdictAnswer(verdict, offset),
  };
}

function evidenceAnswer({ at, firm, words, figures, passes }: Evidence, offset: number): z.output<typeof EvidenceAnswer> {
  return {
    at: formatInstant(at, offset), firm, words, figures: { ...figures },
    passes: passes.map((p) => ({
      pass: p.passId, camera: p.cameraId, site: p.siteId, capturedAt: formatInstant(p.at, offset), mark: p.mark, confidence: p.confidence, vehicleClass: p.vehicleClass, vehicleColour: p.vehicleColour,
    })),
  };
}

/** @throws FINDING_NOT_FOUND */
async function detailOf(id: string, { database, config }: Services): Promise<z.output<typeof FindingDetailAnswer>> {
  const known = await findFinding(database, id), offset = config.DARWAZA_UTC_OFFSET_MINUTES;
  if (known === null) throw new DarwazaError('FINDING_NOT_FOUND', { id });
  const { finding, verdicts } = known;
  return {
    ...findingAnswer(finding, offset), evidence: finding.evidence.map((e) => evidenceAnswer(e, offset)), verdicts: verdicts.map((v) => verdictAnswer(v, offset)),
    evidenceSinceVerdict: finding.verdict !== null && finding.lastAt > finding.verdict.at, note: NOTE,
  };
}

const tag = 'Findings';
const idField = z.strictObject({ id: z.string().regex(/^[\w-]{1,100}$/, 'is not the id of a finding').describe('Id of a finding') });

const FindingPage = pageOf(FindingAnswer).extend({
  camerasWithoutSpeed: z.array(z.string()).nullable().describe('Cameras whose clocks were measured to be wrong by more than 5 s in the last three days, or are in doubt: no finding of an impossible trip rests on their times. null on later pages'),
}).meta({ id: 'FindingPage' });

async function camerasWithoutSpeed(database: Database, now: number): Promise<string[]> {
  const worst = await worstClocks(database, now - CLOCKS_OVER_MS);
  return [...worst].filter(([, ms]) => ms === null || ms > CLOCK_ERROR_MS).map(([cameraId]) => cameraId).sort();
}

export const listFindingsRoute = route({
  method: 'get', path: '/api/v1/findings', name: 'listFindings', tag, permission: 'journeys:read', purpose: 'needed',
  summary: 'What the movements of vehicles show: cloned marks, convoys, patterns; latest found first',
  description: NOTE,
  query: z.strictObject({
    ...periodFields,
    kind: z.enum(FINDING_KINDS).optional(),
    label: z.enum(FINDING_LABELS).optional(),
    mark: markPatternField.optional(),
    open: z.enum(['true', 'false']).transform((text) => text === 'true').optional().describe('`true`: those of which nobody has said anything yet; `false`: all others'),
    limit: limitField, cursor: cursorField,
  }),
  body: { kind: 'none' },
  answers: { 200: { description: 'One page, without the evidence. `from` and `to`: findings with something in evidence then', schema: FindingPage } },
  errors: ['TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'MARK_INVALID', 'CURSOR_INVALID'],
  async handle({ query }, { database, config, clock }) {
    checkPeriod(query);
    const { limit, cursor, ...filter } = query, page = await listFindings(database, filter, { limit, cursor });
    const items = page.items.map((f) => findingAnswer(f, config.DARWAZA_UTC_OFFSET_MINUTES));
    return { status: 200, body: { items, next: page.nextCursor, camerasWithoutSpeed: cursor === undefined ? await camerasWithoutSpeed(database, clock()) : null }, count: items.length };
  },
});

export const showFinding = route({
  method: 'get', path: '/api/v1/findings/{id}', name: 'showFinding', tag, permission: 'journeys:read', purpose: 'needed',
  summary: 'One finding with its evidence, and what was said of it',
  description: NOTE,
  params: idField, body: { kind: 'none' },
  answers: { 200: { description: 'The finding', schema: FindingDetailAnswer } },
  errors: ['FINDING_NOT_FOUND'],
  async handle({ params: { id } }, services) {
    return { status: 200, body: await detailOf(id, services), count: 1 };
  },
});

const VerdictBody = z.strictObject({
  verdict: z.enum(VERDICTS).describe('`confirmed`: it is so; `misread`: a pass shows another mark (correct it there); `dismissed`: of no interest'),
  reason: z.string().trim().min(1, 'must not be empty').max(1000).regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must hold no control character').describe('Why'),
}).meta({ id: 'Verdict' });

export const decideFinding = route({
  method: 'post', path: '/api/v1/findings/{id}/verdict', name: 'decideFinding', tag, permission: 'findings:decide', purpose: 'needed', audited: true,
  summary: 'What a person says of a finding',
  description: 'Never edited: another verdict is added beside it, and the newest holds. Deciding changes neither passes nor lists.',
  params: idField, body: { kind: 'text', mediaTypes: ['application/json'], limitBytes: 64 * 1024, schema: VerdictBody, example: { verdict: 'confirmed', reason: 'Two cars in the pictures' } },
  answers: { 200: { description: 'The finding as it stands now', schema: FindingDetailAnswer } },
  errors: ['FINDING_NOT_FOUND'],
  async handle({ params: { id }, body, caller }, services) {
    const { id: actor } = caller as Caller, given = check(VerdictBody, parseJson(body.text), 'field');
    if (!await addVerdict(services.database, id, { ...given, actor, at: services.clock() })) throw new DarwazaError('FINDING_NOT_FOUND', { id });
    return { status: 200, body: await detailOf(id, services), count: 1 };
  },
});
