import { and, asc, eq, gt, isNull } from 'drizzle-orm';
import type { ListEntry } from '../list/entry.ts';
import { ListSettings } from '../list/list-settings.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { markOf } from './mark-columns.ts';
import { listEntries, lists, listVersions } from './schema.ts';

/** A list as it stands. `importedAt`: when this version came; `confirmedAt`: when the same file was last delivered, which is what the age counts from. */
export interface ListState {
  readonly list: string;
  readonly version: number;
  readonly sha256: string;
  readonly fileName: string;
  readonly entryCount: number;
  readonly importedAt: number;
  readonly confirmedAt: number;
  readonly settings: ListSettings;
}

export interface ActiveEntries { readonly states: readonly ListState[]; readonly entries: readonly ListEntry[] }

/** Rows fetched at once, so that a million entries do not stand in memory twice. */
const BATCH_SIZE = 20_000;

/** The lists in force and their versions: cheap, asked before each batch of passes. By name. */
export async function listStates(db: Database): Promise<ListState[]> {
  return atStore(db, () => statesOf(db.orm));
}

/** Every entry in force of every list, and the versions they are of, as of one instant. */
export async function activeListEntries(db: Database): Promise<ActiveEntries> {
  return atStore(db, () => db.bulk.transaction(async (tx) => {
    const states = await statesOf(tx as Orm), listed = new Map(states.map((s) => [s.list, s])), entries: ListEntry[] = [];
    for (let last = ''; ;) {
      const rows = await tx.select().from(listEntries).where(and(isNull(listEntries.toVersion), gt(listEntries.id, last))).orderBy(asc(listEntries.id)).limit(BATCH_SIZE);
      entries.push(...rows.map((row) => withReviewDate(entryOf(row), listed.get(row.list) ?? null)));
      const end = rows.at(-1);
      if (end === undefined || rows.length < BATCH_SIZE) return { states, entries };
      last = end.id;
    }
  }, { isolationLevel: 'repeatable read', accessMode: 'read only' }));
}

/** A row of what is kept or, with the list that it is meant for, of what an import brings. */
export function entryOf(row: Omit<typeof listEntries.$inferSelect, 'fromVersion' | 'toVersion' | 'serial' | 'digest' | 'author'>): ListEntry {
  const { id, list, key, pattern, kind, reason, owner, action, warnings, caseReference, source, stage, expiresAt, reviewAt, chassis } = row;
  const vehicle = { class: row.vehicleClass, make: row.vehicleMake, colour: row.vehicleColour, chassis };
  return { id, list, mark: markOf(row), key, pattern, kind, reason, owner, action, vehicle, warnings, caseReference, source, stage, expiresAt, reviewAt };
}

const DAY = 86_400_000;

/**
 * The entry with the date on which it lapses. A row that names no date of its own counts from when its list was last delivered: what is
 * delivered again is thereby reviewed, and a million rows need not be written for it.
 */
export function withReviewDate(entry: ListEntry, state: Pick<ListState, 'confirmedAt' | 'settings'> | null): ListEntry {
  if (entry.reviewAt !== null || state === null || state.settings.reviewDays === null) return entry;
  return { ...entry, reviewAt: state.confirmedAt + state.settings.reviewDays * DAY };
}

async function statesOf(orm: Orm): Promise<ListState[]> {
  const rows = await orm.select({
    list: lists.name, version: listVersions.version, sha256: listVersions.sha256, fileName: listVersions.fileName, entryCount: listVersions.entryCount,
    importedAt: listVersions.importedAt, confirmedAt: listVersions.confirmedAt, settings: lists.settings,
  }).from(lists).innerJoin(listVersions, and(eq(listVersions.list, lists.name), eq(listVersions.version, lists.version))).orderBy(asc(lists.name));
  return rows.map((row) => ({ ...row, settings: ListSettings.parse(row.settings) }));
}
