import { sql, type SQL } from 'drizzle-orm';
import type { Database, Orm } from './database.ts';
import { forgetPartitions, type PartitionedTable } from './partitions.ts';
import { inTransaction, rowsOf } from './query.ts';
import { lockRetention, raiseFloor } from './retention-floors.ts';
import { within, type Window } from './kept-passes.ts';

/** A month (UTC) of a table. */
export interface MonthPartition extends Window { readonly name: string }

/** All months of a table that there are, oldest first. */
export async function monthPartitions(orm: Orm, table: PartitionedTable): Promise<MonthPartition[]> {
  const rows = await rowsOf<{ name: string }>(orm, sql`select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = ${table}::regclass order by 1`);
  return rows.map(({ name }) => {
    const [year = 0, month = 0] = name.split('_').slice(-2).map(Number);
    return { name, from: Date.UTC(year, month - 1), to: Date.UTC(year, month) };
  });
}

/** Where a slice of about `rows` rows ends that begins at `from`; `to` when there are fewer. */
export async function sliceEnd(orm: Orm, table: PartitionedTable, { from, to }: Window, rows: number, only: SQL = sql`true`): Promise<number> {
  const [row] = await rowsOf<{ at: number }>(orm, sql`
    select (extract(epoch from captured_at) * 1000)::double precision as at from ${sql.identifier(table)}
    where ${within(sql`captured_at`, { from, to })} and ${only} order by captured_at offset ${rows} limit 1
  `);
  // Rows of one instant stay together: a slice that held only them would never end.
  return row === undefined ? to : Math.max(row.at, from + 1);
}

export interface TakenMonth { readonly deleted: number; readonly kept: number; readonly bytes: number }

/** What waits behind the lock of the whole table waits no longer than this. */
const LOCK_WAIT = sql.raw(`set local lock_timeout = '2s'`);

/**
 * Takes a whole month away in one transaction: what is to be kept of it (`isKept`, of a row `r`) is put into a small partition that takes its
 * place, or nothing does; readers see the month before or after. Bytes: what it gave back to the disk.
 * @throws DATABASE_TIMEOUT when others would not let go of the table; nothing was changed
 */
export function takeMonth(db: Database, table: PartitionedTable, month: MonthPartition, isKept: SQL): Promise<TakenMonth> {
  const parent = sql.identifier(table), name = sql.identifier(month.name), rest = sql.identifier(`${month.name}_rest`);
  return inTransaction(db, db.bulk, async (tx) => {
    await lockRetention(tx, 'exclusive');
    await rowsOf(tx, LOCK_WAIT);
    await rowsOf(tx, sql`create table ${rest} (like ${parent} including defaults including constraints)`);
    // Through the parent, so that columns come in its order.
    await rowsOf(tx, sql`insert into ${rest} select r.* from ${parent} r where ${within(sql`r.captured_at`, month)} and ${isKept}`);
    const before = await sizeOf(tx, month.name), kept = (await sizeOf(tx, `${month.name}_rest`)).rows;
    await rowsOf(tx, sql`alter table ${parent} detach partition ${name}`);
    await rowsOf(tx, sql`drop table ${name}`);
    if (kept === 0) await rowsOf(tx, sql`drop table ${rest}`);
    else {
      await rowsOf(tx, sql`alter table ${rest} rename to ${name}`);
      await rowsOf(tx, sql`alter table ${parent} attach partition ${name} for values from (${bound(month.from)}) to (${bound(month.to)})`);
    }
    await raiseFloor(tx, `${table}-months`, month.to);
    forgetPartitions(db);
    const after = kept === 0 ? 0 : (await sizeOf(tx, month.name)).bytes;
    return { deleted: before.rows - kept, kept, bytes: Math.max(0, before.bytes - after) };
  });
}

/** Takes months away that hold no row any more and will get none. Gives their names. */
export async function takeEmptyMonths(db: Database, table: PartitionedTable, months: readonly MonthPartition[]): Promise<string[]> {
  const taken: string[] = [];
  for (const month of months) {
    const [full] = await rowsOf(db.bulk, sql`select 1 as one from ${sql.identifier(month.name)} limit 1`);
    if (full !== undefined) continue;
    await takeMonth(db, table, month, sql`true`);
    taken.push(month.name);
  }
  return taken;
}

/** Its rows are counted, because an estimate proves nothing. */
async function sizeOf(tx: Orm, name: string): Promise<{ readonly rows: number; readonly bytes: number }> {
  const [row] = await rowsOf<{ rows: string; bytes: string }>(tx, sql`select (select count(*) from ${sql.identifier(name)}) as rows, pg_total_relation_size(${name}::regclass) as bytes`);
  return { rows: Number(row?.rows ?? 0), bytes: Number(row?.bytes ?? 0) };
}

/** A bound of a partition takes no parameter. */
function bound(at: number): SQL {
  return sql.raw(`'${new Date(at).toISOString()}'`);
}
