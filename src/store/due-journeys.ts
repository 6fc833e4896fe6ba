import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { inTransaction, rowsOf } from './query.ts';
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
    await rebuildKeys(tx, keys);
    return keys.length;
  });
}

/** How many keys still wait for their journeys, at most 100,000. */
export async function countDueJourneys(db: Database): Promise<number> {
  const [row] = await atStore(db, () => rowsOf<{ n: number }>(db.orm, sql`select count(*)::integer as n from (select from journeys_due limit 100000) as due`));
  return row?.n ?? 0;
}
