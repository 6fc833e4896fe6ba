import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { ListSettings } from '../list/list-settings.ts';
import { listSettingsFault } from '../pipeline/list-settings-check.ts';
import { standingCounts, type StandingCounts } from '../store/list-entries.ts';
import { listOverviews, type ListOverview } from '../store/list-overview.ts';
import { putListSettings } from '../store/list-settings-row.ts';
import { rollbackList, versionsOfList, type ListVersion } from '../store/list-versions.ts';
import { demand, seesCovert, type Caller } from './access.ts';
import { Instant, instantOrNull } from './answer-fields.ts';
import { ListAge, listAge } from './list-age.ts';
import { checkVisibleOrNew, visibleList } from './list-scope.ts';
import { limitField, listNameField, versionField } from './query-fields.ts';
import { parseJson } from './request-body.ts';
import { check } from './request-check.ts';
import { route } from './route.ts';
import type { Services } from './services.ts';

const ORIGINS = ['file', 'delta', 'rollback', 'entry', 'feed'] as const;
const author = z.string().nullable().describe('Id of the API key; `cli` for the command line; null = a feed, or not kept');

export const ListAnswer = z.strictObject({
  list: z.string(),
  settings: ListSettings,
  inForce: ListAge.nullable().describe('Version and age; null before the first import or entry'),
  entries: z.strictObject({
    inForce: z.int(), lapsed: z.int().describe('Match no more until they are reviewed or delivered again'), expired: z.int(), patterns: z.int().describe('How many of all are patterns'),
  }),
  feed: z.strictObject({
    checkedAt: Instant.nullable(), succeededAt: Instant.nullable(), fault: z.string().nullable().describe('What went wrong at the last check'), failingSince: Instant.nullable(),
  }).nullable().describe('How the feed fares; null without one'),
}).meta({ id: 'List' });

const VersionAnswer = z.strictObject({
  version: z.int(), origin: z.enum(ORIGINS).describe('`entry`: a person added, changed or withdrew one'),
  file: z.string(), sha256: z.string(), entries: z.int(), importedAt: Instant, confirmedAt: Instant.describe('When the file behind it was last delivered'), author,
  ofVersion: z.int().nullable().describe('For a rollback: whose entries came back'),
  added: z.int().nullable(), changed: z.int().nullable(), removed: z.int().nullable(),
}).meta({ id: 'ListVersion' });

const tag = 'Lists and register';
const params = z.strictObject({ name: listNameField });

function listAnswer({ list, settings, feed, state }: ListOverview, counts: StandingCounts | undefined, { clock, config }: Services): z.output<typeof ListAnswer> {
  const offset = config.DARWAZA_UTC_OFFSET_MINUTES, { checkedAt, succeededAt, fault, failingSince } = feed;
  return {
    list, settings, inForce: state && listAge(state, clock(), config.DARWAZA_LIST_AGE_LIMIT_HOURS, offset),
    entries: { inForce: counts?.inForce ?? 0, lapsed: counts?.lapsed ?? 0, expired: counts?.expired ?? 0, patterns: counts?.patterns ?? 0 },
    feed: settings.feed && { checkedAt: instantOrNull(checkedAt, offset), succeededAt: instantOrNull(succeededAt, offset), fault, failingSince: instantOrNull(failingSince, offset) },
  };
}

async function listAnswers(overviews: readonly ListOverview[], services: Services): Promise<z.output<typeof ListAnswer>[]> {
  const counts = await standingCounts(services.database, overviews.flatMap((o) => o.state ?? []), services.clock());
  return overviews.map((o) => listAnswer(o, counts.get(o.list), services));
}

export const listListsRoute = route({
  method: 'get', path: '/api/v1/lists', name: 'listLists', tag, permission: 'lists:read', purpose: 'none',
  summary: 'Every list with its settings, age and feed',
  description: 'Covert lists are shown to keys with the permission `hits:covert` only.',
  body: { kind: 'none' },
  answers: { 200: { description: 'By name', schema: z.strictObject({ items: z.array(ListAnswer) }).meta({ id: 'Lists' }) } },
  errors: [],
  async handle({ caller }, services) {
    const all = await listOverviews(services.database);
    const items = await listAnswers(all.filter((o) => !o.settings.covert || seesCovert(caller)), services);
    return { status: 200, body: { items }, count: items.length };
  },
});

