import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../src/core/log.ts';
import { isSuspectTrip } from '../../src/journey/impossible-trips.ts';
import type { Pass } from '../../src/pass/pass.ts';
import { vehicleDifferences } from '../../src/pipeline/clone-search.ts';
import { createFindingsJob, type FindingsJob } from '../../src/pipeline/findings.ts';
import { FINDINGS_SETTINGS, readFindingsSettings, type FindingsSettings } from '../../src/pipeline/findings-settings.ts';
import { addClockReadings } from '../../src/store/camera-clocks.ts';
import { insertCorrection } from '../../src/store/corrections.ts';
import { addDueKeys, takeDueKeys } from '../../src/store/finding-due.ts';
import { storedLinkTimes } from '../../src/store/link-times.ts';
import { addVerdict, listFindings } from '../../src/store/list-findings.ts';
import { inTransaction, rowsOf } from '../../src/store/query.ts';
import { sighting } from '../journey/sightings.ts';
import { onBothDatabases } from '../support/databases.ts';
import { aPass, DAY, HOUR, MINUTE, MORNING, quetta, type PassGiven } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

const MARK = 'PB:LEC-13-8447';
/** Baleli and Lak Pass are 30 km apart: eleven minutes at 160 km/h. */
const north = (at: number, more: PassGiven = {}): Pass => aPass({ mark: MARK, confidence: 0.97, cameraId: 'baleli-in-1', capturedAt: at, ...more });
const south = (at: number, more: PassGiven = {}): Pass => aPass({ mark: MARK, confidence: 0.97, cameraId: 'lak-pass-out-1', capturedAt: at, ...more });

