import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Pass } from '../../src/pass/pass.ts';
import type { Recorder } from '../../src/pipeline/record.ts';
import { importList } from '../../src/store/import-list.ts';
import { listHits } from '../../src/store/list-hits.ts';
import { listJourneys } from '../../src/store/list-journeys.ts';
import { listPasses } from '../../src/store/list-passes.ts';
import { rowsOf } from '../../src/store/query.ts';
import type { Database } from '../../src/store/database.ts';
import { onBothDatabases } from '../support/databases.ts';
import { anEntry, aPass, DAY, HOUR, MINUTE, MORNING } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

const NOW = MORNING + 2 * HOUR;
const recorderOf = (database: Database): Recorder => recorderOn(database, () => NOW);
const shuffled = (passes: readonly Pass[], by: number): Pass[] => passes.toSorted((a, b) => (order(a, by) < order(b, by) ? -1 : 1));
const order = (pass: Pass, by: number): string => createHash('sha256').update(`${by} ${pass.id}`).digest('hex');

/** In by Baleli, two city cameras, out by Lak Pass. */
const stay = (mark: string, start = MORNING): Pass[] => [
  aPass({ mark, cameraId: 'baleli-in-1', capturedAt: start }),
  aPass({ mark, cameraId: 'airport-road-1', capturedAt: start + 20 * MINUTE }),
  aPass({ mark, cameraId: 'sariab-1', capturedAt: start + 3 * HOUR }),
  aPass({ mark, cameraId: 'lak-pass-out-1', capturedAt: start + 4 * HOUR }),
];

