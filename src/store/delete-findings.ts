import { sql } from 'drizzle-orm';
import type { Database, Orm } from './database.ts';
import { step } from './delete-journeys.ts';
import { byReason } from './kept-passes.ts';
import { instantParameter, rowsOf } from './query.ts';
import type { KeptCounts } from './retention-report.ts';

const AT_ONCE = 1000;

/** Evidence of one vehicle is evidence of all that a finding names. */
const IS_HELD = sql`exists (select from legal_holds l where l.released_at is null and (l.key = f.key or l.key = any(f.keys)))`;
const past = (cutOff: number) => sql`f.last_at < ${instantParameter(cutOff)}`;

/** Deletes findings whose newest evidence is older than `cutOff`, with what was said of them, some at a time; tells how many, 0 at the end. */
export function deleteFindings(db: Database, cutOff: number): Promise<number> {
  return step(db, sql`delete from findings where id in (select f.id from findings f where ${past(cutOff)} and not ${IS_HELD} order by f.last_at limit ${AT_ONCE})`);
}

export async function overdueFindings(orm: Orm, cutOff: number): Promise<{ readonly overdue: number; readonly kept: KeptCounts }> {
  const [row] = await rowsOf<{ overdue: number; hold: number }>(orm, sql`
    select count(*) filter (where not held)::integer as overdue, count(*) filter (where held)::integer as hold from (select ${IS_HELD} as held from findings f where ${past(cutOff)}) as past
  `);
  return { overdue: row?.overdue ?? 0, kept: byReason([{ why: 'hold', n: row?.hold ?? 0 }]) };
}
