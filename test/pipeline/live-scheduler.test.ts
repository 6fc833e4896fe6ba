import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from '../../src/core/log.ts';
import type { LiveLane } from '../../src/pipeline/live-lane.ts';
import { LiveScheduler } from '../../src/pipeline/live-scheduler.ts';
import type { Box } from '../../src/vision/picture.ts';
import type { YuvPicture } from '../../src/vision/yuv-picture.ts';
import type { Vision } from '../../src/vision/vision-pool.ts';
import { liveFrame, nameInPixels, readOf, type TestFrame } from '../support/live-frames.ts';
import { literalVision } from '../support/literal-vision.ts';

/** A vision that reads a frame when it is told to, and notes what it was asked. */
function heldVision(threads = 1) {
  const asked: { readonly name: string; readonly boxes: readonly Box[] }[] = [], held: ((fault?: Error) => void)[] = [];
  const vision: Vision = {
    ...literalVision(), threads,
    readLive: (picture: YuvPicture, boxes: readonly Box[]) => {
      asked.push({ name: nameInPixels(picture.planes), boxes });
      return new Promise((resolve, reject) => held.push((fault) => (fault ? reject(fault) : resolve(readOf()))));
    },
  };
  return { vision, asked, underWay: () => held.length, finish: async (fault?: Error) => {
    held.shift()?.(fault);
    await new Promise((resolve) => setImmediate(resolve));
  } };
}

/** A lane that only notes what it takes. */
function laneOf(cameraId: string, { watches = false, plates = [] as Box[], knows = (() => false) as (box: Box) => boolean } = {}) {
  const taken: number[] = [];
  const lane = { cameraId, watches, known: { placesBefore: () => plates, isKnown: knows }, take: async (frame: TestFrame) => {
    taken.push(frame.capturedAt);
    frame.release();
  } } as unknown as LiveLane;
  return { lane, taken };
}

const clock = Date.now, log = createLog('silent');
let all: TestFrame[] = [];
const frame = (cameraId: string, at: number, moving?: readonly Box[]): TestFrame => {
  const made = liveFrame(cameraId, at, moving === undefined ? {} : { moving });
  all.push(made);
  return made;
};

