import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withFullContrast } from '../../src/vision/full-contrast.ts';
import type { Picture } from '../../src/vision/picture.ts';

/** Left half of one level, right half of another. */
const halves = (dark: readonly [number, number, number], bright: readonly [number, number, number]): Picture =>
  ({ width: 20, height: 10, data: Uint8Array.from({ length: 600 }, (_, i) => (Math.floor(i / 3) % 20 < 10 ? dark : bright)[i % 3]!) });
const levels = ({ data }: Picture): number[] => [...new Set(data)].sort((a, b) => a - b);

describe('a plate with little contrast', () => {
  it('in the dark is stretched about the middle', () => expect(levels(withFullContrast(halves([4, 4, 4], [24, 24, 24])))).toEqual([47, 207]));
  it('in haze is too', () => expect(levels(withFullContrast(halves([180, 180, 180], [220, 220, 220])))).toEqual([47, 207]));
  it('is not stretched into noise where there is nothing', () => {
    expect(levels(withFullContrast(halves([10, 10, 10], [11, 11, 11])))).toEqual([123, 131]);
    expect(levels(withFullContrast(halves([7, 7, 7], [7, 7, 7])))).toEqual([127]);
  });
  it('keeps its colours', () => {
    const [red, , blue] = withFullContrast(halves([10, 4, 4], [40, 34, 34])).data;
    expect(red! - blue!).toBeGreaterThan(20);
  });
});

describe('a plate with contrast', () => {
  it('is left as it is', () => {
    const picture = halves([20, 20, 20], [200, 200, 200]);
    expect(withFullContrast(picture)).toBe(picture);
  });
  it('is not made of one bright spot', () => {
    const picture = halves([4, 4, 4], [24, 24, 24]);
    picture.data.fill(255, 0, 3);
    expect(levels(withFullContrast(picture)).slice(0, 2)).toEqual([47, 207]);
  });
});

it('whatever the pixels are, the picture keeps its size, and what was brighter is not darker then', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 3, maxLength: 60 }), (grey) => {
    const picture: Picture = { width: grey.length, height: 1, data: Uint8Array.from(grey.flatMap((v) => [v, v, v])) }, { data } = withFullContrast(picture);
    expect(data).toHaveLength(picture.data.length);
    const order = grey.map((_, i) => i).sort((a, b) => grey[a]! - grey[b]!);
    for (const [k, i] of order.entries()) if (k > 0) expect(data[i * 3]!).toBeGreaterThanOrEqual(data[order[k - 1]! * 3]!);
  }), { numRuns: 200 });
});
