import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planesOf, sizeWithin } from '../../src/vision/darwaza-plate-detector.ts';
import type { Quad } from '../../src/vision/picture.ts';
import { platesOf } from '../../src/vision/plate-map.ts';
import { areaOf, isConvex, sharedArea, within } from '../../src/vision/plate-quads.ts';

const box = (x: number, y: number, width: number, height: number): Quad => [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];

/** A map in which each given cell speaks for a plate. */
function mapOf(rows: number, columns: number, cells: readonly { row: number; column: number; confidence: number; corners: Quad }[]): Parameters<typeof platesOf>[0] {
  const values = new Float32Array(9 * rows * columns);
  for (const { row, column, confidence, corners } of cells) {
    const cell = row * columns + column;
    values[cell] = confidence;
    corners.flat().forEach((value, i) => { values[(1 + i) * rows * columns + cell] = value; });
  }
  return { values, rows, columns };
}

describe('the plates of a map', () => {
  it('are one for all the cells that speak for it, its corners their mean by confidence', () => {
    const plates = platesOf(mapOf(10, 10, [
      { row: 4, column: 4, confidence: 0.9, corners: box(20, 20, 40, 20) }, { row: 4, column: 5, confidence: 0.9, corners: box(22, 20, 40, 20) }, { row: 5, column: 4, confidence: 0.6, corners: box(28, 26, 40, 20) },
    ]), 0.5);
    expect(plates).toHaveLength(1);
    expect(plates[0]!.confidence).toBeCloseTo(0.9, 5);
    expect(plates[0]!.corners[0]![0]).toBeCloseTo(21, 4);
  });

  it('side by side are two, the surer first', () => {
    const plates = platesOf(mapOf(10, 20, [{ row: 4, column: 4, confidence: 0.7, corners: box(10, 20, 40, 20) }, { row: 4, column: 12, confidence: 0.8, corners: box(52, 20, 40, 20) }]), 0.5);
    expect(plates.map((p) => p.corners[0]![0])).toEqual([52, 10]);
  });

  it('one inside another are one', () => {
    expect(platesOf(mapOf(10, 10, [{ row: 4, column: 4, confidence: 0.9, corners: box(10, 10, 60, 40) }, { row: 5, column: 5, confidence: 0.8, corners: box(30, 25, 20, 10) }]), 0.5)).toHaveLength(1);
  });

  it('tilted keep their corners: left top first, clockwise', () => {
    const corners: Quad = [[20, 30], [58, 18], [62, 36], [24, 48]];
    expect(platesOf(mapOf(10, 10, [{ row: 4, column: 5, confidence: 0.9, corners }]), 0.5)[0]!.corners).toEqual(corners);
  });

  it('below the threshold, folded, mirrored or without an extent are none', () => {
    const folded: Quad = [[0, 0], [40, 20], [40, 0], [0, 20]], mirrored: Quad = [[40, 0], [0, 0], [0, 20], [40, 20]];
    for (const [confidence, corners] of [[0.4, box(0, 0, 40, 20)], [0.9, folded], [0.9, mirrored], [0.9, box(5, 5, 0, 0)], [0.9, box(5, 5, 4, 3)], [0.9, box(0, 0, Number.NaN, 20)], [0.9, box(0, 0, Infinity, 20)]] as const) {
      expect(platesOf(mapOf(4, 4, [{ row: 1, column: 1, confidence, corners }]), 0.5)).toEqual([]);
    }
  });

  it('are well formed whatever the network gives', () => {
    const value = fc.oneof(fc.float({ noNaN: false }), fc.constantFrom(Number.NaN, Infinity, -Infinity, 0.9, 1), fc.float({ min: 0, max: 64, noNaN: true }));
    fc.assert(fc.property(fc.array(value, { minLength: 9 * 12, maxLength: 9 * 12 }), (values) => {
      for (const { corners, confidence } of platesOf({ values: Float32Array.from(values), rows: 3, columns: 4 }, 0.5)) {
        expect(confidence).toBeGreaterThanOrEqual(0.5);
        expect(confidence).toBeLessThanOrEqual(1);
        expect(corners.flat().every(Number.isFinite)).toBe(true);
      }
    }), { numRuns: 300 });
  });
});

describe('quadrilaterals', () => {
  it('share what lies in both', () => {
    expect(sharedArea(box(0, 0, 10, 10), box(5, 5, 10, 10))).toBeCloseTo(25, 9);
    expect(sharedArea(box(0, 0, 10, 10), box(10, 0, 10, 10))).toBe(0);
    expect(sharedArea(box(0, 0, 10, 10), [[5, -2], [12, 5], [5, 12], [-2, 5]])).toBeCloseTo(100 - 4 * 4.5, 9);
  });
  it('share no more than either has, in either order', () => {
    const any = fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 })).map((b) => box(...b));
    fc.assert(fc.property(any, any, (a, b) => {
      const shared = sharedArea(a, b);
      expect(shared).toBeCloseTo(sharedArea(b, a), 6);
      expect(shared).toBeLessThanOrEqual(Math.min(areaOf(a), areaOf(b)) + 1e-6);
    }));
  });
  it('are convex and clockwise or no plate', () => {
    expect(isConvex(box(0, 0, 4, 2))).toBe(true);
    expect(isConvex([[0, 0], [4, 0], [1, 0.5], [0, 2]])).toBe(false);
  });
  it('partly outside of the picture are told by what lies in it', () => {
    expect(within({ width: 100, height: 50 }, [[-20, 10], [30, -5], [140, 20], [-20, 70]])).toEqual([[0, 10], [30, 0], [100, 20], [0, 50]]);
  });
});

describe('the frame that the detector sees', () => {
  it.each([[1920, 1080, 640, 360], [1080, 1920, 360, 640], [6000, 4000, 640, 427], [300, 200, 300, 200], [1, 1, 1, 1], [3, 2, 3, 2], [1, 4000, 1, 640]])('of %i x %i px is %i x %i', (width, height, w, h) => {
    expect(sizeWithin({ width, height }, 640)).toEqual({ width: w, height: h });
  });
  it('lies in the left top corner, grey around it, by colour', () => {
    const planes = planesOf({ width: 2, height: 1, data: Uint8Array.of(255, 0, 51, 0, 255, 102) }, 32, 32), at = (channel: number, x: number, y: number): number => planes[channel * 1024 + y * 32 + x]!;
    expect([at(0, 0, 0), at(1, 0, 0), at(2, 0, 0)]).toEqual([1, 0, Math.fround(0.2)]);
    expect([at(0, 1, 0), at(1, 1, 0), at(2, 1, 0)]).toEqual([0, 1, Math.fround(0.4)]);
    expect([at(0, 2, 0), at(1, 0, 1), at(2, 31, 31)]).toEqual([0.5, 0.5, 0.5]);
  });
  it('goes on at its edges when something is to be around it', () => {
    const planes = planesOf({ width: 2, height: 1, data: Uint8Array.of(255, 0, 51, 0, 255, 102) }, 32, 32, 4, 3), red = (x: number, y: number): number => planes[y * 32 + x]!;
    expect([red(0, 0), red(4, 3), red(4, 6), red(5, 3), red(9, 6)]).toEqual([1, 1, 1, 0, 0]);
    expect([red(10, 3), red(4, 7)]).toEqual([0.5, 0.5]);
  });
});
