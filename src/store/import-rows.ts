import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { batch, instantParameter, rowsOf, type BatchColumn } from './query.ts';

/** Rows of one import, in the database but in force nowhere. */
export interface StagedRows {
  readonly importId: string;
  readonly count: number;
  /** Rows whose id was there already. */
  readonly duplicates: number;
  drop(): Promise<void>;
}

const BATCH_SIZE = 2000;
const ABANDONED_MS = 86_400_000;

interface Row { readonly id: string }

const columnsFor = <R extends Row>(importId: string, at: number): BatchColumn<R>[] => [
  { name: 'import_id', type: 'text', of: () => importId },
  { name: 'id', type: 'text', of: (row) => row.id },
  { name: 'content', type: 'jsonb', of: (row) => row },
  { name: 'started_at', type: 'timestamptz', of: () => at },
];

/**
 * Puts all rows beside the tables they are meant for, a batch at a time, so that the transaction that puts them in force is short however
 * slowly they come. What `rows` throws is thrown on, and nothing stays.
 */
export async function stageRows<R extends Row>(db: Database, rows: AsyncIterable<R> | Iterable<R>, at: number): Promise<StagedRows> {
  const importId = randomUUID(), columns = columnsFor<R>(importId, at);
  const drop = (): Promise<void> => atStore(db, async () => void (await rowsOf(db.bulk, sql`delete from import_rows where import_id = ${importId}`)));
  let read = 0, count = 0;
  const insert = async (part: readonly R[]): Promise<void> => {
    const [row] = await atStore(db, () => rowsOf<{ count: number }>(db.bulk, sql`
      with added as (insert into import_rows ${batch(part, columns)} on conflict do nothing returning 1) select count(*)::integer as count from added
    `));
    read += part.length;
    count += row?.count ?? 0;
  };
  await dropAbandoned(db, at);
  try {
    let part: R[] = [];
    for await (const row of rows) {
      part.push(row);
      if (part.length < BATCH_SIZE) continue;
      await insert(part);
      part = [];
    }
    if (part.length > 0) await insert(part);
  } catch (error) {
    // The first fault is what counts; rows left behind are swept by a later import.
    await drop().catch(() => undefined);
    throw error;
  }
  return { importId, count, duplicates: read - count, drop };
}

async function dropAbandoned(db: Database, at: number): Promise<void> {
  await atStore(db, () => rowsOf(db.bulk, sql`delete from import_rows where started_at < ${instantParameter(at - ABANDONED_MS)}`));
}

/** Columns of a mark out of the staged JSON, in the order of `MARK_COLUMNS`. */
export const STAGED_MARK = sql.raw(['jurisdiction', 'district', 'letters', 'year', 'number', 'suffix', 'class', 'series'].map((part) => `content->'mark'->>'${part}'`).join(', '));
export const MARK_COLUMNS = sql.raw(['jurisdiction', 'district', 'letters', 'year', 'number', 'suffix', 'class', 'series'].map((part) => `mark_${part}`).join(', '));
