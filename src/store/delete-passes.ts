import { sql, type SQL } from 'drizzle-orm';
import type { Database, Orm } from './database.ts';
import { countKept, keptPasses, within, type Window } from './kept-passes.ts';
import { takeMonth, type MonthPartition, type TakenMonth } from './month-partitions.ts';
import { inTransaction, rowsOf } from './query.ts';
import { lockRetention } from './retention-floors.ts';
import type { CutOffs, KeptCounts } from './retention-report.ts';

/** Deletes what nothing keeps in a window of capture times that is past; tells how many. */
export function deletePasses(db: Database, window: Window, cutOffs: CutOffs): Promise<number> {
  return inTransaction(db, db.bulk, async (tx) => {
    await lockRetention(tx, 'exclusive');
    const [row] = await rowsOf<{ n: number }>(tx, sql`
      with kept as materialized (select distinct id from ${keptPasses(window, cutOffs)} as k),
      gone as (delete from passes p where ${within(sql`p.captured_at`, window)} and not exists (select from kept where kept.id = p.id) returning 1)
      select count(*)::integer as n from gone
    `);
    return row?.n ?? 0;
  });
}

/** Takes a whole month of passes that is past. @throws DATABASE_TIMEOUT */
export function takePassesMonth(db: Database, month: MonthPartition, cutOffs: CutOffs): Promise<TakenMonth> {
  return takeMonth(db, 'passes', month, sql`r.id in (select id from ${keptPasses(month, cutOffs)} as k)`);
}

/** Passes older than their time that nothing keeps, and those that something keeps, by reason. */
export async function overduePasses(orm: Orm, window: Window, cutOffs: CutOffs): Promise<{ readonly overdue: number; readonly kept: KeptCounts }> {
  const [row] = await rowsOf<{ n: number }>(orm, sql`
    with kept as materialized (select distinct id from ${keptPasses(window, cutOffs)} as k)
    select count(*)::integer as n from passes p where ${within(sql`p.captured_at`, window)} and not exists (select from kept where kept.id = p.id)
  `);
  return { overdue: row?.n ?? 0, kept: await countKept(orm, window, cutOffs) };
}

/** Deletes the corrections both of whose passes are gone. */
export async function deleteOrphanedCorrections(db: Database, cutOff: Window): Promise<void> {
  await inTransaction(db, db.bulk, async (tx) => {
    await lockRetention(tx, 'exclusive');
    await rowsOf(tx, sql`delete from corrections c where ${within(sql`c.captured_at`, cutOff)} and ${gone('pass_id')} and ${gone('replacement_id')}`);
  });
}

/** Of a correction `c`. */
function gone(id: 'pass_id' | 'replacement_id'): SQL {
  return sql`not exists (select from passes p where p.captured_at = c.captured_at and p.id = c.${sql.identifier(id)})`;
}
