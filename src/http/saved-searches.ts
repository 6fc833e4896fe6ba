import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { findSearch, listSearches, removeSearch, saveSearch, SEARCHES_PER_KEY, type SavedSearch } from '../store/saved-searches.ts';
import { demand, type Caller } from './access.ts';
import { Instant } from './answer-fields.ts';
import { instantField } from './query-fields.ts';
import { timeParameters, withTimes } from './relative-time.ts';
import { parseJson } from './request-body.ts';
import { check } from './request-check.ts';
import { route, type Answer, type BodyRule, type Route, type RouteInput } from './route.ts';
import type { Services } from './services.ts';

const tag = 'Saved searches';
const SearchAnswer = z.strictObject({
  id: z.string(), name: z.string(), route: z.string().describe('Name of the route, as in this description (`operationId`)'),
  params: z.record(z.string(), z.string()), query: z.record(z.string(), z.string()),
  shared: z.boolean(), own: z.boolean().describe('This key saved it'), createdAt: Instant,
}).meta({ id: 'SavedSearch' });

const texts = z.record(z.string().max(64), z.string().max(1000).regex(/^[^\p{Cc}]*$/u, 'must hold no control character'));
const NewSearchBody = z.strictObject({
  name: z.string().trim().min(1).max(100).regex(/^[^\p{Cc}]*$/u, 'must hold no control character').describe('What you call it'),
  route: z.string().max(64).describe('Name of a GET route that asks a question, as in this description (`operationId`): `listPasses`, `listJourneys`, `showMark`, …'),
  params: texts.default({}).describe('Parameters of its path'),
  query: texts.default({}).describe('Parameters of its query. A time may be told from the asking: `-PT24H`, `-P7D`, `P0D` (now)'),
  shared: z.boolean().default(false).describe('Keys of the same role may run it too'),
}).meta({ id: 'NewSavedSearch' });

const RunAnswer = z.strictObject({
  search: z.strictObject({
    id: z.string(), name: z.string(), route: z.string(), ranAt: Instant.describe('Times told from the asking count from here: give it back as `at` with `cursor`'),
    params: z.record(z.string(), z.string()), query: z.record(z.string(), z.string()).describe('As it was asked now'),
  }),
  answer: z.unknown().describe('What the route answers'),
}).meta({ id: 'SavedSearchRun' });

const idParams = z.strictObject({ id: z.string().max(40).describe('Id of the saved search') });

function searchAnswer(search: SavedSearch, caller: Caller, offset: number): z.output<typeof SearchAnswer> {
  const { id, name, route: routeName, params, query, shared, owner, createdAt } = search;
  return { id, name, route: routeName, params: { ...params }, query: { ...query }, shared, own: owner === caller.id, createdAt: formatInstant(createdAt, offset) };
}

/** A question is a GET route that carries a purpose: what it shows stands in the audit log. A stream that never ends is none. */
function questionRoute(questions: readonly Route[], name: string): Route {
  const found = questions.find((r) => r.name === name && r.method === 'get' && r.purpose === 'needed' && !Object.values(r.answers).some((a) => a.mediaTypes?.includes('text/event-stream')));
  if (found === undefined) throw new DarwazaError('BODY_INVALID', { reason: `field "route": there is no question of that name; a question is a GET route that carries a purpose` });
  return found;
}

const NO_QUERY = z.strictObject({});

/** The route's own checks, on its own schemas. @throws what they throw */
function checked(target: Route, params: Readonly<Record<string, string>>, query: Readonly<Record<string, string>>): { readonly params: object; readonly query: object } {
  return { params: check(target.params ?? NO_QUERY, params, 'path part'), query: check(target.query ?? NO_QUERY, query, 'query parameter') };
}

/** Routes of the saved searches over `questions`, the routes that there are beside them. */
export function savedSearchRoutes(questions: readonly Route[]): Route[] {
  return [saveSearchRoute(questions), listSearchesRoute, deleteSearchRoute, runSearchRoute(questions)];
}

