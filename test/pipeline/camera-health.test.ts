import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { StreamState } from '../../src/camera/live-frame.ts';
import { DarwazaError } from '../../src/core/errors.ts';
import { createLog } from '../../src/core/log.ts';
import { createCameraHealth, type CameraHealth } from '../../src/pipeline/camera-health.ts';
import { keptStream } from '../../src/pipeline/camera-picture.ts';
import { watchStreams } from '../../src/pipeline/live-health.ts';
import { cameraStates, deleteOldFigures, hourFigures, type HourFigures } from '../../src/store/camera-figures.ts';
import { countCameraHours } from '../../src/store/camera-hours.ts';
import type { Database } from '../../src/store/database.ts';
import { rowsOf } from '../../src/store/query.ts';
import { onBothDatabases } from '../support/databases.ts';
import { aPass, DAY, HOUR, MINUTE, MORNING, quetta } from '../support/passes.ts';

const CAMERA = 'baleli-in-1', OTHER = 'sariab-1', log = createLog('silent');
const stream = (given: Partial<StreamState> = {}): StreamState => ({ state: 'running', lastFrameAt: MORNING, frames: 0, still: 0, dropped: 0, decodeErrors: 0, reconnects: 0, fault: null, brightness: 110, sameScene: 0.98, ...given });