onBothDatabases('recording passes', (database) => {
  let recorder: Recorder;
  beforeEach(async () => {
    await database().clear();
    recorder = recorderOf(database().db);
  });
  const importStolen = (...marks: string[]): Promise<unknown> =>
    importList(database().db, { list: 'stolen', sha256: marks.join(), fileName: 'stolen.csv', entries: marks.map((mark) => anEntry({ mark })), importedAt: NOW - HOUR });

  test('stores a pass whole, with site, boundary and direction of its camera', async () => {
    const pass = aPass({ alternatives: [{ mark: 'LEC-13-8441', confidence: 0.04 }], confidence: 0.1 + 0.2 });
    const { stored, repeated } = await recorder.record([pass]);
    expect(repeated).toBe(0);
    expect(stored).toEqual([{ ...pass, direction: 'in', siteId: 'baleli', boundary: true }]);
    expect((await listPasses(database().db, {})).items).toEqual(stored);
  });

  test('keeps a pass without plate, box, corners or picture', async () => {
    const pass = aPass({ mark: null, plateBox: null, corners: null, evidence: null, cameraId: 'sariab-1', confidence: 0, characters: [], readCount: 0 });
    await recorder.record([pass]);
    expect((await listPasses(database().db, { outcome: 'no-plate' })).items).toEqual([{ ...pass, siteId: 'sariab', boundary: false }]);
  });

  test('keeps the raw text exactly as read, whatever stands in it', async () => {
    const rawText = String.raw`"'; drop table passes; -- {a,b} NULL \\ ﷽ ٤٥ 🚗 ${'\t'}`;
    await recorder.record([aPass({ rawText, mark: null, outcome: 'unreadable' })]);
    expect((await listPasses(database().db, {})).items[0]?.rawText).toBe(rawText);
  });

  test('loses no pass of a camera that the register does not know', async () => {
    await recorder.record([aPass({ cameraId: 'new-camera-7' })]);
    expect((await listPasses(database().db, {})).items[0]).toMatchObject({ cameraId: 'new-camera-7', siteId: null, boundary: false, direction: 'unknown' });
  });

  test('a direction that the camera measured goes before that of the register', async () => {
    await recorder.record([aPass({ cameraId: 'baleli-in-1', direction: 'out' })]);
    expect((await listPasses(database().db, {})).items[0]?.direction).toBe('out');
  });

  describe('sent twice, stored once', () => {
    test('in a later batch', async () => {
      await importStolen('LEC-13-8447');
      const first = await recorder.record(stay('LEC-13-8447'));
      expect(first).toMatchObject({ repeated: 0, journeysChanged: 1 });
      expect(first.hits).toHaveLength(4);
      const again = await recorder.record(stay('LEC-13-8447'));
      expect(again).toEqual({ stored: [], repeated: 4, hits: [], journeysChanged: 0, setAside: [] });
      expect((await listHits(database().db, {})).items).toHaveLength(4);
      expect((await listJourneys(database().db, {})).items).toHaveLength(1);
    });

    test('in the same batch', async () => {
      const pass = aPass();
      const { stored, repeated } = await recorder.record([pass, pass, { ...pass }]);
      expect(stored).toHaveLength(1);
      expect(repeated).toBe(2);
    });

    test('by several recorders at the same moment, in different orders', async () => {
      await importStolen('LEC-13-8447', 'BCS-036');
      const passes = [...stay('LEC-13-8447'), ...stay('BCS-036', MORNING + 7 * MINUTE), ...stay('BGC-771', MORNING + 9 * MINUTE)];
      const recorders = [recorder, recorderOf(await database().another()), recorderOf(await database().another())];
      const results = await Promise.all(recorders.flatMap((r, i) => [r.record(shuffled(passes, i)), r.record(shuffled(passes, i + 10))]));
      expect(results.reduce((sum, r) => sum + r.stored.length, 0)).toBe(passes.length);
      expect(results.reduce((sum, r) => sum + r.hits.length, 0)).toBe(8);
      expect((await listPasses(database().db, {})).items).toHaveLength(passes.length);
      expect((await listJourneys(database().db, {})).items.map((j) => [j.key, j.status, j.sightings.length]).toSorted()).toEqual([
        ['BCS36', 'closed', 4], ['BGC771', 'closed', 4], ['LEC8447', 'closed', 4],
      ]);
    });

    test('the passes of one vehicle, one by one through several connections at once', async () => {
      const passes = [0, 1, 2, 3, 4].flatMap((day) => stay('LEC-13-8447', MORNING + day * DAY));
      const recorders = [recorder, recorderOf(await database().another())];
      await Promise.all(shuffled(passes, 3).map((pass, i) => recorders[i % 2]?.record([pass])));
      const { items } = await listJourneys(database().db, {});
      expect(items.map((j) => [j.status, j.sightings.length])).toEqual(Array.from({ length: 5 }, () => ['closed', 4]));
    });
  });

  test('any order of arrival gives the same journeys and hits', async () => {
    const { db, clear } = database();
    const passes = [...stay('LEC-13-8447'), ...stay('LEC-14-8447', MORNING + 30 * MINUTE), ...stay('LEC-13-8447', MORNING + DAY).slice(0, 3), ...stay('BCS-036', MORNING + 11 * MINUTE).slice(1)];
    const outcome = async (): Promise<unknown> => ({ journeys: (await listJourneys(db, {})).items, hits: (await listHits(db, {})).items });
    await importStolen('LEC-13-8447');
    await recorder.record(passes);
    const expected = await outcome();
    await fc.assert(fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 5 }), async (by, size) => {
      await clear();
      await importStolen('LEC-13-8447');
      const fresh = recorderOf(db), arriving = shuffled(passes, by);
      for (let i = 0; i < arriving.length; i += size) await fresh.record(arriving.slice(i, i + size));
      expect(await outcome()).toEqual(expected);
      // What follows a commit must not meet the next run's empty tables.
      await fresh.settled();
    }), { numRuns: 8 });
  });

  describe('hits', () => {
    test('carry the list, its age, the owner and what agrees', async () => {
      await importStolen('LEC-13-8447');
      const { hits } = await recorder.record([aPass()]);
      expect(hits).toMatchObject([{
        list: 'stolen', listVersion: 1, listImportedAt: NOW - HOUR, kind: 'stolen', matchKind: 'exact', action: 'stop', owner: 'CPO Quetta', reason: 'FIR 112/2026',
        status: 'confirmed', at: NOW, cameraId: 'baleli-in-1', siteId: 'baleli', capturedAt: MORNING,
      }]);
      expect((await listHits(database().db, {})).items).toEqual(hits);
    });

    test('nobody is stopped when a part of the mark is unread', async () => {
      await importStolen('LEC-13-8447');
      const { hits } = await recorder.record([aPass({ mark: 'LEC-8447' })]);
      expect(hits).toMatchObject([{ matchKind: 'unread-part', action: 'check', status: 'confirmed' }]);
    });

    test('a new version of a list counts from the next pass on', async () => {
      await importStolen('LEC-13-8447');
      await recorder.record([aPass()]);
      await importStolen('BCS-036');
      const { hits } = await recorder.record([aPass({ capturedAt: MORNING + HOUR }), aPass({ capturedAt: MORNING + HOUR, mark: 'BCS-036', sequence: 1 })]);
      expect(hits.map((h) => [h.key, h.listVersion])).toEqual([['BCS36', 2]]);
    });

    test('an unchanged list that is delivered again makes later hits younger', async () => {
      await importStolen('LEC-13-8447');
      await recorder.record([aPass()]);
      await importList(database().db, { list: 'stolen', sha256: 'LEC-13-8447', fileName: 'stolen.csv', entries: [], importedAt: NOW - MINUTE });
      const { hits } = await recorder.record([aPass({ capturedAt: MORNING + HOUR })]);
      expect(hits).toMatchObject([{ listVersion: 1, listImportedAt: NOW - MINUTE }]);
    });

    test('an entry that had expired when the vehicle was seen raises none, however late the pass arrives', async () => {
      const entries = [anEntry({ expiresAt: MORNING + HOUR })];
      await importList(database().db, { list: 'stolen', sha256: 'a', fileName: 'a.csv', entries, importedAt: NOW });
      expect((await recorder.record([aPass({ capturedAt: MORNING + HOUR + 1 }), aPass({ capturedAt: MORNING })])).hits.map((h) => h.capturedAt)).toEqual([MORNING]);
    });
  });

  describe('journeys', () => {
    test('a late pass closes the journey that it belongs to', async () => {
      const [entry, , , exit] = stay('LEC-13-8447');
      if (!entry || !exit) throw new Error('four passes');
      await recorder.record([entry]);
      expect((await listJourneys(database().db, { status: 'open' })).items).toHaveLength(1);
      await recorder.record([exit]);
      const [journey] = (await listJourneys(database().db, {})).items;
      expect(journey).toMatchObject({ status: 'closed', entry: { passId: entry.id, siteId: 'baleli' }, exit: { passId: exit.id, siteId: 'lak-pass' } });
    });

    test('a pass in the middle is put in its place', async () => {
      const passes = stay('LEC-13-8447'), late = passes[1];
      if (!late) throw new Error('four passes');
      await recorder.record(passes.filter((p) => p !== late));
      await recorder.record([late]);
      expect((await listJourneys(database().db, {})).items[0]?.sightings.map((s) => s.passId)).toEqual(passes.map((p) => p.id));
    });

    test('a thousand passes of one vehicle in one batch, and one more', async () => {
      const passes = Array.from({ length: 250 }, (_, day) => stay('LEC-13-8447', MORNING - day * DAY)).flat();
      const { stored, journeysChanged } = await recorder.record(passes);
      expect([stored.length, journeysChanged]).toEqual([1000, 250]);
      expect((await recorder.record([aPass({ capturedAt: MORNING + DAY })])).journeysChanged).toBe(1);
      const [count] = await rowsOf<{ n: number }>(database().db.orm, sql`select sum(sighting_count)::integer as n from journeys`);
      expect(count?.n).toBe(1001);
    });
  });

  describe('what is refused stores nothing of the call', () => {
    test.each([
      ['a capture time before any camera', Date.UTC(1999, 11, 31), 'TIME_IMPLAUSIBLE'],
      ['a capture time after this century', Date.UTC(2100, 0), 'TIME_IMPLAUSIBLE'],
    ])('%s', async (_, capturedAt, code) => {
      await expect(recorder.record([aPass(), aPass({ capturedAt })])).rejects.toMatchObject({ code });
      expect((await listPasses(database().db, {})).items).toEqual([]);
    });

    test('an id that was not made from the capture time', async () => {
      await expect(recorder.record([aPass(), { ...aPass({ capturedAt: MORNING + 1 }), capturedAt: MORNING }])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
      expect((await listPasses(database().db, {})).items).toEqual([]);
    });

    test('the character NUL, by the name of the field', async () => {
      await expect(recorder.record([aPass({ rawText: 'LEC\u00008447' })])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', details: { name: 'raw_text' } });
      await expect(recorder.record([aPass({ characters: [{ char: '\0', confidence: 1 }] })])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    });

    test('a failure after the passes takes them back with it', async () => {
      const { db } = database();
      await importStolen('LEC-13-8447');
      await db.script('alter table hits add constraint no_hits check (list_version < 0)');
      try {
        await expect(recorder.record(stay('LEC-13-8447'))).rejects.toMatchObject({ code: 'DATABASE_REFUSED', details: { sqlstate: '23514' } });
      } finally {
        await db.script('alter table hits drop constraint no_hits');
      }
      expect((await listPasses(db, {})).items).toEqual([]);
      expect((await listJourneys(db, {})).items).toEqual([]);
      expect((await recorder.record(stay('LEC-13-8447'))).hits).toHaveLength(4);
    });
  });

  test('a month that was taken away meanwhile is made again', async () => {
    const { db } = database();
    await recorder.record([aPass()]);
    await db.script('drop table passes_2026_11');
    expect((await recorder.record([aPass()])).stored).toHaveLength(1);
  });
});
