import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Matcher } from '../../src/hit/matcher.ts';
import { FIRST_CORRECTION } from '../../src/pass/corrected.ts';
import type { Pass } from '../../src/pass/pass.ts';
import { correctPass, type Corrected, type Correction } from '../../src/pipeline/correct-pass.ts';
import type { Recorder } from '../../src/pipeline/record.ts';
import { decideHit } from '../../src/hit/decide-hit.ts';
import { confusionCounts } from '../../src/store/confusion-counts.ts';
import { correctionsOf } from '../../src/store/corrections.ts';
import type { Database } from '../../src/store/database.ts';
import { findHit } from '../../src/store/find-hit.ts';
import { findPass } from '../../src/store/find-pass.ts';
import { eventsOfHit } from '../../src/store/hit-events.ts';
import { importList } from '../../src/store/import-list.ts';
import { listHits } from '../../src/store/list-hits.ts';
import { listJourneys } from '../../src/store/list-journeys.ts';
import { rowsOf } from '../../src/store/query.ts';
import { onBothDatabases } from '../support/databases.ts';
import { anEntry, aPass, HOUR, mark, MINUTE, MORNING } from '../support/passes.ts';
import { matcherOn, recorderOn } from '../support/recorder.ts';

const NOW = MORNING + 6 * HOUR;

