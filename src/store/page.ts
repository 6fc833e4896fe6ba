import { createHash } from 'node:crypto';
import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';

/** `limit`: 1 to 1000 items, 100 when not given. `cursor`: as the page before gave it, null or undefined for the first. */
export interface PageRequest { readonly limit?: number | undefined; readonly cursor?: string | null | undefined }

/** Newest first. `nextCursor` is null on the last page. */
export interface Page<T> { readonly items: readonly T[]; readonly nextCursor: string | null }

/** Where a page ended: time (epoch milliseconds) and id of its last item. */
export interface Place { readonly at: number; readonly id: string }

export const PAGE_LIMIT = 1000;
const PAGE_DEFAULT = 100;

const LAST_INSTANT = Date.UTC(9999, 11, 31);
const cursorShape = z.strictObject({ q: z.string(), at: z.int().min(0).max(LAST_INSTANT), id: z.string().max(200) });

/** A cursor is good for one question only: paging on with another filter would skip and repeat rows without anybody noticing. */
function questionOf(filter: object): string {
  const known = Object.entries(filter).filter(([, value]) => value !== undefined && value !== null).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(known)).digest('base64url').slice(0, 16);
}

/** @throws CURSOR_INVALID for a text that is not a cursor, or one of another filter */
export function readCursor(cursor: string | null | undefined, filter: object): Place | null {
  if (cursor === null || cursor === undefined) return null;
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw new DarwazaError('CURSOR_INVALID');
  }
  const parsed = cursorShape.safeParse(json);
  if (!parsed.success || parsed.data.q !== questionOf(filter) || parsed.data.id.includes('\0')) throw new DarwazaError('CURSOR_INVALID');
  return { at: parsed.data.at, id: parsed.data.id };
}

export function writeCursor(place: Place, filter: object): string {
  return Buffer.from(JSON.stringify({ q: questionOf(filter), at: place.at, id: place.id })).toString('base64url');
}

/** @throws ARGUMENT_INVALID */
export function pageLimit(page: PageRequest): number {
  const limit = page.limit ?? PAGE_DEFAULT;
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_LIMIT) throw new DarwazaError('ARGUMENT_INVALID', { name: 'limit', reason: `it must be a whole number from 1 to ${PAGE_LIMIT}` });
  return limit;
}

/** Cuts the row that was read beyond the limit only to know whether there is more. */
export function toPage<T>(rows: readonly T[], limit: number, filter: object, placeOf: (item: T) => Place): Page<T> {
  const items = rows.slice(0, limit), last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? writeCursor(placeOf(last), filter) : null };
}