export const showList = route({
  method: 'get', path: '/api/v1/lists/{name}', name: 'showList', tag, permission: 'lists:read', purpose: 'none',
  summary: 'One list with its settings, age and feed',
  params, body: { kind: 'none' },
  answers: { 200: { description: 'The list', schema: ListAnswer } },
  errors: ['LIST_NOT_FOUND'],
  async handle({ params: { name }, caller }, services) {
    const [body] = await listAnswers([await visibleList(services, caller, name)], services);
    return { status: 200, body };
  },
});

export const putList = route({
  method: 'put', path: '/api/v1/lists/{name}', name: 'putList', tag, permission: 'lists:write', purpose: 'none', audited: true,
  summary: 'Make a list, or give one other settings',
  description: 'The settings are replaced as a whole; what is left out gets its default. They hold for the next pass. What they were before stands in the audit log.',
  params,
  body: { kind: 'text', mediaTypes: ['application/json'], limitBytes: 200_000, schema: ListSettings, example: { owner: 'Punjab Police, AVLS', kind: 'stolen', action: 'stop', priority: 80 } },
  answers: { 200: { description: 'The list as it stands now', schema: ListAnswer }, 201: { description: 'The new list', schema: ListAnswer } },
  errors: ['LIST_NOT_FOUND'],
  async handle({ params: { name }, body, caller }, services) {
    const settings = check(ListSettings, parseJson(body.text), 'field');
    await checkVisibleOrNew(services, caller, name);
    if (settings.covert) demand(caller as Caller, 'hits:covert');
    const fault = await listSettingsFault(settings, services.register, services.database);
    if (fault !== null) throw new DarwazaError('BODY_INVALID', { reason: `field "${fault.field}": ${fault.reason}` });
    const { created, before } = await putListSettings(services.database, name, settings);
    const [answer] = await listAnswers(await listOverviews(services.database, name), services);
    return { status: created ? 201 : 200, body: answer, noted: { settings, before } };
  },
});

const versionAnswer = ({ fileName, entryCount, importedAt, confirmedAt, ...v }: ListVersion, offset: number): z.output<typeof VersionAnswer> =>
  ({ ...v, file: fileName, entries: entryCount, importedAt: formatInstant(importedAt, offset), confirmedAt: formatInstant(confirmedAt, offset) });

export const listVersionsRoute = route({
  method: 'get', path: '/api/v1/lists/{name}/versions', name: 'listListVersions', tag, permission: 'lists:read', purpose: 'none',
  summary: 'Versions of a list, newest first',
  params, query: z.strictObject({ limit: limitField, before: versionField('Versions older than this one: `next` of the page before').optional() }), body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: z.strictObject({ items: z.array(VersionAnswer), next: z.int().nullable().describe('Pass it back as `before`; null on the last page') }).meta({ id: 'ListVersions' }) } },
  errors: ['LIST_NOT_FOUND'],
  async handle({ params: { name }, query: { limit = 100, before }, caller }, services) {
    await visibleList(services, caller, name);
    const found = await versionsOfList(services.database, name, { limit: limit + 1, before });
    const items = found.slice(0, limit).map((v) => versionAnswer(v, services.config.DARWAZA_UTC_OFFSET_MINUTES));
    return { status: 200, body: { items, next: found.length > limit ? items.at(-1)?.version ?? null : null }, count: items.length };
  },
});

const RollbackBody = z.strictObject({
  version: z.int().min(1).describe('Whose entries are to come back'),
  expectVersion: z.int().min(0).optional().describe('The version that must be in force'),
}).meta({ id: 'Rollback' });

export const rollbackListRoute = route({
  method: 'post', path: '/api/v1/lists/{name}/rollback', name: 'rollbackList', tag, permission: 'lists:write', purpose: 'none', audited: true,
  summary: 'Bring the entries of an older version back',
  description: 'A new version with the very entries that were in force under the older one, as old as its file. A feed that goes on delivering the file that was rolled back from is not taken until it delivers another.',
  params,
  body: { kind: 'text', mediaTypes: ['application/json'], limitBytes: 1000, schema: RollbackBody, example: { version: 3 } },
  answers: { 200: { description: 'The new version', schema: VersionAnswer } },
  errors: ['LIST_NOT_FOUND', 'LIST_VERSION_NOT_FOUND', 'LIST_BUSY'],
  async handle({ params: { name }, body, caller }, services) {
    const { version, expectVersion } = check(RollbackBody, parseJson(body.text), 'field');
    await visibleList(services, caller, name);
    const made = await rollbackList(services.database, { list: name, version, author: caller?.id ?? null, at: services.clock(), expectVersion });
    return { status: 200, body: versionAnswer(made, services.config.DARWAZA_UTC_OFFSET_MINUTES), count: made.entryCount, noted: { version, made: made.version } };
  },
});