onBothDatabases('a person corrects a pass', (database) => {
  let db: Database, matcher: Matcher, recorder: Recorder;
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
    matcher = matcherOn(db, () => NOW);
    recorder = recorderOn(db, () => MORNING + 1000, matcher);
  });

  const correct = (passId: string, plate: string | null, given: Partial<Correction> = {}, on = db): Promise<Corrected> =>
    correctPass({ database: on, clock: () => NOW, matcher: on === db ? matcher : matcherOn(on, () => NOW) }, { passId, mark: plate === null ? null : mark(plate), reason: 'The picture shows it', author: 'k_1', ...given });
  const watch = (...marks: string[]): Promise<unknown> => importList(db, { list: 'stolen', sha256: marks.join(), fileName: 's.csv', entries: marks.map((m) => anEntry({ mark: m })), importedAt: MORNING - HOUR });
  const recorded = async (...passes: Pass[]): Promise<Pass[]> => {
    expect((await recorder.record(passes)).stored).toHaveLength(passes.length);
    return passes;
  };
  const staysOf = async (key: string) => (await listJourneys(db, { key })).items.map((j) => ({ entry: j.entry?.passId ?? null, exit: j.exit?.passId ?? null, count: j.sightingCount }));
  const statusOf = async () => (await listHits(db, {})).items.map((h) => [h.entryId, h.status]).toSorted();

  describe('the passes', () => {
    test('the original stays as it was read, and a new one says what the person says', async () => {
      const [pass = aPass()] = await recorded(aPass({ mark: 'LEB-17-4207', vehicle: { class: 'car', make: null, colour: 'white' } }));
      const before = await findPass(db, pass.id), { pass: made } = await correct(pass.id, 'LEB-17-4201');
      expect(await findPass(db, pass.id)).toEqual(before);
      expect(await findPass(db, made.id)).toEqual(made);
      expect(made).toMatchObject({
        cameraId: pass.cameraId, capturedAt: pass.capturedAt, receivedAt: pass.receivedAt, evidence: pass.evidence, vehicle: pass.vehicle, plateBox: pass.plateBox, siteId: 'baleli', direction: 'in',
        mark: { letters: 'LEB', year: '17', number: '4201' }, key: 'LEB4201', rawText: 'LEB-17-4201', confidence: 1, outcome: 'mark', source: 'correction', corrects: pass.id, sequence: FIRST_CORRECTION, processedAt: NOW,
        characters: [], alternatives: [],
      });
      expect((await correctionsOf(db.orm, [pass.id, made.id]))).toEqual(new Map([[pass.id, {
        passId: pass.id, replacementId: made.id, capturedAt: pass.capturedAt, at: NOW, oldKey: 'LEB4207', newKey: 'LEB4201', author: 'k_1', reason: 'The picture shows it',
      }]]));
    });

    test('of a plate that nobody can read there is a pass without a mark', async () => {
      const [pass = aPass()] = await recorded(aPass({ mark: 'LEB-17-4207' }));
      const { pass: made } = await correct(pass.id, null);
      expect(made).toMatchObject({ outcome: 'unreadable', mark: null, key: null, skeleton: null, rawText: '' });
      expect(await staysOf('LEB4207')).toEqual([]);
    });

    test('one that had no mark gets one, and makes a journey', async () => {
      const [pass = aPass()] = await recorded(aPass({ mark: null, outcome: 'unreadable' }));
      const { pass: made } = await correct(pass.id, 'LEB-17-4201');
      expect(await staysOf('LEB4201')).toEqual([{ entry: made.id, exit: null, count: 1 }]);
    });

    test('two vehicles at one camera in the same millisecond keep their own corrections', async () => {
      const [a = aPass(), b = aPass()] = await recorded(aPass({ mark: 'LEA-1', sequence: 0 }), aPass({ mark: 'LEA-2', sequence: 1 }));
      const made = [await correct(a.id, 'LEA-11'), await correct(b.id, 'LEA-12')];
      expect(made.map(({ pass }) => pass.sequence)).toEqual([FIRST_CORRECTION, FIRST_CORRECTION + 1]);
      expect(new Set(made.map(({ pass }) => pass.id)).size).toBe(2);
    });

    test('there is none to correct: nothing is stored', async () => {
      await expect(correct('0k4x1d5p0-0123456789abcdef', 'LEA-1')).rejects.toMatchObject({ code: 'PASS_NOT_FOUND' });
      await expect(correct('nonsense', 'LEA-1')).rejects.toMatchObject({ code: 'PASS_NOT_FOUND' });
    });
  });

  describe('of a correction', () => {
    test('another one takes its place', async () => {
      const [pass = aPass()] = await recorded(aPass({ mark: 'LEB-17-4207' }));
      const first = (await correct(pass.id, 'LEB-17-4211')).pass, second = (await correct(first.id, 'LEB-17-4201')).pass;
      expect(second).toMatchObject({ corrects: first.id, sequence: FIRST_CORRECTION + 1, key: 'LEB4201' });
      expect(await Promise.all(['LEB4207', 'LEB4211', 'LEB4201'].map(staysOf))).toEqual([[], [], [{ entry: second.id, exit: null, count: 1 }]]);
    });

    test('the pass that it corrected is not corrected again, and the answer names the one that stands', async () => {
      const [pass = aPass()] = await recorded(aPass());
      const { pass: made } = await correct(pass.id, 'LEB-17-4201');
      await expect(correct(pass.id, 'LEB-17-4202')).rejects.toMatchObject({ code: 'PASS_CORRECTED', details: { id: pass.id, by: made.id } });
    });

    test('of two persons at once one wins, and everything follows that one alone', async () => {
      const [pass = aPass()] = await recorded(aPass({ mark: 'LEB-17-4207' })), other = await database().another();
      const plates = ['LEB-17-4201', 'LEB-17-4202', 'LEB-17-4203', 'LEB-17-4204'];
      const outcomes = await Promise.allSettled(plates.map((plate, i) => correct(pass.id, plate, {}, i % 2 === 0 ? db : other)));
      const won = outcomes.flatMap((o) => (o.status === 'fulfilled' ? [o.value.pass] : [])), lost = outcomes.flatMap((o) => (o.status === 'rejected' ? [o.reason as { code: string }] : []));
      expect([won.length, lost.map((e) => e.code)]).toEqual([1, ['PASS_CORRECTED', 'PASS_CORRECTED', 'PASS_CORRECTED']]);
      const [counts] = await rowsOf<{ passes: number; corrections: number; journeys: number }>(db.orm, sql`
        select (select count(*)::integer from passes) as passes, (select count(*)::integer from corrections) as corrections, (select count(*)::integer from journeys) as journeys
      `);
      expect(counts).toEqual({ passes: 2, corrections: 1, journeys: 1 });
      expect(await staysOf(won[0]?.key ?? '')).toEqual([{ entry: won[0]?.id, exit: null, count: 1 }]);
    });
  });

  describe('journeys', () => {
    test('a misread exit comes home: the stay is whole, and the one that the misread made is gone', async () => {
      const [entry = aPass(), exit = aPass()] = await recorded(
        aPass({ mark: 'LEB-17-4201', cameraId: 'baleli-in-1', capturedAt: MORNING }), aPass({ mark: 'RIX-999', cameraId: 'lak-pass-out-1', capturedAt: MORNING + 2 * HOUR }),
      );
      expect(await staysOf('RIX999')).toEqual([{ entry: null, exit: exit.id, count: 1 }]);
      const { pass: made, journeysChanged } = await correct(exit.id, 'LEB-17-4201');
      expect(await staysOf('LEB4201')).toEqual([{ entry: entry.id, exit: made.id, count: 2 }]);
      expect(await staysOf('RIX999')).toEqual([]);
      expect(journeysChanged).toBe(2);
    });

    test('another pass of the same vehicle afterwards counts the correction and not the original', async () => {
      const [pass = aPass()] = await recorded(aPass({ mark: 'LEB-17-4207', cameraId: 'baleli-in-1' }));
      const { pass: made } = await correct(pass.id, 'LEB-17-4201');
      const [inside = aPass(), exit = aPass(), other = aPass()] = await recorded(
        aPass({ mark: 'LEB-17-4201', cameraId: 'sariab-1', capturedAt: MORNING + HOUR }), aPass({ mark: 'LEB-17-4201', cameraId: 'lak-pass-out-1', capturedAt: MORNING + 2 * HOUR }),
        aPass({ mark: 'LEB-17-4207', cameraId: 'sariab-1', capturedAt: MORNING + 3 * HOUR }),
      );
      expect(inside).toBeDefined();
      expect(await staysOf('LEB4201')).toEqual([{ entry: made.id, exit: exit.id, count: 3 }]);
      expect(await staysOf('LEB4207')).toEqual([{ entry: null, exit: null, count: 1 }]);
      expect(other).toBeDefined();
    });

    test('vehicles are told to be seen when passes that stand say so', async () => {
      const [, , last = aPass()] = await recorded(...[0, 1, 2].map((h) => aPass({ mark: 'LEB-17-4207', cameraId: ['baleli-in-1', 'sariab-1', 'airport-road-1'][h] ?? '', capturedAt: MORNING + h * HOUR })));
      await correct(last.id, 'LEB-17-4201');
      const rows = await rowsOf<{ key: string; first: string; last: string; site: string }>(db.orm, sql`
        select key, (extract(epoch from first_seen_at) * 1000)::text as first, (extract(epoch from last_seen_at) * 1000)::text as last, last_site_id as site from vehicles order by key
      `);
      expect(rows.map((r) => [r.key, Number(r.first), Number(r.last), r.site])).toEqual([
        ['LEB4201', MORNING + 2 * HOUR, MORNING + 2 * HOUR, 'airport-road'], ['LEB4207', MORNING, MORNING + HOUR, 'sariab'],
      ]);
    });
  });

  describe('hits', () => {
    test('of the misread mark are withdrawn, with the reason in their history', async () => {
      await watch('LEB-17-4207');
      const [pass = aPass()] = await recorded(aPass({ mark: 'LEB-17-4207' }));
      const [hit] = (await listHits(db, {})).items;
      const { withdrawn, raised, pass: made } = await correct(pass.id, 'RIX-999');
      expect([withdrawn.map((h) => h.id), raised]).toEqual([[hit?.id], []]);
      expect(await findHit(db, hit?.id ?? '', true)).toMatchObject({ status: 'withdrawn', escalateAt: null, closesAt: null });
      expect((await eventsOfHit(db, hit?.id ?? '')).at(-1)).toMatchObject({ kind: 'withdrawn', ring: false, detail: { passId: made.id, message: expect.stringContaining('corrected') } });
    });

    test('of the true mark are raised, late and without a sound, however fresh the pass is', async () => {
      await watch('LEB-17-4201');
      const [pass = aPass()] = await recorded(aPass({ mark: 'RIX-999', capturedAt: NOW - MINUTE }));
      const { raised, pass: made } = await correct(pass.id, 'LEB-17-4201');
      expect(raised).toMatchObject([{ passId: made.id, entryId: 'stolen:LEB-17-4201', status: 'confirmed', late: true, escalateAt: null }]);
      expect((await eventsOfHit(db, raised[0]?.id ?? '')).map((e) => [e.kind, e.ring])).toEqual([['raised', false]]);
    });

    test('that the corrected mark bears out too stay, and are not raised twice', async () => {
      await watch('LEB-17-4207');
      const [pass = aPass()] = await recorded(aPass({ mark: 'LEB-4207' }));
      expect(await statusOf()).toEqual([['stolen:LEB-17-4207', 'confirmed']]);
      const { raised, withdrawn, pass: made } = await correct(pass.id, 'LEB-17-4207');
      expect([raised, withdrawn, await statusOf()]).toEqual([[], [], [['stolen:LEB-17-4207', 'confirmed']]]);
      const [hit] = (await listHits(db, {})).items;
      expect((await eventsOfHit(db, hit?.id ?? '')).at(-1)).toMatchObject({ kind: 'confirmed', ring: false, detail: { passId: made.id } });
    });

    test('behind which another pass stands stay', async () => {
      await watch('LEB-17-4207');
      const [, second = aPass()] = await recorded(aPass({ mark: 'LEB-17-4207' }), aPass({ mark: 'LEB-17-4207', capturedAt: MORNING + MINUTE, sequence: 1 }));
      expect((await listHits(db, {})).items).toMatchObject([{ count: 2 }]);
      expect((await correct(second.id, 'RIX-999')).withdrawn).toEqual([]);
      expect(await statusOf()).toEqual([['stolen:LEB-17-4207', 'confirmed']]);
    });

    test('go when the last of the passes behind them is corrected away', async () => {
      await watch('LEB-17-4207');
      const [first = aPass(), second = aPass()] = await recorded(aPass({ mark: 'LEB-17-4207' }), aPass({ mark: 'LEB-17-4207', capturedAt: MORNING + MINUTE, sequence: 1 }));
      await correct(second.id, 'RIX-999');
      expect((await correct(first.id, 'RIX-999')).withdrawn).toHaveLength(1);
    });

    test('on which a person decided stand as decided', async () => {
      await watch('LEB-17-4207');
      const [pass = aPass()] = await recorded(aPass({ mark: 'LEB-17-4207' })), [hit] = (await listHits(db, {})).items;
      await decideHit(db, hit?.id ?? '', { kind: 'accept' }, { actor: 'k_2', at: NOW, covert: true });
      expect((await correct(pass.id, 'RIX-999')).withdrawn).toEqual([]);
      expect(await statusOf()).toEqual([['stolen:LEB-17-4207', 'accepted']]);
    });

    test('come back when the correction is corrected back', async () => {
      await watch('LEB-17-4207');
      const [pass = aPass()] = await recorded(aPass({ mark: 'LEB-17-4207' }));
      const { pass: wrong } = await correct(pass.id, 'RIX-999'), { raised } = await correct(wrong.id, 'LEB-17-4207');
      expect(raised).toMatchObject([{ status: 'confirmed', late: true }]);
      expect(await statusOf()).toEqual([['stolen:LEB-17-4207', 'confirmed'], ['stolen:LEB-17-4207', 'withdrawn']]);
    });
  });

  describe('the table of confusions', () => {
    const learned = async () => Object.fromEntries((await confusionCounts(db)).map((c) => [c.read + c.truth, c.count]));

    test('learns what the camera read for what stands there', async () => {
      const [pass = aPass()] = await recorded(aPass({ mark: 'LEB-17-4207' }));
      await correct(pass.id, 'LEB-17-4201');
      expect(await learned()).toEqual({ LL: 1, EE: 1, BB: 1, 11: 1, 77: 1, 44: 1, 22: 1, '00': 1, 71: 1 });
    });

    test('learns of a correction of a correction what the camera read, not what the person said before', async () => {
      const [pass = aPass()] = await recorded(aPass({ mark: 'LEB-4207' }));
      const { pass: first } = await correct(pass.id, null);
      await correct(first.id, 'LEB-4201');
      expect(await learned()).toMatchObject({ 71: 1 });
    });

    test('learns nothing of a plate that nobody can read', async () => {
      const [pass = aPass()] = await recorded(aPass());
      await correct(pass.id, null);
      expect(await learned()).toEqual({});
    });
  });

  test('of which one step fails, nothing is left', async () => {
    const [pass = aPass()] = await recorded(aPass({ mark: 'LEB-17-4207' }));
    await expect(correct(pass.id, 'LEB-17-4201', { reason: 'NUL \0' })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    const [counts] = await rowsOf<{ passes: number; corrections: number }>(db.orm, sql`select (select count(*)::integer from passes) as passes, (select count(*)::integer from corrections) as corrections`);
    expect(counts).toEqual({ passes: 1, corrections: 0 });
  });

  test('sent again, the original is a repetition and raises nothing', async () => {
    await watch('LEB-17-4207');
    const [pass = aPass()] = await recorded(aPass({ mark: 'LEB-17-4207' }));
    await correct(pass.id, 'RIX-999');
    expect(await recorder.record([pass])).toMatchObject({ stored: [], repeated: 1, hits: [], journeysChanged: 0 });
    expect(await statusOf()).toEqual([['stolen:LEB-17-4207', 'withdrawn']]);
  });
});
