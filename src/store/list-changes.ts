import { inArray, sql, type SQL } from 'drizzle-orm';
import type { ListEntry } from '../list/entry.ts';
import type { RowText } from '../list/list-indexes.ts';
import { entryOf } from './active-list-entries.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { rowsOf } from './query.ts';
import { listEntries } from './schema.ts';

/** What became of a list between two of its versions. */
export type ListChange =
  | { readonly kind: 'patch'; readonly opened: RowText; readonly closed: readonly number[] }
  /** More changed than is worth patching: read it whole. */
  | { readonly kind: 'many' };

/** Above this a list is read anew beside the one in force; patching so many rows would keep passes waiting (about 2 µs a row). */
export const PATCH_LIMIT = 5000;
/** Rows in one text: about 300 kB, which the main thread hands on without looking into it. */
const PART_SIZE = 5000;

/**
 * The difference between a list as of version `held` and as of `wanted`. Rows of past versions never change but by being closed in a later
 * one, so that neither this nor `eachPartOfList` needs one snapshot over all its statements.
 */
export async function listChange(db: Database, list: string, held: number, wanted: number): Promise<ListChange> {
  const closed = await atStore(db, () => rowsOf<{ serial: string }>(db.orm, sql`
    select serial::text from list_entries where list = ${list} and to_version > ${held} and to_version <= ${wanted} and from_version <= ${held} limit ${PATCH_LIMIT + 1}
  `));
  if (closed.length > PATCH_LIMIT) return { kind: 'many' };
  const opened = await rowText(db, sql`
    list = ${list} and from_version > ${held} and from_version <= ${wanted} and (to_version is null or to_version > ${wanted})
  `, PATCH_LIMIT + 1);
  return opened.count > PATCH_LIMIT ? { kind: 'many' } : { kind: 'patch', opened: opened.text, closed: closed.map((row) => Number(row.serial)) };
}

/** Every row of a list as of a version, in parts. `use` is called for each part, in order. */
export async function eachPartOfList(db: Database, list: string, version: number, use: (rows: RowText) => Promise<void>): Promise<void> {
  for (let last = 0; ;) {
    const part = await rowText(db, sql`
      list = ${list} and serial > ${last} and from_version <= ${version} and (to_version is null or to_version > ${version})
    `, PART_SIZE);
    if (part.count > 0) await use(part.text);
    if (part.count < PART_SIZE) return;
    last = part.last;
  }
}

/** The database writes the text: a row never becomes an object in the thread that answers requests. */
async function rowText(db: Database, where: SQL, limit: number): Promise<{ readonly text: RowText; readonly count: number; readonly last: number }> {
  const [row] = await atStore(db, () => rowsOf<{ text: string | null; count: number; last: string | null }>(db.orm, sql`
    select string_agg(json_build_array(serial, key, mark_letters, mark_number, mark_year, mark_suffix, pattern)::text, e'\n' order by serial) as text,
      count(*)::integer as count, max(serial)::text as last
    from (select * from list_entries where ${where} order by serial limit ${limit}) part
  `));
  return { text: row?.text ?? '', count: row?.count ?? 0, last: Number(row?.last ?? 0) };
}

/** Entries by the serials of their rows, whatever became of them since. */
export async function entriesBySerial(db: Database, serials: readonly number[]): Promise<Map<number, ListEntry>> {
  if (serials.length === 0) return new Map();
  const rows = await atStore(db, () => db.orm.select().from(listEntries).where(inArray(listEntries.serial, [...serials])));
  return new Map(rows.map((row) => [row.serial, entryOf(row)]));
}
