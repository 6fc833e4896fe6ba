import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { ACTIONS, LIST_KINDS, STAGES, type ListEntry } from '../list/entry.ts';
import { readPersonsEntry } from '../list/persons-entry.ts';
import { addListEntry, reviewEntry, stageEntry, withdrawEntry, type ByPerson, type ChangedEntry } from '../store/change-entry.ts';
import { findListEntry, listEntriesPage, type KeptEntry, type StandingRules } from '../store/list-entries.ts';
import type { ListOverview } from '../store/list-overview.ts';
import { writeMarkInFull } from '../plate/written-form.ts';
import { demand, may, type Caller } from './access.ts';
import { Instant, instantOrNull, pageOf } from './answer-fields.ts';
import { LastSeenAnswer, lastSeenOf, LOOKED_BACK_DAYS } from './last-seen.ts';
import { visibleList } from './list-scope.ts';
import { markAnswer, MarkAnswer } from './pass-answer.ts';
import { cursorField, limitField, listNameField, markPatternField, switchField } from './query-fields.ts';
import { parseJson } from './request-body.ts';
import { check } from './request-check.ts';
import { route, type Answer } from './route.ts';
import type { Services } from './services.ts';

export const STANDINGS = ['in-force', 'lapsed', 'expired'] as const;

const EntryAnswer = z.strictObject({
  id: z.string(), list: z.string(),
  mark: MarkAnswer.nullable().describe('null for a pattern'), pattern: z.string().nullable(),
  kind: z.enum(LIST_KINDS), action: z.enum(ACTIONS), reason: z.string(), owner: z.string(),
  vehicle: z.strictObject({ class: z.string().nullable(), make: z.string().nullable(), colour: z.string().nullable(), chassis: z.string().nullable() }),
  warnings: z.array(z.string()), caseReference: z.string().nullable(), source: z.string().nullable(), stage: z.enum(STAGES).nullable(),
  expiresAt: Instant.nullable(), reviewAt: Instant.nullable().describe('Past it the entry matches no more until it is reviewed, or its file is delivered again; null: never'),
  standing: z.enum(STANDINGS).describe('Only entries in force match'),
  sinceVersion: z.int().describe('Version of the list that made it what it is'),
  author: z.string().nullable().describe('Id of the API key that added or last changed it; null: it is what the file says'),
}).meta({ id: 'ListEntry' });

function entryAnswer(entry: KeptEntry, offset: number): z.output<typeof EntryAnswer> {
  const { id, list, mark, pattern, kind, action, reason, owner, vehicle, warnings, caseReference, source, stage, expiresAt, reviewAt, standing, sinceVersion, author } = entry;
  return {
    id, list, mark: mark && markAnswer(mark), pattern, kind, action, reason, owner, vehicle: { ...vehicle }, warnings: [...warnings], caseReference, source, stage,
    expiresAt: instantOrNull(expiresAt, offset), reviewAt: instantOrNull(reviewAt, offset), standing, sinceVersion, author,
  };
}

const tag = 'Lists and register';
const listParams = z.strictObject({ name: listNameField });
const entryParams = listParams.extend({ id: z.string().regex(/^[\w.:-]{1,100}$/, 'is the id of an entry').describe('Id of the entry') });

/** A list that has no version yet has no entries either, and any age will do. */
const rulesOf = ({ state, settings }: ListOverview, now: number): StandingRules => state ?? { settings, confirmedAt: now };

export const listEntriesRoute = route({
  method: 'get', path: '/api/v1/lists/{name}/entries', name: 'listEntries', tag, permission: 'lists:read', purpose: 'needed',
  summary: 'Entries of a list, newest first',
  params: listParams,
  query: z.strictObject({
    mark: markPatternField.optional(), stage: z.enum(STAGES).optional(), standing: z.enum(STANDINGS).optional().describe('How they stand; all when not given'),
    lapsed: switchField('The same as standing=lapsed'), limit: limitField, cursor: cursorField,
  }),
  body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: pageOf(EntryAnswer).meta({ id: 'ListEntryPage' }) } },
  errors: ['LIST_NOT_FOUND', 'MARK_INVALID', 'CURSOR_INVALID'],
  async handle({ params: { name }, query, caller }, services) {
    const { mark, stage, lapsed, limit, cursor } = query, standing = query.standing ?? (lapsed ? 'lapsed' : undefined);
    const list = await visibleList(services, caller, name), now = services.clock();
    const page = await listEntriesPage(services.database, { list: name, mark, stage, standing }, rulesOf(list, now), now, { limit, cursor });
    const items = page.items.map((entry) => entryAnswer(entry, services.config.DARWAZA_UTC_OFFSET_MINUTES));
    return { status: 200, body: { items, next: page.nextCursor }, count: items.length };
  },
});

const text = (description: string) => z.string().max(500).regex(/^[^\p{Cc}]*$/u, 'must hold no control character').optional().describe(description);

