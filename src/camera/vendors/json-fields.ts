import { z } from 'zod';

/** A text that some firmware writes as a number. Absent and null are one. */
export const text = z.union([z.string(), z.number()], { error: 'must be a text' }).nullish().transform((value) => (value === null || value === undefined ? null : String(value)));

/** A number that some firmware writes as text; '' is none. */
export const number = z.union([z.number(), z.string()], { error: 'must be a number' }).nullish().transform((value, ctx): number | null => {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'number' || /^[+-]?\d{1,15}(?:\.\d{1,12})?$/.test(value.trim())) return Number(value);
  ctx.addIssue({ code: 'custom', message: 'must be a number' });
  return null;
});

/** An object of which these fields are looked at and all others left alone; absent and null are one. */
export const section = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).nullish().transform((value) => value ?? null);

/** The first `most` of a list: what comes after them is never looked at, so that a list of a million costs nothing. */
export const list = <Item extends z.ZodType>(item: Item, most: number) =>
  z.preprocess((value) => (Array.isArray(value) ? value.slice(0, most) as unknown : value), z.array(item).nullish());
