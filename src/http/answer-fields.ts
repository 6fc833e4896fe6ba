import { z } from 'zod';
import { formatInstant } from '../core/instant.ts';

/** A time in an answer. */
export const Instant = z.iso.datetime({ offset: true }).describe('ISO 8601 with offset');

export const next = z.string().nullable().describe('Pass it back as `cursor` for the next page; null on the last page');

/** One page of a list. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), next });
}

export function instantOrNull(at: number | null, offsetMinutes: number): string | null {
  return at === null ? null : formatInstant(at, offsetMinutes);
}
