import * as z from 'zod';

const classes = [
  'private', 'motorcycle', 'commercial', 'government', 'police', 'diplomatic', 'military', 'trade', 'personalised', 'foreign',
] as const;
const grounds = ['white', 'yellow', 'black', 'green', 'blue', 'red'] as const;
const date = z.string().regex(/^\d{4}(-\d{2}(-\d{2})?)?$/, 'is not a date: give YYYY, YYYY-MM or YYYY-MM-DD');
const count = z.string().regex(/^[1-9](-[1-9])?$/, 'is not a count: give "3", or a range such as "1-4"')
  .refine((text) => text.length === 1 || text.charAt(0) <= text.charAt(2), 'is a range whose first number is the larger');
const letterPattern = z.string().regex(/^[A-Z?]{1,4}$/, 'is not a letter pattern: 1 to 4 characters, capital letters and "?" for any letter');

const jurisdiction = z.strictObject({
  code: z.string().regex(/^[A-Z]{2,3}$/, 'is not a jurisdiction code: two or three capital letters'),
  name: z.string().min(1),
  words: z.array(z.string().min(2)).default([]),
  places: z.array(z.string().min(2)).default([]),
  /** Parts that tell two vehicles of this jurisdiction apart beside letters, year, number and suffix. */
  identity: z.array(z.enum(['district', 'class'])).default([]),
  /** How common its vehicles are here against the others; an operator sets it from confirmed reads. */
  traffic: z.number().positive().max(1000).default(1),
});

const look = z.strictObject({
  ground: z.enum(grounds).optional(), band: z.enum(['green', 'blue']).optional(), lines: z.int().min(1).max(3).optional(),
  class: z.enum(classes).optional(), from: date.optional(), to: date.optional(),
});

const series = z.strictObject({
  id: z.string().regex(/^[A-Z0-9][A-Z0-9-]{1,15}$/, 'is not a series id: 2 to 16 capital letters, digits and hyphens'),
  jurisdiction: z.string().nullable(),
  name: z.string().min(1),
  from: date.optional(), to: date.optional(),
  certainty: z.enum(['H', 'M', 'L', '-']),
  outcome: z.enum(['mark', 'official']).default('mark'),
  /** Tried only where no other series fits. */
  fallback: z.boolean().default(false),
  layout: z.array(z.enum(['prefix', 'letters', 'year', 'number', 'group', 'suffix', 'suffix?'])).min(2).default(['letters', 'number']),
  letters: z.array(letterPattern).min(1),
  notLetters: z.array(letterPattern).default([]),
  usual: z.array(letterPattern).default([]),
  year: z.string().regex(/^\d{2}-\d{2}$/, 'is not a range of two-digit years such as "04-21"').optional(),
  digits: count, prefix: count.optional(), group: count.optional(),
  leadingZeros: z.boolean().default(true),
  easternNumerals: z.boolean().default(false),
  class: z.enum(classes).optional(),
  looks: z.array(look).default([]),
  examples: z.array(z.string().min(2).max(32)).min(1),
}).superRefine((value, context) => {
  for (const part of ['year', 'prefix', 'group'] as const) {
    const inLayout = value.layout.includes(part);
    const given = value[part] !== undefined;
    if (inLayout === given) continue;
    const message = inLayout ? `is missing: the layout of ${value.id} has a ${part}` : `is given, but the layout of ${value.id} has no ${part}`;
    context.addIssue({ code: 'custom', path: [part], message });
  }
  for (const part of ['letters', 'number'] as const) {
    if (value.layout.filter((name) => name === part).length === 1) continue;
    context.addIssue({ code: 'custom', path: ['layout'], message: `needs "${part}" exactly once` });
  }
});

const words = z.strictObject({
  appliedFor: z.array(z.string().min(2)).default([]),
  official: z.array(z.string().min(2)).default([]),
  personalised: z.array(z.string().min(2)).default([]),
  dealers: z.array(z.string().min(2)).default([]),
  class: z.record(z.string().min(2), z.enum(classes)).default({}),
});

/** One file of jurisdictions and series: the shipped one, or an operator's additions to it. */
export const seriesFile = z.strictObject({
  $schema: z.string().optional(),
  jurisdictions: z.array(jurisdiction).default([]),
  series: z.array(series).default([]),
  /** Ids of series of the file below that hold no more. */
  remove: z.array(z.string()).default([]),
  persianLetters: z.record(z.string().length(1), z.string().regex(/^[A-Z]$/)).default({}),
  words: words.default({ appliedFor: [], official: [], personalised: [], dealers: [], class: {} }),
});

export type SeriesFile = z.infer<typeof seriesFile>;
export type Jurisdiction = z.infer<typeof jurisdiction>;
export type SeriesDefinition = z.infer<typeof series>;
export type Look = z.infer<typeof look>;
