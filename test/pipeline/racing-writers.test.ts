import { sql } from 'drizzle-orm';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pass } from '../../src/pass/pass.ts';
import type { Database } from '../../src/store/database.ts';
import { listJourneys } from '../../src/store/list-journeys.ts';
import { rowsOf } from '../../src/store/query.ts';
import { openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { aPass, HOUR, MINUTE, MORNING } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

/** In order of time: come in, seen inside, leave, come in again; some ends are not seen, and some marks lack their year. */
const WAY = ['baleli-in-1', 'sariab-1', 'airport-road-1', 'lak-pass-out-1', 'lak-pass-in-1', 'sariab-1', 'baleli-out-1', 'baleli-in-1', 'baleli-in-1', 'sariab-1', 'lak-pass-out-1'] as const;
const CLOCK = (): number => MORNING + 48 * HOUR;

/** One vehicle a round, so that no round helps the next. */
function passesOf(round: number, minutesApart: number, unread: ReadonlySet<number>): Pass[] {
  return WAY.map((cameraId, i) => aPass({ cameraId, capturedAt: MORNING + i * minutesApart * MINUTE, sequence: round, mark: unread.has(i) ? `LEA-${round}` : `LEA-17-${round}` }));
}

const journeysOf = async (db: Database, key: string) => (await listJourneys(db, { key }, { limit: 100 })).items;

describe('two writers on one vehicle', { timeout: 180_000 }, () => {
  let raced: TestDatabase, calm: TestDatabase, second: Database;
  beforeAll(async () => {
    [raced, calm] = [await openTestDatabase('postgres'), await openTestDatabase('postgres')];
    second = await raced.another();
  });
  afterAll(() => Promise.all([raced?.close(), calm?.close()]));

  test('come to the journeys of one writer who had everything in order: late ones, repeats, entries and exits crosswise', async () => {
    const writers = [recorderOn(raced.db, CLOCK), recorderOn(second, CLOCK)] as const, inOrder = recorderOn(calm.db, CLOCK);
    let round = 0;
    await fc.assert(fc.asyncProperty(
      fc.integer({ min: 5, max: 90 }), fc.uniqueArray(fc.nat(WAY.length - 1), { maxLength: 3 }), fc.shuffledSubarray([...WAY.keys(), ...WAY.keys()], { minLength: WAY.length, maxLength: 2 * WAY.length }),
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 3 })), { minLength: 24, maxLength: 24 }),
      async (minutesApart, unread, order, cuts) => {
        const key = `LEA${++round}`, passes = passesOf(round, minutesApart, new Set(unread));
        // What the shuffle left out comes at the end, from both at once.
        const rest = passes.filter((_, i) => !order.includes(i)), queue = order.map((i) => passes[i] as Pass), batches: [Pass[][], Pass[][]] = [[], []];
        for (let n = 0; queue.length > 0; n++) batches[cuts[n]?.[0] ? 1 : 0].push(queue.splice(0, cuts[n]?.[1] ?? 1));
        await Promise.all(writers.map(async (writer, w) => {
          for (const batch of batches[w] ?? []) await writer.record(batch);
          await writer.record(rest);
        }));
        for (const pass of passes) await inOrder.record([pass]);
        expect(await journeysOf(raced.db, key)).toEqual(await journeysOf(calm.db, key));
        expect((await rowsOf<{ n: number }>(raced.db.orm, sql`select count(*)::integer as n from passes where key = ${key}`))[0]?.n).toBe(WAY.length);
      },
    ), { numRuns: 40, seed: 1105, endOnFailure: true });
  });

  test('count each pass once for its camera and hour, and keep one row of the vehicle', async () => {
    const figures = (db: Database) => rowsOf(db.orm, sql`select camera_id, hour, passes, marks from camera_hours order by 1, 2`);
    expect(await figures(raced.db)).toEqual(await figures(calm.db));
    const vehicles = (db: Database) => rowsOf(db.orm, sql`select key, first_seen_at, last_seen_at, last_site_id, profiles from vehicles order by key`);
    expect(await vehicles(raced.db)).toEqual(await vehicles(calm.db));
  });

  test('who send the very same batch at the same time store it once, and each is told what it stored', async () => {
    const writers = [recorderOn(raced.db, CLOCK), recorderOn(second, CLOCK)];
    for (let round = 900; round < 915; round++) {
      const passes = passesOf(round, 20, new Set());
      const results = await Promise.all(writers.map((writer) => writer.record(passes)));
      expect(results.reduce((n, r) => n + r.stored.length, 0)).toBe(WAY.length);
      expect(results.map((r) => r.stored.length + r.repeated)).toEqual([WAY.length, WAY.length]);
    }
  });
});
