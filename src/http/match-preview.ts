import { z } from 'zod';
import { ListSettings, MATCH_KINDS } from '../list/list-settings.ts';
import { LEAST_FIXED_CHARACTERS } from '../list/list-row.ts';
import { misreadsOf } from '../list/misreads.ts';
import { parseMark } from '../plate/parse.ts';
import { parseMarkPattern } from '../plate/pattern.ts';
import { writeMarkInFull } from '../plate/written-form.ts';
import { visibleList } from './list-scope.ts';
import { invalidMark, listNameField } from './query-fields.ts';
import { parseJson } from './request-body.ts';
import { check } from './request-check.ts';
import { route } from './route.ts';

const settingFields = ListSettings.pick({ matchKinds: true, lookAlikes: true });
const PreviewBody = z.strictObject({
  mark: z.string().max(64).describe('A mark or a pattern, as a list would have it: LEB-17-4201, SD:AAR-540, LE?-17*'), ...settingFields.shape,
}).meta({ id: 'MatchPreviewQuestion' });

const PreviewAnswer = z.strictObject({
  mark: z.string().describe('As it is understood'),
  jurisdiction: z.string().nullable().describe('Where the entry names one, a reading counts as the class shown only where the plate names the same; where the plate names none it is `unread-part`, where another it is lowered and shown as `check`'),
  count: z.int(),
  readings: z.array(z.strictObject({
    mark: z.string().describe('`??` = any year, `?` = any letter after the number'),
    match: z.enum(MATCH_KINDS), exchanged: z.string().nullable().describe('`B for 8`: listed for read'),
    unread: z.array(z.enum(['year', 'suffix'])).describe('Parts that one side lacks'),
  })).describe('Every reading that would raise a hit, beside what the reader offers as its second to fifth choice'),
}).meta({ id: 'MatchPreview' });

const json = ['application/json'] as const;

export const previewMatches = route({
  method: 'post', path: '/api/v1/matching/preview', name: 'previewMatches', tag: 'Lists and register', permission: 'lists:read', purpose: 'none',
  summary: 'The exact readings that a setting would take for a mark',
  description: 'Nothing is looked up: it says what the matching would do.',
  body: { kind: 'text', mediaTypes: json, limitBytes: 10_000, schema: PreviewBody, example: { mark: 'LEB-17-4201', lookAlikes: 'wide' } },
  answers: { 200: { description: 'The readings', schema: PreviewAnswer } },
  errors: ['MARK_INVALID'],
  async handle({ body }) {
    const { mark: text, matchKinds: kinds, lookAlikes } = check(PreviewBody, parseJson(body.text), 'field');
    const entry = /[*?]/.test(text) ? patternOf(text) : markOf(text);
    const readings = misreadsOf(entry, { kinds, lookAlikes }).map(({ mark, kind, exchanged, unread }) => ({ mark, match: kind, exchanged, unread: [...unread] }));
    return { status: 200, body: { mark: entry.mark === null ? text.trim().toUpperCase() : writeMarkInFull(entry.mark), jurisdiction: entry.mark?.jurisdiction ?? null, count: readings.length, readings } };
  },
});

type Previewed = Parameters<typeof misreadsOf>[0];

function markOf(text: string): Previewed {
  const parsed = parseMark(text);
  return parsed.kind === 'mark' ? { mark: parsed.mark, pattern: null } : invalidMark(parsed.reason);
}

function patternOf(text: string): Previewed {
  const parsed = parseMarkPattern(text);
  if (parsed.kind === 'invalid') return invalidMark(parsed.reason);
  // As the imports have it: the jurisdiction is no part of what is fixed.
  if (text.replace(/^[A-Z]{2,3}:/i, '').replaceAll(/[^A-Z0-9]/gi, '').length < LEAST_FIXED_CHARACTERS) invalidMark(`it would match far too many vehicles; give at least ${LEAST_FIXED_CHARACTERS} letters or digits beside * and ?`);
  return { mark: null, pattern: text };
}

const ExpectedBody = ListSettings.pick({ matchKinds: true, lookAlikes: true, leastScore: true, hours: true, sites: true, directions: true }).partial()
  .extend({ days: z.int().min(1).max(365).default(30).describe('Days of stored passes that it is tried on') }).meta({ id: 'ExpectedHitsQuestion' });

const rate = z.number().describe('A day');
const kindRate = z.strictObject({ hits: rate, falseHits: rate.describe('A day: the sum of the probabilities that the vehicle does not carry the listed mark') });

const ExpectedAnswer = z.strictObject({
  list: z.string(), ...kindRate.shape,
  kinds: z.strictObject({ exact: kindRate, 'unread-part': kindRate, 'look-alike': kindRate, alternative: kindRate, pattern: kindRate }).describe('By class of match'),
  days: z.number().describe('Days of passes behind the figures'),
  passesTried: z.int(), passesTotal: z.int().describe('Passes with a mark in that time'),
}).meta({ id: 'ExpectedHits' });

const rounded = (n: number): number => Math.round(n * 1000) / 1000;

export const expectHits = route({
  method: 'post', path: '/api/v1/lists/{name}/expected-hits', name: 'expectHits', tag: 'Lists and register', permission: 'lists:read', purpose: 'none', audited: true,
  summary: 'The hits, and false hits, a day that a setting would raise',
  description: "The list's entries are matched by these settings (the list's own where none is given) against the passes of the last 30 days, or an even sample of 20,000 of them. "
    + 'Each sighting counts: the cooldown makes them fewer. No hit is raised.',
  params: z.strictObject({ name: listNameField }),
  body: { kind: 'text', mediaTypes: json, limitBytes: 100_000, schema: ExpectedBody, example: { lookAlikes: 'wide', leastScore: 0.01 } },
  answers: { 200: { description: 'The figures', schema: ExpectedAnswer } },
  errors: ['LIST_NOT_FOUND'],
  async handle({ params: { name }, body, caller }, { engine, database }) {
    const { days, ...changed } = check(ExpectedBody, parseJson(body.text === '' ? '{}' : body.text), 'field');
    const { settings } = await visibleList({ database }, caller, name);
    const found = await engine.expectedHits(name, ListSettings.parse({ ...settings, ...changed }), days);
    const kinds = Object.fromEntries(Object.entries(found.kinds).map(([kind, k]) => [kind, { hits: rounded(k.hits), falseHits: rounded(k.falseHits) }])) as z.output<typeof ExpectedAnswer>['kinds'];
    const { passesTried, passesTotal } = found;
    return { status: 200, body: { list: name, hits: rounded(found.hits), falseHits: rounded(found.falseHits), kinds, days: rounded(found.days), passesTried, passesTotal } };
  },
});
