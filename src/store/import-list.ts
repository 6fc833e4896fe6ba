import { sql } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import type { Database, Orm } from './database.ts';
import { CONTENT_COLUMNS } from './entry-columns.ts';
import { noteChanges, showChanges, type ChangeCounts, type ImportMode, type ListDifference } from './list-difference.ts';
import { confirmVersion, expectVersion, lockList, putVersion, rolledBackFrom, type LockedList } from './list-versions.ts';
import { atStore } from './failure.ts';
import { inTransaction, rowsOf } from './query.ts';
import { MANY, stageListRows, workInBulk, type GivenRows, type RepeatedRow, type StagedList } from './stage-list-rows.ts';

export interface ListImport {
  readonly list: string;
  /** Of the whole file: the same file again makes no new version. */
  readonly sha256: string;
  readonly fileName: string;
  /** Entries, or rows with their line; what an entry withdraws counts in a delta only. */
  readonly entries: GivenRows;
  /** Epoch milliseconds. */
  readonly importedAt: number;
  /** `delta`: rows that the file does not name stay. Default replace. */
  readonly mode?: ImportMode;
  /** Default: by the mode. */
  readonly origin?: 'file' | 'feed';
  /** API key id of who sends it. */
  readonly author?: string | null;
  /** The version that the caller saw in force; 0 for a list that is not there yet. */
  readonly expectVersion?: number | undefined;
  /** Tells the difference and changes nothing. */
  readonly dryRun?: boolean;
}

