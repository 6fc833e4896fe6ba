import { z } from 'zod';
import type { ListSettings } from './list-settings.ts';

/** Columns that the header of a list must have, unless the list's settings give a default or say that the file has none. */
export const LIST_COLUMNS = ['mark', 'kind', 'reason', 'owner', 'action', 'expires'] as const;
/** Columns that are used where they are there. `withdraw` counts in a delta only. */
export const FURTHER_LIST_COLUMNS = [
  'jurisdiction', 'class', 'make', 'colour', 'chassis', 'warnings', 'case', 'source', 'stage', 'review', 'withdraw',
] as const;

export type ListColumn = (typeof LIST_COLUMNS)[number] | (typeof FURTHER_LIST_COLUMNS)[number];
const ALL_COLUMNS: readonly ListColumn[] = [...LIST_COLUMNS, ...FURTHER_LIST_COLUMNS];

/** Our column → its name in the department's file; '' says that the file has no such column. */
export type ColumnMap = Readonly<Record<string, string>>;
const ColumnMapFile = z.record(z.string().max(64), z.string().max(100));

export interface ColumnNames {
  /** Name in the file, as the header is compared (small letters); null where the file has none. */
  of(column: ListColumn): string | null;
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** How the columns of one file are called, and which of them it must have. */
export function columnNames(settings: Pick<ListSettings, 'columns' | 'kind' | 'action' | 'owner'>): ColumnNames {
  const names = new Map(ALL_COLUMNS.map((column) => [column, settings.columns[column]?.trim().toLowerCase() ?? column]));
  const given = (column: ListColumn): boolean =>
    (column === 'kind' && settings.kind !== null) || (column === 'action' && settings.action !== null) || (column === 'owner' && settings.owner !== '');
  // A column that no default stands in for is asked for under our name also where the map says that there is none: the row would have no value.
  const mayLack = (column: ListColumn): boolean => given(column) || (column === 'expires' && names.get(column) === '');
  const nameOf = (column: ListColumn): string => names.get(column) || column;
  return {
    of: (column) => names.get(column) || (LIST_COLUMNS.includes(column as never) && !mayLack(column) ? column : null),
    required: LIST_COLUMNS.filter((column) => !mayLack(column)).map(nameOf),
    optional: ALL_COLUMNS.filter((column) => names.get(column) !== '' && (mayLack(column) || !LIST_COLUMNS.includes(column as never))).map(nameOf),
  };
}

/** What is wrong with a column map, or null: a name that is not a column of ours would be without effect and nobody would see it. */
export function columnMapFault(map: ColumnMap): string | null {
  const unknown = Object.keys(map).filter((column) => !ALL_COLUMNS.includes(column as ListColumn));
  if (unknown.length > 0) return `there is no column ${unknown.map((c) => `"${c}"`).join(', ')}; ours are ${ALL_COLUMNS.join(', ')}`;
  const names = Object.values(map).map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  return twice === undefined ? null : `"${twice}" stands for two of our columns`;
}

/** The small file of a department, `{"mark": "Reg No", "reason": "Offence"}`, or what is wrong with it. Never throws. */
export function readColumnMap(json: unknown): { readonly kind: 'ok'; readonly map: ColumnMap } | { readonly kind: 'fault'; readonly reason: string } {
  const parsed = ColumnMapFile.safeParse(json);
  if (!parsed.success) return { kind: 'fault', reason: 'it must be one JSON object of our column names, each with the name in your file: {"mark": "Reg No"}' };
  const reason = columnMapFault(parsed.data);
  return reason === null ? { kind: 'ok', map: parsed.data } : { kind: 'fault', reason };
}
