import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { buildJourneys } from '../../src/journey/build.ts';
import type { KeptJourney } from '../../src/journey/journey.ts';
import type { Pass } from '../../src/pass/pass.ts';
import type { Recorder } from '../../src/pipeline/record.ts';
import { findJourney, listJourneys, sightingsListed } from '../../src/store/list-journeys.ts';
import { inTransaction, rowsOf } from '../../src/store/query.ts';
import { sightingsOf } from '../../src/store/sightings.ts';
import { onBothDatabases } from '../support/databases.ts';
import { aPass, DAY, MINUTE, MORNING } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

const NOW = MORNING + 30 * DAY;

/** A pass some minutes after six in the morning at one of the city's cameras. */
const seen = (cameraId: string, minutes: number, mark = 'LEC-13-8447', more: Partial<Pass> = {}): Pass =>
  aPass({ cameraId, capturedAt: MORNING + minutes * MINUTE, mark, alternatives: [], ...more });
const entry = (minutes: number, mark?: string, more?: Partial<Pass>): Pass => seen('baleli-in-1', minutes, mark, more);
const inside = (minutes: number, mark?: string, more?: Partial<Pass>): Pass => seen('sariab-1', minutes, mark, more);
const exit = (minutes: number, mark?: string, more?: Partial<Pass>): Pass => seen('lak-pass-out-1', minutes, mark, more);
const vehicle = (vehicleClass: string): Partial<Pass> => ({ vehicle: { class: vehicleClass, make: null, colour: null } });

const inOrderOf = <T>(values: readonly T[], salt: number): T[] => values.map((value, i) => ({ value, rank: createHash('sha256').update(`${salt} ${i}`).digest('hex') }))
  .toSorted((a, b) => (a.rank < b.rank ? -1 : 1)).map(({ value }) => value);

