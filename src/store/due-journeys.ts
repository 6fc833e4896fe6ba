import { sql } from 'drizzle-orm';
import { foldOf, skeleton } from '../plate/key.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { array, inTransaction, rowsOf } from './query.ts';
import { rebuildKeys } from './rebuild-journeys.ts';

const AT_ONCE = 200;

/**
 * Builds the journeys of keys that are due (after an upgrade that derives them otherwise), some at a time; tells how many keys it took. 0:
 * none is due. What was not finished stays due.
 * @throws DATABASE_UNAVAILABLE
 */
export function rebuildDueJourneys(db: Database): Promise<number> {
  return inTransaction(db, db.bulk, async (tx) => {
    const due = await rowsOf<{ key: string }>(tx, sql`
      delete from journeys_due where sequence in (select sequence from journeys_due order by sequence limit ${AT_ONCE} for update skip locked) returning key
    `);
    const keys = [...new Set(due.map((row) => row.key))];
    await describeKeys(tx, keys);
    await rebuildKeys(tx, keys);
    return keys.length;
  });
}

/** What the table of vehicles says of a key beside its marks: rows of before an upgrade have none of it. */
async function describeKeys(tx: Orm, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await rowsOf(tx, sql`
    update vehicles v set skeleton = k.skeleton, fold = k.fold, first_seen_at = first.at, last_seen_at = last.at, last_site_id = last.site
    from unnest(${array(keys, 'text')}, ${array(keys.map(skeleton), 'text')}, ${array(keys.map(foldOf), 'text')}) as k (key, skeleton, fold)
    cross join lateral (select p.captured_at as at from passes p where p.key = k.key collate "C" order by p.captured_at limit 1) as first
    cross join lateral (select p.captured_at as at, p.site_id as site from passes p where p.key = k.key collate "C" order by p.captured_at desc limit 1) as last
    where v.key = k.key collate "C"
  `);
}

/** How many keys still wait for their journeys, at most 100,000. */
export async function countDueJourneys(db: Database): Promise<number> {
  const [row] = await atStore(db, () => rowsOf<{ n: number }>(db.orm, sql`select count(*)::integer as n from (select from journeys_due limit 100000) as due`));
  return row?.n ?? 0;
}
