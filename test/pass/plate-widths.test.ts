import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addedWidths, gradeWidths, widthBelow, WIDTH_STEP, widthStep, type WidthCounts } from '../../src/pass/plate-widths.ts';

const counted = (...widths: readonly number[]): WidthCounts => widths.reduce<number[]>((counts, width) => addedWidths(counts, Array.from({ length: widthStep(width) + 1 }, (_, i) => (i === widthStep(width) ? 1 : 0))), []);
const many = (width: number, n = 100): WidthCounts => counted(...Array.from({ length: n }, () => width));

describe('widths of plates', () => {
  it('are counted in steps of 20 px, the widest together', () => {
    expect([0, 19.9, 20, 119, 4_000, -3].map(widthStep)).toEqual([0, 0, 1, 5, 30, 0]);
  });

  it('have a width below which a share of them lies, to within a step', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 599 }), { minLength: 1, maxLength: 200 }), fc.double({ min: 0.01, max: 1, noNaN: true }), (widths, share) => {
      const sorted = widths.toSorted((a, b) => a - b), exact = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0, found = widthBelow(counted(...widths), share) ?? Number.NaN;
      expect(Math.abs(found - exact)).toBeLessThanOrEqual(WIDTH_STEP);
    }));
  });

  it('added up are the same in any order and by any parts', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 60 }), fc.integer({ min: 0, max: 60 }), (widths, cut) => {
      const whole = counted(...widths), parts = addedWidths(counted(...widths.slice(cut)), counted(...widths.slice(0, cut)));
      expect(parts).toEqual(whole);
    }));
  });

  it('of none have no share', () => expect(widthBelow([], 0.5)).toBeNull());
});

describe('what a camera is fit for', () => {
  it.each([['anpr', 200], ['opportunistic', 100], ['opportunistic', 60], ['unfit', 30]])('is %s where plates are %i px wide', (grade, width) => {
    expect(gradeWidths(many(width))).toMatchObject({ plates: 100, grade });
  });

  it('is not ANPR where a tenth of the plates is too narrow', () => {
    const graded = gradeWidths(addedWidths(many(200, 80), many(70, 20)));
    expect(graded).toMatchObject({ grade: 'opportunistic', reason: expect.stringContaining('A tenth') });
  });

  it('is not said by a few plates', () => expect(gradeWidths(many(200, 29))).toMatchObject({ grade: null, reason: expect.stringContaining('29') }));
});
