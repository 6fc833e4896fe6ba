import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../src/geo/downtime.ts';
import { comparedHours, expectedPasses, usualPasses } from '../../src/geo/usual-passes.ts';

const at = Date.parse('2026-11-03T08:00:00+05:00'), WEEK = 168 * HOUR_MS;

describe('passes that are usual in an hour', () => {
  it('go by the same hour of the four weeks before', () => {
    expect(comparedHours(at).weeks).toEqual([at - WEEK, at - 2 * WEEK, at - 3 * WEEK, at - 4 * WEEK]);
    expect(usualPasses([40, 60, 50, 55], [1, 1, 1])).toBe(55);
  });

  it('are not brought down by a week or two in which the camera was', () => {
    expect(usualPasses([0, 60, 0, 50], [0, 0, 0])).toBe(50);
  });

  it('go by the days before where there are no two weeks of it yet', () => {
    expect(usualPasses([44, 0, 0, 0], [30, 40, 35])).toBe(35);
    expect(usualPasses([0, 0, 0, 0], [0, 0, 9])).toBe(0);
  });
});

describe('passes that were to be expected', () => {
  it('are counted by parts of hours', () => {
    const usual = (hour: number): number => (hour === at ? 60 : hour === at + HOUR_MS ? 20 : 0);
    expect(expectedPasses(at + HOUR_MS / 2, at + 1.25 * HOUR_MS, usual)).toBeCloseTo(35);
    expect(expectedPasses(at - 5 * HOUR_MS, at + 5 * HOUR_MS, usual)).toBeCloseTo(80);
    expect(expectedPasses(at, at, usual)).toBe(0);
  });
});
