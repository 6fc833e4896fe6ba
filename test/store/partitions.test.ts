import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { insertPasses } from '../../src/store/insert-passes.ts';
import { ensurePartitions, forgetPartitions } from '../../src/store/partitions.ts';
import { inTransaction, rowsOf } from '../../src/store/query.ts';
import type { Database } from '../../src/store/database.ts';
import { onBothDatabases } from '../support/databases.ts';
import { aPass } from '../support/passes.ts';

/** Partition of each pass of the camera, by capture time. */
const partitionsOf = async (db: Database, cameraId: string): Promise<string[]> =>
  (await rowsOf<{ partition: string }>(db.orm, sql`select tableoid::regclass::text as partition from passes where camera_id = ${cameraId} order by captured_at`)).map((r) => r.partition);

async function store(db: Database, cameraId: string, times: readonly number[]): Promise<void> {
  await ensurePartitions(db, 'passes', times);
  await inTransaction(db, db.orm, (tx) => insertPasses(tx, times.map((capturedAt) => ({ ...aPass({ cameraId, capturedAt }), siteId: null, boundary: false }))));
}

onBothDatabases('month partitions', (database) => {
  beforeEach(() => forgetPartitions(database().db));

  test('divide at midnight UTC of the first of the month, to the millisecond', async () => {
    const border = Date.UTC(2026, 11, 1);
    await store(database().db, 'border-1', [border - 1, border]);
    expect(await partitionsOf(database().db, 'border-1')).toEqual(['passes_2026_11', 'passes_2026_12']);
  });

  test('go on over the end of a year and through a leap day', async () => {
    await store(database().db, 'border-2', [Date.UTC(2027, 11, 31, 23, 59, 59, 999), Date.UTC(2028, 0, 1), Date.UTC(2028, 1, 29, 23, 59, 59, 999), Date.UTC(2028, 2, 1)]);
    expect(await partitionsOf(database().db, 'border-2')).toEqual(['passes_2027_12', 'passes_2028_01', 'passes_2028_02', 'passes_2028_03']);
  });

  test('hold to UTC whatever time zone the server session has', async () => {
    const { db } = database(), at = Date.UTC(2029, 0, 31, 22);
    await db.orm.transaction(async (tx) => {
      await tx.execute(sql`set local timezone = 'Asia/Karachi'`);
      await tx.execute(sql`select ensure_month_partition('passes', ${new Date(at).toISOString()}::timestamptz)`);
    });
    await store(db, 'border-3', [at]);
    expect(await partitionsOf(db, 'border-3')).toEqual(['passes_2029_01']);
  });

  test('are made once by many who need them at the same moment', async () => {
    const { db, another } = database(), other = await another();
    const times = [0, 1, 2, 3, 4, 5].map((month) => Date.UTC(2030, month, 15));
    const both = [db, other, db, other].map(async (each, i) => {
      forgetPartitions(each);
      await ensurePartitions(each, 'passes', i % 2 ? times.toReversed() : times);
      await ensurePartitions(each, 'frames', times);
    });
    await Promise.all(both);
    await store(db, 'border-4', times);
    expect(await partitionsOf(db, 'border-4')).toEqual([1, 2, 3, 4, 5, 6].map((m) => `passes_2030_0${m}`));
  });

  test('have the indexes, checks and the guard of the table', async () => {
    const { db } = database();
    await store(db, 'border-5', [Date.UTC(2031, 5, 1)]);
    const [row] = await rowsOf<{ indexes: number; checks: number; triggers: number }>(db.orm, sql`
      select (select count(*)::integer from pg_index where indrelid = 'passes_2031_06'::regclass) as indexes,
        (select count(*)::integer from pg_constraint where conrelid = 'passes_2031_06'::regclass and contype = 'c') as checks,
        (select count(*)::integer from pg_trigger where tgrelid = 'passes_2031_06'::regclass) as triggers
    `);
    expect(row).toEqual({ indexes: 3, checks: 4, triggers: 1 });
    await expect(db.orm.execute(sql`update passes_2031_06 set raw_text = 'X'`)).rejects.toThrow();
  });

  test('there is none for everything else, where rows of a missing month would hide', async () => {
    const rows = await rowsOf(database().db.orm, sql`select 1 from pg_partitioned_table where partdefid <> 0`);
    expect(rows).toEqual([]);
  });

  describe('a time that no camera can have had', () => {
    test.each([Date.UTC(1999, 11, 31, 23, 59, 59, 999), Date.UTC(2100, 0), 0, Number.NaN, Number.POSITIVE_INFINITY, 9e15])('%d makes no month', async (at) => {
      await expect(ensurePartitions(database().db, 'passes', [Date.UTC(2032, 0), at])).rejects.toMatchObject({ code: 'TIME_IMPLAUSIBLE' });
      const rows = await rowsOf(database().db.orm, sql`select 1 from pg_class where relname = 'passes_2032_01'`);
      expect(rows).toEqual([]);
    });
  });
});
