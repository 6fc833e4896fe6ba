import { describe, expect, it } from 'vitest';
import { CITY_HOURS, ENTRY_HOURS, localDaysFrom, slowdownAt } from '../../src/simulate/local-hours.ts';
import { mixed, RandomNumbers } from '../../src/simulate/random-numbers.ts';
import { DAY, HOUR } from '../support/passes.ts';

describe('local days', () => {
  it.each([['Asia/Karachi', '+05:00'], ['Asia/Kathmandu', '+05:45'], ['America/New_York', '-05:00'], ['UTC', 'Z']])('of %s begin at its midnight', (zone, offset) => {
    const days = localDaysFrom(Date.parse(`2026-11-03T15:30:00${offset}`), zone);
    expect(days.midnight(0)).toBe(Date.parse(`2026-11-03T00:00:00${offset}`));
    expect([days.midnight(-1), days.midnight(2)]).toEqual([days.midnight(0) - DAY, days.midnight(0) + 2 * DAY]);
    expect(days.hourAt(Date.parse(`2026-11-05T18:15:00${offset}`))).toBe(18.25);
    // 3 November 2026 is a Tuesday.
    expect([-3, -2, 0, 5].map((day) => days.weekday(day))).toEqual([6, 0, 2, 0]);
  });

  it('begin with the moment itself where that is midnight', () => {
    const midnight = Date.parse('2026-11-03T00:00:00+05:00');
    expect(localDaysFrom(midnight, 'Asia/Karachi').midnight(0)).toBe(midnight);
  });
});

describe('hours of the day', () => {
  it('are 24, each with some traffic, the busiest by day', () => {
    for (const hours of [ENTRY_HOURS, CITY_HOURS]) {
      expect(hours).toHaveLength(24);
      expect(Math.min(...hours)).toBeGreaterThan(0);
      expect(hours.indexOf(Math.max(...hours))).toBe(8);
    }
  });

  it('slow everybody down most in the morning and the evening', () => {
    expect([3, 8.5, 17.2].map(slowdownAt)).toEqual([0.85, 1.35, 1.35]);
    expect(slowdownAt(23.999)).toBe(0.85);
  });
});

describe('random numbers', () => {
  it('come from the seed alone', () => {
    const a = new RandomNumbers(42), b = new RandomNumbers(0).reseed(42);
    expect(Array.from({ length: 20 }, () => a.next())).toEqual(Array.from({ length: 20 }, () => b.next()));
  });

  it('are spread evenly, whatever the seed, and so are streams of neighbouring seeds', () => {
    for (const seed of [0, 1, 2, 2 ** 31, 2 ** 32 - 1]) {
      const random = new RandomNumbers(seed);
      expect(Math.abs(mean(Array.from({ length: 10_000 }, () => random.next())) - 0.5)).toBeLessThan(0.012);
    }
    const firsts = Array.from({ length: 10_000 }, (_, i) => new RandomNumbers(mixed(7, i)).next());
    expect(mean(firsts)).toBeCloseTo(0.5, 1);
    expect(mean(firsts.map((x, i) => x * (firsts[i + 1] ?? 0.5)))).toBeCloseTo(0.25, 1);
  });

  it('follow the distributions that they are asked for', () => {
    const random = new RandomNumbers(3), many = <T>(draw: () => T): T[] => Array.from({ length: 20_000 }, draw);
    const normal = many(() => random.normal());
    expect(Math.abs(mean(normal))).toBeLessThan(0.03);
    expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 1);
    expect(mean(many(() => random.exponential(5)))).toBeGreaterThan(4.8);
    expect(mean(many(() => random.weighted([1, 0, 3])))).toBeCloseTo(1.5, 1);
    expect(new Set(many(() => random.weighted([0, 2, 0])))).toEqual(new Set([1]));
    expect(random.shuffle([1, 2, 3, 4, 5]).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(many(() => random.whole(3)))).toEqual(new Set([0, 1, 2]));
    expect(many(() => random.between(HOUR, 2 * HOUR)).every((ms) => ms >= HOUR && ms < 2 * HOUR)).toBe(true);
  });
});

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
