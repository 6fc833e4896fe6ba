import { z } from 'zod';
import { STAGES } from '../list/entry.ts';
import { compareMarks, markKey, type MarkPart } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';
import { parseMark, type ParsedMark } from '../plate/parse.ts';
import type { Database } from '../store/database.ts';
import type { KeptEntry } from '../store/list-entries.ts';
import { markRecord, type MarkRecord } from '../store/mark-record.ts';
import { passesOfKey } from '../store/passes-of-key.ts';
import { passFacts } from '../store/pass-facts.ts';
import type { StoredPass } from '../store/stored-pass.ts';
import { may, seesCovert, type Caller } from './access.ts';
import { Instant, instantOrNull, pageOf } from './answer-fields.ts';
import { cameraScope, cameraScopeFields } from './camera-scope.ts';
import { ListAge, listAge, RegisterAge, registerAge } from './list-age.ts';
import { markAnswer, MarkAnswer, passAnswer, PassAnswer } from './pass-answer.ts';
import { checkPeriod, cursorField, invalidMark, limitField, orFault, periodFields } from './query-fields.ts';
import { route } from './route.ts';

export const NOTE = 'Not in a list is not innocent; not in the register is not illegal; not seen is not absent. Each answer is as old as the list behind it. Compare the picture before you act.';

/** One mark, as a person types it: no wildcard. */
export const oneMark = z.strictObject({
  mark: z.string().describe('As written: LEB-17-4201, leb 17 4201, PB:LEB-17-4201')
    .transform((text, ctx): ParsedMark & { kind: 'mark' } => {
      const parsed = parseMark(text);
      return parsed.kind === 'mark' ? parsed : orFault(() => invalidMark(parsed.reason), ctx);
    }),
});

/** Keys are equal already; a part that is known on one side only leaves open whether it is the same vehicle. */
export const agreementFields = {
  agreement: z.enum(['same', 'possible']).describe('`possible`: a part that could tell it apart is unread on one side'),
  unread: z.array(z.string()).describe('The parts known on one side only'),
};

function agreement(asked: Mark, found: Mark): { agreement: 'same' | 'possible'; unread: string[] } | null {
  const { same, unread } = compareMarks(asked, found);
  const parts: readonly MarkPart[] = unread;
  return same ? { agreement: parts.length === 0 ? 'same' : 'possible', unread: [...parts] } : null;
}

/** What register and lists know of a mark; the answer about one mark and about many. */
export const knownFields = {
  registrations: z.array(z.strictObject({
    mark: MarkAnswer, ...agreementFields, vehicleClass: z.string().nullable(), make: z.string().nullable(), model: z.string().nullable(),
    colour: z.string().nullable(), status: z.string().nullable(), tokenPaidTo: z.string().nullable().describe('Date'),
  })),
  ambiguous: z.boolean().describe('Several registered vehicles fit what was asked: it does not say which one is meant'),
  entries: z.array(z.strictObject({
    list: z.string(), entry: z.string().describe('Id of the entry'), mark: MarkAnswer.nullable().describe('null for a pattern'), pattern: z.string().nullable(), ...agreementFields,
    kind: z.string(), reason: z.string(), owner: z.string(), action: z.string(),
    vehicle: z.strictObject({ class: z.string().nullable(), make: z.string().nullable(), colour: z.string().nullable(), chassis: z.string().nullable() }).describe('What the entry says of the vehicle: compare it'),
    warnings: z.array(z.string()), caseReference: z.string().nullable(), stage: z.enum(STAGES).nullable(), expiresAt: Instant.nullable(),
    standing: z.enum(['in-force', 'lapsed']).describe('`lapsed`: nobody reviewed it in time, so that it matches no more'),
  })).describe('Entries of every list that this key may see, patterns that the mark fits among them'),
};
const KnownAnswer = z.strictObject(knownFields);

const MarkRecordAnswer = z.strictObject({
  mark: MarkAnswer.describe('The likeliest reading of what was asked'),
  otherReadings: z.array(z.strictObject({ mark: MarkAnswer, score: z.number() })),
  ...knownFields,
  latest: PassAnswer.nullable().describe('Where it was last seen'),
  movementVisible: z.boolean().describe('false: this key may not see movements, so `latest` is null whatever there is'),
  lists: z.array(ListAge),
  register: RegisterAge.nullable().describe('null: no register was ever imported'),
  note: z.string(),
}).meta({ id: 'MarkRecord' });

const tag = 'Marks';

export const showMark = route({
  method: 'get', path: '/api/v1/marks/{mark}', name: 'showMark', tag, permission: 'marks:lookup', purpose: 'needed',
  summary: 'All that is known of one mark',
  description: NOTE,
  params: oneMark, body: { kind: 'none' },
  answers: { 200: { description: 'Register, lists, latest pass, and how old they are', schema: MarkRecordAnswer } },
  errors: ['MARK_INVALID'],
  async handle({ params, caller }, { database, clock, config }) {
    const now = clock(), offset = config.DARWAZA_UTC_OFFSET_MINUTES, staleHours = config.DARWAZA_LIST_AGE_LIMIT_HOURS;
    const { mark, candidates } = params.mark;
    const record = withoutCovert(await markRecord(database, markKey(mark), now, mark), caller);
    const movementVisible = caller !== null && may(caller, 'marks:movement');
    const latest = movementVisible ? await latestOf(database, mark, record.latestPass) : null;
    const known = knownAnswer(mark, record, offset), facts = await passFacts(database, latest === null ? [] : [latest]);
    const body: z.output<typeof MarkRecordAnswer> = {
      mark: markAnswer(mark), otherReadings: candidates.slice(1).map((c) => ({ mark: markAnswer(c.mark), score: c.score })),
      ...known, latest: latest && passAnswer(latest, offset, facts), movementVisible,
      lists: record.lists.map((l) => listAge(l, now, staleHours, offset)), register: record.register && registerAge(record.register, now, staleHours, offset), note: NOTE,
    };
    return { status: 200, body, count: known.registrations.length + known.entries.length + (latest ? 1 : 0) };
  },
});

