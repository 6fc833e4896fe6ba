import { and, asc, gt, isNotNull, isNull, or, sql } from 'drizzle-orm';
import { PatternTable } from '../list/pattern-table.ts';
import type { Registration } from '../list/registration.ts';
import { markKey } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';
import { listStates } from './active-list-entries.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { registerState } from './import-register.ts';
import { keptEntry, type KeptEntry } from './list-entries.ts';
import { registrationOf, type MarkRecord } from './mark-record.ts';
import { array } from './query.ts';
import { listEntries, registrations } from './schema.ts';

/** Of many marks what `markRecord` tells of one, without their passes. `ofMark` is as `markRecord` has it: the caller compares the known parts. */
export interface KnownOfMarks extends Pick<MarkRecord, 'lists' | 'register'> {
  readonly ofMark: (mark: Mark) => Pick<MarkRecord, 'registrations' | 'entries'>;
}

/** One statement for each question, whatever the number of marks. `now`: epoch milliseconds, decides which entries have expired. */
export async function knownOfMarks(db: Database, marks: readonly Mark[], now: number): Promise<KnownOfMarks> {
  const keys = array([...new Set(marks.map(markKey))], 'text'), inForce = or(isNull(listEntries.expiresAt), gt(listEntries.expiresAt, now));
  const [registered, listed, patterned, states, register] = await Promise.all([
    atStore(db, () => db.orm.select().from(registrations).where(and(sql`${registrations.key} = any(${keys})`, isNull(registrations.toVersion))).orderBy(asc(registrations.id))),
    atStore(db, () => db.orm.select().from(listEntries).where(and(sql`${listEntries.key} = any(${keys})`, isNull(listEntries.toVersion), inForce))
      .orderBy(asc(listEntries.list), asc(listEntries.id))),
    atStore(db, () => db.orm.select().from(listEntries).where(and(isNotNull(listEntries.pattern), isNull(listEntries.toVersion), inForce)).orderBy(asc(listEntries.list), asc(listEntries.id))),
    listStates(db), registerState(db),
  ]);
  const rules = new Map(states.map((state) => [state.list, state]));
  const kept = (row: (typeof listed)[number]): KeptEntry => keptEntry(row, rules.get(row.list) ?? null, now);
  const entriesOf = grouped(listed.map(kept), (entry) => entry.key), registrationsOf = grouped<Registration>(registered.map(registrationOf), (r) => r.key);
  const patterns = new Map(patterned.map((row) => [row.serial, kept(row)])), table = new PatternTable();
  for (const [serial, { pattern }] of patterns) table.add(serial, pattern ?? '');
  return {
    lists: states, register,
    ofMark: (mark) => {
      const key = markKey(mark), fitting: KeptEntry[] = [];
      table.find(key, mark, (serial) => {
        const entry = patterns.get(serial);
        if (entry !== undefined && !fitting.includes(entry)) fitting.push(entry);
      });
      return { registrations: registrationsOf.get(key) ?? [], entries: [...entriesOf.get(key) ?? [], ...fitting].filter((entry) => entry.standing !== 'expired') };
    },
  };
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string | null): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item) ?? '', same = groups.get(key);
    if (same === undefined) groups.set(key, [item]);
    else same.push(item);
  }
  return groups;
}
