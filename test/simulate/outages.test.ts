import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutageWatch, outagesOf, type OutageRules } from '../../src/simulate/outages.ts';
import { RandomNumbers } from '../../src/simulate/random-numbers.ts';
import { DAY, HOUR, MINUTE } from '../support/passes.ts';

const rules: OutageRules = { count: 20, share: 0.05, startsAt: 0, endsAt: 10 * DAY, meanMs: 2 * HOUR, mostMs: 8 * HOUR };
const planned = (changed: Partial<OutageRules>, seed = 1) => outagesOf({ ...rules, ...changed }, new RandomNumbers(seed));

describe('outages', () => {
  it('take the share of time that was asked, within the time, of any length but the longest', () => {
    const outages = planned({}), lengths = outages.map((o) => o.to - o.from);
    expect(lengths.reduce((sum, ms) => sum + ms, 0) / (20 * 10 * DAY)).toBeCloseTo(0.05, 3);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(8 * HOUR);
    expect(outages.every((o) => o.from >= 0 && o.to <= 10 * DAY && o.index >= 0 && o.index < 20)).toBe(true);
    expect(new Set(outages.map((o) => o.index)).size).toBeGreaterThan(15);
  });

  it('are none for a share of 0, for nothing, and for a time too short for one', () => {
    expect([planned({ share: 0 }), planned({ count: 0 }), planned({ count: 1, endsAt: HOUR })]).toEqual([[], [], []]);
  });

  it('of one thing do not touch, whatever the share; a plan that cannot be filled ends', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.double({ min: 0, max: 0.9, noNaN: true }), fc.nat(), (count, share, seed) => {
      const outages = planned({ count, share, endsAt: 2 * DAY }, seed);
      for (let i = 0; i < count; i++) {
        const own = outages.filter((o) => o.index === i);
        expect(own.every((o, k) => o.from < o.to && o.from > (own[k - 1]?.to ?? -1) + (k > 0 ? 15 * MINUTE : 0))).toBe(true);
      }
      expect(outages.reduce((sum, o) => sum + o.to - o.from, 0)).toBeLessThanOrEqual(share * count * 2 * DAY + 1);
    }));
  });
});

describe('the watch over outages', () => {
  it('says the same as a search through all of them', () => {
    const outages = planned({ share: 0.3 }), watch = new OutageWatch(outages, rules.count);
    for (let at = 0; at < 10 * DAY; at += 7 * MINUTE) {
      for (let index = 0; index < rules.count; index++) {
        const out = outages.find((o) => o.index === index && o.from <= at && at < o.to);
        if (watch.outUntil(index, at) !== (out?.to ?? 0)) expect.fail(`thing ${index} at ${at}`);
      }
    }
  });

  it('counts the first moment in and the last one out', () => {
    const watch = new OutageWatch([{ index: 0, from: 10, to: 20 }], 1);
    expect([9, 10, 19, 20].map((at) => watch.outUntil(0, at))).toEqual([0, 20, 20, 0]);
  });
});
