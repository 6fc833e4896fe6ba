import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../src/core/log.ts';
import { createCameraClocks, type CameraClocks } from '../../src/pipeline/camera-clocks.ts';
import { clockHistory, latestClocks, worstClocks } from '../../src/store/camera-clocks.ts';
import type { Database } from '../../src/store/database.ts';
import { rowsOf } from '../../src/store/query.ts';
import { onBothDatabases } from '../support/databases.ts';
import { DAY, HOUR, MINUTE, MORNING } from '../support/passes.ts';

const CAMERA = 'baleli-in-1', log = createLog('silent');

onBothDatabases('clocks of cameras', (database) => {
  const time = { now: MORNING };
  const started = (db: Database = database().db): CameraClocks => createCameraClocks({ database: db, clock: () => time.now, log });
  /** A camera whose clock is behind by `slowMs` sends a push every ten seconds. */
  const sends = (clocks: CameraClocks, slowMs: number, forMs: number, camera = CAMERA): void => {
    for (const end = time.now + forMs; time.now < end; time.now += 10_000) clocks.measured(camera, time.now - slowMs, time.now + 200, 'push');
  };
  const history = () => clockHistory(database().db, CAMERA, { from: 0, to: time.now + DAY }, 100);
  beforeEach(async () => {
    time.now = MORNING;
    await database().clear();
  });

  test('are not known before they are measured, and nothing is corrected', () => {
    const clocks = started();
    expect(clocks.of(CAMERA)).toBeNull();
    expect(clocks.correct(CAMERA, MORNING, MORNING + 500)).toEqual({ capturedAt: MORNING, correctionMs: null });
  });

  test('that are right stay as they are: what is below two seconds is the way from the camera', () => {
    const clocks = started();
    sends(clocks, 1_500, 20 * MINUTE);
    expect(clocks.of(CAMERA)).toMatchObject({ offsetMs: 1_700, settled: true, flagged: false, correctionMs: null });
    expect(clocks.correct(CAMERA, time.now, time.now + 1_700)).toEqual({ capturedAt: time.now, correctionMs: null });
  });

  test('that are wrong correct what is captured, once they are proved, and are flagged beyond five seconds', () => {
    const clocks = started();
    sends(clocks, 40_000, 5 * MINUTE);
    expect(clocks.of(CAMERA)).toMatchObject({ offsetMs: 40_200, settled: false, flagged: true, correctionMs: null });
    sends(clocks, 40_000, 10 * MINUTE);
    expect(clocks.of(CAMERA)).toMatchObject({ settled: true, flagged: true, correctionMs: 40_200 });
    expect(clocks.correct(CAMERA, time.now - 40_000, time.now + 200)).toEqual({ capturedAt: time.now + 200, correctionMs: 40_200 });
    sends(clocks, 3_000, 30 * MINUTE);
    expect(clocks.of(CAMERA)).toMatchObject({ flagged: false, correctionMs: 3_200 });
  });

  test('correct late deliveries by the same, and do not take them for a slow clock', () => {
    const clocks = started();
    sends(clocks, 40_000, 20 * MINUTE);
    const cutAt = time.now;
    time.now += 6 * HOUR;
    for (let i = 0; i < 2_000; i++) {
      const claimed = cutAt + i * 10_000 - 40_000, received = time.now + i * 20;
      clocks.measured(CAMERA, claimed, received, 'push');
      expect(clocks.correct(CAMERA, claimed, received)).toEqual({ capturedAt: claimed + 40_200, correctionMs: 40_200 });
    }
  });

  test('that were set meanwhile are not corrected by what they were', () => {
    const clocks = started();
    sends(clocks, HOUR, 20 * MINUTE);
    // Somebody sets it right: with its correction it would be seen an hour after it came.
    expect(clocks.correct(CAMERA, time.now, time.now + 200)).toEqual({ capturedAt: time.now, correctionMs: null });
    sends(clocks, 0, MINUTE);
    expect(clocks.of(CAMERA)).toMatchObject({ offsetMs: 200, flagged: false, correctionMs: null });
  });

  test('give one message the same time each time it is sent, while the offset stays within a quarter of a second', () => {
    const clocks = started();
    sends(clocks, 40_000, 20 * MINUTE);
    const claimed = time.now - 40_000, first = clocks.correct(CAMERA, claimed, time.now + 200);
    for (const slow of [39_900, 40_050, 39_850]) {
      sends(clocks, slow, 30_000);
      expect(clocks.correct(CAMERA, claimed, time.now + 200)).toEqual(first);
    }
  });

  test('that stand in 1970 are flagged with the first message, and corrected within minutes', () => {
    const clocks = started(), slow = MORNING - 5 * MINUTE;
    clocks.measured(CAMERA, MORNING - slow, MORNING, 'frame');
    expect(clocks.of(CAMERA)).toMatchObject({ flagged: true, offsetMs: slow });
    sends(clocks, slow, 3 * MINUTE);
    expect(clocks.correct(CAMERA, time.now - slow, time.now + 200)).toEqual({ capturedAt: time.now, correctionMs: slow });
  });

  test('that a stream tells are taken at its word', () => {
    const clocks = started();
    clocks.measuredOffset(CAMERA, -7_000, 30, 'stream');
    expect(clocks.of(CAMERA)).toMatchObject({ offsetMs: -7_000, settled: true, flagged: true, source: 'stream' });
  });

  describe('their history', () => {
    test('has a row when the offset has changed by a quarter of a second, and one an hour', async () => {
      const clocks = started();
      sends(clocks, 0, 150 * MINUTE);
      await clocks.flush();
      expect((await history()).map((r) => r.at - MORNING)).toEqual([2 * HOUR, HOUR, 0]);
      sends(clocks, -4_000, 5 * MINUTE);
      await clocks.flush();
      const [latest, ...before] = await history();
      expect(latest).toMatchObject({ cameraId: CAMERA, offsetMs: -3_800, settled: true, correctionMs: -3_800, source: 'push' });
      expect(before.some((r) => !r.settled)).toBe(true);
      expect(before.length).toBeLessThan(9);
    });

    test('has a row a minute at most where the delays vary', async () => {
      const clocks = started();
      for (let i = 0; i < 360; i++, time.now += 10_000) clocks.measured(CAMERA, time.now, time.now + ((i * 7_919) % 1_900), 'push');
      await clocks.flush();
      expect((await history()).length).toBeLessThanOrEqual(60);
    });

    test('is written later when the database is away', async () => {
      const away = { ...database().db, orm: { execute: () => Promise.reject(Object.assign(new Error('Connection terminated'), {})) } } as unknown as Database, clocks = started(away);
      clocks.measured(CAMERA, MORNING - 9_000, MORNING, 'push');
      await expect(clocks.flush()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      (away as { orm: Database['orm'] }).orm = database().db.orm;
      await clocks.close();
      expect(await history()).toMatchObject([{ offsetMs: 9_000 }]);
    });
  });

  test('are gone on from after a restart: the same message gets the same time', async () => {
    const first = started();
    sends(first, 40_000, 30 * MINUTE);
    const claimed = time.now - 40_000, before = first.correct(CAMERA, claimed, time.now);
    await first.close();
    const second = started();
    await second.load();
    expect(second.correct(CAMERA, claimed, time.now)).toEqual(before);
    sends(second, 40_000, 5 * MINUTE);
    expect(second.of(CAMERA)).toMatchObject({ offsetMs: 40_200, settled: true, correctionMs: 40_200 });
  });

  test('go on being corrected when the restart comes in the middle of a late delivery', async () => {
    const first = started();
    sends(first, 40_000, 30 * MINUTE);
    for (let i = 0; i < 100; i++, time.now += 1_000) first.measured(CAMERA, time.now - 5 * HOUR + i * 20_000, time.now, 'push');
    expect(first.of(CAMERA)).toMatchObject({ settled: false, correctionMs: 40_200 });
    await first.close();
    const second = started();
    await second.load();
    expect(second.correct(CAMERA, time.now - HOUR, time.now)).toMatchObject({ correctionMs: 40_200 });
  });

  test('are forgotten after a month', async () => {
    const first = started();
    sends(first, 40_000, 20 * MINUTE);
    await first.close();
    time.now += 32 * DAY;
    const second = started();
    await second.load();
    expect(second.of(CAMERA)).toBeNull();
  });

  test('are measured by several processes at once, each by what it is sent', async () => {
    const [one, other] = [started(), started()];
    for (; time.now < MORNING + 20 * MINUTE; time.now += 10_000) (time.now % 20_000 === 0 ? one : other).measured(CAMERA, time.now - 30_000, time.now + 100, 'push');
    await Promise.all([one.flush(), other.flush()]);
    for (const clocks of [one, other]) expect(clocks.correct(CAMERA, time.now - 30_000, time.now + 100)).toEqual({ capturedAt: time.now + 100, correctionMs: 30_100 });
    expect((await latestClocks(database().db, MORNING)).map((r) => r.offsetMs)).toEqual([30_100]);
  });

  test('of 1,400 cameras are kept and loaded at once', async () => {
    const clocks = started();
    for (let minute = 0; minute < 12; minute++, time.now += MINUTE) for (let n = 0; n < 1_400; n++) clocks.measured(`camera-${n}`, time.now - (n % 7) * 3_000, time.now + 100, 'push');
    await clocks.close();
    const again = started();
    await again.load();
    expect(again.all().size).toBe(1_400);
    expect([...again.all().values()].filter((c) => c.flagged).length).toBe(1_000);
  });

  describe('at their worst', () => {
    test('are known for each camera; one that is in doubt now has no worst', async () => {
      const clocks = started();
      sends(clocks, 0, 20 * MINUTE, 'sariab-1');
      sends(clocks, 90_000, 20 * MINUTE);
      sends(clocks, 0, 20 * MINUTE);
      sends(clocks, 8_000, MINUTE, 'hanna-urak-in-1');
      await clocks.flush();
      expect(await worstClocks(database().db, MORNING)).toEqual(new Map([['sariab-1', 200], [CAMERA, 90_200], ['hanna-urak-in-1', null]]));
      expect((await worstClocks(database().db, time.now + 1)).size).toBe(0);
    });

    test('what was in doubt for a moment and proved right is right', async () => {
      const clocks = started();
      clocks.measured(CAMERA, time.now - 9_000, time.now, 'push');
      sends(clocks, 0, 5 * MINUTE);
      await clocks.flush();
      expect([...(await worstClocks(database().db, 0)).values()]).toEqual([200]);
    });
  });

  test('are stored in UTC, whatever the offset that is shown', async () => {
    const clocks = started();
    clocks.measured(CAMERA, MORNING, MORNING, 'push');
    await clocks.flush();
    expect(await rowsOf(database().db.orm, sql`select to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as at from camera_clocks`)).toEqual([{ at: '2026-11-03 01:00' }]);
  });
});
