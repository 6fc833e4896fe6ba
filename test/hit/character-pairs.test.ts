import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { characterPairs } from '../../src/hit/character-pairs.ts';

describe('what was read for what', () => {
  test('counts each pair, right reads too, however the marks are written', () => {
    expect(characterPairs('LEB-17-8201', 'leb 17 8281')).toEqual([
      { read: '0', truth: '8', count: 1 }, { read: '1', truth: '1', count: 2 }, { read: '2', truth: '2', count: 1 }, { read: '7', truth: '7', count: 1 },
      { read: '8', truth: '8', count: 1 }, { read: 'B', truth: 'B', count: 1 }, { read: 'E', truth: 'E', count: 1 }, { read: 'L', truth: 'L', count: 1 },
    ]);
  });

  test.each([['LEB-8201', 'LEB-17-8201'], ['LEB-17-8201', ''], ['', ''], ['BCS-036', 'BCS-36']])('of %j and %j is nothing where one has more characters', (read, truth) => {
    expect(characterPairs(read, truth)).toEqual([]);
  });

  test('counts every character once, and is the same seen from the other side', () => {
    const text = fc.string({ unit: fc.constantFrom(...'AB08-'), maxLength: 12 });
    fc.assert(fc.property(text, text, (a, b) => {
      const pairs = characterPairs(a, b), bare = (t: string): string => t.replaceAll('-', '');
      expect(pairs.reduce((n, p) => n + p.count, 0)).toBe(bare(a).length === bare(b).length ? bare(a).length : 0);
      expect(characterPairs(b, a).map((p) => `${p.truth}${p.read}${p.count}`).toSorted()).toEqual(pairs.map((p) => `${p.read}${p.truth}${p.count}`).toSorted());
    }));
  });
});
