import { randomBytes } from 'node:crypto';
import { and, asc, eq, or, sql, type SQL } from 'drizzle-orm';
import type { Role } from '../core/permission.ts';
import { DarwazaError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { inTransaction, rowsOf } from './query.ts';
import { savedSearches } from './schema.ts';

/** A question kept under a name. Parameters are texts, as they stand in a path and a query. */
export interface SavedSearch {
  readonly id: string;
  readonly name: string;
  /** Name of the route. */
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Id of the API key that saved it, and its role. */
  readonly owner: string;
  readonly role: Role;
  /** Whether every key of that role may run it. */
  readonly shared: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

export type NewSavedSearch = Omit<SavedSearch, 'id'>;

/** Who looks: a key sees its own searches and those shared with its role. */
export interface SearchReader { readonly id: string; readonly role: Role }

export const SEARCHES_PER_KEY = 200;
const ID = /^s_[0-9a-f]{16}$/;

/** @throws SEARCH_EXISTS, SEARCHES_TOO_MANY */
export async function saveSearch(db: Database, given: NewSavedSearch): Promise<SavedSearch> {
  const search = { ...given, params: { ...given.params }, query: { ...given.query }, id: `s_${randomBytes(8).toString('hex')}` };
  return inTransaction(db, db.orm, async (tx) => {
    // Two of one key at once could pass the limit, or meet at the unique name without being told which one stands.
    await rowsOf(tx, sql`select pg_advisory_xact_lock(hashtextextended(${`darwaza saved searches ${given.owner}`}, 0))`);
    const own = await tx.select({ id: savedSearches.id, name: savedSearches.name }).from(savedSearches).where(eq(savedSearches.owner, given.owner));
    const same = own.find((s) => s.name === given.name);
    if (same !== undefined) throw new DarwazaError('SEARCH_EXISTS', { id: same.id });
    if (own.length >= SEARCHES_PER_KEY) throw new DarwazaError('SEARCHES_TOO_MANY', { limit: SEARCHES_PER_KEY });
    await tx.insert(savedSearches).values(search);
    return search;
  });
}

/** By name. */
export async function listSearches(db: Database, reader: SearchReader): Promise<SavedSearch[]> {
  return searchesOf(await atStore(db, () => db.orm.select().from(savedSearches).where(visibleTo(reader)).orderBy(asc(savedSearches.name), asc(savedSearches.id))));
}

/** null when there is none that the reader may see. */
export async function findSearch(db: Database, id: string, reader: SearchReader): Promise<SavedSearch | null> {
  if (!ID.test(id)) return null;
  return searchesOf(await atStore(db, () => db.orm.select().from(savedSearches).where(and(eq(savedSearches.id, id), visibleTo(reader)))))[0] ?? null;
}

/** Deletes one of the key's own; gives it back, or null. */
export async function removeSearch(db: Database, id: string, owner: string): Promise<SavedSearch | null> {
  if (!ID.test(id)) return null;
  return searchesOf(await atStore(db, () => db.orm.delete(savedSearches).where(and(eq(savedSearches.id, id), eq(savedSearches.owner, owner))).returning()))[0] ?? null;
}

function visibleTo({ id, role }: SearchReader): SQL | undefined {
  return or(eq(savedSearches.owner, id), and(eq(savedSearches.shared, true), eq(savedSearches.role, role)));
}

/** A role that the program does not have any more is nobody's. */
function searchesOf(rows: readonly (typeof savedSearches.$inferSelect)[]): SavedSearch[] {
  return rows.map((row) => ({ ...row, role: row.role as Role }));
}
