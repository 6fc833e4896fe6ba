import { beforeEach, expect, test } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { frameDone, knowsFrame, openFrames, takeFrame, type FrameRecord } from '../../src/store/frames.ts';
import { onBothDatabases } from '../support/databases.ts';
import { DAY, MORNING } from '../support/passes.ts';

const frame = (given: Partial<FrameRecord> = {}): FrameRecord => ({
  cameraId: 'baleli-in-1', capturedAt: MORNING, sha256: 'ab'.repeat(32), timeSource: 'camera', mediaType: 'image/jpeg', name: '20261103T060000.000+0500.jpg', receivedAt: MORNING + 40, clockCorrectionMs: null, ...given,
});

onBothDatabases('frames taken', (database) => {
  let db: Database;
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
  });

  test('a frame is new once', async () => {
    expect(await knowsFrame(db, frame())).toBe(false);
    expect(await takeFrame(db, frame())).toBe('new');
    expect(await takeFrame(db, frame({ receivedAt: MORNING + DAY }))).toBe('repeated');
    expect(await knowsFrame(db, frame())).toBe(true);
  });

  test('another camera, time or picture is another frame', async () => {
    await takeFrame(db, frame());
    for (const other of [frame({ cameraId: 'baleli-out-1' }), frame({ capturedAt: MORNING + 1 }), frame({ sha256: 'cd'.repeat(32) })]) {
      expect(await knowsFrame(db, other)).toBe(false);
      expect(await takeFrame(db, other)).toBe('new');
    }
  });

  test('the same frame from several takers at once is new for one of them', async () => {
    const other = await database().another();
    const answers = await Promise.all([db, other, db, other, db].map((each) => takeFrame(each, frame())));
    expect(answers.filter((a) => a === 'new')).toHaveLength(1);
  });

  test('those not done are found again, oldest first, until they are', async () => {
    const frames = [frame({ capturedAt: MORNING + 40 * DAY }), frame(), frame({ sha256: 'cd'.repeat(32) })];
    for (const each of frames) await takeFrame(db, each);
    expect(await openFrames(db)).toEqual([frames[1], frames[2], frames[0]]);
    await frameDone(db, [frame(), frame({ sha256: 'cd'.repeat(32) })]);
    expect(await openFrames(db)).toEqual([frames[0]]);
    await frameDone(db, frames);
    await frameDone(db, []);
    expect(await openFrames(db)).toEqual([]);
    expect(await takeFrame(db, frame())).toBe('repeated');
  });

  test('an impossible time is refused', async () => {
    await expect(takeFrame(db, frame({ capturedAt: 0 }))).rejects.toMatchObject({ code: 'TIME_IMPLAUSIBLE' });
  });
});
