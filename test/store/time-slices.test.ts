import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { walkBack, type Slice } from '../../src/store/time-slices.ts';

interface Row { readonly at: number; readonly id: string }

const newestFirst = (a: Row, b: Row): number => b.at - a.at || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
const inSlice = ({ from, before }: Slice) => ({ at, id }: Row): boolean => at >= from && (at < before.at || (at === before.at && id < before.id));
const boundsOf = (rows: readonly Row[]) => (rows.length === 0 ? null : { earliest: Math.min(...rows.map((r) => r.at)), latest: Math.max(...rows.map((r) => r.at)) });

async function walked(rows: () => readonly Row[], pageSize: number, firstMs: number, seen: Slice[] = []): Promise<Row[][]> {
  const pages: Row[][] = [];
  const read = async (slice: Slice): Promise<Row[]> => {
    seen.push(slice);
    return rows().filter(inSlice(slice)).toSorted(newestFirst).slice(0, pageSize);
  };
  for await (const page of walkBack({ bounds: boundsOf(rows()), pageSize, read, placeOf: (row) => row, firstMs })) pages.push([...page]);
  return pages;
}

/** Many at one instant, and stretches without any. */
const someRows = fc.uniqueArray(fc.record({ at: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 400 * 86_400_000 })), id: fc.stringMatching(/^[a-z]{1,3}$/) }), { selector: (r) => `${r.at} ${r.id}`, maxLength: 60 });

describe('a walk back through time', () => {
  test('shows every row once, newest first, whatever the pages and slices', async () => {
    await fc.assert(fc.asyncProperty(someRows, fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 1000, 86_400_000), async (rows, pageSize, firstMs) => {
      const pages = await walked(() => rows, pageSize, firstMs);
      expect(pages.flat()).toEqual(rows.toSorted(newestFirst));
      expect(pages.every((page) => page.length > 0 && page.length <= pageSize)).toBe(true);
    }), { numRuns: 200 });
  });

  test('of nothing asks nothing', async () => {
    const seen: Slice[] = [];
    expect(await walked(() => [], 10, 1, seen)).toEqual([]);
    expect(seen).toEqual([]);
  });

  test('comes over years without a row in few steps', async () => {
    const seen: Slice[] = [], rows = [{ at: 0, id: 'a' }, { at: 25 * 365 * 86_400_000, id: 'b' }];
    expect(await walked(() => rows, 10, 86_400_000, seen)).toEqual([[rows[1]], [rows[0]]]);
    expect(seen.length).toBeLessThan(20);
  });

  test('shows nothing twice and loses nothing that was there when it began, while rows come in', async () => {
    const rows: Row[] = Array.from({ length: 40 }, (_, i) => ({ at: i * 1000, id: `a${i}` })), there = [...rows];
    let asked = 0;
    const growing = (): readonly Row[] => {
      rows.push({ at: 50_000 + asked, id: 'new' }, { at: (asked * 7919) % 40_000, id: `late${asked}` });
      asked++;
      return rows;
    };
    const found = (await walked(growing, 3, 2000)).flat();
    expect(new Set(found.map((r) => `${r.at} ${r.id}`)).size).toBe(found.length);
    expect(found.filter((r) => r.id.startsWith('a'))).toEqual(there.toSorted(newestFirst));
  });
});
