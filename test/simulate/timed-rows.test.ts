import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimedRows } from '../../src/simulate/timed-rows.ts';

const START = Date.parse('2026-11-02T00:00:00+05:00');
const read = (rows: TimedRows, limit: number): number[][] => [...rows.before(limit)].map((row) => [rows.at(row), rows.also(row), rows.cell(row, 0), rows.cell(row, 1)]);

describe('rows by time', () => {
  const times = fc.array(fc.integer({ min: 0, max: 6 * 86_400_000 }), { maxLength: 300 });

  it('come out as a stable sort gives them, slice by slice, each once', () => {
    fc.assert(fc.property(times, fc.array(fc.integer({ min: 0, max: 6 * 86_400_000 }), { maxLength: 6 }), (given, cuts) => {
      const rows = new TimedRows(2), plain = given.map((at, i) => [START + at, i / 2, i, -1 - i]), taken: number[][] = [];
      for (const [at, also, a, b] of plain) rows.add(at as number, also as number, a as number, b as number);
      for (const limit of [...cuts.toSorted((a, b) => a - b).map((cut) => START + cut), Infinity]) {
        taken.push(...read(rows, limit));
        rows.drop(limit);
      }
      expect(taken).toEqual(plain.toSorted((a, b) => (a[0] as number) - (b[0] as number)));
      expect(rows.count).toBe(0);
    }));
  });

  it('may be added between two slices, as days of traffic are', () => {
    const rows = new TimedRows(2);
    rows.add(START + 20, 0, 1, 0);
    rows.add(START + 5, 0, 2, 0);
    expect(read(rows, START + 10).map((r) => r[2])).toEqual([2]);
    rows.drop(START + 10);
    rows.add(START + 15, 0, 3, 0);
    expect(read(rows, Infinity).map((r) => r[2])).toEqual([3, 1]);
  });

  it('keep whole milliseconds and signed numbers however many they are', () => {
    const rows = new TimedRows(2), count = 200_000;
    for (let i = 0; i < count; i++) rows.add(START + ((i * 7919) % 86_400_000), i + 0.5, i, i % 2 === 0 ? -(2 ** 31) : 2 ** 31 - 1);
    const order = rows.before(Infinity);
    expect(order).toHaveLength(count);
    for (let i = 1; i < count; i++) if (rows.at(order[i] as number) < rows.at(order[i - 1] as number)) expect.fail(`row ${i} is too early`);
    const odd = order.find((row) => rows.cell(row, 0) === 77_777) as number;
    expect([rows.at(odd), rows.also(odd), rows.cell(odd, 1)]).toEqual([START + ((77_777 * 7919) % 86_400_000), 77_777.5, 2 ** 31 - 1]);
  });

  it('are none before anything was added', () => expect([...new TimedRows(1).before(Infinity)]).toEqual([]));
});
