import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFileTimes, createFrameTimes } from '../../src/camera/frame-times.ts';

const T = Date.parse('2026-11-03T06:15:00+05:00');

describe('times of a stream\'s frames', () => {
  it('have the spacing of the stream, however the network shakes', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 180 }), { minLength: 40, maxLength: 200 }), (lateness) => {
      const times = createFrameTimes(), at = [0, ...lateness].map((late, n) => times.at(n * 0.2, T + n * 200 + late));
      // The first frame came without delay, so that it fixes the two clocks to each other.
      expect(at).toEqual(at.map((_, n) => (n === 0 ? null : T + n * 200)));
    }));
  });

  it('are not told of the frames that waited for the connection: they come all at once, and nobody knows how late', () => {
    const times = createFrameTimes();
    expect([0, 0.2, 0.4, 0.6, 0.8].map((s) => times.at(s, T + 1000 + s * 20))).toEqual([null, null, null, null, null]);
    expect([1.2, 1.4].map((s) => times.at(s, T + s * 1000))).toEqual([null, T + 1400]);
  });

  it('are told after ten frames whatever comes: a camera may send faster than its own count', () => {
    const times = createFrameTimes();
    const told = Array.from({ length: 20 }, (_, n) => times.at(n * 0.2, T + n * 100));
    expect(told.findIndex((at) => at !== null)).toBe(9);
  });

  it('rise always, are whole, and never lie after the frame came but for the millisecond that tells two frames apart', () => {
    const steps = fc.array(fc.record({ step: fc.double({ min: -5, max: 5, noNaN: true }), wait: fc.integer({ min: 0, max: 5000 }) }), { minLength: 1, maxLength: 300 });
    fc.assert(fc.property(steps, (frames) => {
      const times = createFrameTimes();
      let seconds = 0, now = T, before = -Infinity;
      for (const { step, wait } of frames) {
        const at = times.at((seconds += step), now += wait);
        if (at === null) continue;
        expect(Number.isInteger(at)).toBe(true);
        expect(at).toBeGreaterThan(before);
        expect(at).toBeLessThanOrEqual(Math.max(now, before + 1));
        before = at;
      }
    }));
  });

  it('follow a camera whose clock runs slow, so that an hour later they are still ours', () => {
    const times = createFrameTimes();
    let last = 0;
    // 200 ppm: 720 ms an hour.
    for (let n = 0; n < 18_000; n++) last = times.at(n * 0.2 * 0.9998, T + n * 200) ?? 0;
    expect(T + 17_999 * 200 - last).toBeLessThan(20);
  });

  it('begin anew when the camera begins to count anew', () => {
    const times = createFrameTimes();
    times.at(5000, T);
    expect(times.at(3, T + 400)).toBe(T + 400);
    expect(times.at(3.2, T + 600)).toBe(T + 600);
  });

  it('are set anew when the camera\'s count stays behind for more than 5 s, and not by a network that stood still', () => {
    const slow = createFrameTimes();
    for (let n = 0; n < 100; n++) slow.at(n * 0.2, T + n * 200);
    const late = Array.from({ length: 40 }, (_, n) => slow.at(20 + n * 0.2, T + 23_000 + n * 200));
    expect(late[0]).toBe(T + 20_000);
    expect(late.at(-1)).toBe(T + 23_000 + 39 * 200);
    const held = createFrameTimes();
    for (let n = 0; n < 100; n++) held.at(n * 0.2, T + n * 200);
    // 8 s of frames that come at once, as after a cut.
    expect(Array.from({ length: 40 }, (_, n) => held.at(20 + n * 0.2, T + 28_000 + n))).toEqual(Array.from({ length: 40 }, (_, n) => T + 20_000 + n * 200));
  });

  it('are those of arrival for frames without a time', () => {
    const times = createFrameTimes();
    expect([times.at(null, T), times.at(null, T), times.at(null, T + 40)]).toEqual([T, T + 1, T + 40]);
  });

  it('do not go back over a new connection', () => {
    const times = createFrameTimes();
    times.at(100, T);
    const before = times.at(100.2, T + 200) as number;
    times.restart();
    expect([times.at(0, T - 5000), times.at(0.2, T - 4800)]).toEqual([null, before + 1]);
  });
});

describe('times of a film\'s frames', () => {
  it('count from its start, in whole milliseconds, rising', () => {
    const times = createFileTimes(T);
    expect([0, 1 / 30, 2 / 30, 2 / 30, 0.0667].map((s) => times.at(s, 0))).toEqual([T, T + 33, T + 66, T + 67, T + 68]);
  });
});
