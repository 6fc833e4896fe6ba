import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BACK_OFF, createBackOff } from '../../src/camera/reconnect.ts';

describe('waiting before a camera is tried again', () => {
  it('doubles up to the cap', () => {
    const backOff = createBackOff(() => 0);
    expect(Array.from({ length: 9 }, () => backOff.next(10))).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('knocks about 120 to 240 times in an hour without the camera, and is back within half a minute of its return', () => {
    const hour = (random: () => number): number => {
      const backOff = createBackOff(random);
      let tries = 0;
      for (let at = 0; at < 3_600_000; tries++) at += backOff.next(0);
      return tries;
    };
    expect(hour(() => 0)).toBeLessThan(130);
    expect(hour(() => 1)).toBeLessThan(260);
  });

  it('starts over after a connection that held, and not after one that gave a frame and died', () => {
    const backOff = createBackOff(() => 0);
    for (let n = 0; n < 5; n++) backOff.next(2000);
    expect(backOff.next(2000)).toBe(16_000);
    expect(backOff.next(BACK_OFF.capMs + 1)).toBe(500);
  });

  it('lies between half and the whole of its step by chance, and never over the cap, however often it failed', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 2000 }), (chances) => {
      let at = 0;
      const backOff = createBackOff(() => chances[at++ % chances.length] as number);
      for (let n = 0; n < chances.length; n++) {
        const full = Math.min(BACK_OFF.capMs, BACK_OFF.firstMs * 2 ** n), wait = backOff.next(0);
        expect(wait).toBeGreaterThanOrEqual(Math.floor(full / 2));
        expect(wait).toBeLessThanOrEqual(full);
      }
    }), { numRuns: 30 });
  });

  it('brings sites that lost the same network back at different times', () => {
    const first = [0.1, 0.5, 0.9].map((chance) => createBackOff(() => chance).next(0));
    expect(new Set(first).size).toBe(3);
  });
});
