import { and, desc, eq, gte, lt, sql, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Direction, Pass } from '../pass/pass.ts';
import type { MarkPattern } from '../plate/pattern.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { markFits } from './mark-columns.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest, type Place } from './page.ts';
import { instantParameter } from './query.ts';
import { passes } from './schema.ts';
import { storedPassOf, type StoredPass } from './stored-pass.ts';

/** Times are epoch milliseconds: from ≤ capturedAt < to. `mark`: as a person writes it, with `*` and `?`. `key`: exact, as `Pass.key`. */
export interface PassFilter {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly siteId?: string | undefined;
  readonly cameraId?: string | undefined;
  readonly direction?: Direction | undefined;
  readonly outcome?: Pass['outcome'] | undefined;
  readonly mark?: string | MarkPattern | undefined;
  readonly key?: string | undefined;
}

/** Passes, newest capture first. @throws CURSOR_INVALID, MARK_INVALID, ARGUMENT_INVALID */
export async function listPasses(db: Database, filter: PassFilter, page: PageRequest = {}): Promise<Page<StoredPass>> {
  const limit = pageLimit(page), place = readCursor(page.cursor, filter);
  const conditions = and(passConditions(filter), after(passes.capturedAt, passes.id, place));
  const rows = await atStore(db, () => db.orm.select().from(passes).where(conditions).orderBy(desc(passes.capturedAt), desc(passes.id)).limit(limit + 1));
  return toPage(rows.map(storedPassOf), limit, filter, (pass) => ({ at: pass.capturedAt, id: pass.id }));
}

/** What a filter asks of a row of passes; exports ask the same. @throws MARK_INVALID */
export function passConditions(filter: PassFilter): SQL | undefined {
  return and(
    ...period(passes.capturedAt, filter), equals(passes.siteId, filter.siteId), equals(passes.cameraId, filter.cameraId), equals(passes.direction, filter.direction),
    equals(passes.outcome, filter.outcome), equals(passes.key, filter.key), filter.mark === undefined ? undefined : markFits(passes, filter.mark),
  );
}

/** from ≤ column < to. */
export function period(column: PgColumn, { from, to }: { readonly from?: number | undefined; readonly to?: number | undefined }): (SQL | undefined)[] {
  return [from === undefined ? undefined : gte(column, from), to === undefined ? undefined : lt(column, to)];
}

export function equals(column: PgColumn, value: string | undefined): SQL | undefined {
  return value === undefined ? undefined : eq(column, value);
}

/** Beyond the end of the page before, newest first. The plain bound beside the row comparison lets whole partitions be left out. */
export function after(time: PgColumn, id: PgColumn, place: Place | null): SQL | undefined {
  if (place === null) return undefined;
  const at = instantParameter(place.at);
  return sql`(${time}, ${id}) < (${at}, ${place.id}) and ${time} <= ${at}`;
}
