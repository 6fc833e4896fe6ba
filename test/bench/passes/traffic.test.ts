import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driveLane, dueTimes, endOfWay, onWay, type Comer } from '../../../bench/passes/traffic.ts';
import { RandomNumbers } from '../../../src/simulate/random-numbers.ts';

const LANE_M = 120;
const comers = fc.array(fc.record({ lengthM: fc.double({ min: 2, max: 10, noNaN: true }), speedMs: fc.double({ min: 3, max: 34, noNaN: true }), dueS: fc.double({ min: 0, max: 20, noNaN: true }) }), { minLength: 1, maxLength: 6 })
  .map((all): Comer[] => all.toSorted((a, b) => a.dueS - b.dueS));
const gate = fc.record({ atM: fc.double({ min: 30, max: 100, noNaN: true }), fromS: fc.double({ min: 0, max: 5, noNaN: true }), untilS: fc.double({ min: 6, max: 25, noNaN: true }) });

describe('vehicles of one lane', () => {
  it('never drive into each other, nor backwards, nor faster than they want', () => {
    fc.assert(fc.property(comers, fc.array(gate, { maxLength: 2 }), (all, barriers) => {
      const ways = driveLane(all, LANE_M, barriers);
      for (let t = 0; t < 60; t += 0.25) {
        const there = ways.flatMap((way, i) => {
          const at = onWay(way, t);
          return at === null ? [] : [{ ...at, ...(all[i] as Comer) }];
        });
        for (const [i, one] of there.entries()) {
          expect(one.speedMs).toBeGreaterThanOrEqual(0);
          expect(one.speedMs).toBeLessThanOrEqual(one.speedMs < 0.1 ? 0.1 : Math.max(...all.map((c) => c.speedMs)) + 0.1);
          const before = there[i - 1];
          if (before !== undefined) expect(before.atM - before.lengthM - one.atM).toBeGreaterThan(0);
        }
      }
    }), { numRuns: 40 });
  });

  it('stop before a barrier that is closed and go on when it opens', () => {
    const [way] = driveLane([{ lengthM: 4, speedMs: 8, dueS: 0 }], LANE_M, [{ atM: 60, fromS: 0, untilS: 20 }]);
    const standing = onWay(way as never, 19.5), later = onWay(way as never, 26);
    expect(standing?.speedMs).toBeLessThan(0.3);
    expect(standing?.atM).toBeGreaterThan(50);
    expect(standing?.atM).toBeLessThan(60);
    expect(later?.atM).toBeGreaterThan(60);
  });

  it('queue behind each other there', () => {
    const ways = driveLane([0, 1, 2].map((i) => ({ lengthM: 4, speedMs: 8, dueS: i * 2 })), LANE_M, [{ atM: 60, fromS: 0, untilS: 30 }]), at = ways.map((way) => onWay(way, 29)?.atM ?? 0);
    expect(at.every((m) => m > 30 && m < 60)).toBe(true);
    expect(at).toEqual(at.toSorted((a, b) => b - a));
  });

  it('are nowhere before they come and after they have gone', () => {
    const [way] = driveLane([{ lengthM: 4, speedMs: 20, dueS: 3 }], LANE_M, []);
    expect(onWay(way as never, 2.9)).toBeNull();
    expect(onWay(way as never, 5)).toMatchObject({ speedMs: expect.closeTo(20, 1) });
    expect(onWay(way as never, endOfWay(way as never) + 0.1)).toBeNull();
  });

  it('come at least a second apart, at the mean gap asked for', () => {
    const due = dueTimes(4000, 3, new RandomNumbers(5)), gaps = due.slice(1).map((at, i) => at - (due[i] as number));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1);
    expect(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length).toBeCloseTo(3, 0);
  });
});