function saveSearchRoute(questions: readonly Route[]): Route {
  return route({
    method: 'post', path: '/api/v1/searches', name: 'saveSearch', tag, permission: 'searches:save', purpose: 'none', audited: true,
    summary: 'Keep a question under a name',
    description: `Its parameters are checked as the route itself would. A search is no right: whoever runs it needs the permission of its route. A key may keep ${SEARCHES_PER_KEY}.`,
    body: {
      kind: 'text', mediaTypes: ['application/json'], limitBytes: 20_000, schema: NewSearchBody,
      example: { name: 'Lahore buses since yesterday', route: 'listPasses', query: { mark: 'LE*', from: '-PT24H' }, shared: true },
    },
    answers: { 201: { description: 'The saved search', schema: SearchAnswer } },
    errors: ['TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'MARK_INVALID', 'SEARCH_EXISTS', 'SEARCHES_TOO_MANY'],
    async handle({ body, caller: given }, { database, clock, config }) {
      const caller = given as Caller, { name, route: routeName, params, query, shared } = check(NewSearchBody, parseJson(body.text), 'field');
      const target = questionRoute(questions, routeName), now = clock();
      demand(caller, target.permission as Exclude<Route['permission'], 'public'>);
      if ('cursor' in query) throw new DarwazaError('BODY_INVALID', { reason: 'field "query": a cursor is good for one answer and cannot be saved; give it to the run' });
      checked(target, params, withTimes(query, timeParameters(target), now));
      const search = await saveSearch(database, { name, route: target.name, params, query, shared, owner: caller.id, role: caller.role, createdAt: now });
      return { status: 201, body: searchAnswer(search, caller, config.DARWAZA_UTC_OFFSET_MINUTES), noted: { id: search.id, name, route: target.name, params, query, shared } };
    },
  });
}

const listSearchesRoute = route({
  method: 'get', path: '/api/v1/searches', name: 'listSearches', tag, permission: 'searches:save', purpose: 'none',
  summary: 'Saved searches: your own, and those shared with your role', body: { kind: 'none' },
  answers: { 200: { description: 'All, by name', schema: z.strictObject({ items: z.array(SearchAnswer) }).meta({ id: 'SavedSearches' }) } }, errors: [],
  async handle({ caller: given }, { database, config }) {
    const caller = given as Caller, found = await listSearches(database, caller);
    return { status: 200, body: { items: found.map((s) => searchAnswer(s, caller, config.DARWAZA_UTC_OFFSET_MINUTES)) } };
  },
});

const deleteSearchRoute = route({
  method: 'delete', path: '/api/v1/searches/{id}', name: 'deleteSearch', tag, permission: 'searches:save', purpose: 'none', audited: true,
  summary: 'Delete one of your saved searches', params: idParams, body: { kind: 'none' },
  answers: { 200: { description: 'As it was', schema: SearchAnswer } }, errors: ['SEARCH_NOT_FOUND'],
  async handle({ params: { id }, caller: given }, { database, config }) {
    const caller = given as Caller, removed = await removeSearch(database, id, caller.id);
    if (removed === null) throw new DarwazaError('SEARCH_NOT_FOUND', { id });
    return { status: 200, body: searchAnswer(removed, caller, config.DARWAZA_UTC_OFFSET_MINUTES), noted: { name: removed.name } };
  },
});

function runSearchRoute(questions: readonly Route[]): Route {
  return route({
    method: 'get', path: '/api/v1/searches/{id}/run', name: 'runSearch', tag, permission: 'searches:save', purpose: 'needed',
    summary: 'Ask a saved question now',
    description: 'As if you asked the route yourself: with your permissions, your purpose, and in the audit log with all its parameters. For the next page give `cursor` = `answer.next` and `at` = `search.ranAt`. Of a route that answers with a file you get the file.',
    params: idParams, query: z.strictObject({ cursor: z.string().min(1).max(600).optional().describe('`answer.next` of the page before'), at: instantField('at', 'Times told from the asking count from here; now when not given').optional() }),
    body: { kind: 'none' },
    answers: { 200: { description: 'What was asked and what it answers', schema: RunAnswer } },
    errors: ['SEARCH_NOT_FOUND', 'TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'CURSOR_INVALID', ...new Set(questions.flatMap((r) => (r.method === 'get' && r.purpose === 'needed' ? r.errors : [])))],
    async handle({ params: { id }, query: { cursor, at }, ...input }, services) {
      const caller = input.caller as Caller, search = await findSearch(services.database, id, caller);
      if (search === null) throw new DarwazaError('SEARCH_NOT_FOUND', { id });
      const target = questionRoute(questions, search.route), ranAt = at ?? services.clock();
      demand(caller, target.permission as Exclude<Route['permission'], 'public'>);
      const query = { ...withTimes(search.query, timeParameters(target), ranAt), ...(cursor !== undefined && { cursor }) };
      const handle = target.handle as (input: RouteInput<unknown, unknown, BodyRule['kind']>, services: Services) => Promise<Answer>;
      const answer = await handle({ ...input, ...checked(target, search.params, query), asked: query }, services);
      const noted = { ...answer.noted, route: target.name, params: search.params, query };
      if (!('body' in answer) || answer.status !== 200) return { ...answer, noted };
      const shown = { id, name: search.name, route: target.name, ranAt: formatInstant(ranAt, services.config.DARWAZA_UTC_OFFSET_MINUTES), params: { ...search.params }, query };
      return { ...answer, body: { search: shown, answer: answer.body } satisfies z.output<typeof RunAnswer>, noted };
    },
  });
}
