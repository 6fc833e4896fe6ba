import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from '../../src/pass/assignment.ts';

type Worth = (number | null)[][];

const worthOf = (worth: Worth, pairs: readonly (number | null)[]): number => pairs.reduce<number>((sum, column, row) => sum + (column === null ? 0 : (worth[row]?.[column] ?? Number.NaN)), 0);

/** The best of all ways, by trying them. */
function best(worth: Worth, row = 0, used: readonly number[] = []): number {
  if (row === worth.length) return 0;
  const others = (worth[row] ?? []).map((w, column) => (w === null || w <= 0 || used.includes(column) ? 0 : w + best(worth, row + 1, [...used, column])));
  return Math.max(best(worth, row + 1, used), ...others);
}

const anyWorth = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })).chain(([rows, columns]) =>
  fc.array(fc.array(fc.option(fc.integer({ min: -20, max: 20 }), { freq: 4 }), { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }));

describe('the best pairs', () => {
  it('are not the best of the first row at any price', () => {
    // The first takes its second choice, so that the second is not left alone.
    expect(assign([[5, 4], [5, null]])).toEqual([1, 0]);
  });

  it('leave out what is worth nothing or cannot be', () => {
    expect(assign([[null, -1], [0, null]])).toEqual([null, null]);
    expect(assign([])).toEqual([]);
    expect(assign([[], []])).toEqual([null, null]);
  });

  it('have the greatest sum of all ways, each row and column used once', () => {
    fc.assert(
      fc.property(anyWorth, (worth) => {
        const pairs = assign(worth), columns = pairs.filter((c) => c !== null);
        expect(new Set(columns).size).toBe(columns.length);
        expect(worthOf(worth, pairs)).toBe(best(worth));
      }),
      { numRuns: 300 },
    );
  });

  it('of thirty plates and a hundred vehicles are found at once', () => {
    const worth = Array.from({ length: 30 }, (_, row) => Array.from({ length: 100 }, (__, column) => ((row * 37 + column * 61) % 97) / 7));
    expect(new Set(assign(worth)).size).toBe(30);
  });
});
