import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { parseInstant } from '../core/instant.ts';
import { parseMarkPattern } from '../plate/pattern.ts';

/** Runs a check that throws an error of the table inside a zod schema; the error's own code reaches the caller. */
export function orFault<T>(work: () => T, ctx: z.RefinementCtx): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof DarwazaError)) throw error;
    ctx.addIssue({ code: 'custom', message: error.message, params: { error } });
    return z.NEVER;
  }
}

/** A "+" written plainly in a query means a space by the rules of forms; in a time it can only be the offset's sign. */
const plusRestored = (text: string): string => text.replace(/ (?=\d{2}:?\d{2}$)/, '+');

/** A time with offset, as epoch milliseconds. */
export function instantField(name: string, description: string) {
  return z.string().describe(description).meta({ format: 'date-time', examples: ['2026-11-03T06:00:00+05:00'] })
    .transform((text, ctx) => orFault(() => parseInstant(plusRestored(text), name), ctx));
}

const NAME = /^[\w.-]{1,64}$/;

/** Id of a camera, site or list, as the register and the imports allow them. */
export function nameField(description: string) {
  return z.string().regex(NAME, 'must be 1 to 64 letters, digits, "-", "_" or "."').describe(description);
}

/** Name of a list as an import takes it: it becomes part of paths and figures. */
export const listNameField = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be 1 to 64 small letters, digits, "-" or "_"').describe('Name of the list');

export const limitField = z.string().regex(/^[1-9]\d{0,3}$/, 'must be a whole number from 1 to 1000').transform(Number)
  .refine((n) => n <= 1000, 'must be a whole number from 1 to 1000').optional()
  .describe('Items on a page, 1 to 1000; 100 when not given');

export const cursorField = z.string().min(1).max(600).optional().describe('`next` of the page before; the other parameters must stay as they were');

/** A switch in a query: `true`, or `false` and absent. */
export function switchField(description: string) {
  return z.enum(['true', 'false']).default('false').transform((text) => text === 'true').describe(description);
}

/** Number of a version of a list. */
export function versionField(description: string) {
  return z.string().regex(/^\d{1,9}$/, 'must be a whole number from 0').transform(Number).describe(description);
}

/** Times of a search: from ≤ time < to. */
export const periodFields = {
  from: instantField('from', 'Earliest time, inclusive; with offset').optional(),
  to: instantField('to', 'Latest time, exclusive; with offset').optional(),
};

/** Marks that a person looks for: `LEB-17-4201`, `LE*4201`, `PB:LE*`. */
export const markPatternField = z.string().describe('As written; separators and case do not matter; `*` = any characters or none, `?` = one')
  .meta({ examples: ['LE*4201'] })
  .transform((text, ctx) => {
    const pattern = parseMarkPattern(text);
    return pattern.kind === 'invalid' ? orFault(() => invalidMark(pattern.reason), ctx) : text;
  });

/** Cameras take one character for another: what was asked, and every mark one look-alike away from it. */
export const likeField = switchField('Also marks that differ from `mark` by one character that looks like the one asked for (8 and B, 1 and 7)');

export function invalidMark(reason: string): never {
  throw new DarwazaError('MARK_INVALID', { reason });
}

/** Longest time that one question counts journeys of. */
const LONGEST_DAYS = 31, DAY_MS = 86_400_000;

/** Times of a question that goes through all traffic: `from` must be given, `to` is now when it is not. */
export const spanFields = {
  from: instantField('from', `Earliest time, inclusive; with offset. At most ${LONGEST_DAYS} days before \`to\``),
  to: instantField('to', 'Latest time, exclusive; with offset. Now when not given').optional(),
};

/** @throws REQUEST_INVALID */
export function spanOf(query: { readonly from: number; readonly to?: number | undefined }, now: number): { readonly from: number; readonly to: number } {
  const { from, to = now } = query;
  checkPeriod({ from, to });
  if (to - from > LONGEST_DAYS * DAY_MS) throw new DarwazaError('REQUEST_INVALID', { reason: `from and to are more than ${LONGEST_DAYS} days apart; ask for less at once` });
  return { from, to };
}

/** Class of a vehicle as cameras saw it. */
export const vehicleClassField = z.string().min(1).max(40).regex(/^[^\p{Cc}]*$/u).describe('Class of the vehicle as a camera saw it, in the words of the camera: car, truck, bus, …');

/** Names with commas between. */
export function namesField(description: string, most: number) {
  const name = nameField('');
  return z.string().describe(`${description}; several with commas between`).transform((text, ctx): readonly string[] => {
    const names = text.split(',');
    if (names.length <= most && names.every((n) => name.safeParse(n).success)) return names;
    ctx.addIssue({ code: 'custom', message: `must be 1 to ${most} names with commas between, each of 1 to 64 letters, digits, "-", "_" or "."` });
    return z.NEVER;
  });
}

export function checkPeriod(query: { readonly from?: number | undefined; readonly to?: number | undefined }): void {
  if (query.from !== undefined && query.to !== undefined && query.from >= query.to) {
    throw new DarwazaError('REQUEST_INVALID', { reason: 'from is not before to' });
  }
}
