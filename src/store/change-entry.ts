import { and, eq, isNull, sql } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import type { ListEntry, Stage } from '../list/entry.ts';
import { ListSettings } from '../list/list-settings.ts';
import { entryOf } from './active-list-entries.ts';
import type { Database, Orm } from './database.ts';
import { lockList, putVersion, type EntryChanges, type LockedList } from './list-versions.ts';
import { inTransaction, rowsOf } from './query.ts';
import { listEntries, lists } from './schema.ts';

/** Who changes what, and when. */
export interface ByPerson {
  readonly list: string;
  /** API key id. */
  readonly author: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface ChangedEntry {
  readonly entry: ListEntry;
  /** The version of the list that holds the change. */
  readonly version: number;
}

type Row = typeof listEntries.$inferSelect;
const DAY = 86_400_000;

// Each of these is one version of its list, of one row: its cost does not grow with the list. The list's file, and so its age, stay what they
// were. The row keeps the digest of what the file said: until the file says something new of it, what the person said stands.

/**
 * Puts an entry on a list, or in the place of one of the same mark, kind, owner and case.
 * @throws LIST_NOT_FOUND
 */
export async function addListEntry(db: Database, given: ByPerson & { readonly entry: ListEntry }): Promise<ChangedEntry> {
  return inTransaction(db, db.orm, async (tx) => {
    const locked = await lockedList(tx, given.list), old = await rowInForce(tx, given.list, given.entry.id);
    return restate(tx, locked, given, given.entry, old);
  });
}

/** Takes an entry off its list. A file that says of it what it said before does not bring it back. @throws LIST_NOT_FOUND, ENTRY_NOT_FOUND */
export async function withdrawEntry(db: Database, given: ByPerson & { readonly id: string }): Promise<ChangedEntry> {
  return inTransaction(db, db.orm, async (tx) => {
    const locked = await lockedList(tx, given.list), old = await needed(tx, given.list, given.id);
    await close(tx, old, locked.version + 1);
    return { entry: entryOf(old), version: await personsVersion(tx, locked, given, { added: 0, changed: 0, removed: 1 }) };
  });
}

/** Says where the vehicle stands in the work of the desk; null: nothing. @throws LIST_NOT_FOUND, ENTRY_NOT_FOUND */
export async function stageEntry(db: Database, given: ByPerson & { readonly id: string; readonly stage: Stage | null }): Promise<ChangedEntry> {
  return inTransaction(db, db.orm, async (tx) => {
    const locked = await lockedList(tx, given.list), old = await needed(tx, given.list, given.id);
    return restate(tx, locked, given, { ...entryOf(old), stage: given.stage }, old);
  });
}

/**
 * Somebody looked at the entry and found that it still holds: its date of review moves to `reviewDays` of the list from now.
 * @throws LIST_NOT_FOUND, ENTRY_NOT_FOUND; ARGUMENT_INVALID when entries of the list are never reviewed
 */
export async function reviewEntry(db: Database, given: ByPerson & { readonly id: string }): Promise<ChangedEntry> {
  return inTransaction(db, db.orm, async (tx) => {
    const locked = await lockedList(tx, given.list), old = await needed(tx, given.list, given.id);
    const [row] = await tx.select({ settings: lists.settings }).from(lists).where(eq(lists.name, given.list));
    const { reviewDays } = ListSettings.parse(row?.settings ?? {});
    if (reviewDays === null) throw new DarwazaError('ARGUMENT_INVALID', { name: 'review', reason: 'entries of this list do not lapse: its settings have no reviewDays' });
    return restate(tx, locked, given, { ...entryOf(old), reviewAt: given.at + reviewDays * DAY }, old);
  });
}

async function lockedList(tx: Orm, list: string): Promise<LockedList> {
  const locked = await lockList(tx, list);
  if (locked === null) throw new DarwazaError('LIST_NOT_FOUND', { list });
  return locked;
}

async function rowInForce(tx: Orm, list: string, id: string): Promise<Row | null> {
  const [row] = await tx.select().from(listEntries).where(and(eq(listEntries.id, id), eq(listEntries.list, list), isNull(listEntries.toVersion)));
  return row ?? null;
}

async function needed(tx: Orm, list: string, id: string): Promise<Row> {
  const row = await rowInForce(tx, list, id);
  if (row === null) throw new DarwazaError('ENTRY_NOT_FOUND', { list, id });
  return row;
}

async function close(tx: Orm, old: Row, version: number): Promise<void> {
  await rowsOf(tx, sql`update list_entries set to_version = ${version} where serial = ${old.serial}`);
}

async function restate(tx: Orm, locked: LockedList, by: ByPerson, entry: ListEntry, old: Row | null): Promise<ChangedEntry> {
  const version = locked.version + 1;
  if (old !== null) await close(tx, old, version);
  const { mark, vehicle, warnings, ...own } = entry;
  await tx.insert(listEntries).values({
    ...own, list: by.list, fromVersion: version, digest: old === null ? '' : digestOfFile(old), author: by.author, warnings: [...warnings],
    vehicleClass: vehicle.class, vehicleMake: vehicle.make, vehicleColour: vehicle.colour, chassis: vehicle.chassis,
    markJurisdiction: mark?.jurisdiction ?? null, markDistrict: mark?.district ?? null, markLetters: mark?.letters ?? null, markYear: mark?.year ?? null,
    markNumber: mark?.number ?? null, markSuffix: mark?.suffix ?? null, markClass: mark?.class ?? null, markSeries: mark?.series ?? null,
  });
  const changes = old === null ? { added: 1, changed: 0, removed: 0 } : { added: 0, changed: 1, removed: 0 };
  return { entry, version: await personsVersion(tx, locked, by, changes) };
}

/** Rows from before digests were kept came from files, and go with them. */
function digestOfFile({ digest, author }: Row): string {
  return digest === '' && author === null ? 'unknown' : digest;
}

/** A list that no file brought has the age of its first entry. */
async function personsVersion(tx: Orm, locked: LockedList, { author, at }: ByPerson, changes: EntryChanges): Promise<number> {
  const { sha256, fileName, confirmedAt } = locked;
  return (await putVersion(tx, locked, { sha256, fileName, importedAt: at, confirmedAt: confirmedAt ?? at, origin: 'entry', author }, changes)).version;
}
