import { and, asc, desc, eq, gt, isNull, or } from 'drizzle-orm';
import type { Registration } from '../list/registration.ts';
import type { Mark } from '../plate/mark.ts';
import { listStates, type ListState } from './active-list-entries.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { registerState, type RegisterState } from './import-register.ts';
import { keptEntry, patternsFitting, type KeptEntry } from './list-entries.ts';
import { markOf } from './mark-columns.ts';
import { listEntries, passes, registrations } from './schema.ts';
import { storedPassOf, type StoredPass } from './stored-pass.ts';

/** All that is known of one key. Several vehicles can share a key: the caller compares the known parts of the marks. */
export interface MarkRecord {
  readonly registrations: readonly Registration[];
  /** Entries of every list, patterns that the mark fits among them; expired ones left out, lapsed ones marked. */
  readonly entries: readonly KeptEntry[];
  readonly latestPass: StoredPass | null;
  /** Every list with its age, because "not in a list" means nothing without it. */
  readonly lists: readonly ListState[];
  /** null: no register was ever imported. */
  readonly register: RegisterState | null;
}

/** `now`: epoch milliseconds, decides which entries have expired. `mark`: patterns that it fits are among the entries. */
export async function markRecord(db: Database, key: string, now: number, mark: Mark | null = null): Promise<MarkRecord> {
  const { orm } = db;
  const [registered, listed, patterns, [latest], states, register] = await Promise.all([
    atStore(db, () => orm.select().from(registrations).where(and(eq(registrations.key, key), isNull(registrations.toVersion))).orderBy(asc(registrations.id))),
    atStore(db, () => orm.select().from(listEntries).where(and(
      eq(listEntries.key, key), isNull(listEntries.toVersion), or(isNull(listEntries.expiresAt), gt(listEntries.expiresAt, now)),
    )).orderBy(asc(listEntries.list), asc(listEntries.id))),
    mark === null ? [] : atStore(db, () => patternsFitting(orm, mark)),
    atStore(db, () => orm.select().from(passes).where(eq(passes.key, key)).orderBy(desc(passes.capturedAt), desc(passes.id)).limit(1)),
    listStates(db), registerState(db),
  ]);
  const rules = new Map(states.map((state) => [state.list, state]));
  const entries = [...listed, ...patterns].map((row) => keptEntry(row, rules.get(row.list) ?? null, now)).filter((entry) => entry.standing !== 'expired');
  return {
    registrations: registered.map(registrationOf), entries, latestPass: latest === undefined ? null : storedPassOf(latest), lists: states, register,
  };
}

export function registrationOf(row: typeof registrations.$inferSelect): Registration {
  return {
    id: row.id, mark: markOf(row), key: row.key, vehicleClass: row.vehicleClass, make: row.make, model: row.model, colour: row.colour, status: row.status,
    tokenPaidTo: row.tokenPaidTo,
  };
}