/** What an import of the register or of a list does. */
export interface ImportResult {
  /** In force now. */
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

export interface ListImportResult extends ImportResult, Pick<ChangeCounts, 'withheld' | 'unknown' | 'unknownCount'> {
  readonly changed: number;
  /** The first thousand of the duplicates, by line. */
  readonly repeated: readonly RepeatedRow[];
  /** In a dry run: the first hundred entries of each kind. */
  readonly difference: ListDifference | null;
}

const NO_CHANGES = { added: 0, changed: 0, removed: 0, withheld: 0, unknown: [], unknownCount: 0, repeated: [], duplicates: 0 } as const;

/**
 * One new version of the list, put in force at once; a failure anywhere leaves the version before it in force, and matching goes on with it
 * meanwhile. A row that stays the same stays the same entry; one that changed keeps its id.
 * `entries` is read to its end before anything changes, and not at all when the file is unchanged; what it throws is thrown on.
 * @throws IMPORT_EMPTY when there is no entry; LIST_BUSY when `expectVersion` is not in force; FEED_ROLLED_BACK
 */
export async function importList(db: Database, given: ListImport): Promise<ListImportResult> {
  const known = given.dryRun ? await sameInForce(db, given) : await inTransaction(db, db.bulk, (tx) => confirmSame(tx, given));
  if (known !== null) return known;
  const staged = await stageListRows(db, given.entries, given.importedAt);
  try {
    if (staged.count === 0) throw new DarwazaError('IMPORT_EMPTY', { name: given.fileName });
    // Compared before the list is locked: whoever adds an entry meanwhile waits for the short rest only.
    const before = await versionInForce(db.bulk, given.list), compared = { importId: staged.importId, list: given.list, mode: given.mode ?? 'replace', at: given.importedAt };
    const changes = await inTransaction(db, db.bulk, (tx) => noteChanges(tx, compared));
    if (given.dryRun) return await told(db, given, staged, changes);
    const result = await inTransaction(db, db.bulk, async (tx) => {
      // Before all else: of two that bring the same new list at once, the second must see what the first made.
      const locked = await lockOrMake(tx, given.list), same = await confirmSame(tx, given);
      if (same !== null) return same;
      return apply(tx, given, staged, locked, locked.version === before ? changes : await noteChanges(tx, compared));
    });
    if (result.added + result.changed + result.removed >= MANY) await rowsOf(db.bulk, sql`analyze list_entries`).catch(() => undefined);
    return result;
  } finally {
    await staged.drop().catch(() => undefined);
  }
}

async function versionInForce(orm: Orm, list: string): Promise<number> {
  const [row] = await rowsOf<{ version: number }>(orm, sql`select version from lists where name = ${list}`);
  return row?.version ?? 0;
}

/** When this very file is in force: renews its age and says so. Locks the list, where it is there, to the end of the transaction. */
async function confirmSame(tx: Orm, given: ListImport): Promise<ListImportResult | null> {
  const locked = await lockList(tx, given.list);
  expectVersion(given.list, locked?.version ?? 0, given.expectVersion);
  if (locked === null || locked.version === 0) return null;
  if (locked.sha256 !== given.sha256) {
    const bad = given.origin === 'feed' ? await rolledBackFrom(tx, given.list, given.sha256) : null;
    if (bad !== null) throw new DarwazaError('FEED_ROLLED_BACK', { list: given.list, version: bad });
    return null;
  }
  await confirmVersion(tx, given.list, locked.version, given.importedAt);
  return { ...NO_CHANGES, version: locked.version, rows: locked.entryCount, unchanged: true, difference: null };
}

/** The same for a dry run, which renews nothing. */
async function sameInForce(db: Database, given: ListImport): Promise<ListImportResult | null> {
  const [row] = await atStore(db, () => rowsOf<{ version: number; sha256: string; rows: number }>(db.bulk, sql`
    select l.version, v.sha256, v.entry_count as rows from lists l join list_versions v on v.list = l.name and v.version = l.version where l.name = ${given.list}
  `));
  expectVersion(given.list, row?.version ?? 0, given.expectVersion);
  if (row?.sha256 !== given.sha256) return null;
  return { ...NO_CHANGES, version: row.version, rows: row.rows, unchanged: true, difference: { added: [], changed: [], removed: [] } };
}

async function told(db: Database, given: ListImport, staged: StagedList, changes: ChangeCounts): Promise<ListImportResult> {
  return inTransaction(db, db.bulk, async (tx) => {
    const version = await versionInForce(tx, given.list), [held] = await rowsOf<{ rows: number }>(tx, sql`
      select entry_count as rows from list_versions where list = ${given.list} and version = ${version}
    `);
    const rows = (held?.rows ?? 0) + changes.added - changes.removed;
    return { ...resultOf(staged, changes), version, rows, unchanged: false, difference: await showChanges(tx, { importId: staged.importId, list: given.list }) };
  });
}

function resultOf(staged: StagedList, changes: ChangeCounts): Omit<ListImportResult, 'version' | 'rows' | 'unchanged' | 'difference'> {
  return { ...changes, duplicates: staged.repeatedCount, repeated: staged.repeated };
}

async function lockOrMake(tx: Orm, list: string): Promise<LockedList> {
  await rowsOf(tx, sql`insert into lists (name, version) values (${list}, 0) on conflict do nothing`);
  return (await lockList(tx, list)) as LockedList;
}

async function apply(tx: Orm, given: ListImport, staged: StagedList, locked: LockedList, changes: ChangeCounts): Promise<ListImportResult> {
  const { list, sha256, fileName, importedAt } = given, next = locked.version + 1, { importId } = staged;
  // Few among many are found by the index of the ids.
  await rowsOf(tx, sql`set local enable_nestloop = on`);
  await rowsOf(tx, sql`
    update list_entries e set to_version = ${next} from list_import_changes c
    where c.import_id = ${importId} and c.change in ('changed', 'removed') and e.id = c.id and e.to_version is null
  `);
  await workInBulk(tx);
  // In the order of the ids: the indexes grow at their ends, which takes half the time.
  await rowsOf(tx, sql`
    insert into list_entries (id, list, from_version, digest, ${CONTENT_COLUMNS})
    select id, ${list}, ${next}::integer, digest, ${CONTENT_COLUMNS} from list_import_rows r
    where import_id = ${importId} and not withdraw and exists (
      select 1 from list_import_changes c where c.import_id = r.import_id and c.id = r.id and c.change in ('added', 'changed')
    ) order by id
  `);
  // What the feed said of its own file holds no more for this one.
  if (given.origin !== 'feed') await rowsOf(tx, sql`update lists set feed_etag = null where name = ${list}`);
  const origin = given.origin === 'feed' ? 'feed' : given.mode === 'delta' ? 'delta' : 'file';
  const version = await putVersion(tx, locked, { sha256, fileName, importedAt, confirmedAt: importedAt, origin, author: given.author ?? null }, changes);
  return { ...resultOf(staged, changes), version: version.version, rows: version.entryCount, unchanged: false, difference: null };
}
