import { sql } from 'drizzle-orm';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { batch, epochMs, instantParameter, rowsOf } from './query.ts';

/** A key that is to be looked at closely around a time (epoch milliseconds). */
export interface DueKey { readonly key: string; readonly at: number }

/** Enters keys to be looked at; in the transaction that stored their passes, so that none is forgotten. */
export async function addDueKeys(tx: Orm, due: readonly DueKey[]): Promise<void> {
  if (due.length === 0) return;
  await rowsOf(tx, sql`insert into finding_due ${batch(due, [{ name: 'key', type: 'text', of: (d) => d.key }, { name: 'at', type: 'timestamptz', of: (d) => d.at }])}`);
}

/** Takes the oldest due rows; they are gone when the transaction commits, and due again when it does not. Another process takes others. */
export function takeDueKeys(tx: Orm, limit: number): Promise<DueKey[]> {
  return rowsOf<DueKey>(tx, sql`
    delete from finding_due where sequence in (select sequence from finding_due order by sequence limit ${limit} for update skip locked) returning key, ${epochMs(sql`at`)} as at
  `);
}

/** Up to which time (epoch milliseconds) a periodic search is done; null: it never ran. */
export async function runDoneTo(db: Database, name: string): Promise<number | null> {
  const [row] = await atStore(db, () => rowsOf<{ at: number }>(db.orm, sql`select ${epochMs(sql`done_to`)} as at from finding_runs where name = ${name}`));
  return row?.at ?? null;
}

/** Says that a periodic search is done up to a time; never takes it back. */
export async function markRunDone(db: Database, name: string, to: number): Promise<void> {
  await atStore(db, () => rowsOf(db.orm, sql`
    insert into finding_runs (name, done_to) values (${name}, ${instantParameter(to)}) on conflict (name) do update set done_to = greatest(finding_runs.done_to, excluded.done_to)
  `));
}
