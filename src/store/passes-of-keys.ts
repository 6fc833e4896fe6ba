import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { array, instantParameter, rowsOf } from './query.ts';
import { passes } from './schema.ts';
import { standing } from './standing.ts';
import { storedPassOf, type StoredPass } from './stored-pass.ts';

/** Passes of one key that are looked at: a parked vehicle's thousand sightings must not hide another vehicle's one. */
const EACH = 20;

/**
 * The latest passes of many keys since a time (epoch milliseconds), newest first, at most `limit`. One look into the index for each key and
 * month: a plan that walks all passes back in time until it has enough would take minutes where there are none.
 */
export async function latestPassesOfKeys(db: Database, keys: readonly string[], since: number, limit: number): Promise<StoredPass[]> {
  if (keys.length === 0) return [];
  const found = await atStore(db, () => rowsOf<{ id: string; captured_at: string }>(db.orm, sql`
    select p.id, p.captured_at from unnest(${array([...new Set(keys)], 'text')}) as k(key)
    cross join lateral (
      select id, captured_at from passes where passes.key = k.key collate "C" and captured_at >= ${instantParameter(since)} and ${standing(sql`passes.id`)} order by captured_at desc limit ${EACH}
    ) p order by p.captured_at desc, p.id desc limit ${limit}
  `));
  if (found.length === 0) return [];
  // By the primary key, pair by pair: ids alone would be looked for in every row of the time between the first and the last.
  const rows = await atStore(db, () => db.orm.select().from(passes).where(sql`
    (${passes.capturedAt}, ${passes.id}) in (select at, id collate "C" from unnest(${array(found.map((row) => new Date(row.captured_at).toISOString()), 'timestamptz')}, ${array(found.map((row) => row.id), 'text')}) as wanted (at, id))
  `));
  return rows.map(storedPassOf).toSorted((a, b) => b.capturedAt - a.capturedAt || (a.id < b.id ? 1 : -1));
}