onBothDatabases('the job of findings', (database) => {
  const time = { now: MORNING + 6 * HOUR };
  const job = (settings: FindingsSettings = FINDINGS_SETTINGS): FindingsJob =>
    createFindingsJob({ database: database().db, register: quetta(), clock: () => time.now, log: createLog('silent'), utcOffsetMinutes: 300, settings });
  const record = (...passes: readonly Pass[]): Promise<unknown> => recorderOn(database().db, () => time.now).record(passes);
  const due = (key: string, at: number): Promise<void> => inTransaction(database().db, database().db.orm, (tx) => addDueKeys(tx, [{ key, at }]));
  const found = async (kind: 'clone' | 'convoy' | 'loop' | 'first-seen' | 'frequent-crossings' | 'night-pattern' | 'over-stay' = 'clone') => (await listFindings(database().db, { kind })).items;
  beforeEach(async () => {
    await database().clear();
    time.now = MORNING + 6 * HOUR;
  });

  test('finds the clone of a key that is due, once, and gathers what comes later', async () => {
    await record(north(MORNING), south(MORNING + 5 * MINUTE));
    await due('LEC8447', MORNING + 5 * MINUTE);
    await job().runOnce();
    expect(await found()).toMatchObject([{ label: 'clone', count: 1, key: 'LEC8447' }]);
    await record(north(MORNING + 3 * HOUR), south(MORNING + 3 * HOUR + 4 * MINUTE));
    await due('LEC8447', MORNING + 3 * HOUR);
    await due('LEC8447', MORNING + 3 * HOUR);
    await job().runOnce();
    expect(await found()).toMatchObject([{ label: 'clone', count: 2 }]);
    expect(await rowsOf(database().db.orm, sql`select * from finding_due`)).toEqual([]);
  });

  test('does not forget a key when it is closed, or fails, before it has looked', async () => {
    await record(north(MORNING), south(MORNING + 5 * MINUTE));
    await due('LEC8447', MORNING);
    const closed = job();
    await closed.close();
    await closed.runOnce();
    expect(await found()).toEqual([]);
    await job().runOnce();
    expect(await found()).toHaveLength(1);
  });

  test('calls it a possible misread when a vehicle one character away was on its way past', async () => {
    const near = (cameraId: string, at: number): Pass => aPass({ mark: 'PB:LEC-13-8441', confidence: 0.97, cameraId, capturedAt: at });
    await record(north(MORNING), aPass({ mark: MARK, confidence: 0.97, cameraId: 'airport-road-1', capturedAt: MORNING + 6 * MINUTE }), south(MORNING + 7 * MINUTE), near('mian-ghundi-chk-1', MORNING - 5 * MINUTE));
    await due('LEC8447', MORNING + 7 * MINUTE);
    await job().runOnce();
    expect(await found()).toMatchObject([{ label: 'possible-misread' }]);
  });

  test('takes back what a correction leaves no evidence for, but not what somebody has decided on', async () => {
    await record(north(MORNING), south(MORNING + 5 * MINUTE));
    await due('LEC8447', MORNING);
    await job().runOnce();
    const [clone] = await found();
    await addVerdict(database().db, clone?.id ?? '', { at: MORNING, verdict: 'misread', actor: 'k1', reason: 'An 8' });
    await inTransaction(database().db, database().db.orm, (tx) => insertCorrection(tx, { passId: south(MORNING + 5 * MINUTE).id, replacementId: 'none', capturedAt: MORNING + 5 * MINUTE, at: time.now, oldKey: 'LEC8447', newKey: null, author: 'k', reason: 'r' }));
    await due('LEC8447', MORNING);
    await job().runOnce();
    expect(await found()).toHaveLength(1);
    await database().db.script('delete from finding_verdicts');
    await due('LEC8447', MORNING);
    await job().runOnce();
    expect(await found()).toEqual([]);
  });

  test('accuses nobody by a camera whose clock is known to be wrong', async () => {
    await record(north(MORNING), south(MORNING + 5 * MINUTE));
    await due('LEC8447', MORNING);
    await job({ ...FINDINGS_SETTINGS, clockErrorsMs: { 'lak-pass-out-1': 60_000 } }).runOnce();
    expect(await found()).toEqual([]);
  });

  describe('whose camera has a clock that was measured', () => {
    const measured = (offsetMs: number, { settled = true, at = MORNING }: { readonly settled?: boolean; readonly at?: number } = {}): Promise<void> =>
      addClockReadings(database().db, [{ cameraId: 'lak-pass-out-1', at, offsetMs, spreadMs: 30, correctionMs: settled ? offsetMs : null, settled, source: 'push' }]);
    const looked = async (of: FindingsJob = job()): Promise<number> => {
      await record(north(MORNING), south(MORNING + 5 * MINUTE));
      await due('LEC8447', MORNING + 5 * MINUTE);
      await of.runOnce();
      return (await found()).length;
    };

    test('to be right, finds the clone', async () => {
      await measured(900);
      expect(await looked()).toBe(1);
    });

    test('to be wrong by more than five seconds, or that is in doubt, finds none: corrected or not', async () => {
      await measured(6_000);
      expect(await looked()).toBe(0);
      await measured(100, { settled: false, at: MORNING + HOUR });
      expect(await looked()).toBe(0);
    });

    test('to have been wrong at the time, and right since, finds none; days later it does', async () => {
      await measured(-90_000);
      await measured(100, { at: MORNING + HOUR });
      expect(await looked()).toBe(0);
      time.now = MORNING + 4 * DAY;
      await measured(100, { at: time.now });
      await due('LEC8447', MORNING + 5 * MINUTE);
      await job().runOnce();
      expect(await found()).toHaveLength(1);
    });

    test('to be wrong while the job runs, finds none from the next minute on', async () => {
      const running = job();
      await running.runOnce();
      await measured(90_000, { at: time.now });
      time.now += MINUTE;
      expect(await looked(running)).toBe(0);
    });

    test('to be wrong, teaches nothing of how long a way takes', async () => {
      for (let n = 0; n < 25; n++) await record(north(MORNING + n * MINUTE, { mark: `PB:LEA-13-${1000 + n}` }), south(MORNING + n * MINUTE + 40 * MINUTE, { mark: `PB:LEA-13-${1000 + n}` }));
      time.now = MORNING + 23 * HOUR;
      await measured(90_000);
      await job().runOnce();
      expect(await storedLinkTimes(database().db)).toEqual([]);
    });
  });

  test('finds each night what no recorder entered: a pass that came late', async () => {
    await record(north(MORNING), south(MORNING + 5 * MINUTE));
    await inTransaction(database().db, database().db.orm, (tx) => takeDueKeys(tx, 100));
    await job().runOnce();
    expect(await found()).toMatchObject([{ label: 'clone' }]);
  });

  test('learns link times and finds convoys each night', async () => {
    const trip = (number: string, at: number): Pass[] => ['baleli-in-1', 'airport-road-1', 'sariab-1'].map((cameraId, i) => aPass({ mark: `PB:LEC-13-${number}`, cameraId, capturedAt: at + i * 20 * MINUTE }));
    time.now = MORNING + 2 * DAY;
    await record(...[0, DAY + 2 * HOUR].flatMap((at) => [...trip('1001', MORNING + at), ...trip('1002', MORNING + at + 9_000)]), ...Array.from({ length: 25 }, (_, i) => trip(String(2000 + i), MORNING + 4 * HOUR + i * MINUTE)).flat());
    await job().runOnce();
    expect(await found('convoy')).toMatchObject([{ keys: ['LEC1001', 'LEC1002'], count: 2 }]);
    expect(await storedLinkTimes(database().db)).toMatchObject([{ from: 'airport-road', to: 'sariab', trips: 25, p01Ms: 20 * MINUTE }, { from: 'baleli', to: 'airport-road', trips: 25 }]);
  });

  test('finds loops, frequent crossings, night birds, newcomers and long stays', async () => {
    const drive = (mark: string, at: number, cameras: readonly string[], every: number): Pass[] => cameras.map((cameraId, i) => aPass({ mark, cameraId, capturedAt: at + i * every }));
    const loop = Array.from({ length: 10 }, (_, i) => ['sariab-1', 'hazarganji-1', 'mian-ghundi-chk-1'][i % 3] as string), gates = Array.from({ length: 6 }, (_, i) => (i % 2 === 0 ? 'baleli-in-1' : 'baleli-out-1'));
    time.now = MORNING + 40 * DAY + 6 * HOUR;
    const today = MORNING + 40 * DAY, nights = Array.from({ length: 6 }, (_, i) => today - 4 * HOUR - i * DAY);
    await record(
      ...drive('PB:LEC-13-3001', today, loop, 20 * MINUTE), ...drive('PB:LEC-13-3002', today, gates, HOUR), ...nights.map((at) => aPass({ mark: 'PB:LEC-13-3003', cameraId: 'sariab-1', capturedAt: at })),
      aPass({ mark: 'PB:LEC-13-3004', cameraId: 'baleli-in-1', capturedAt: time.now - 30 * DAY - HOUR }),
    );
    await job().runOnce();
    const keys = async (kind: Parameters<typeof found>[0]): Promise<string[]> => (await found(kind)).map((f) => f.key);
    expect(await keys('loop')).toEqual(['LEC3001']);
    expect(await keys('frequent-crossings')).toEqual(['LEC3002']);
    expect(await keys('night-pattern')).toEqual(['LEC3003']);
    expect(await keys('first-seen')).toEqual(['LEC3001']);
    expect(await keys('over-stay')).toEqual(['LEC3004']);
  });

  test('looks once an hour and once a night, and finds nothing twice', async () => {
    expect(await job().runOnce()).toMatchObject({ clones: 0, lastDay: 0, night: { convoys: 0 } });
    expect(await job().runOnce()).toEqual({ clones: 0 });
    time.now += HOUR;
    expect(await job().runOnce()).toEqual({ clones: 0, lastDay: 0 });
    time.now = MORNING + DAY - 3 * HOUR - 1;
    expect(await job().runOnce()).toEqual({ clones: 0, lastDay: 0 });
    time.now++;
    expect(await job().runOnce()).toMatchObject({ night: {} });
  });

  test('may run in two processes at once', async () => {
    await record(north(MORNING), south(MORNING + 5 * MINUTE));
    await due('LEC8447', MORNING);
    await Promise.all([job().runOnce(), job().runOnce()]);
    expect(await found()).toMatchObject([{ count: 1 }]);
  });
});

