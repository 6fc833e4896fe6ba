import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrationOf, PRECISION, shareInterval } from '../../src/accuracy/calibration.ts';
import { scorePictures } from '../../src/accuracy/score.ts';
import { answered, labelled, read } from './labelled.ts';

/** A picture a read: its confidence, and whether it was right. */
function calibrated(reads: readonly (readonly [confidence: number, right: boolean])[], notFound = 0) {
  const labels = Array.from({ length: reads.length + notFound }, (_, i) => labelled({ file: `${i}.jpg` }));
  const answers = new Map(labels.map((l, i) => [l.file, reads[i] === undefined ? answered() : answered(read(reads[i][1] ? 'BCS036' : 'BCS038', {}, reads[i][0]))]));
  return calibrationOf(scorePictures(labels, answers));
}
const times = <T>(n: number, value: T): T[] => Array.from({ length: n }, () => value);

describe('the calibration', () => {
  it('counts reads by the tenth that their confidence lies in; 1 belongs to the last', () => {
    const { bins } = calibrated([[0, false], [0.05, false], [0.5, true], [0.55, false], [0.9, true], [1, true]]);
    expect(bins.map((b) => b.n)).toEqual([2, 0, 0, 0, 0, 2, 0, 0, 0, 2]);
    expect(bins.map((b) => b.right)).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 2]);
    expect(bins[9]?.meanConfidence).toBeCloseTo(0.95);
  });

  it('has no error when the share right is the confidence', () => {
    expect(calibrated([...times(3, [0.75, true] as const), [0.75, false]]).expectedError).toBeCloseTo(0);
  });

  it('has the error by which confidence and share right differ, weighted by reads', () => {
    expect(calibrated([...times(3, [1, true] as const), [0.4, false]]).expectedError).toBeCloseTo(0.1);
  });

  it('says how many of the sure reads are right', () => {
    expect(calibrated([[0.9, true], [0.95, false], [0.8999, false]]).sure).toEqual({ n: 2, right: 1 });
  });

  it('counts sure reports where no plate is labelled beside them', () => {
    const pictures = scorePictures([labelled()], new Map([['a.jpg', answered(read('BCS036'), read('TAXI', { x: 900 }, 0.93), read('BUS', { x: 1200 }, 0.5))]]));
    expect(calibrationOf(pictures)).toMatchObject({ reads: 1, sure: { n: 1, right: 1 }, sureExtra: 1 });
  });

  it('covers as many plates as can be read at 99 % precision, those not found counting as not covered', () => {
    const reads = [...times(98, [0.99, true] as const), [0.95, false], [0.9, true], [0.8, false], [0.7, true]] as const;
    expect(calibrated(reads, 8)).toMatchObject({ plates: 110, reads: 102, coverage: { n: 100, threshold: 0.9 } });
  });

  it('covers none when the surest read is wrong', () => expect(calibrated([[1, false], [0.5, true]]).coverage).toBeNull());

  it('does not part reads of one confidence', () => expect(calibrated([[0.9, true], [0.9, false]]).coverage).toBeNull());

  it('of nothing says so', () => expect(calibrated([], 2)).toMatchObject({ plates: 2, reads: 0, expectedError: null, coverage: null, sure: { n: 0 } }));

  const reads = fc.array(fc.tuple(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.1, 0.9, 1)), fc.boolean()), { maxLength: 60 });
  it('whatever the reads: the bins hold each once, the error is a share, the coverage keeps its promise', () => {
    fc.assert(fc.property(reads, (own) => {
      const { bins, expectedError, coverage } = calibrated(own);
      expect([bins.reduce((n, b) => n + b.n, 0), bins.reduce((n, b) => n + b.right, 0)]).toEqual([own.length, own.filter(([, right]) => right).length]);
      for (const b of bins.filter((bin) => bin.n > 0)) {
        expect(b.meanConfidence).toBeGreaterThanOrEqual(b.from - 1e-9);
        expect(b.meanConfidence).toBeLessThanOrEqual(b.to + 1e-9);
      }
      expect(expectedError ?? 0).toBeGreaterThanOrEqual(0);
      expect(expectedError ?? 0).toBeLessThanOrEqual(1);
      if (coverage === null) return;
      const covered = own.filter(([confidence]) => confidence >= coverage.threshold);
      expect(covered).toHaveLength(coverage.n);
      expect(covered.filter(([, right]) => right).length).toBeGreaterThanOrEqual(PRECISION * coverage.n);
    }), { numRuns: 200 });
  });
});

describe('the span of a share', () => {
  it('holds the share, and narrows with more reads', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(500), (n, r) => {
      const right = Math.min(n, r), [low, high] = shareInterval(right, n), [lower, higher] = shareInterval(10 * right, 10 * n);
      expect(low - 1e-9).toBeLessThanOrEqual(right / n);
      expect(high + 1e-9).toBeGreaterThanOrEqual(right / n);
      expect(higher - lower).toBeLessThan(high - low);
    }));
  });

  it('is known (Wilson, 8 of 10)', () => {
    expect(shareInterval(8, 10).map((s) => s.toFixed(3))).toEqual(['0.490', '0.943']);
    expect(shareInterval(0, 0)).toEqual([0, 1]);
  });
});
