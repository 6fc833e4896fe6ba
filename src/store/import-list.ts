import { sql } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import type { ListEntry } from '../list/entry.ts';
import type { Database, Orm } from './database.ts';
import { MARK_COLUMNS, STAGED_MARK, stageRows, type StagedRows } from './import-rows.ts';
import { instantParameter, inTransaction, rowsOf } from './query.ts';

export interface ListImport {
  readonly list: string;
  /** Of the whole file: the same file again makes no new version. */
  readonly sha256: string;
  readonly fileName: string;
  readonly entries: AsyncIterable<ListEntry> | Iterable<ListEntry>;
  /** Epoch milliseconds. */
  readonly importedAt: number;
}

export interface ImportResult {
  readonly version: number;
  /** Rows in force after the import. */
  readonly rows: number;
  readonly added: number;
  readonly removed: number;
  /** Rows of the file that say the same as another row of it. */
  readonly duplicates: number;
  /** The same file is in force already; only its age was renewed. */
  readonly unchanged: boolean;
}

interface InForce { readonly version: number; readonly sha256: string | null; readonly rows: number }

/**
 * One new version that replaces the entries of the list at once; a failure anywhere leaves the version before it in force. A row that
 * stays the same stays the same entry.
 * `entries` is read to its end before anything changes, and not at all when the file is unchanged; what it throws is thrown on.
 * @throws IMPORT_EMPTY when there is no entry
 */
export async function importList(db: Database, given: ListImport): Promise<ImportResult> {
  const known = await inTransaction(db, db.bulk, (tx) => confirmSame(tx, given));
  if (known !== null) return known;
  const staged = await stageRows(db, given.entries, given.importedAt);
  try {
    if (staged.count === 0) throw new DarwazaError('IMPORT_EMPTY', { name: given.fileName });
    return await inTransaction(db, db.bulk, async (tx) => (await confirmSame(tx, given)) ?? replace(tx, given, staged));
  } finally {
    await staged.drop().catch(() => undefined);
  }
}

/** When this very file is in force: renews its age and says so. Locks the list to the end of the transaction. */
async function confirmSame(tx: Orm, given: ListImport): Promise<ImportResult | null> {
  const inForce = await lockList(tx, given.list);
  if (inForce.sha256 !== given.sha256) return null;
  await rowsOf(tx, sql`
    update list_versions set confirmed_at = greatest(confirmed_at, ${instantParameter(given.importedAt)}) where list = ${given.list} and version = ${inForce.version}
  `);
  return { version: inForce.version, rows: inForce.rows, added: 0, removed: 0, duplicates: 0, unchanged: true };
}

async function lockList(tx: Orm, list: string): Promise<InForce> {
  await rowsOf(tx, sql`insert into lists (name, version) values (${list}, 0) on conflict do nothing`);
  await rowsOf(tx, sql`select 1 from lists where name = ${list} for update`);
  const [row] = await rowsOf<{ version: number; sha256: string | null; rows: number | null }>(tx, sql`
    select l.version, v.sha256, v.entry_count as rows from lists l left join list_versions v on v.list = l.name and v.version = l.version where l.name = ${list}
  `);
  return { version: row?.version ?? 0, sha256: row?.sha256 ?? null, rows: row?.rows ?? 0 };
}

async function replace(tx: Orm, given: ListImport, staged: StagedRows): Promise<ImportResult> {
  const { version: before } = await lockList(tx, given.list), version = before + 1;
  await rowsOf(tx, sql`
    insert into list_versions (list, version, sha256, file_name, entry_count, imported_at, confirmed_at)
    values (${given.list}, ${version}, ${given.sha256}, ${given.fileName}, ${staged.count}, ${instantParameter(given.importedAt)}, ${instantParameter(given.importedAt)})
  `);
  const [removed] = await rowsOf<{ count: number }>(tx, sql`
    with closed as (
      update list_entries e set to_version = ${version} where e.list = ${given.list} and e.to_version is null
        and not exists (select 1 from import_rows r where r.import_id = ${staged.importId} and r.id = e.id)
      returning 1
    ) select count(*)::integer as count from closed
  `);
  const [added] = await rowsOf<{ count: number }>(tx, sql`
    with opened as (
      insert into list_entries (id, list, from_version, key, kind, reason, owner, action, expires_at, ${MARK_COLUMNS})
      select r.id, ${given.list}, ${version}, content->>'key', content->>'kind', content->>'reason', content->>'owner', content->>'action',
        to_timestamp((content->>'expiresAt')::numeric / 1000), ${STAGED_MARK}
      from import_rows r where r.import_id = ${staged.importId}
        and not exists (select 1 from list_entries e where e.id = r.id and e.to_version is null)
      returning 1
    ) select count(*)::integer as count from opened
  `);
  await rowsOf(tx, sql`update lists set version = ${version} where name = ${given.list}`);
  return { version, rows: staged.count, added: added?.count ?? 0, removed: removed?.count ?? 0, duplicates: staged.duplicates, unchanged: false };
}