const NewEntryBody = z.strictObject({
  mark: z.string().max(64).regex(/^[^\p{Cc}]*$/u, 'must hold no control character').describe('LEC-13-8447, or a pattern: LE?-17-*'),
  reason: z.string().max(500).regex(/^[^\p{Cc}]*$/u, 'must hold no control character').describe('Why the vehicle is looked for'),
  expires: z.string().max(40).describe('Date or time with offset, at most 90 days away'),
  kind: z.enum(LIST_KINDS).optional().describe('Needed where the list has no default'), action: z.enum(ACTIONS).optional().describe('Needed where the list has no default'),
  owner: text('Department; needed where the list has no default'), jurisdiction: text('Code or name: PB, Punjab'),
  class: text('Of the vehicle'), make: text('Of the vehicle'), colour: text('Of the vehicle'), chassis: text('Its number'),
  warnings: z.array(z.string().max(60).regex(/^[^\p{Cc};]*$/u, 'must hold no ";" and no control character')).max(8).default([]), caseReference: text('FIR or case'), source: text('Who told'), stage: z.enum(STAGES).optional(),
}).meta({ id: 'NewListEntry' });

const ChangedAnswer = z.strictObject({ entry: EntryAnswer, version: z.int().describe('Version of the list that holds the change') }).meta({ id: 'ChangedListEntry' });
const AddedAnswer = ChangedAnswer.extend({ lastSeen: z.array(LastSeenAnswer).describe(`Where the vehicle was seen in the last ${LOOKED_BACK_DAYS} days, latest first: up to five times for keys with marks:movement, else the last time`) }).meta({ id: 'AddedListEntry' });

export const addEntryRoute = route({
  method: 'post', path: '/api/v1/lists/{name}/entries', name: 'addListEntry', tag, permission: 'entries:add', purpose: 'needed', audited: true,
  summary: 'Add an entry at the checkpoint',
  description: 'In force for the next pass at every site. One of the same mark, kind, owner and case is replaced where the key itself added it, or may write lists. It stays when a file replaces the list, until it ends.',
  params: listParams,
  body: { kind: 'text', mediaTypes: ['application/json'], limitBytes: 20_000, schema: NewEntryBody, example: { mark: 'LEC-13-8447', kind: 'stolen', action: 'stop', reason: 'Snatched on Sariab Road, 15 minutes ago', owner: 'Quetta Police', expires: '2026-11-10' } },
  answers: { 201: { description: 'The entry, in force', schema: AddedAnswer } },
  errors: ['LIST_NOT_FOUND', 'ENTRY_EXISTS'],
  async handle({ params: { name }, body, caller }, services) {
    const given = check(NewEntryBody, parseJson(body.text), 'field'), list = await visibleList(services, caller, name);
    const { caseReference, warnings, ...values } = given, at = services.clock();
    const read = readPersonsEntry({ ...values, case: caseReference ?? '', warnings: warnings.join(';') }, { list: name, settings: list.settings, at, timeZone: services.register.city.timeZone });
    if (Array.isArray(read)) throw new DarwazaError('BODY_INVALID', { reason: read.map((fault) => fault.message).join(' ').replace(/\.$/, '') });
    await checkOwnOrNew(services, caller, list, read.id);
    const added = await addListEntry(services.database, { ...by(name, caller, at), entry: read });
    const answer = await changed(services, list, added);
    return { ...answer, status: 201, body: { ...answer.body, lastSeen: await lastSeenOf(services, caller, read, list.settings) } };
  },
});

const SeenAnswer = z.strictObject({ items: z.array(LastSeenAnswer), note: z.string() }).meta({ id: 'LastSeenOfEntry' });

export const entrySeenRoute = route({
  method: 'get', path: '/api/v1/lists/{name}/entries/{id}/last-seen', name: 'entryLastSeen', tag, permission: 'marks:movement', purpose: 'needed',
  summary: 'Where the vehicle of an entry was seen before', description: `Passes of the last ${LOOKED_BACK_DAYS} days that the entry matches, also those from before it was made; the reader's second choices are left out.`,
  params: entryParams, body: { kind: 'none' }, answers: { 200: { description: 'Latest first', schema: SeenAnswer } }, errors: ['LIST_NOT_FOUND', 'ENTRY_NOT_FOUND'],
  async handle({ params: { name, id }, caller }, services) {
    const list = await visibleList(services, caller, name), now = services.clock();
    const entry = await findListEntry(services.database, name, id, rulesOf(list, now), now);
    if (entry === null) throw new DarwazaError('ENTRY_NOT_FOUND', { list: name, id });
    const items = await lastSeenOf(services, caller, entry, list.settings);
    return { status: 200, body: { items, note: 'Not seen is not absent: cameras may have been down.' }, count: items.length };
  },
});