describe('vehicles that cameras saw', () => {
  const saw = (vehicleClass: string | null, vehicleColour: string | null) => sighting('baleli', 'in', 0, { vehicleClass, vehicleColour });
  test('differ by words that mean something else', () => {
    expect(vehicleDifferences(saw('Saloon', 'white'), saw('truck', 'Black'))).toEqual(['a Saloon and a truck', 'white and Black']);
    expect(vehicleDifferences(saw('car', 'silver'), saw('Sedan', 'grey'))).toEqual([]);
    expect(vehicleDifferences(saw(null, 'white'), saw('truck', null))).toEqual([]);
    expect(vehicleDifferences(saw('hovercraft', 'infrared'), saw('truck', 'white'))).toEqual([]);
  });
});

describe('settings of findings', () => {
  test('are as shipped where a file says nothing', () => {
    expect(readFindingsSettings({})).toEqual({ kind: 'ok', settings: FINDINGS_SETTINGS });
    expect(readFindingsSettings({ patterns: { overStayDays: 7 }, convoys: { leastScore: 12 }, windowDays: 14 })).toMatchObject({ settings: { windowDays: 14, patterns: { overStayDays: 7, crossings: 6 }, convoys: { leastScore: 12, sites: 3 } } });
  });

  test('name every fault', () => {
    const reading = readFindingsSettings({ windowDays: 0, patterns: { overStayDays: 'a week', loop: 3 } });
    expect(reading).toMatchObject({ kind: 'faults', faults: expect.arrayContaining([expect.objectContaining({ path: 'windowDays' }), expect.objectContaining({ path: 'patterns.overStayDays' })]) });
    expect(readFindingsSettings([]).kind).toBe('faults');
  });
});

test('a suspicious trip is one that a recorder can tell from two places and times', () => {
  const [a, b] = [quetta().sites.find((s) => s.id === 'baleli'), quetta().sites.find((s) => s.id === 'lak-pass')];
  expect(a && b && isSuspectTrip({ place: a, at: MORNING }, { place: b, at: MORNING + 5 * MINUTE })).toBe(true);
});
