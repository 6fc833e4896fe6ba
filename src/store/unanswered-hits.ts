import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { instantParameter, rowsOf } from './query.ts';

/** Hits that rang, that nobody acknowledged, and that were raised before a time (epoch milliseconds): how many, and since when. Late and silent ones call nobody. */
export async function unansweredHits(db: Database, before: number): Promise<{ readonly count: number; readonly oldest: number | null }> {
  const [row] = await atStore(db, () => rowsOf<{ count: number; oldest: string | null }>(db.orm, sql`
    select count(*)::integer as count, min(at)::text as oldest from hits
    where status in ('provisional', 'confirmed') and acknowledged_at is null and not late and action <> 'silent' and escalate_at is not null and at < ${instantParameter(before)}
  `));
  return { count: row?.count ?? 0, oldest: row?.oldest ? Date.parse(row.oldest) : null };
}
