import { sql } from 'drizzle-orm';
import type { Database, Orm } from './database.ts';
import { counted } from './delete-journeys.ts';
import { lockHistory } from './hit-events.ts';
import { byReason, HIT_ENDED, HIT_IS_OPEN } from './kept-passes.ts';
import { HIT_IS_HELD } from './legal-holds.ts';
import { inTransaction, instantParameter, rowsOf } from './query.ts';
import { lockRetention } from './retention-floors.ts';
import type { KeptCounts } from './retention-report.ts';

/** Each takes its history and its deliveries with it. */
const AT_ONCE = 500;

const past = (cutOff: number) => sql`h.captured_at < ${instantParameter(cutOff)} and h.last_seen_at < ${instantParameter(cutOff)} and ${HIT_ENDED} < ${instantParameter(cutOff)}`;

/** Deletes hits last seen, and decided, before `cutOff`, with their history, some at a time; tells how many, 0 at the end. Never an open one. */
export function deleteHits(db: Database, cutOff: number): Promise<number> {
  return inTransaction(db, db.bulk, async (tx) => {
    await lockRetention(tx, 'exclusive');
    await lockHistory(tx);
    return counted(tx, sql`
      with gone as (
        delete from hits where id in (select h.id from hits h where ${past(cutOff)} and not ${HIT_IS_OPEN} and not ${HIT_IS_HELD} order by h.captured_at, h.id limit ${AT_ONCE}) returning 1
      ) select count(*)::integer as n from gone
    `);
  });
}

export async function overdueHits(orm: Orm, cutOff: number): Promise<{ readonly overdue: number; readonly kept: KeptCounts }> {
  const [row] = await rowsOf<{ open: number; hold: number; overdue: number }>(orm, sql`
    select count(*) filter (where open)::integer as open, count(*) filter (where held and not open)::integer as hold, count(*) filter (where not open and not held)::integer as overdue
    from (select ${HIT_IS_OPEN} as open, ${HIT_IS_HELD} as held from hits h where ${past(cutOff)}) as past
  `);
  return { overdue: row?.overdue ?? 0, kept: byReason([{ why: 'open', n: row?.open ?? 0 }, { why: 'hold', n: row?.hold ?? 0 }]) };
}
