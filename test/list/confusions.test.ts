import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confusionsFrom, type ConfusionCount } from '../../src/list/confusions.ts';

const CHARACTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'];
const character = fc.constantFrom(...CHARACTERS);
const counts = fc.array(fc.record({ read: character, truth: character, count: fc.integer({ min: 0, max: 10_000 }) }), { maxLength: 30 });

describe('before anything is counted', () => {
  const { share } = confusionsFrom([]);

  it('hard look-alikes are likelier than those of Punjab\'s font, those than pairs of blur, and all than the rest', () => {
    expect(share('8', 'B')).toBeGreaterThan(share('8', '0'));
    expect(share('8', '0')).toBeGreaterThan(share('8', '3'));
    expect(share('8', '3')).toBeGreaterThan(share('8', 'K'));
    expect(share('8', 'K')).toBeGreaterThan(0);
  });

  it('four in five wrong reads are look-alikes, where a character has any', () => {
    expect(['B', '0', 'O', '6', '3'].reduce((sum, truth) => sum + share('8', truth), 0)).toBeCloseTo(0.8);
  });
});

describe('counts', () => {
  it('take over from the assumption', () => {
    const { share } = confusionsFrom([{ read: 'H', truth: 'W', count: 4950 }, { read: 'H', truth: 'N', count: 50 }]);
    expect(share('H', 'W')).toBeGreaterThan(0.97);
    expect(share('H', 'W')).toBeLessThan(0.99);
    expect(share('N', 'H')).toBe(confusionsFrom([]).share('N', 'H'));
  });

  it('of a few move it a little', () => {
    const before = confusionsFrom([]).share('8', '3'), after = confusionsFrom([{ read: '8', truth: '3', count: 5 }]).share('8', '3');
    expect(after).toBeGreaterThan(before);
    expect(after).toBeLessThan(before + 0.1);
  });

  it('of right reads, of characters that no mark has, and that are no positive numbers say nothing', () => {
    const nothing: ConfusionCount[] = [
      { read: '8', truth: '8', count: 1e9 }, { read: '8', truth: 'ب', count: 1000 }, { read: '', truth: '8', count: 1000 }, { read: '8', truth: 'B', count: -5 },
      { read: '8', truth: 'B', count: Number.NaN }, { read: '8', truth: 'B', count: Number.POSITIVE_INFINITY },
    ];
    for (const truth of CHARACTERS) expect(confusionsFrom(nothing).share('8', truth)).toBe(confusionsFrom([]).share('8', truth));
  });
});

describe('whatever was counted', () => {
  it('the shares of all other characters sum to 1, and the character itself has none', () => {
    fc.assert(fc.property(counts, character, (given, read) => {
      const { share } = confusionsFrom(given);
      expect(CHARACTERS.reduce((sum, truth) => sum + share(read, truth), 0)).toBeCloseTo(1, 9);
      expect(share(read, read)).toBe(0);
      expect(CHARACTERS.every((truth) => share(read, truth) >= 0)).toBe(true);
    }));
  });

  it('the order does not matter, nor whether a count comes in parts', () => {
    fc.assert(fc.property(counts, character, character, (given, read, truth) => {
      const parts = given.flatMap((one) => [{ ...one, count: Math.floor(one.count / 2) }, { ...one, count: Math.ceil(one.count / 2) }]);
      expect(confusionsFrom(parts.toReversed()).share(read, truth)).toBe(confusionsFrom(given).share(read, truth));
    }));
  });

  it('more counts of a character raise its share', () => {
    fc.assert(fc.property(counts, character, character, (given, read, truth) => {
      fc.pre(read !== truth);
      expect(confusionsFrom([...given, { read, truth, count: 100 }]).share(read, truth)).toBeGreaterThanOrEqual(confusionsFrom(given).share(read, truth));
    }));
  });
});