function by(list: string, caller: Caller | null, at: number): ByPerson {
  return { list, author: caller?.id ?? '', at };
}

/** An officer's words must not take the place of a department's: that could disarm a stop. @throws ENTRY_EXISTS */
async function checkOwnOrNew(services: Services, caller: Caller | null, list: ListOverview, id: string): Promise<void> {
  const now = services.clock(), standing = await findListEntry(services.database, list.list, id, rulesOf(list, now), now);
  if (standing !== null && standing.author !== caller?.id && !(caller !== null && may(caller, 'lists:write'))) throw new DarwazaError('ENTRY_EXISTS', { list: list.list, id });
}

const described = (entry: Pick<ListEntry, 'mark' | 'pattern'>): string => (entry.mark === null ? entry.pattern ?? '' : writeMarkInFull(entry.mark));

/** The entry as it is kept now; a withdrawn one as it was. */
async function changed(services: Services, list: ListOverview, { entry, version }: ChangedEntry, last?: KeptEntry): Promise<Answer & { readonly body: z.output<typeof ChangedAnswer> }> {
  const now = services.clock(), kept = last ?? (await findListEntry(services.database, list.list, entry.id, rulesOf(list, now), now));
  if (kept === null) throw new DarwazaError('ENTRY_NOT_FOUND', { list: list.list, id: entry.id });
  const body = { entry: entryAnswer(kept, services.config.DARWAZA_UTC_OFFSET_MINUTES), version };
  return { status: 200, body, count: 1, noted: { entry: entry.id, mark: described(entry), version } };
}

/** The entry that a person wants to change: their own, or any with the right to write lists. @throws LIST_NOT_FOUND, ENTRY_NOT_FOUND, PERMISSION_MISSING */
async function changeable(services: Services, caller: Caller | null, name: string, id: string): Promise<{ readonly list: ListOverview; readonly entry: KeptEntry }> {
  const list = await visibleList(services, caller, name), now = services.clock();
  const entry = await findListEntry(services.database, name, id, rulesOf(list, now), now);
  if (entry === null) throw new DarwazaError('ENTRY_NOT_FOUND', { list: name, id });
  if (caller !== null && entry.author !== caller.id && !may(caller, 'lists:write')) demand(caller, 'lists:write');
  return { list, entry };
}

const onEntry = {
  method: 'post', tag, permission: 'entries:add', purpose: 'none', audited: true, params: entryParams,
  answers: { 200: { description: 'The entry and the new version', schema: ChangedAnswer } }, errors: ['LIST_NOT_FOUND', 'ENTRY_NOT_FOUND'],
} as const;
const WHOSE = 'Entries that the key itself added; those of others need the permission `lists:write`.';

export const withdrawEntryRoute = route({
  ...onEntry, path: '/api/v1/lists/{name}/entries/{id}/withdraw', name: 'withdrawListEntry', summary: 'Take an entry off its list',
  description: `${WHOSE} It matches no more from the next pass on, and a file that says of it what it said before does not bring it back.`,
  body: { kind: 'none' },
  async handle({ params: { name, id }, caller }, services) {
    const { list, entry } = await changeable(services, caller, name, id);
    return changed(services, list, await withdrawEntry(services.database, { ...by(name, caller, services.clock()), id }), entry);
  },
});

const StageBody = z.strictObject({ stage: z.enum(STAGES).nullable().describe('null takes it away') }).meta({ id: 'EntryStage' });

export const stageEntryRoute = route({
  ...onEntry, path: '/api/v1/lists/{name}/entries/{id}/stage', name: 'stageListEntry', summary: 'Say where the vehicle stands: recovered, in court, handed over',
  description: `${WHOSE} It stands until the file of the list says something new of the entry.`,
  body: { kind: 'text', mediaTypes: ['application/json'], limitBytes: 1000, schema: StageBody, example: { stage: 'recovered' } },
  async handle({ params: { name, id }, body, caller }, services) {
    const { stage } = check(StageBody, parseJson(body.text), 'field'), { list } = await changeable(services, caller, name, id);
    const answer = await changed(services, list, await stageEntry(services.database, { ...by(name, caller, services.clock()), id, stage }));
    return { ...answer, noted: { ...answer.noted, stage } };
  },
});

export const reviewEntryRoute = route({
  ...onEntry, path: '/api/v1/lists/{name}/entries/{id}/review', name: 'reviewListEntry', summary: 'Confirm that an entry still holds',
  description: `${WHOSE} Its date of review moves on by the list's \`reviewDays\`; a lapsed entry matches again.`,
  body: { kind: 'none' }, errors: [...onEntry.errors, 'ARGUMENT_INVALID'],
  async handle({ params: { name, id }, caller }, services) {
    const { list } = await changeable(services, caller, name, id);
    return changed(services, list, await reviewEntry(services.database, { ...by(name, caller, services.clock()), id }));
  },
});
