import { and, desc, eq, getTableColumns, lt, sql } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import type { Database, Orm } from './database.ts';
import { CONTENT_COLUMNS, sameContent } from './entry-columns.ts';
import { atStore } from './failure.ts';
import { inTransaction, instantParameter, rowsOf } from './query.ts';
import { listVersions, type VersionOrigin } from './schema.ts';

/** One version of a list. Times are epoch milliseconds. */
export interface ListVersion {
  readonly version: number;
  readonly origin: VersionOrigin;
  readonly fileName: string;
  readonly sha256: string;
  /** Entries in force under it. */
  readonly entryCount: number;
  readonly importedAt: number;
  /** When the file behind it was last delivered. */
  readonly confirmedAt: number;
  /** API key id of who made it; null = a feed, or a version from before this was kept. */
  readonly author: string | null;
  /** For a rollback: whose entries came back. */
  readonly ofVersion: number | null;
  readonly added: number | null;
  readonly changed: number | null;
  readonly removed: number | null;
}

/** What is in force while the list's row is locked; version 0: nothing yet. */
export interface LockedList {
  readonly list: string;
  readonly version: number;
  readonly sha256: string;
  readonly fileName: string;
  readonly entryCount: number;
  readonly confirmedAt: number | null;
}

/** Locks a list to the end of the transaction; null when there is none. Readers are not kept waiting. */
export async function lockList(tx: Orm, list: string): Promise<LockedList | null> {
  const [locked] = await rowsOf(tx, sql`select 1 from lists where name = ${list} for update`);
  if (locked === undefined) return null;
  // A statement of its own: the one that waited for the lock still sees the versions from before the wait.
  const [row] = await rowsOf<{ version: number; sha256: string | null; file_name: string | null; entry_count: number | null; confirmed_at: string | null }>(tx, sql`
    select l.version, v.sha256, v.file_name, v.entry_count, v.confirmed_at::text
    from lists l left join list_versions v on v.list = l.name and v.version = l.version where l.name = ${list}
  `);
  return {
    list, version: row?.version ?? 0, sha256: row?.sha256 ?? '', fileName: row?.file_name ?? '', entryCount: row?.entry_count ?? 0,
    confirmedAt: row?.confirmed_at ? Date.parse(row.confirmed_at) : null,
  };
}

export interface NextVersion {
  readonly sha256: string;
  readonly fileName: string;
  readonly importedAt: number;
  readonly confirmedAt: number;
  readonly origin: VersionOrigin;
  readonly author: string | null;
  readonly ofVersion?: number;
}

export interface EntryChanges { readonly added: number; readonly changed: number; readonly removed: number }

/** Puts the next version of a locked list in force, once its entries are written. */
export async function putVersion(tx: Orm, locked: LockedList, next: NextVersion, { added, changed, removed }: EntryChanges): Promise<ListVersion> {
  const version: ListVersion = {
    version: locked.version + 1, entryCount: locked.entryCount + added - removed, added, changed, removed, sha256: next.sha256, fileName: next.fileName,
    importedAt: next.importedAt, confirmedAt: next.confirmedAt, origin: next.origin, author: next.author, ofVersion: next.ofVersion ?? null,
  };
  await tx.insert(listVersions).values({ list: locked.list, ...version });
  await rowsOf(tx, sql`update lists set version = ${version.version} where name = ${locked.list}`);
  return version;
}

/** @throws LIST_BUSY when another version is in force than the caller looked at */
export function expectVersion(list: string, inForce: number, expected: number | undefined): void {
  if (expected !== undefined && expected !== inForce) throw new DarwazaError('LIST_BUSY', { list, version: inForce });
}

/** Newest first, those before `before`; at most `limit`. */
export async function versionsOfList(db: Database, list: string, { before, limit }: { readonly before?: number | undefined; readonly limit: number }): Promise<ListVersion[]> {
  return atStore(db, async () => {
    const { list: _list, ...columns } = getTableColumns(listVersions);
    return db.orm.select(columns).from(listVersions)
      .where(and(eq(listVersions.list, list), before === undefined ? undefined : lt(listVersions.version, before))).orderBy(desc(listVersions.version)).limit(limit);
  });
}

