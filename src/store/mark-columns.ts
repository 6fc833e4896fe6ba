import { and, eq, isNull, ne, or, sql, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { DarwazaError } from '../core/errors.ts';
import { parseMarkPattern, type MarkPattern } from '../plate/pattern.ts';
import type { Mark, VehicleClass } from '../plate/mark.ts';
import type { BatchColumn } from './query.ts';
import { vehicles } from './schema.ts';

/** The parts of a mark as columns of a row; letters and number are null where there is no mark. */
export interface MarkRow {
  readonly markJurisdiction: string | null;
  readonly markDistrict: string | null;
  readonly markLetters: string | null;
  readonly markYear: string | null;
  readonly markNumber: string | null;
  readonly markSuffix: string | null;
  readonly markClass: VehicleClass | null;
  readonly markSeries: string | null;
}

export function markOf(row: MarkRow & { readonly markLetters: string; readonly markNumber: string }): Mark;
export function markOf(row: MarkRow): Mark | null;
export function markOf(row: MarkRow): Mark | null {
  if (row.markLetters === null || row.markNumber === null) return null;
  return {
    jurisdiction: row.markJurisdiction, district: row.markDistrict, letters: row.markLetters, year: row.markYear, number: row.markNumber,
    suffix: row.markSuffix, class: row.markClass, series: row.markSeries,
  };
}

/** Columns of a mark for a batch insert. */
export function markBatchColumns<R>(markOfRow: (row: R) => Mark | null): BatchColumn<R>[] {
  const parts = ['jurisdiction', 'district', 'letters', 'year', 'number', 'suffix', 'class', 'series'] as const;
  return parts.map((part) => ({ name: `mark_${part}`, type: 'text', of: (row) => markOfRow(row)?.[part] ?? null }));
}

/** Columns that a search for marks looks at. */
export interface MarkTable {
  readonly key: PgColumn;
  readonly markJurisdiction: PgColumn;
  readonly markDistrict: PgColumn;
  readonly markYear: PgColumn;
  readonly markSuffix: PgColumn;
  readonly markClass: PgColumn;
}

/** Rows whose mark fits what a person typed; unread parts fit anything. @throws MARK_INVALID */
export function markFits(table: MarkTable, search: string | MarkPattern): SQL | undefined {
  const pattern = typeof search === 'string' ? parseMarkPattern(search) : search;
  if (pattern.kind === 'invalid') throw new DarwazaError('MARK_INVALID', { reason: pattern.reason });
  if (pattern.kind === 'exact') return and(eq(table.key, pattern.key), agrees(table, pattern.mark));
  // Distinct keys are far fewer than passes: the wildcard is looked for there.
  const likes = pattern.likes.map((like) => sql`${vehicles.key} like ${checkedLike(like)}`);
  return and(
    sql`${table.key} in (select ${vehicles.key} from ${vehicles} where ${or(...likes)})`,
    openOrEqual(table.markYear, pattern.year), openOrEqual(table.markJurisdiction, pattern.jurisdiction),
  );
}

/** As `compareMarks` says in plate/key.ts: no part known on both sides contradicts. */
export function agrees(table: MarkTable, mark: Mark): SQL | undefined {
  return and(
    openOrEqual(table.markJurisdiction, mark.jurisdiction), openOrEqual(table.markDistrict, mark.district),
    openOrEqual(table.markYear, mark.year), openOrEqual(table.markSuffix, mark.suffix), classAgrees(table, mark),
  );
}

export function openOrEqual(column: PgColumn, value: string | null): SQL | undefined {
  return value === null ? undefined : or(isNull(column), eq(column, value));
}

/** Sindh numbers motorcycles apart from all others; elsewhere the class follows from paint and tells nothing apart. */
function classAgrees(table: MarkTable, mark: Mark): SQL | undefined {
  if (mark.jurisdiction !== 'SD' || mark.class === null) return undefined;
  const other = mark.class === 'motorcycle' ? ne(table.markClass, 'motorcycle') : eq(table.markClass, 'motorcycle');
  return or(isNull(table.markJurisdiction), ne(table.markJurisdiction, 'SD'), isNull(table.markClass), sql`not (${other})`);
}

/** LIKE has characters of its own: a pattern that holds others than a key's letters and digits and its wildcards was not made by us. */
export function checkedLike(like: string): string {
  if (!/^[A-Z0-9%_]{1,100}$/.test(like)) throw new DarwazaError('MARK_INVALID', { reason: 'use letters, digits, * and ?' });
  return like;
}
