import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { insertHitEvents, lockHistory } from './hit-events.ts';
import type { HitEvent } from './hit-record.ts';
import { array, inTransaction, instantParameter, rowsOf } from './query.ts';

/**
 * Notes that these hits reached somebody: the first time only, with an event 'delivered'. `channel`: how (`stream`, `webhook`, `relay`).
 * Hits that were delivered before cost one look by their ids. `at`: epoch milliseconds.
 */
export async function markDelivered(db: Database, hitIds: readonly string[], channel: string, at: number): Promise<HitEvent[]> {
  const undelivered = sql`id = any(${array([...new Set(hitIds)], 'text')}) and delivered_at is null`;
  const fresh = hitIds.length === 0 ? [] : await atStore(db, () => rowsOf(db.orm, sql`select 1 from hits where ${undelivered} limit 1`));
  if (fresh.length === 0) return [];
  return inTransaction(db, db.orm, async (tx) => {
    await lockHistory(tx);
    const rows = await rowsOf<{ id: string }>(tx, sql`update hits set delivered_at = ${instantParameter(at)} where ${undelivered} returning id`);
    const ids = rows.map((row) => row.id).toSorted();
    return insertHitEvents(tx, ids.map((hitId) => ({ at, hitId, kind: 'delivered' as const, ring: false, actor: null, sites: [], keys: [], detail: { channel } })));
  });
}
