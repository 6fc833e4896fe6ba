import { sql } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { array, rowsOf } from './query.ts';

export type PartitionedTable = 'passes' | 'frames';

/** A camera without a clock says 1970 or 2106: each such time would make a month of its own. */
const EARLIEST = Date.UTC(2000, 0), LATEST = Date.UTC(2100, 0);

const made = new WeakMap<Database, Set<string>>();

/**
 * Makes the month partitions that rows of these times (epoch milliseconds) need. Asks the database once for each month and process.
 * @throws TIME_IMPLAUSIBLE for a time before 2000 or from 2100 on
 */
export async function ensurePartitions(db: Database, table: PartitionedTable, times: readonly number[]): Promise<void> {
  const known = made.get(db) ?? new Set<string>();
  made.set(db, known);
  const missing = new Map<string, string>();
  checkPlausible(times);
  for (const at of times) {
    const month = new Date(at).toISOString().slice(0, 7);
    if (!known.has(`${table} ${month}`)) missing.set(`${table} ${month}`, `${month}-01T00:00:00Z`);
  }
  if (missing.size === 0) return;
  // In order of time, so that two who make the same months do not wait for each other.
  const months = [...missing.values()].toSorted();
  await atStore(db, () => rowsOf(db.orm, sql`select ensure_month_partition(${table}, month) from unnest(${array(months, 'timestamptz')}) as month`));
  for (const name of missing.keys()) known.add(name);
}

/** After a row found no partition: somebody took a month away, so what this process believes is out of date. */
export function forgetPartitions(db: Database): void {
  made.delete(db);
}

/** @throws TIME_IMPLAUSIBLE for a time (epoch milliseconds) before 2000 or from 2100 on */
export function checkPlausible(times: readonly number[]): void {
  const at = times.find((time) => !(Number.isFinite(time) && time >= EARLIEST && time < LATEST));
  if (at === undefined) return;
  throw new DarwazaError('TIME_IMPLAUSIBLE', { name: 'The capture time', value: timeText(at), earliest: timeText(EARLIEST), latest: timeText(LATEST) });
}

/** A number beyond what a date can say stays a number. */
function timeText(at: number): string {
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at);
}