onBothDatabases('health of cameras', (database) => {
  const time = { now: MORNING };
  const started = (db: Database = database().db): CameraHealth => createCameraHealth({ database: db, register: quetta(), clock: () => time.now, log });
  const hours = (camera = CAMERA): Promise<HourFigures[]> => hourFigures(database().db, [camera], { from: 0, to: time.now + DAY });
  const state = async (camera = CAMERA) => (await cameraStates(database().db, [camera])).get(camera) ?? null;
  beforeEach(async () => {
    time.now = MORNING;
    await database().clear();
  });

  test('is counted by the hour in which things came', async () => {
    const health = started();
    health.frameSeen(CAMERA);
    health.frameSeen(CAMERA);
    health.refused(CAMERA, 'PICTURE_TRUNCATED');
    health.dropped(CAMERA, 7);
    time.now += HOUR;
    health.frameSeen(CAMERA);
    await health.flush();
    expect(await hours()).toMatchObject([
      { hour: MORNING, frames: 2, dropped: 7, refused: { PICTURE_TRUNCATED: 1 } }, { hour: MORNING + HOUR, frames: 1, dropped: 0, refused: {} },
    ]);
    expect(await state()).toMatchObject({ frameAt: MORNING + HOUR, passAt: null, stream: null });
  });

  test('of passes tells what their plates gave, and how wide they were', async () => {
    const health = started(), box = (width: number) => ({ x: 0, y: 0, width, height: width / 2 });
    health.passRecorded(aPass({ plateBox: box(118) }));
    health.passRecorded(aPass({ plateBox: box(64), mark: null, outcome: 'unreadable' }));
    health.passRecorded(aPass({ plateBox: null, mark: null }));
    health.passRecorded(aPass({ plateBox: box(115), mark: null, outcome: 'fancy' }));
    await health.flush();
    expect(await hours()).toMatchObject([{ passes: 4, read: 2, unreadable: 1, noPlate: 1, widths: [0, 0, 0, 1, 0, 2] }]);
    expect(await state()).toMatchObject({ passAt: MORNING, frameAt: null });
  });

  test('does not count what a person corrects, nor an archive that is read in, nor cameras that nobody knows', async () => {
    const health = started();
    health.passRecorded(aPass({ source: 'correction' }));
    health.passRecorded(aPass({ capturedAt: MORNING - 40 * DAY }));
    health.refused('no-such-camera', 'CAMERA_UNKNOWN');
    health.frameSeen('no-such-camera');
    health.streamState('no-such-camera', stream({ frames: 5 }));
    await health.flush();
    expect([await hours(), await hours('no-such-camera'), await state(), health.totals().size]).toEqual([[], [], null, 0]);
  });

  test('adds up what several processes count of one camera at once, to the last of them', async () => {
    const processes = Array.from({ length: 4 }, () => started());
    for (let round = 0; round < 5; round++) {
      for (const [i, health] of processes.entries()) {
        health.frameSeen(CAMERA);
        health.frameSeen(OTHER);
        health.refused(CAMERA, `CODE_${i % 2}`);
        health.passRecorded(aPass({ plateBox: { x: 0, y: 0, width: 20 * i + 5, height: 9 } }));
      }
      await Promise.all(processes.map((health) => health.flush()));
    }
    expect(await hours()).toMatchObject([{ frames: 20, passes: 20, refused: { CODE_0: 10, CODE_1: 10 }, widths: [5, 5, 5, 5] }]);
    expect(await hours(OTHER)).toMatchObject([{ frames: 20 }]);
  });

  test('loses nothing and doubles nothing while the database is away, and shows meanwhile what it could not write', async () => {
    const away = { ...database().db, orm: { transaction: () => Promise.reject(new Error('Connection terminated')) } } as unknown as Database, health = started(away);
    health.frameSeen(CAMERA);
    health.passRecorded(aPass());
    await expect(health.flush()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    health.frameSeen(CAMERA);
    expect(health.unwritten(CAMERA)).toMatchObject({ figures: [{ frames: 2, passes: 1 }], state: { frameAt: MORNING, passAt: MORNING } });
    (away as { orm: Database['orm'] }).orm = database().db.orm;
    await health.close();
    expect(await hours()).toMatchObject([{ frames: 2, passes: 1 }]);
    expect(health.unwritten(CAMERA)).toEqual({ figures: [], state: null });
  });

  test('knows what came before it was kept by the hours that have passes', async () => {
    await countCameraHours(database().db.orm, [{ ...aPass(), siteId: 'baleli', boundary: true }]);
    expect(await state()).toMatchObject({ passAt: MORNING, frameAt: null });
  });

  test('of 1,400 cameras is written at once', async () => {
    const register = quetta(), [camera] = register.cameras;
    if (camera === undefined) throw new Error('the example city has cameras');
    const many = { ...register, cameras: Array.from({ length: 1_400 }, (_, i) => ({ ...camera, id: `camera-${i}` })) };
    const health = createCameraHealth({ database: database().db, register: many, clock: () => time.now, log });
    for (let round = 0; round < 3; round++) {
      for (const { id } of many.cameras) {
        health.streamState(id, stream({ frames: 10 * (round + 1), still: 40 * (round + 1) }));
        health.queueDepth(id, round);
      }
      await health.flush();
    }
    const ids = many.cameras.map((c) => c.id), figures = await hourFigures(database().db, ids, { from: MORNING, to: MORNING + 1 });
    expect([figures.length, new Set(figures.map((f) => `${f.frames} ${f.still}`))]).toEqual([1_400, new Set(['150 120'])]);
    expect((await cameraStates(database().db, ids)).size).toBe(1_400);
  });

  test('is kept for as long as it is compared with', async () => {
    const health = started();
    health.frameSeen(CAMERA);
    await health.flush();
    await deleteOldFigures(database().db, MORNING);
    expect(await hours()).toHaveLength(1);
    await deleteOldFigures(database().db, MORNING + 1);
    expect(await hours()).toEqual([]);
  });

  describe('of a stream', () => {
    test('counts its frames by how far its counts rose; the moving and the still ones are all of them', async () => {
      const health = started();
      health.streamState(CAMERA, stream({ frames: 100, still: 400, decodeErrors: 2 }));
      health.streamState(CAMERA, stream({ frames: 130, still: 470, dropped: 5, decodeErrors: 2, lastFrameAt: MORNING + 9_000 }));
      await health.flush();
      expect(await hours()).toMatchObject([{ frames: 605, still: 470, dropped: 5, decodeErrors: 2 }]);
      expect(await state()).toMatchObject({ frameAt: MORNING + 9_000, stream: { state: 'running', fault: null, brightness: 110 } });
    });

    test('goes on counting when a new stream begins again at nothing', async () => {
      const health = started();
      health.streamState(CAMERA, stream({ frames: 100 }));
      health.streamState(CAMERA, stream({ frames: 4 }));
      await health.flush();
      expect(await hours()).toMatchObject([{ frames: 104 }]);
    });

    test('is told by the program that reads the streams', async () => {
      const health = started(), watcher = watchStreams(health);
      watcher.streamState(CAMERA, stream({ frames: 3, state: 'waiting', fault: 'connection refused' }), { read: 3, idle: 0, dropped: 0, failed: 0, waiting: 4 });
      watcher.dropped(CAMERA, 2);
      watcher.failed(CAMERA, new DarwazaError('DATABASE_FULL', { host: 'here' }));
      watcher.failed(CAMERA, new Error('no words for it'));
      await health.flush();
      expect(await hours()).toMatchObject([{ frames: 3, dropped: 2, refused: { DATABASE_FULL: 1, INTERNAL: 1 } }]);
      expect(await state()).toMatchObject({ queueDepth: 4, stream: { state: 'waiting', fault: 'connection refused' } });
    });
  });

  describe('days of cameras', () => {
    const fromHours = sql`
      select camera_id as camera, date_trunc('day', hour, 'UTC') as day, bit_or(1 << extract(hour from hour at time zone 'UTC')::integer) as hours,
        bit_or(case when passes >= 4 then 1 << extract(hour from hour at time zone 'UTC')::integer else 0 end) as busy from camera_hours group by 1, 2 order by 1, 2`;
    test('are what their hours say, however the passes came', async () => {
      const passes = Array.from({ length: 300 }, (_, i) => ({ ...aPass({ cameraId: i % 3 === 0 ? CAMERA : OTHER, capturedAt: MORNING + ((i * 7_919) % 70) * 40 * MINUTE + i }), siteId: null, boundary: false }));
      const parts = Array.from({ length: 30 }, (_, i) => passes.slice(i * 10, i * 10 + 10));
      await Promise.all(parts.map((part) => database().db.orm.transaction((tx) => countCameraHours(tx as never, part))));
      const days = await rowsOf(database().db.orm, sql`select camera_id as camera, day, hours, busy_hours as busy from camera_days order by 1, 2`);
      expect(days).toEqual(await rowsOf(database().db.orm, fromHours));
      expect(days.length).toBeGreaterThanOrEqual(4);
    });
  });
});

describe('a picture', () => {
  const after = (...states: readonly Partial<StreamState>[]) => states.reduce<ReturnType<typeof keptStream> | null>((before, given, i) => keptStream(before, stream(given), MORNING + i * MINUTE), null);

  test('is dark, white or of another scene since it first was, until it is well clear of it', () => {
    expect(after({ brightness: 9 }, { brightness: 12 })).toMatchObject({ darkSince: MORNING, glaringSince: null, movedSince: null });
    expect(after({ brightness: 9 }, { brightness: 17 }, { brightness: 12 })).toMatchObject({ darkSince: null });
    expect(after({}, { brightness: 250 }, { brightness: 240 })).toMatchObject({ glaringSince: MORNING + MINUTE });
    expect(after({}, { sameScene: 0.1 }, { sameScene: 0.5 })).toMatchObject({ movedSince: MORNING + MINUTE });
    expect(after({ sameScene: 0.1 }, { sameScene: 0.7 })).toMatchObject({ movedSince: null });
  });

  test('that is not measured stays what it was', () => {
    expect(after({ brightness: 3 }, { brightness: null, sameScene: null })).toMatchObject({ darkSince: MORNING, brightness: null });
    expect(after({ brightness: null, sameScene: null })).toMatchObject({ darkSince: null, movedSince: null });
  });
});