describe('frames of many cameras', () => {
  afterEach(() => void (all = []));

  it('are read one after the other of each camera, in order, and each camera in turn', async () => {
    const { vision, asked, finish } = heldVision(), a = laneOf('a'), b = laneOf('b'), scheduler = new LiveScheduler({ vision, clock, log });
    scheduler.add(a.lane);
    scheduler.add(b.lane);
    for (const [camera, at] of [['a', 1], ['a', 2], ['b', 1], ['b', 2]] as const) scheduler.offer(frame(camera, at));
    for (let i = 0; i < 4; i++) await finish();
    await scheduler.idle();
    expect(asked.map((q) => q.name)).toEqual(['a 1', 'b 1', 'a 2', 'b 2']);
    expect([a.taken, b.taken]).toEqual([[1, 2], [1, 2]]);
  });

  it('of one camera are never under way at once, though threads are free', async () => {
    const { vision, underWay, finish } = heldVision(4), a = laneOf('a'), scheduler = new LiveScheduler({ vision, clock, log });
    scheduler.add(a.lane);
    scheduler.offer(frame('a', 1));
    scheduler.offer(frame('a', 2));
    expect(underWay()).toBe(1);
    await finish();
    expect(underWay()).toBe(1);
    await finish();
    expect(a.taken).toEqual([1, 2]);
  });

  it('go, oldest first and counted, when the machine is too slow; the newest are read', async () => {
    const dropped: string[] = [], { vision, finish } = heldVision(), a = laneOf('a'), scheduler = new LiveScheduler({ vision, clock, log, onDropped: (camera) => dropped.push(camera) });
    scheduler.add(a.lane);
    for (let at = 1; at <= 10; at++) scheduler.offer(frame('a', at));
    expect(scheduler.figures('a')).toMatchObject({ dropped: 7, waiting: 2 });
    for (let i = 0; i < 3; i++) await finish();
    await scheduler.idle();
    expect(a.taken).toEqual([1, 9, 10]);
    expect(dropped).toHaveLength(7);
    expect(all.map((f) => f.releases)).toEqual(Array.from({ length: 10 }, () => 1));
  });

  it('of a slow camera do not cost another camera its frames', async () => {
    const { vision, finish } = heldVision(), a = laneOf('a'), b = laneOf('b'), scheduler = new LiveScheduler({ vision, clock, log });
    scheduler.add(a.lane);
    scheduler.add(b.lane);
    for (let at = 1; at <= 50; at++) scheduler.offer(frame('a', at));
    scheduler.offer(frame('b', 1));
    for (let i = 0; i < 4; i++) await finish();
    await scheduler.idle();
    expect(b.taken).toEqual([1]);
    expect(scheduler.figures('b')?.dropped).toBe(0);
  });

  it('of a file are all read, however many wait', async () => {
    const { vision, finish } = heldVision(), a = laneOf('a'), scheduler = new LiveScheduler({ vision, clock, log });
    scheduler.add(a.lane, { lossless: true });
    for (let at = 1; at <= 20; at++) scheduler.offer(frame('a', at));
    for (let i = 0; i < 20; i++) await finish();
    await scheduler.idle();
    expect(a.taken).toHaveLength(20);
  });

  it('in which nothing moves are not read, unless a vehicle waits in view or it is long since the whole was looked at', async () => {
    const { vision, asked, finish } = heldVision(), quiet = laneOf('a'), waits = laneOf('b', { watches: true }), scheduler = new LiveScheduler({ vision, clock, log });
    scheduler.add(quiet.lane);
    scheduler.add(waits.lane);
    scheduler.offer(frame('a', 20_000, []));
    await finish();
    for (const at of [21_000, 25_000, 29_900]) scheduler.offer(frame('a', at, []));
    scheduler.offer(frame('b', 20_000, []));
    await finish();
    scheduler.offer(frame('a', 30_001, []));
    await finish();
    await scheduler.idle();
    expect(asked.map((q) => q.name)).toEqual(['a 20000', 'b 20000', 'a 30001']);
    expect(scheduler.figures('a')).toMatchObject({ read: 2, idle: 3 });
    expect(all.every((f) => f.releases === 1)).toBe(true);
  });

  it('are looked at where something moves and where plates were a moment ago', async () => {
    const plate = { x: 5, y: 5, width: 20, height: 10 }, moved = { x: 60, y: 40, width: 30, height: 30 };
    const { vision, asked, finish } = heldVision(), a = laneOf('a', { plates: [plate] }), scheduler = new LiveScheduler({ vision, clock, log });
    scheduler.add(a.lane);
    scheduler.offer(frame('a', 20_000, [moved]));
    await finish();
    scheduler.offer(frame('a', 20_200, [moved]));
    await finish();
    expect(asked.map((q) => q.boxes)).toEqual([[], [moved, plate]]);
  });

  it('in which only vehicles move that are read well enough are not read, and of others only the rest is', async () => {
    const known = { x: 0, y: 0, width: 50, height: 50 }, other = { x: 100, y: 40, width: 30, height: 30 };
    const { vision, asked, finish } = heldVision(), a = laneOf('a', { watches: true, knows: (box) => box === known }), scheduler = new LiveScheduler({ vision, clock, log });
    scheduler.add(a.lane);
    scheduler.offer(frame('a', 20_000, [known]));
    await finish();
    scheduler.offer(frame('a', 20_200, [known]));
    scheduler.offer(frame('a', 20_400, [known, other]));
    await finish();
    await scheduler.idle();
    expect(asked).toEqual([{ name: 'a 20000', boxes: [] }, { name: 'a 20400', boxes: [other] }]);
    expect(scheduler.figures('a')).toMatchObject({ read: 2, idle: 1 });
  });

  it('of one camera are waited for whatever other cameras still have to be read', async () => {
    const { vision, finish } = heldVision(2), film = laneOf('film'), busy = laneOf('busy'), scheduler = new LiveScheduler({ vision, clock, log });
    scheduler.add(film.lane, { lossless: true });
    scheduler.add(busy.lane);
    scheduler.offer(frame('film', 1));
    for (let at = 1; at <= 3; at++) scheduler.offer(frame('busy', at));
    const done = scheduler.idle('film');
    await finish();
    await done;
    expect([film.taken, busy.taken]).toEqual([[1], []]);
    for (let i = 0; i < 3; i++) await finish();
    await scheduler.idle();
    expect(busy.taken).toEqual([1, 2, 3]);
  });

  it('that cannot be read are given back and counted, and the next one is read', async () => {
    const failed: string[] = [], { vision, finish } = heldVision(), a = laneOf('a'), scheduler = new LiveScheduler({ vision, clock, log, onFailed: (camera) => failed.push(camera) });
    scheduler.add(a.lane);
    scheduler.offer(frame('a', 1));
    scheduler.offer(frame('a', 2));
    await finish(new Error('out of memory'));
    await finish();
    await scheduler.idle();
    expect(failed).toEqual(['a']);
    expect(a.taken).toEqual([2]);
    expect(all.map((f) => f.releases)).toEqual([1, 1]);
  });

  it('of a camera that was taken away are given back, also those that come after', async () => {
    const { vision, finish } = heldVision(), a = laneOf('a'), scheduler = new LiveScheduler({ vision, clock, log });
    scheduler.add(a.lane);
    for (let at = 1; at <= 3; at++) scheduler.offer(frame('a', at));
    scheduler.remove('a');
    scheduler.offer(frame('a', 4));
    await finish();
    await scheduler.idle();
    expect(all.map((f) => f.releases)).toEqual([1, 1, 1, 1]);
    expect(scheduler.figures('a')).toBeNull();
  });
});
