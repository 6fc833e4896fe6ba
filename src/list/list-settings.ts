import { z } from 'zod';
import { ACTIONS, LIST_KINDS } from './entry.ts';

/**
 * How a pass can match an entry. `exact`: all that the entry states was read and agrees; `unread-part`: year or jurisdiction unread on one
 * side; `look-alike`: one character exchanged within a confusable group; `alternative`: the mark was not the reader's first choice but its
 * 2nd to 5th; `pattern`: the entry is one.
 */
export const MATCH_KINDS = ['exact', 'unread-part', 'look-alike', 'alternative', 'pattern'] as const;
export type MatchKind = (typeof MATCH_KINDS)[number];

/** Larger lists match exactly only: every other class would drown the officer in other people's cars (Genetec does the same). */
export const EXACT_ONLY_ABOVE = 500_000;

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be like 06:30');
const name = z.string().regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, "-", "_" or "."');

/** Days (1 = Monday) and times of the city at which entries match; `from` after `to` runs over midnight. */
const Hours = z.strictObject({ days: z.array(z.int().min(1).max(7)).min(1).default([1, 2, 3, 4, 5, 6, 7]), from: clockTime, to: clockTime });

export const ListSettings = z.strictObject({
  owner: z.string().max(200).default('').describe('Department that keeps the list'),
  kind: z.enum(LIST_KINDS).nullable().default(null).describe('Kind of rows that name none'),
  action: z.enum(ACTIONS).nullable().default(null).describe('Action of rows that name none'),
  priority: z.int().min(0).max(100).default(50).describe('100 = first on the board'),
  colour: z.enum(['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'grey']).default('red'),
  sound: z.enum(['none', 'beep', 'alarm', 'siren']).default('beep'),
  matchKinds: z.array(z.enum(MATCH_KINDS)).default([...MATCH_KINDS]).describe('Classes of matches that raise hits'),
  lookAlikes: z.enum(['hard', 'wide']).default('wide')
    .describe('`hard`: 0ODQ, 1I, 2Z, 5S, 8B, 6G; each has one digit only, so digits never stand for digits. `wide`: also the pairs of worn and blurred plates (1/7, 0/8, U/V …)'),
  leastScore: z.number().min(0).max(1).default(0.001).describe('Less probable matches raise no hit'),
  stopScore: z.number().min(0).max(1).default(0.5).describe('Less probable matches are shown as `check`, never as `stop`'),
  covert: z.boolean().default(false).describe('Seen only by keys with the permission hits:covert'),
  hours: z.array(Hours).max(20).nullable().default(null).describe('When entries match; null = always'),
  sites: z.array(name).max(1000).nullable().default(null).describe('Where entries match; null = everywhere'),
  directions: z.array(z.enum(['in', 'out', 'unknown'])).nullable().default(null).describe('Which way; null = any'),
  reviewDays: z.int().min(1).max(3650).nullable().default(28).describe('Days after which an entry that nobody reviewed stops matching; null = never'),
  ageLimitHours: z.int().min(1).max(87_600).nullable().default(null).describe('An older list raises an alarm; null = the limit of the settings'),
  cooldownSeconds: z.int().min(0).max(86_400).default(900).describe('The same entry, plate and site within this is one hit with a count'),
  acknowledgeSeconds: z.int().min(5).max(86_400).nullable().default(60).describe('Not acknowledged within this: escalated; null = never'),
  escalateTo: z.array(z.union([z.strictObject({ site: name }), z.strictObject({ key: name })])).max(20).default([]).describe('Who is told next, one step after the other'),
  closeHours: z.int().min(1).max(8760).nullable().default(24).describe('Hits on which nobody decided are closed after this; never those of kind stolen or wanted'),
  columns: z.record(z.string().max(64), z.string().max(100)).default({}).describe('Our column → name in the department\'s file'),
  feed: z.strictObject({
    url: z.url({ protocol: /^https?$/ }).max(2000), everyMinutes: z.int().min(1).max(10_080), mode: z.enum(['replace', 'delta']).default('replace'),
    format: z.enum(['csv', 'json', 'ndjson']).default('csv'),
  }).nullable().default(null).describe('File that is fetched on a schedule'),
}).meta({ id: 'ListSettings' });
export type ListSettings = z.output<typeof ListSettings>;

export const DEFAULT_LIST_SETTINGS: ListSettings = ListSettings.parse({});

/** The classes that a list of this many entries may match by. */
export function matchKindsOf(settings: ListSettings, entryCount: number): readonly MatchKind[] {
  return entryCount > EXACT_ONLY_ABOVE ? settings.matchKinds.filter((kind) => kind === 'exact') : settings.matchKinds;
}
