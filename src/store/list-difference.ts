import { and, eq, inArray, isNull, sql, type SQL } from 'drizzle-orm';
import type { ListEntry } from '../list/entry.ts';
import { writeMarkInFull } from '../plate/written-form.ts';
import { entryOf } from './active-list-entries.ts';
import type { Orm } from './database.ts';
import { contentChanges, type ContentChange } from './entry-columns.ts';
import { instantParameter, rowsOf } from './query.ts';
import { workInBulk } from './stage-list-rows.ts';
import { listEntries, listImportRows } from './schema.ts';

export type ImportMode = 'replace' | 'delta';

/** One entry that an import adds, changes or removes. */
export interface EntryDifference {
  readonly id: string;
  /** Mark or pattern in written form. */
  readonly mark: string;
  /** Line of the file; null for an entry that goes because the file has it no more. */
  readonly line: number | null;
  /** What a changed entry says otherwise; empty for the others. */
  readonly changes: readonly ContentChange[];
}

export interface ListDifference {
  readonly added: readonly EntryDifference[];
  readonly changed: readonly EntryDifference[];
  readonly removed: readonly EntryDifference[];
}

export interface ChangeCounts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Rows that a person withdrew and of which the file says nothing new: they stay out. */
  readonly withheld: number;
  /** Lines of a delta that withdraw what is not there: how many, and the first thousand. */
  readonly unknownCount: number;
  readonly unknown: readonly number[];
}

interface Compared { readonly importId: string; readonly list: string; readonly mode: ImportMode; readonly at: number }

const SHOWN = 100, TOLD = 1000;

/**
 * In a transaction: finds and notes how the staged rows differ from what is in force. What a person said of a row (a stage, a withdrawal) stands until the file
 * says something new of it; an entry that a person added and no file brought stays when a file replaces the list.
 */
export async function noteChanges(orm: Orm, compared: Compared): Promise<ChangeCounts> {
  const { importId, list, mode, at } = compared;
  await workInBulk(orm);
  await rowsOf(orm, sql`delete from list_import_changes where import_id = ${importId}`);
  const head = sql`insert into list_import_changes (import_id, started_at, id, change) select ${importId}, ${instantParameter(at)}`;
  const inForce = sql`e.list = ${list} and e.to_version is null`;
  // A row that a person's version closed and none opened again.
  const withdrawn = sql`
    select w.id, w.digest from list_versions v join list_entries w on w.list = v.list and w.to_version = v.version
    where v.list = ${list} and v.origin = 'entry' and w.digest <> '' and not exists (select 1 from list_entries n where n.id = w.id and n.from_version >= w.to_version)
  `;
  const [given] = await rowsOf<{ added: number; changed: number; withheld: number }>(orm, sql`
    with withdrawn as materialized (${withdrawn}), compared as materialized (
      select r.id, e.id is not null as there, e.id is null and w.id is not null as withheld
      from list_import_rows r left join list_entries e on e.id = r.id and ${inForce} left join withdrawn w on w.id = r.id and w.digest = r.digest
      where r.import_id = ${importId} and not r.withdraw and e.digest is distinct from r.digest
    ), noted as (
      ${head}, id, case when there then 'changed' else 'added' end from compared where not withheld
    )
    select count(*) filter (where not there and not withheld)::integer as added, count(*) filter (where there)::integer as changed,
      count(*) filter (where withheld)::integer as withheld from compared
  `);
  // Entries of one identity that say different things are numbered behind a full stop; a delta withdraws all of them.
  const gone = mode === 'replace'
    ? sql`not (e.digest = '' and e.author is not null) and not exists (select 1 from list_import_rows r where r.import_id = ${importId} and r.id = e.id)`
    : sql`exists (select 1 from list_import_rows r where r.import_id = ${importId} and r.withdraw and r.id = split_part(e.id, '.', 1))`;
  const [removed] = await rowsOf<{ count: number }>(orm, sql`
    with noted as (${head}, e.id, 'removed' from list_entries e where ${inForce} and ${gone} returning 1) select count(*)::integer as count from noted
  `);
  const unknown = mode === 'replace' ? [] : await unknownWithdrawals(orm, compared);
  const [many] = unknown.length < TOLD ? [] : await rowsOf<{ count: number }>(orm, sql`select count(*)::integer as count ${unknownRows(compared)}`);
  return {
    added: given?.added ?? 0, changed: given?.changed ?? 0, removed: removed?.count ?? 0, withheld: given?.withheld ?? 0, unknown, unknownCount: many?.count ?? unknown.length,
  };
}

const unknownRows = ({ importId, list }: Compared) => sql`
  from list_import_rows r where r.import_id = ${importId} and r.withdraw
    and not exists (select 1 from list_entries e where e.list = ${list} and e.to_version is null and split_part(e.id, '.', 1) = r.id)
`;

async function unknownWithdrawals(orm: Orm, compared: Compared): Promise<number[]> {
  return (await rowsOf<{ line: number }>(orm, sql`select r.line ${unknownRows(compared)} order by r.line limit ${TOLD}`)).map((row) => row.line);
}

/** The first hundred entries of each kind of change, by line. */
export async function showChanges(orm: Orm, { importId, list }: Pick<Compared, 'importId' | 'list'>): Promise<ListDifference> {
  const of = (change: string, own: SQL) => rowsOf<{ id: string; line: number | null }>(orm, sql`
    select c.id, r.line from list_import_changes c left join list_import_rows r on r.import_id = c.import_id and ${own}
    where c.import_id = ${importId} and c.change = ${change} order by r.line, c.id limit ${SHOWN}
  `);
  const given = sql`r.id = c.id and not r.withdraw`, withdrawing = sql`r.id = split_part(c.id, '.', 1) and r.withdraw`;
  const [added, changed, removed] = [await of('added', given), await of('changed', given), await of('removed', withdrawing)];
  const after = await givenEntries(orm, importId, list, [...added, ...changed].map((row) => row.id)), before = await entriesInForce(orm, [...changed, ...removed].map((row) => row.id));
  return {
    added: added.map(({ id, line }) => ({ id, line, mark: written(after.get(id)), changes: [] })),
    changed: changed.map(({ id, line }) => {
      const [old, now] = [before.get(id), after.get(id)];
      return { id, line, mark: written(now), changes: old === undefined || now === undefined ? [] : contentChanges(old, now) };
    }),
    removed: removed.map(({ id, line }) => ({ id, line, mark: written(before.get(id)), changes: [] })),
  };
}

async function givenEntries(orm: Orm, importId: string, list: string, ids: readonly string[]): Promise<Map<string, ListEntry>> {
  if (ids.length === 0) return new Map();
  const rows = await orm.select().from(listImportRows).where(and(eq(listImportRows.importId, importId), inArray(listImportRows.id, [...ids]), eq(listImportRows.withdraw, false)));
  return new Map(rows.map((row) => [row.id, entryOf({ ...row, list })]));
}

async function entriesInForce(orm: Orm, ids: readonly string[]): Promise<Map<string, ListEntry>> {
  if (ids.length === 0) return new Map();
  const rows = await orm.select().from(listEntries).where(and(inArray(listEntries.id, [...ids]), isNull(listEntries.toVersion)));
  return new Map(rows.map((row) => [row.id, entryOf(row)]));
}

const written = (entry: ListEntry | undefined): string => (entry === undefined ? '' : entry.mark === null ? entry.pattern ?? '' : writeMarkInFull(entry.mark));
