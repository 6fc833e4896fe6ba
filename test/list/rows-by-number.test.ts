import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowsByNumber } from '../../src/list/rows-by-number.ts';

/** Numbers that share their low bits, their high bits, or are at the ends of what a double counts exactly. */
const numbers = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: 0, max: 40 }).map((n) => n * 2 ** 32), fc.integer({ min: 0, max: 40 }).map((n) => 2 ** 53 - n), fc.maxSafeInteger());
const steps = fc.array(fc.record({ what: fc.constantFrom('set', 'delete', 'get'), number: numbers }), { maxLength: 300 });

describe('rows by number', () => {
  it('do what a Map does', () => {
    fc.assert(fc.property(steps, (all) => {
      const column: number[] = [], rows = new RowsByNumber((row) => column[row] as number), model = new Map<number, number>();
      for (const { what, number } of all) {
        if (what === 'set') {
          model.set(number, column.push(number) - 1);
          rows.set(number, column.length - 1);
        } else if (what === 'delete') {
          model.delete(number);
          rows.delete(number);
        }
        expect(rows.get(number)).toBe(model.get(number) ?? -1);
      }
      for (const [number, row] of model) expect(rows.get(number)).toBe(row);
    }));
  });

  it('stay quick to search when rows come and go for long', () => {
    const column: number[] = [], rows = new RowsByNumber((row) => column[row] as number);
    for (let i = 0; i < 20_000; i++) {
      column.push(i);
      rows.set(i, i);
      if (i >= 10) rows.delete(i - 10);
    }
    expect([rows.get(19_999), rows.get(19_990), rows.get(19_989)]).toEqual([19_999, 19_990, -1]);
  });
});
