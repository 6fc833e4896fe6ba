import { performance } from 'node:perf_hooks';
import type { Place } from './page.ts';

/** Half-open piece of a walk back through time: rows with `from` ≤ time, and (time, id) before `before`. */
export interface Slice { readonly from: number; readonly before: Place }

export interface SliceWalk<T> {
  /** Earliest and latest time that there is; null: there is nothing. */
  readonly bounds: { readonly earliest: number; readonly latest: number } | null;
  /** Most rows of one page. */
  readonly pageSize: number;
  /** Rows of the slice, newest first, at most `pageSize`. */
  readonly read: (slice: Slice) => Promise<readonly T[]>;
  readonly placeOf: (row: T) => Place;
  /** Length of the first slice; later ones follow the time that reading takes. */
  readonly firstMs?: number;
}

const DAY = 86_400_000, LEAST_MS = 60_000, MOST_MS = 3660 * DAY;
/** A statement that takes less looks at more next time, one that takes longer at less: none runs into the server's timeout, and one that nobody waits for any more is soon over. */
const QUICK_MS = 100, SLOW_MS = 1000;

/**
 * Every row between the bounds, newest first, in pages. Between two statements nothing is held: no connection, no transaction, no snapshot
 * that would keep the database from tidying up for as long as the reader takes.
 */
export async function* walkBack<T>({ bounds, pageSize, read, placeOf, firstMs = DAY }: SliceWalk<T>): AsyncGenerator<readonly T[]> {
  if (bounds === null) return;
  let before: Place = { at: bounds.latest + 1, id: '' }, length = firstMs;
  while (before.at > bounds.earliest || before.id !== '') {
    const from = Math.max(bounds.earliest, before.at - length), started = performance.now();
    const rows = await read({ from, before });
    const took = performance.now() - started, last = rows.at(-1);
    if (took > SLOW_MS) length = Math.max(LEAST_MS, Math.floor(length / 4));
    else if (took < QUICK_MS && rows.length < pageSize) length = Math.min(MOST_MS, length * 2);
    before = rows.length === pageSize && last !== undefined ? placeOf(last) : { at: from, id: '' };
    if (rows.length > 0) yield rows;
  }
}
