import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../src/core/log.ts';
import type { Register } from '../../src/geo/register.ts';
import { currentAlarms } from '../../src/pipeline/alarms.ts';
import { createCameraWatch, usualOfHours } from '../../src/pipeline/camera-watch.ts';
import { clockMessage } from '../../src/pipeline/camera-trouble-rules.ts';
import { addClockReadings } from '../../src/store/camera-clocks.ts';
import { addCameraFigures, type CameraState, type HourFigures, type KeptStream } from '../../src/store/camera-figures.ts';
import { closeTroubles, openTroubles, standingTroubles, troublesIn } from '../../src/store/camera-troubles.ts';
import { rowsOf } from '../../src/store/query.ts';
import { onBothDatabases } from '../support/databases.ts';
import { DAY, HOUR, MINUTE, MORNING, quetta } from '../support/passes.ts';

const CAMERA = 'baleli-in-1', log = createLog('silent'), register = quetta();
const running: KeptStream = { state: 'running', fault: null, reconnects: 0, brightness: 100, sameScene: 1, darkSince: null, glaringSince: null, movedSince: null };

onBothDatabases('the watch over cameras', (database) => {
  const time = { now: MORNING };
  const started = (of: Register = register) => createCameraWatch({ database: database().db, register: of, clock: () => time.now, log });
  const open = async (): Promise<string[]> => (await standingTroubles(database().db)).map((t) => `${t.kind} ${t.cameraId}`);
  const stateOf = (given: Partial<CameraState> = {}, cameraId = CAMERA): Promise<void> =>
    addCameraFigures(database().db, [], [{ cameraId, frameAt: null, passAt: null, queueDepth: null, stream: null, updatedAt: time.now, ...given }]);
  /** So many passes in every hour of the four weeks before. */
  const usually = (passes: number, cameras: readonly string[] = [CAMERA]): Promise<unknown> => rowsOf(database().db.orm, sql`
    insert into camera_hours (hour, passes, marks, camera_id) select ${new Date(MORNING - 28 * DAY).toISOString()}::timestamptz + h * interval '1 hour', ${passes}, 0, c
    from generate_series(0, ${28 * 24 - 1}) as h, unnest(${sql.param(cameras)}::text[]) as c
  `);
  const figures = (hour: number, passes: number, read: number, cameraId = CAMERA): HourFigures => ({ cameraId, hour, frames: 0, still: 0, decodeErrors: 0, dropped: 0, passes, read, unreadable: passes - read, noPlate: 0, refused: {}, widths: [] });
  beforeEach(async () => {
    time.now = MORNING;
    await database().clear();
  });

  test('finds nothing wrong with cameras that never sent anything', async () => {
    expect(await started().look()).toEqual({ begun: 0, ended: 0 });
  });

  describe('silence', () => {
    test('begins when nothing came in a time that usually has plenty, from the last pass on, and ends with the next pass', async () => {
      await usually(60);
      await stateOf({ passAt: MORNING });
      time.now = MORNING + 14 * MINUTE;
      expect(await started().look()).toEqual({ begun: 0, ended: 0 });
      time.now = MORNING + 16 * MINUTE;
      const watch = started();
      expect(await watch.look()).toEqual({ begun: 1, ended: 0 });
      expect(await standingTroubles(database().db)).toMatchObject([{ cameraId: CAMERA, kind: 'silent', since: MORNING, noticedAt: time.now, until: null, message: expect.stringContaining('No vehicle for 16 min') }]);
      time.now = MORNING + 50 * MINUTE;
      expect(await watch.look()).toEqual({ begun: 0, ended: 0 });
      expect((await standingTroubles(database().db))[0]?.message).toContain('50 min');
      await stateOf({ passAt: time.now - 1_000 });
      expect(await watch.look()).toEqual({ begun: 0, ended: 1 });
      expect(await troublesIn(database().db, [CAMERA], { from: 0, to: time.now })).toMatchObject([{ since: MORNING, until: time.now - 1_000 }]);
    });

    test('is not told of a camera that shows a vehicle now and then', async () => {
      await usually(2);
      await stateOf({ passAt: MORNING });
      time.now = MORNING + 5 * HOUR;
      await started().look();
      expect(await open()).toEqual([]);
      time.now = MORNING + 8 * HOUR;
      await started().look();
      expect(await open()).toEqual([`silent ${CAMERA}`]);
    });

    test('does not end because it has become usual', async () => {
      await usually(60);
      await stateOf({ passAt: MORNING });
      time.now = MORNING + HOUR;
      await started().look();
      time.now = MORNING + 60 * DAY;
      expect(await started().look()).toEqual({ begun: 0, ended: 0 });
      expect(await open()).toEqual([`silent ${CAMERA}`]);
    });

    test('of a stream begins when its frames stay away, with the reason that it gives; still frames are frames', async () => {
      await stateOf({ frameAt: MORNING, stream: { ...running, state: 'waiting', fault: 'connection refused' } });
      time.now = MORNING + 6 * MINUTE;
      const watch = started();
      await watch.look();
      expect(await standingTroubles(database().db)).toMatchObject([{ kind: 'silent', since: MORNING, message: expect.stringContaining('(connection refused)') }]);
      await stateOf({ frameAt: time.now, stream: running });
      expect(await watch.look()).toEqual({ begun: 0, ended: 1 });
    });

    test('is told though frames come, when no vehicle does', async () => {
      await usually(60);
      await stateOf({ passAt: MORNING, frameAt: MORNING, stream: running });
      time.now = MORNING + 30 * MINUTE;
      await stateOf({ frameAt: time.now, stream: running });
      await started().look();
      expect(await standingTroubles(database().db)).toMatchObject([{ kind: 'silent', message: expect.stringContaining('frames still come') }]);
    });

    test('of a stream that was ended is none', async () => {
      await stateOf({ frameAt: MORNING, stream: { ...running, state: 'closed' } });
      time.now = MORNING + DAY;
      expect(await started().look()).toEqual({ begun: 0, ended: 0 });
    });

    test('ends with the camera leaving the register', async () => {
      await usually(60);
      await stateOf({ passAt: MORNING });
      time.now = MORNING + HOUR;
      await started().look();
      const without = { ...register, cameras: register.cameras.filter((c) => c.id !== CAMERA) };
      expect(await started(without).look()).toEqual({ begun: 0, ended: 1 });
    });
  });

  describe('blindness', () => {
    const sees = async (seen: Partial<KeptStream>): Promise<void> => {
      await stateOf({ frameAt: time.now, stream: { ...running, ...seen } });
      await started().look();
    };

    test.each([['movedSince', 'another scene'], ['glaringSince', 'white']] as const)('by %s is told after ten minutes, and ends with a picture as it was', async (since, words) => {
      time.now = MORNING + 9 * MINUTE;
      await sees({ [since]: MORNING });
      expect(await open()).toEqual([]);
      time.now = MORNING + 11 * MINUTE;
      await sees({ [since]: MORNING });
      expect(await standingTroubles(database().db)).toMatchObject([{ kind: 'blind', since: MORNING, message: expect.stringContaining(words) }]);
      await sees({});
      expect(await open()).toEqual([]);
    });

    test('by darkness is told in hours in which it usually shows vehicles, and not at night where nobody expects one', async () => {
      time.now = MORNING + 11 * MINUTE;
      await sees({ darkSince: MORNING });
      expect(await open()).toEqual([]);
      await usually(5);
      await sees({ darkSince: MORNING });
      expect(await open()).toEqual([`blind ${CAMERA}`]);
    });

    test('stays as it was while nobody tells of the picture', async () => {
      time.now = MORNING + 11 * MINUTE;
      await sees({ movedSince: MORNING });
      time.now += 6 * MINUTE;
      await started().look();
      expect(await open()).toContain(`blind ${CAMERA}`);
    });
  });

  describe('a clock', () => {
    const measured = (offsetMs: number, settled = true): Promise<void> => addClockReadings(database().db, [{ cameraId: CAMERA, at: time.now, offsetMs, spreadMs: 40, correctionMs: settled ? offsetMs : null, settled, source: 'push' }]);

    test('is an alarm beyond five seconds, until it is within four', async () => {
      const watch = started(), seen: string[][] = [];
      for (const offset of [4_900, 5_100, 4_500, 3_900]) {
        time.now += MINUTE;
        await measured(offset);
        await watch.look();
        seen.push(await open());
      }
      expect(seen).toEqual([[], [`clock ${CAMERA}`], [`clock ${CAMERA}`], []]);
    });

    test('that was not measured for a day is not judged', async () => {
      await measured(90_000);
      await started().look();
      time.now += 2 * DAY;
      expect(await started().look()).toEqual({ begun: 0, ended: 0 });
      expect(await open()).toEqual([`clock ${CAMERA}`]);
    });

    test.each([
      [3_600_000, null, '60 min slow. Is its time zone wrong, or summer time set?'], [-5 * 3_600_000, null, '5 h fast. Is its time zone wrong'], [7_300, 7_300, '7 s slow. Set it by network time'],
      [56 * 365 * DAY, null, '20440 days slow. Set it'], [45 * MINUTE, 45 * MINUTE, 'Its times are corrected'],
    ])('is told with what may have happened: %i ms', (offsetMs, correctionMs, words) => expect(clockMessage({ offsetMs, correctionMs })).toContain(words));
  });

  describe('reading', () => {
    const lately = (passes: number, read: number): Promise<void> => addCameraFigures(database().db, Array.from({ length: 20 }, (_, i) => figures(MORNING - (i + 2) * HOUR, passes / 20, read / 20)), []);
    const before = (): Promise<void> => addCameraFigures(database().db, Array.from({ length: 7 }, (_, i) => figures(MORNING - (i + 2) * DAY, 200, 180)), []);

    test('that is clearly worse than in the week before is told, and compared with that week until it is as good again', async () => {
      await before();
      await stateOf({ passAt: MORNING });
      await lately(400, 240);
      await started().look();
      expect(await standingTroubles(database().db)).toMatchObject([{ kind: 'reading', message: expect.stringContaining('60 % of 400 vehicles in the last day, and 90 %') }]);
      // Eight days on, the bad week would be what is usual.
      for (let day = 1; day <= 8; day++) await addCameraFigures(database().db, [figures(MORNING + day * DAY - 2 * HOUR, 400, 240)], []);
      time.now = MORNING + 8 * DAY;
      await started().look();
      expect(await open()).toContain(`reading ${CAMERA}`);
      await addCameraFigures(database().db, [figures(MORNING + 9 * DAY - 2 * HOUR, 400, 360)], []);
      time.now = MORNING + 9 * DAY;
      await started().look();
      expect(await open()).not.toContain(`reading ${CAMERA}`);
    });

    test.each([['a little worse', 400, 340], ['much worse by few passes', 80, 40], ['better', 400, 380]])('that is %s is not told', async (_, passes, read) => {
      await before();
      await lately(passes, read);
      await started().look();
      expect(await open()).toEqual([]);
    });
  });

  test('several processes that look at once open each trouble once, and close it once', async () => {
    await usually(60);
    await stateOf({ passAt: MORNING });
    time.now = MORNING + HOUR;
    const watches = Array.from({ length: 4 }, () => started());
    await Promise.all(watches.map((watch) => watch.look()));
    expect(await open()).toEqual([`silent ${CAMERA}`]);
    await stateOf({ passAt: time.now });
    await Promise.all(watches.map((watch) => watch.look()));
    expect(await rowsOf(database().db.orm, sql`select count(*)::integer as n from camera_troubles`)).toEqual([{ n: 1 }]);
    expect(await open()).toEqual([]);
  });

  test('what it finds is an alarm of operators for as long as it stands', async () => {
    await usually(60);
    await stateOf({ passAt: MORNING });
    time.now = MORNING + HOUR;
    await started().look();
    const alarms = (): ReturnType<typeof currentAlarms> => currentAlarms({ database: database().db, clock: () => time.now, listAgeLimitHours: 24 });
    expect(await alarms()).toMatchObject([{ kind: 'camera-silent', subject: CAMERA, since: MORNING, covert: false, message: expect.stringMatching(/^Camera baleli-in-1: No vehicle for 60 min/) }]);
    await closeTroubles(database().db, [{ cameraId: CAMERA, kind: 'silent', until: time.now }]);
    expect(await alarms()).toEqual([]);
  });

  test('a whole city of 1,400 cameras, of which a third fell silent together, is judged in one look', async () => {
    const [camera] = register.cameras;
    if (camera === undefined) throw new Error('the example city has cameras');
    const cameras = Array.from({ length: 1_400 }, (_, i) => ({ ...camera, id: `camera-${i}` })), ids = cameras.map((c) => c.id);
    await rowsOf(database().db.orm, sql`
      insert into camera_hours (hour, passes, marks, camera_id) select ${new Date(MORNING).toISOString()}::timestamptz - w * interval '7 days' - h * interval '1 hour', 60, 0, c
      from generate_series(1, 4) as w, generate_series(-1, 2) as h, unnest(${sql.param(ids)}::text[]) as c
    `);
    await addCameraFigures(database().db, [], ids.map((cameraId, i) => ({ cameraId, frameAt: null, passAt: i % 3 === 0 ? MORNING - HOUR : MORNING, queueDepth: null, stream: null, updatedAt: MORNING })));
    const watch = started({ ...register, cameras });
    expect(await watch.look()).toEqual({ begun: 467, ended: 0 });
    expect(await watch.look()).toEqual({ begun: 0, ended: 0 });
  });

  test('what is usual is the same for one camera as for all', async () => {
    await usually(12, [CAMERA, 'sariab-1']);
    const hour = MORNING - HOUR, all = await usualOfHours(database().db, [hour]), one = await usualOfHours(database().db, [hour], [CAMERA]);
    expect(all.get(hour)).toEqual(new Map([[CAMERA, 12], ['sariab-1', 12]]));
    expect(one.get(hour)).toEqual(new Map([[CAMERA, 12]]));
  });

  test('troubles of a time are those that overlap it', async () => {
    const trouble = (since: number) => ({ cameraId: CAMERA, kind: 'blind' as const, since, noticedAt: since, message: 'It is dark.' });
    await openTroubles(database().db, [trouble(MORNING)]);
    await closeTroubles(database().db, [{ cameraId: CAMERA, kind: 'blind', until: MORNING + HOUR }]);
    await openTroubles(database().db, [trouble(MORNING + 2 * HOUR)]);
    const sinces = async (from: number, to: number): Promise<number[]> => (await troublesIn(database().db, [CAMERA], { from, to })).map((t) => t.since - MORNING);
    expect(await sinces(MORNING - HOUR, MORNING)).toEqual([]);
    expect(await sinces(MORNING + MINUTE, MORNING + 2 * MINUTE)).toEqual([0]);
    expect(await sinces(MORNING + HOUR, MORNING + 2 * HOUR)).toEqual([]);
    expect(await sinces(MORNING, MORNING + 9 * HOUR)).toEqual([0, 2 * HOUR]);
    expect(await troublesIn(database().db, ['sariab-1'], { from: 0, to: MORNING * 2 })).toEqual([]);
  });
});
