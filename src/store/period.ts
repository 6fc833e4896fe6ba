import { eq, gte, lt, sql, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Place } from './page.ts';
import { instantParameter } from './query.ts';

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