onBothDatabases('journeys of recorded passes', (database, kind) => {
  let recorder: Recorder;
  beforeEach(async () => {
    await recorder?.settled();
    await database().clear();
    recorder = recorderOn(database().db, () => NOW);
  });

  const all = async (): Promise<readonly KeptJourney[]> => (await listJourneys(database().db, {}, { limit: 1000 })).items;
  const record = async (...passes: Pass[]): Promise<void> => {
    await recorder.record(passes);
    await recorder.settled();
  };
  /** Journeys with their ends, pairs and partners: everything that may not depend on order. */
  const outlines = async (): Promise<unknown[]> => rowsOf(database().db.orm, sql`
    select id, key, vehicle, status, started_at, last_seen_at, entry_pass_id, exit_pass_id, entry_after, exit_before, entry_missing, exit_missing, ambiguous, round(confidence::numeric, 9) as confidence, sighting_count,
      sites, classes, pair_id, pair_score, pair_exit_pass_id, absorbed, mark_year, mark_jurisdiction from journeys order by id
  `);

  describe('come out the same', () => {
    const anyPass = fc.tuple(
      fc.constantFrom('baleli-in-1', 'baleli-out-1', 'lak-pass-in-1', 'lak-pass-out-1', 'sariab-1', 'airport-road-1'), fc.oneof(fc.integer({ min: 0, max: 20 }).map((n) => n / 2), fc.integer({ min: 0, max: 3000 })),
      fc.constantFrom('LEC-13-8447', 'LEC-13-8447', 'LEC-8447', 'LEC-18-8447', 'PB:LEC-13-8447', 'LEC-13-8441', 'LEC-13-B447', 'LEC-13-3447'), fc.constantFrom('car', 'truck', null),
    ).map(([camera, minutes, mark, vehicleClass]) => seen(camera, minutes, mark, { vehicle: { class: vehicleClass, make: null, colour: null } }));
    const traffic = fc.uniqueArray(anyPass, { minLength: 1, maxLength: 40, selector: (p) => p.id });

    test('whatever the order, the batches and the repeats', async () => {
      await fc.assert(fc.asyncProperty(traffic, fc.integer(), fc.integer({ min: 1, max: 7 }), async (passes, salt, size) => {
        await database().clear();
        await record(...passes.toSorted((a, b) => a.capturedAt - b.capturedAt));
        const inOrder = await outlines();
        await database().clear();
        const shuffled = inOrderOf([...passes, ...passes.slice(0, 5)], salt);
        for (let at = 0; at < shuffled.length; at += size) await recorder.record(shuffled.slice(at, at + size));
        await recorder.settled();
        expect(await outlines()).toEqual(inOrder);
      }), { numRuns: kind === 'postgres' ? 30 : 12 });
    }, 120_000);

    test('as built in one piece from all passes of a key', async () => {
      await fc.assert(fc.asyncProperty(traffic, fc.integer(), async (passes, salt) => {
        await database().clear();
        for (const pass of inOrderOf(passes, salt)) await recorder.record([pass]);
        const keys = [...new Set(passes.map((p) => p.key ?? ''))], sightings = await sightingsOf(database().db.orm, keys.map((key) => ({ key, from: null, to: null })));
        const built = sightings.flatMap((of) => buildJourneys(of)), byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
        const kept = await Promise.all(built.map(async ({ id }) => findJourney(database().db, id)));
        expect(kept.toSorted((a, b) => byId(a ?? { id: '' }, b ?? { id: '' }))).toMatchObject(built.toSorted(byId));
        const [count] = await rowsOf<{ n: number }>(database().db.orm, sql`select count(*)::integer as n from journeys`);
        expect(count?.n).toBe(built.length);
      }), { numRuns: kind === 'postgres' ? 20 : 8 });
    }, 120_000);
  });

  describe('an exit that is one look-alike from an entry', () => {
    const one = 'LEC-13-8447', other = 'LEC-13-3447';

    test('is its probable exit, with both readings', async () => {
      await record(entry(0, one), inside(20, one), exit(90, other));
      const [journey, ...others] = await all();
      expect(others).toEqual([]);
      expect(journey).toMatchObject({ status: 'open', exit: null, mark: { number: '8447' }, probableExit: { exit: { cameraId: 'lak-pass-out-1', mark: { number: '3447' } } } });
      expect(journey?.probableExit?.score).toBeGreaterThan(0.5);
      expect(await findJourney(database().db, journey?.probableExit?.journeyId ?? '')).toMatchObject({ entryMissing: true, partOf: journey?.id });
      expect((await listJourneys(database().db, { status: 'open' })).items).toEqual([]);
      expect((await listJourneys(database().db, { status: 'closed', siteId: 'lak-pass' })).items).toEqual([journey]);
    });

    test('is not where the vehicle itself was seen to leave: before or after, first or last to arrive', async () => {
      await record(entry(0, one), exit(90, other));
      expect((await all())[0]?.probableExit).not.toBeNull();
      await record(exit(120, one));
      expect(await all()).toMatchObject([{ entryMissing: true, mark: { number: '3447' } }, { entryMissing: false, exitMissing: false, exit: { mark: { number: '8447' } }, probableExit: null }]);
    });

    test('is not any more when the vehicle is seen inside after it', async () => {
      await record(entry(0, one), exit(90, other));
      await record(inside(100, one));
      expect((await all()).map((j) => j.probableExit)).toEqual([null, null]);
    });

    test('is not where the other mark is that of a vehicle seen otherwise, and both are', async () => {
      await record(entry(0, one), exit(600, one), entry(700, one), exit(790, other));
      expect((await all()).filter((j) => j.probableExit !== null)).toHaveLength(1);
      await record(entry(-700, other), exit(-600, other));
      expect((await all()).filter((j) => j.probableExit !== null)).toEqual([]);
    });

    test.each<[string, Pass[]]>([
      ['two vehicles inside fit it equally', [entry(0, 'LEC-13-8407'), entry(3, 'LEC-13-8467'), exit(90, 'LEC-13-8487')]],
      ['two exits fit it equally', [entry(0, 'LEC-13-8487'), exit(90, 'LEC-13-8407'), exit(95, 'LEC-13-8467')]],
      ['the classes that cameras saw differ', [entry(0, one, vehicle('car')), exit(90, other, vehicle('truck'))]],
      ['the marks differ by more', [entry(0, 'LEC-13-8447'), exit(90, 'LEC-13-3497')]],
      ['another part contradicts', [entry(0, 'PB:LEC-13-8447'), exit(90, 'LEC-18-3447')]],
      ['the vehicle came in again before', [entry(0, one), entry(60, one), exit(62 + 24 * 60 * 6, 'AAR-540')]],
    ])('is none where %s', async (_, passes) => {
      await record(...passes);
      expect((await all()).filter((j) => j.probableExit !== null)).toEqual([]);
    });

    test('is none where no vehicle could have driven there in the time, or a week has gone by', async () => {
      await record(entry(0, one), exit(2, other));
      await record(entry(0, 'LEA-14-1234'), exit(8 * 24 * 60, 'LEA-14-1284'));
      expect((await all()).filter((j) => j.probableExit !== null)).toEqual([]);
    });

    test('may differ in the year that was read', async () => {
      await record(entry(0, 'LEC-13-8447'), exit(90, 'LEC-18-8447'));
      expect((await all()).map((j) => j.probableExit?.exit.mark.year)).toEqual(['18']);
    });

    test.skipIf(kind === 'pglite')('pairs before it counts as settled, also when the look before it had already gone past', async () => {
      const blocker = await database().another();
      let free = (): void => undefined, blocking: Promise<void> = Promise.resolve();
      await new Promise<void>((held) => {
        blocking = inTransaction(blocker, blocker.orm, async (tx) => {
          // The last step of a look: pairs are behind it.
          await rowsOf(tx, sql`lock table inside_counts in share row exclusive mode`);
          held();
          await new Promise<void>((over) => (free = over));
        });
      });
      await recorder.record([entry(0, one)]);
      const before = recorder.settled();
      await expect.poll(() => rowsOf(database().db.orm, sql`select from pg_locks where not granted and relation = 'inside_counts'::regclass`), { timeout: 10_000 }).toHaveLength(1);
      await recorder.record([exit(90, other)]);
      const after = recorder.settled();
      free();
      await Promise.all([blocking, before, after]);
      expect((await all()).map((j) => j.probableExit?.exit.mark.number)).toEqual(['3447']);
    });

    test('pairs whoever records it, when two record at once', async () => {
      if (kind === 'pglite') return;
      const others = await Promise.all([database().another(), database().another()]), recorders = others.map((db) => recorderOn(db, () => NOW));
      for (let round = 0; round < 25; round++) {
        const number = String(2000 + round * 10), twin = number.replace('2', 'Z').replace('Z', '2');
        const wrong = `${twin.slice(0, 1)}${twin.slice(1).replace('0', '8')}`;
        await Promise.all([recorders[0]?.record([entry(round * 200, `LEB-15-${number}`)]), recorders[1]?.record([exit(round * 200 + 60, `LEB-15-${wrong}`)])]);
        await Promise.all(recorders.map((r) => r.settled()));
        expect((await listJourneys(database().db, { mark: `LEB-15-${number}` })).items.map((j) => j.probableExit?.exit.mark.number)).toEqual([wrong]);
      }
    });
  });

  describe('an ambiguous mark', () => {
    test('that becomes certain, and one that was certain and becomes ambiguous, change all journeys of the key', async () => {
      await record(entry(0, 'LEC-13-8447'), entry(10, 'LEC-18-8447'), exit(60, 'LEC-8447'));
      expect((await all()).filter((j) => j.ambiguous)).toHaveLength(1);
      await record(...Array.from({ length: 8 }, (_, i) => inside(20 + i, 'LEC-13-8447')));
      expect((await all()).filter((j) => j.ambiguous)).toEqual([]);
      await record(...Array.from({ length: 8 }, (_, i) => inside(20 + i, 'LEC-18-8447', { sequence: 1 })));
      expect((await all()).filter((j) => j.ambiguous)).toHaveLength(1);
    });
  });

  describe('a journey of very many sightings', () => {
    test('takes one more without reading the others, and is shown in part', async () => {
      await record(entry(0), ...Array.from({ length: 600 }, (_, i) => inside(1 + i)));
      await record(inside(700));
      const [journey] = await all();
      expect(journey).toMatchObject({ sightingCount: 602, status: 'open', lastSeenAt: MORNING + 700 * MINUTE, sites: ['baleli', 'sariab'] });
      expect(journey?.sightings).toHaveLength(200);
      expect((await findJourney(database().db, journey?.id ?? ''))?.sightings).toHaveLength(602);
    });

    test('leaves room in a list for those of others', async () => {
      await record(entry(0), ...Array.from({ length: 300 }, (_, i) => inside(1 + i)), exit(400), entry(500), ...Array.from({ length: 300 }, (_, i) => inside(501 + i)), exit(900));
      const listed = (await all()).toSorted((a, b) => a.startedAt - b.startedAt);
      expect(listed.map((j) => [j.sightings.length, j.sightings[0]?.passId === j.entry?.passId, j.exit?.capturedAt, j.sightingCount])).toEqual([
        [100, true, MORNING + 400 * MINUTE, 302], [100, true, MORNING + 900 * MINUTE, 302],
      ]);
      expect([1, 2, 100, 1000].map(sightingsListed)).toEqual([200, 100, 2, 2]);
    });
  });

  describe('after an upgrade', () => {
    test('journeys are built again from the passes, key by key, while others are recorded', async () => {
      await record(entry(0), exit(60), entry(0, 'LEA-14-1234'), inside(500, 'LEA-14-1234'), inside(0, 'AAR-540'));
      const before = await outlines();
      const { db } = database();
      await rowsOf(db.orm, sql`delete from journeys`);
      await rowsOf(db.orm, sql`update vehicles set skeleton = null, fold = null, first_seen_at = null, last_seen_at = null, last_site_id = null, profiles = '{}', profile_passes = '{}'`);
      await rowsOf(db.orm, sql`insert into journeys_due (key) select key from vehicles`);
      await recorder.settled();
      expect(await outlines()).toEqual(before);
      const rows = await rowsOf<{ key: string; fold: string | null; site: string | null }>(db.orm, sql`select key, fold, last_site_id as site from vehicles where first_seen_at is not null order by key`);
      expect(rows.map(({ key, site }) => [key, site])).toEqual([['AAR540', 'sariab'], ['LEA1234', 'sariab'], ['LEC8447', 'lak-pass']]);
      expect(rows.every((row) => row.fold !== null)).toBe(true);
    });
  });

  test('hours of cameras are counted once, whatever comes again', async () => {
    const passes = [entry(0), entry(59), entry(60), seen('baleli-in-1', 5, undefined, { mark: null, key: null, skeleton: null, outcome: 'no-plate', sequence: 3 })];
    await record(...passes);
    await record(...passes);
    const hours = await rowsOf(database().db.orm, sql`select camera_id as camera, to_char(hour at time zone 'UTC', 'HH24') as hour, passes, marks from camera_hours order by hour`);
    expect(hours).toEqual([{ camera: 'baleli-in-1', hour: '01', passes: 3, marks: 2 }, { camera: 'baleli-in-1', hour: '02', passes: 1, marks: 1 }]);
  });
});