export interface Rollback {
  readonly list: string;
  /** Whose entries come back. */
  readonly version: number;
  readonly author: string | null;
  readonly at: number;
  readonly expectVersion?: number | undefined;
}

/**
 * A new version with the entries of an older one, as they were. Its age is that of the older one's file.
 * @throws LIST_NOT_FOUND, LIST_VERSION_NOT_FOUND, LIST_BUSY
 */
export async function rollbackList(db: Database, given: Rollback): Promise<ListVersion> {
  return inTransaction(db, db.bulk, async (tx) => {
    const { list } = given, locked = await lockList(tx, list);
    if (locked === null) throw new DarwazaError('LIST_NOT_FOUND', { list });
    expectVersion(list, locked.version, given.expectVersion);
    const [old] = await tx.select().from(listVersions).where(and(eq(listVersions.list, list), eq(listVersions.version, given.version)));
    if (old === undefined) throw new DarwazaError('LIST_VERSION_NOT_FOUND', { list, version: given.version });
    const changes = await bringBack(tx, list, old.version, locked.version + 1);
    // A feed asks anew: that its file is the one from before says nothing of the entries now in force.
    await rowsOf(tx, sql`update lists set feed_etag = null where name = ${list}`);
    const { sha256, fileName, confirmedAt } = old;
    return putVersion(tx, locked, { sha256, fileName, confirmedAt, importedAt: given.at, origin: 'rollback', author: given.author, ofVersion: old.version }, changes);
  });
}

const saysTheSame = sql`${sameContent('o', 'e')} and o.digest = e.digest and o.author is not distinct from e.author`;

async function bringBack(tx: Orm, list: string, old: number, next: number): Promise<EntryChanges> {
  const then = sql`o.list = ${list} and o.from_version <= ${old} and o.to_version > ${old}`;
  // A row that says the same as then stays, though it was written anew since.
  const [row] = await rowsOf<{ closed: number; both: number }>(tx, sql`
    with closed as (
      update list_entries e set to_version = ${next} where e.list = ${list} and e.to_version is null and e.from_version > ${old}
        and not exists (select 1 from list_entries o where ${then} and o.id = e.id and ${saysTheSame})
      returning e.id
    )
    select count(*)::integer as closed, count(*) filter (where exists (select 1 from list_entries o where ${then} and o.id = closed.id))::integer as both from closed
  `);
  // After the closing, in a statement of its own: of an id one row at most is in force.
  const [opened] = await rowsOf<{ count: number }>(tx, sql`
    with opened as (
      insert into list_entries (id, list, from_version, digest, author, ${CONTENT_COLUMNS})
      select id, list, ${next}::integer, digest, author, ${CONTENT_COLUMNS} from list_entries o
      where ${then} and not exists (select 1 from list_entries e where e.id = o.id and e.to_version is null) order by id
      returning 1
    )
    select count(*)::integer as count from opened
  `);
  const both = row?.both ?? 0;
  return { added: (opened?.count ?? 0) - both, changed: both, removed: (row?.closed ?? 0) - both };
}

/** When the very file that was rolled back from comes again: the version that had it; null otherwise. Versions made by persons since do not count. */
export async function rolledBackFrom(orm: Orm, list: string, sha256: string): Promise<number | null> {
  const [row] = await rowsOf<{ version: number }>(orm, sql`
    select v.version from list_versions v
    join (select version, of_version, origin from list_versions where list = ${list} and origin <> 'entry' order by version desc limit 1) last on last.origin = 'rollback'
    where v.list = ${list} and v.sha256 = ${sha256} and v.version > last.of_version and v.version < last.version order by v.version desc limit 1
  `);
  return row?.version ?? null;
}

/** Renews the age of what is in force; a clock that went back makes nothing older. */
export async function confirmVersion(orm: Orm, list: string, version: number, at: number): Promise<void> {
  await rowsOf(orm, sql`update list_versions set confirmed_at = greatest(confirmed_at, ${instantParameter(at)}) where list = ${list} and version = ${version}`);
}
