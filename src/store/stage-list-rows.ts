import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { ListEntry } from '../list/entry.ts';
import type { ListRow } from '../list/list-row.ts';
import type { Database, Orm } from './database.ts';
import { CONTENT_COLUMNS, CONTENT_VALUES, packedRows, packRow } from './entry-columns.ts';
import { atStore } from './failure.ts';
import { instantParameter, inTransaction, rowsOf } from './query.ts';

/** A row that says what another row of the file says, or is undone by it. */
export interface RepeatedRow {
  readonly line: number;
  /** The line that counts. */
  readonly other: number;
}

/** Rows of one list's import, in the database but in force nowhere. */
export interface StagedList {
  readonly importId: string;
  /** Usable rows, those that repeat others left out. */
  readonly count: number;
  /** How many repeat others, and the first thousand of them by line. */
  readonly repeatedCount: number;
  readonly repeated: readonly RepeatedRow[];
  drop(): Promise<void>;
}

const BATCH_SIZE = 2000;
const ABANDONED_MS = 86_400_000;
const TOLD = 1000;
/** From here on the planner must know how many rows there are, and what they leave behind is worth sweeping at once. */
export const MANY = 20_000;

export type GivenRow = ListEntry | ListRow;
/** Rows one by one, or some together. */
export type GivenRows = AsyncIterable<GivenRow | readonly GivenRow[]> | Iterable<GivenRow | readonly GivenRow[]>;

/**
 * Puts all rows beside the tables they are meant for, so that the transaction that puts them in force is short however slowly they come. One
 * batch is on its way while the next is read. What `rows` throws is thrown on, and nothing stays.
 */
export async function stageListRows(db: Database, rows: GivenRows, at: number): Promise<StagedList> {
  const importId = randomUUID();
  await sweep(db, sql`started_at < ${instantParameter(at - ABANDONED_MS)}`);
  let read = 0;
  const drop = async (): Promise<void> => {
    if (read < MANY || !(await emptied(db, importId))) await sweep(db, sql`import_id = ${importId}`);
  };
  try {
    read = await insertAll(db, importId, rows, at);
    if (read >= MANY) await atStore(db, () => rowsOf(db.bulk, sql.raw('analyze list_import_rows')));
    const repeats = await settleRepeats(db, importId);
    return { importId, count: read - repeats.repeatedCount, ...repeats, drop };
  } catch (error) {
    // The first fault is what counts; rows left behind are swept by a later import.
    await drop().catch(() => undefined);
    throw error;
  }
}

/**
 * To the end of the transaction: the staged rows have no index and, just written, no statistics either. A planner that takes them for few
 * compares each with each, which is hours for a million. With the 4 MB that a server gives by itself, a million rows are sorted on its disk
 * in two rounds instead of one.
 */
export async function workInBulk(tx: Orm): Promise<void> {
  await rowsOf(tx, sql`select set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true), set_config('jit', 'off', true)`);
}

async function insertAll(db: Database, importId: string, rows: GivenRows, at: number): Promise<number> {
  // Packed as they come: texts are what a collector of garbage moves about most cheaply.
  let read = 0, part: string[] = [], under: Promise<void> = Promise.resolve();
  const insert = async (): Promise<void> => {
    const full = part;
    part = [];
    await under;
    under = insertPart(db, importId, full, at);
    // Awaited before the next; until then a fault of it is not an unhandled one.
    under.catch(() => undefined);
  };
  try {
    for await (const given of rows) {
      for (const row of Array.isArray(given) ? (given as readonly GivenRow[]) : [given as GivenRow]) {
        read++;
        part.push('entry' in row ? packRow([String(row.line), row.entry.id, row.withdraw ? 'w' : ''], row.entry) : packRow([String(read), row.id, ''], row));
        if (part.length === BATCH_SIZE) await insert();
      }
    }
    if (part.length > 0) await insert();
  } finally {
    // A fault of the rows goes first; the batch that is on its way must have landed before what came is dropped.
    await under.catch(() => undefined);
  }
  await under;
  return read;
}

async function insertPart(db: Database, importId: string, part: readonly string[], at: number): Promise<void> {
  // The server, which waits for us meanwhile, takes the text apart and computes the digests.
  await atStore(db, () => rowsOf(db.bulk, sql`
    insert into list_import_rows (import_id, started_at, line, id, digest, withdraw, ${CONTENT_COLUMNS})
    select ${importId}, ${instantParameter(at)}, head[1]::integer, head[2], left(encode(sha256(convert_to(content, 'UTF8')), 'hex'), 32), head[3] = 'w', ${CONTENT_VALUES}
    from ${packedRows(part)}
  `));
}

/**
 * Rows of one identity: those that say the same become one; those that say something else become entries of their own, numbered by what they
 * say, so that the order of the file does not matter. Where one of them withdraws the entry, the last line of them counts alone.
 */
async function settleRepeats(db: Database, importId: string): Promise<Pick<StagedList, 'repeated' | 'repeatedCount'>> {
  const [row] = await inTransaction(db, db.bulk, async (tx) => {
    await workInBulk(tx);
    return rowsOf<{ count: number; first: RepeatedRow[] | null }>(tx, sql`
    with several as materialized (
      select id, bool_or(withdraw) as undone from list_import_rows where import_id = ${importId} group by id having count(*) > 1
    ), ranked as materialized (
      select r.ctid as place, r.line, row_number() over same as copy, first_value(r.line) over same as other,
        dense_rank() over (partition by r.id order by case when undone then '' else r.digest end) - 1 as ordinal
      from list_import_rows r join several using (id) where r.import_id = ${importId}
      window same as (partition by r.id, case when undone then '' else r.digest end order by case when undone then -r.line else r.line end)
    ), dropped as (
      delete from list_import_rows r using ranked where r.ctid = ranked.place and ranked.copy > 1
    ), numbered as (
      update list_import_rows r set id = r.id || '.' || ranked.ordinal from ranked where r.ctid = ranked.place and ranked.copy = 1 and ranked.ordinal > 0
    )
    select count(*)::integer as count,
      (select json_agg(json_build_object('line', line, 'other', other) order by line) from (select * from ranked where copy > 1 order by line limit ${TOLD}) few) as first
    from ranked where copy > 1
  `);
  });
  return { repeatedCount: row?.count ?? 0, repeated: row?.first ?? [] };
}

/** Empties the tables at once, which takes no time however full they are; false when another import uses them. */
async function emptied(db: Database, importId: string): Promise<boolean> {
  try {
    return await db.bulk.transaction(async (tx) => {
      await rowsOf(tx as Orm, sql`lock table list_import_rows, list_import_changes in access exclusive mode nowait`);
      const others = await rowsOf(tx as Orm, sql`select 1 from list_import_rows where import_id <> ${importId} limit 1`);
      if (others.length === 0) await rowsOf(tx as Orm, sql`truncate list_import_rows, list_import_changes`);
      return others.length === 0;
    });
  } catch {
    // Somebody holds a table; their rows and ours go one by one.
    return false;
  }
}

async function sweep(db: Database, which: ReturnType<typeof sql>): Promise<void> {
  await atStore(db, async () => {
    await rowsOf(db.bulk, sql`delete from list_import_rows where ${which}`);
    await rowsOf(db.bulk, sql`delete from list_import_changes where ${which}`);
  });
}
