import { z } from 'zod';
import { formatInstant } from '../core/instant.ts';
import { LIST_KINDS, STAGES } from '../list/entry.ts';
import { MATCH_KINDS } from '../list/list-settings.ts';
import { HIT_EVENT_KINDS, HIT_STATUSES, REJECT_REASONS, type HeadsUp, type HitEvent, type HitRecord } from '../store/hit-record.ts';
import { Instant, instantOrNull } from './answer-fields.ts';
import { markAnswer, MarkAnswer } from './pass-answer.ts';

export const HIT_ACTIONS = ['stop', 'inform', 'silent', 'check'] as const;

const ListedVehicleAnswer = z.strictObject({
  class: z.string().nullable(), make: z.string().nullable(), colour: z.string().nullable(), chassis: z.string().nullable(),
}).meta({ id: 'ListedVehicle' });

export const HitAnswer = z.strictObject({
  id: z.string().describe('Stays the same while the hit is provisional, confirmed and decided'),
  pass: z.string().nullable().describe('Id of the pass; null while the vehicle is still in view'),
  camera: z.string(), site: z.string().nullable(), direction: z.enum(['in', 'out', 'unknown']),
  capturedAt: Instant.describe('When the vehicle was seen'),
  raisedAt: Instant,
  list: z.string(), listVersion: z.int(),
  listAgeHours: z.number().describe('How old the list was when the hit was raised'),
  mark: MarkAnswer.describe('As the camera read it'),
  entry: z.string().describe('Id of the entry'),
  entryMark: MarkAnswer.nullable().describe('As the list has it; null for a pattern'),
  entryPattern: z.string().nullable().describe('The pattern, where the entry is one'),
  vehicle: ListedVehicleAnswer.describe('What the entry says of the vehicle; compare it with the picture'),
  warnings: z.array(z.string()).describe('For the officer: armed, children on board'),
  caseReference: z.string().nullable(), source: z.string().nullable(), stage: z.enum(STAGES).nullable(),
  kind: z.enum(LIST_KINDS),
  match: z.string().describe(`How the mark matched: ${MATCH_KINDS.map((k) => `\`${k}\``).join(', ')}`),
  via: z.string().nullable().describe('The alternative reading, the look-alike exchanged (listed for read), or the pattern; null for the read itself'),
  score: z.number().describe('Probability that this vehicle carries the listed mark, 0 to 1'),
  contradictions: z.array(z.string()).describe('What speaks against it, in words'),
  agreement: z.string().describe('What agrees, and what is unread or differs: compare the picture before you act'),
  action: z.enum(HIT_ACTIONS).describe('`check`: compare first; the match is not sure enough to stop anybody'),
  reason: z.string(), owner: z.string(),
  priority: z.int().describe('100 = first on the board'), colour: z.string(), sound: z.string().describe('How its list wants it shown and heard'),
  covert: z.boolean(), late: z.boolean().describe('It came long after the vehicle was seen and does not ring'),
  status: z.enum(HIT_STATUSES),
  count: z.int().describe('Sightings within the cooldown, the first one counted'), firstSeenAt: Instant, lastSeenAt: Instant,
  latestPass: z.string().nullable().describe('Id of the pass of the latest sighting that is finished'),
  deliveredAt: Instant.nullable().describe('When it first reached somebody'),
  acknowledgedAt: Instant.nullable(), acknowledgedBy: z.string().nullable().describe('Id of the API key'),
  escalation: z.int().describe('How often the next person or site was told'), escalatesAt: Instant.nullable().describe('When the next is told, if nobody acknowledges'),
  decidedAt: Instant.nullable(), decidedBy: z.string().nullable().describe('Id of the API key'),
  rejectReason: z.enum(REJECT_REASONS).nullable(), note: z.string().nullable(), trueMark: z.string().nullable().describe('What the plate really says, where it was misread'),
  enforced: z.boolean().nullable().describe('Whether the vehicle was stopped or the tax taken; null = not told'),
  closesAt: Instant.nullable().describe('When it closes if nobody decides; null = never'),
}).meta({ id: 'Hit' });
export type HitAnswer = z.output<typeof HitAnswer>;

export function hitAnswer(h: HitRecord, offset: number): HitAnswer {
  const { direction, via, score, agreement, action, reason, owner, priority, colour, sound, covert, late, status, count, escalation, rejectReason, note, trueMark, enforced } = h;
  const { vehicle, warnings, caseReference, source, stage } = h.entryDetails;
  return {
    id: h.id, pass: h.passId, camera: h.cameraId, site: h.siteId, direction, capturedAt: formatInstant(h.capturedAt, offset), raisedAt: formatInstant(h.at, offset),
    list: h.list, listVersion: h.listVersion, listAgeHours: Math.max(0, Math.round((h.at - h.listImportedAt) / 360_000) / 10), mark: markAnswer(h.passMark),
    entry: h.entryId, entryMark: h.entryMark && markAnswer(h.entryMark), entryPattern: h.entryPattern, vehicle: { ...vehicle }, warnings: [...warnings], caseReference, source, stage,
    kind: h.kind, match: h.matchKind, via, score, contradictions: [...h.contradictions], agreement, action, reason, owner, priority, colour, sound, covert, late, status,
    count, firstSeenAt: formatInstant(h.firstSeenAt, offset), lastSeenAt: formatInstant(h.lastSeenAt, offset), latestPass: h.latestPassId,
    deliveredAt: instantOrNull(h.deliveredAt, offset), acknowledgedAt: instantOrNull(h.acknowledgedAt, offset), acknowledgedBy: h.acknowledgedBy,
    escalation, escalatesAt: instantOrNull(h.escalateAt, offset), decidedAt: instantOrNull(h.decidedAt, offset), decidedBy: h.decidedBy,
    rejectReason, note, trueMark, enforced, closesAt: instantOrNull(h.closesAt, offset),
  };
}

export const HeadsUpAnswer = z.strictObject({
  site: z.string(),
  soonestAt: Instant.describe('No vehicle can be there before'),
  expectedAt: Instant.nullable().describe('At the usual time of the roads; null where the register knows none'),
}).meta({ id: 'HeadsUp' });

export function headsUpAnswer({ site, soonestAt, expectedAt }: HeadsUp, offset: number): z.output<typeof HeadsUpAnswer> {
  return { site, soonestAt: formatInstant(soonestAt, offset), expectedAt: instantOrNull(expectedAt, offset) };
}

export const HitEventAnswer = z.strictObject({
  sequence: z.int().describe('Rising; the id of the server-sent event'), at: Instant, kind: z.enum(HIT_EVENT_KINDS), ring: z.boolean(),
  actor: z.string().nullable().describe('Id of the API key of who did it; null = the program'),
  sites: z.array(z.string()).describe('Sites beside the hit\'s own that were told'), keys: z.array(z.string()).describe('API keys of persons that an escalation named'),
  message: z.string().nullable().describe('Why, in words'), note: z.string().nullable(), reason: z.enum(REJECT_REASONS).nullable(), enforced: z.boolean().nullable(),
  level: z.int().nullable().describe('Step of the escalation'), count: z.int().nullable().describe('Sightings with this one'), pass: z.string().nullable().describe('Id of the pass behind it'),
  channel: z.string().nullable().describe('By which way it first reached somebody'), headsUp: z.array(HeadsUpAnswer),
}).meta({ id: 'HitEvent' });

export function hitEventAnswer({ sequence, at, kind, ring, actor, sites, keys, detail }: HitEvent, offset: number): z.output<typeof HitEventAnswer> {
  const { message = null, note = null, reason = null, enforced = null, level = null, count = null, passId: pass = null, channel = null, headsUp = [] } = detail;
  return {
    sequence, at: formatInstant(at, offset), kind, ring, actor, sites: [...sites], keys: [...keys], message, note, reason, enforced, level, count, pass, channel,
    headsUp: headsUp.map((next) => headsUpAnswer(next, offset)),
  };
}