/** Of what shares the key, that which does not contradict the mark. */
export function knownAnswer(mark: Mark, { registrations: registered, entries }: Pick<MarkRecord, 'registrations' | 'entries'>, offset: number): z.output<typeof KnownAnswer> {
  const registrations = registered.flatMap((r) => {
    const fits = agreement(mark, r.mark);
    return fits ? [{ mark: markAnswer(r.mark), ...fits, vehicleClass: r.vehicleClass, make: r.make, model: r.model, colour: r.colour, status: r.status, tokenPaidTo: r.tokenPaidTo }] : [];
  });
  return { registrations, ambiguous: registrations.length > 1, entries: entries.flatMap((e) => entryAnswer(mark, e, offset)) };
}

function entryAnswer(asked: Mark, entry: KeptEntry, offset: number): z.output<typeof MarkRecordAnswer>['entries'] {
  const { list, id, mark, pattern, kind, reason, owner, action, vehicle, warnings, caseReference, stage, expiresAt, standing } = entry;
  // A pattern says nothing of the parts that it leaves open.
  const fits = mark === null ? { agreement: 'possible' as const, unread: [] } : agreement(asked, mark);
  if (fits === null) return [];
  return [{
    list, entry: id, mark: mark && markAnswer(mark), pattern, ...fits, kind, reason, owner, action, vehicle: { ...vehicle }, warnings: [...warnings], caseReference, stage,
    expiresAt: instantOrNull(expiresAt, offset), standing: standing === 'lapsed' ? 'lapsed' : 'in-force',
  }];
}

/** What a key that may not see covert lists is told: nothing of them, not even that they are there. */
export function withoutCovert<T extends Pick<MarkRecord, 'lists' | 'entries'>>(record: T, caller: Caller | null): T {
  if (seesCovert(caller)) return record;
  const open = new Set(record.lists.filter((l) => !l.settings.covert).map((l) => l.list));
  return { ...record, lists: record.lists.filter((l) => open.has(l.list)), entries: record.entries.filter((e) => open.has(e.list)) };
}

/** The newest pass that stands and does not contradict what was asked: another vehicle may share the key. */
async function latestOf(database: Database, mark: Mark, newest: StoredPass | null): Promise<StoredPass | null> {
  const fitting = async (passes: readonly StoredPass[]): Promise<StoredPass | undefined> => {
    const { corrections } = await passFacts(database, passes);
    return passes.find((p) => p.mark !== null && !corrections.has(p.id) && agreement(mark, p.mark) !== null);
  };
  const first = newest === null ? newest : await fitting([newest]);
  if (first !== undefined) return first;
  let cursor: string | null = null;
  do {
    const page = await passesOfKey(database, { key: markKey(mark) }, { limit: 1000, cursor });
    const found = await fitting(page.items);
    if (found) return found;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return null;
}

const SightedPage = pageOf(PassAnswer.extend(agreementFields)).extend({ mark: MarkAnswer, ...cameraScopeFields, note: z.string() }).meta({ id: 'SightedPage' });

export const listPassesOfMark = route({
  method: 'get', path: '/api/v1/marks/{mark}/passes', name: 'listPassesOfMark', tag, permission: 'marks:movement', purpose: 'needed',
  summary: 'Passes of one mark, newest first',
  description: 'Passes that contradict the mark in a part that was read (another year, another jurisdiction) are left out, so a page may hold fewer than `limit`. '
    + 'Look at `camerasWithoutPasses` before you say that a vehicle was not there.',
  params: oneMark, query: z.strictObject({ ...periodFields, limit: limitField, cursor: cursorField }), body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: SightedPage } },
  errors: ['MARK_INVALID', 'TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'CURSOR_INVALID'],
  async handle({ params, query }, services) {
    checkPeriod(query);
    const { from, to, limit, cursor } = query, { mark } = params.mark;
    const page = await passesOfKey(services.database, { key: markKey(mark), from, to }, { limit, cursor }), facts = await passFacts(services.database, page.items);
    const items = page.items.flatMap((p) => {
      const fits = p.mark && agreement(mark, p.mark);
      return fits ? [{ ...passAnswer(p, services.config.DARWAZA_UTC_OFFSET_MINUTES, facts), ...fits }] : [];
    });
    const body: z.output<typeof SightedPage> = {
      items, next: page.nextCursor, mark: markAnswer(mark), ...(await cameraScope(services, query)), note: NOTE,
    };
    return { status: 200, body, count: items.length };
  },
});

