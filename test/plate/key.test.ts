import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareMarks, lookAlikeDistance, markDistance, markKey, skeleton } from '../../src/plate/key.ts';
import { HARD_CLASSES, confusionCost, lookAlikesOf } from '../../src/plate/look-alikes.ts';
import type { Mark } from '../../src/plate/mark.ts';
import { anyMark } from './any-mark.ts';

const mark = (parts: Partial<Mark>): Mark => ({ jurisdiction: null, district: null, letters: 'LEA', year: null, number: '1234', suffix: null, class: null, series: null, ...parts });
const anyKey = fc.stringMatching(/^[A-Z]{1,4}\d{1,4}$/);

describe('the key', () => {
  it('is letters and number without leading zeros, year and suffix left out', () => {
    expect(markKey(mark({ letters: 'BCS', number: '036' }))).toBe('BCS36');
    expect(markKey(mark({ letters: 'LE', year: '18', number: '8902', suffix: 'A' }))).toBe('LE8902');
    expect(markKey(mark({ letters: 'A', number: '000' }))).toBe('A0');
  });

  it('is the same for XYZ 123 and XYZ 0123', () => {
    fc.assert(fc.property(anyMark, fc.integer({ min: 0, max: 3 }), (one, zeros) => {
      expect(markKey({ ...one, number: '0'.repeat(zeros) + one.number })).toBe(markKey(one));
    }));
  });
});

describe('the skeleton', () => {
  it('folds the hard look-alikes', () => {
    expect(skeleton('BOS158')).toBe(skeleton('8D5IS8'));
    expect(skeleton('LEB1234')).not.toBe(skeleton('LEF1234'));
  });

  it('is its own skeleton, and as long as the key', () => {
    fc.assert(fc.property(anyKey, (key) => {
      expect(skeleton(skeleton(key))).toBe(skeleton(key));
      expect(skeleton(key)).toHaveLength(key.length);
    }));
  });

  it('does not change when a character is read as its hard look-alike', () => {
    const swap = fc.tuple(anyKey, fc.nat(20), fc.nat(3)).map(([key, position, choice]) => {
      const at = position % key.length;
      const alike = HARD_CLASSES.find((hard) => hard.includes(key.charAt(at))) ?? key.charAt(at);
      return [key, key.slice(0, at) + alike.charAt(choice % alike.length) + key.slice(at + 1)] as const;
    });
    fc.assert(fc.property(swap, ([key, misread]) => {
      expect(skeleton(misread)).toBe(skeleton(key));
    }));
  });
});

describe('comparing two marks', () => {
  it('LEA-07-1234 and LEA-08-1234 are two vehicles', () => {
    expect(compareMarks(mark({ year: '07' }), mark({ year: '08' }))).toEqual({ same: false, contradicts: ['year'], unread: [] });
  });

  it('an unread year does not contradict, and is told', () => {
    expect(compareMarks(mark({ year: '07' }), mark({}))).toEqual({ same: true, contradicts: [], unread: ['year'] });
  });

  it('AAR-540 of Sindh is not AAR-540 of Balochistan', () => {
    expect(compareMarks(mark({ jurisdiction: 'SD' }), mark({ jurisdiction: 'BA' }))).toMatchObject({ same: false, contradicts: ['jurisdiction'] });
    expect(compareMarks(mark({ jurisdiction: 'SD' }), mark({}))).toMatchObject({ same: true, unread: ['jurisdiction'] });
  });

  it('districts and suffixes tell vehicles apart', () => {
    expect(compareMarks(mark({ jurisdiction: 'KP', district: 'SWAT' }), mark({ jurisdiction: 'KP', district: 'BANNU' })).same).toBe(false);
    expect(compareMarks(mark({ suffix: 'A' }), mark({ suffix: 'B' })).same).toBe(false);
    expect(compareMarks(mark({ suffix: 'A' }), mark({}))).toMatchObject({ same: true, unread: ['suffix'] });
  });

  it('leading zeros count as equal, other numbers and letters do not', () => {
    expect(compareMarks(mark({ letters: 'BCS', number: '036' }), mark({ letters: 'BCS', number: '36' })).same).toBe(true);
    expect(compareMarks(mark({ letters: 'BCS', number: '036' }), mark({ letters: 'BCS', number: '360' })).same).toBe(false);
    expect(compareMarks(mark({ letters: 'BCS' }), mark({ letters: 'BC5' }))).toMatchObject({ same: false, contradicts: [] });
  });

  it('a class guessed from a colour contradicts nothing, a Sindh motorcycle is no car', () => {
    expect(compareMarks(mark({ class: 'private' }), mark({ class: 'commercial' })).same).toBe(true);
    expect(compareMarks(mark({ jurisdiction: 'SD', class: 'private' }), mark({ jurisdiction: 'SD', class: 'motorcycle' }))).toMatchObject({ same: false, contradicts: ['class'] });
  });

  it('is symmetric, and a mark is the same as itself', () => {
    const related = anyMark.chain((one) => fc.record({
      year: fc.constantFrom(one.year, null, '07', '08'), suffix: fc.constantFrom(one.suffix, null, 'A'), jurisdiction: fc.constantFrom(one.jurisdiction, null, 'SD'),
      number: fc.constantFrom(one.number, `0${one.number}`, '1'), class: fc.constantFrom(one.class, null, 'motorcycle' as const),
    }).map((change): [Mark, Mark] => [one, { ...one, ...change }]));
    fc.assert(fc.property(related, ([a, b]) => {
      expect(compareMarks(a, b)).toEqual(compareMarks(b, a));
      expect(compareMarks(a, a)).toEqual({ same: true, contradicts: [], unread: [] });
    }));
  });

  it('two marks that are the same stay so when a part of one goes unread', () => {
    fc.assert(fc.property(anyMark, fc.constantFrom('year', 'suffix', 'jurisdiction', 'district', 'class' as const), (one, part) => {
      expect(compareMarks(one, { ...one, [part]: null }).same).toBe(true);
    }));
  });
});

describe('the distance of two marks', () => {
  it('is small for what readers confuse and large for what they do not', () => {
    const base = mark({ letters: 'LEB', number: '8447' });
    const ranked = [mark({ letters: 'LE8', number: '8447' }), mark({ letters: 'LEB', number: '0447' }), mark({ letters: 'LEB', number: '3447' }), mark({ letters: 'LEB', number: '1447' })];
    const distances = ranked.map((other) => markDistance(base, other));
    expect(distances).toEqual(distances.toSorted((a, b) => a - b));
    expect(new Set(distances).size).toBe(distances.length);
  });

  it('counts a bolted raised 11 read as H for less than three changes', () => {
    expect(lookAlikeDistance('LE118', 'LEH8')).toBeLessThan(0.5);
    expect(lookAlikeDistance('LEH8', 'LE118')).toBe(lookAlikeDistance('LE118', 'LEH8'));
  });

  it('does not charge for a leading zero that one side prints', () => {
    expect(markDistance(mark({ number: '036' }), mark({ number: '36' }))).toBe(0);
  });

  it('counts a year that differs, and not one that is unread', () => {
    expect(markDistance(mark({ year: '07' }), mark({ year: '08' }))).toBeGreaterThan(0);
    expect(markDistance(mark({ year: '07' }), mark({}))).toBe(0);
  });

  it('is symmetric, zero only for the same string, and never more than the longer length', () => {
    fc.assert(fc.property(anyKey, anyKey, (a, b) => {
      expect(lookAlikeDistance(a, b)).toBeCloseTo(lookAlikeDistance(b, a), 9);
      expect(lookAlikeDistance(a, b) === 0).toBe(a === b);
      expect(lookAlikeDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }));
  });

  it('keys of one skeleton are near each other', () => {
    fc.assert(fc.property(anyKey, (key) => {
      expect(lookAlikeDistance(key, skeleton(key))).toBeLessThanOrEqual(0.1 * key.length + 1e-9);
    }));
  });
});

describe('the characters that one may be taken for', () => {
  const all = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'];

  it('are those of its hard class, or all that cost less than nothing alike', () => {
    for (const char of all) {
      expect([...lookAlikesOf(char, 'hard')].toSorted()).toEqual(all.filter((other) => other !== char && confusionCost(char, other) === 0.1).toSorted());
      expect([...lookAlikesOf(char, 'wide')].toSorted()).toEqual(all.filter((other) => other !== char && confusionCost(char, other) < 1).toSorted());
    }
  });

  it('are mutual, and not handed on', () => {
    for (const char of all) for (const other of lookAlikesOf(char, 'wide')) expect(lookAlikesOf(other, 'wide')).toContain(char);
    expect([lookAlikesOf('1', 'wide').includes('7'), lookAlikesOf('7', 'wide').includes('T'), lookAlikesOf('1', 'wide').includes('T')]).toEqual([true, true, false]);
  });

  it('are none of what is no character of a mark', () => expect([lookAlikesOf('', 'wide'), lookAlikesOf('ب', 'wide')]).toEqual(['', '']));
});

describe('look-alikes', () => {
  it('cost the same either way, less within a hard class than elsewhere', () => {
    const char = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789');
    fc.assert(fc.property(char, char, (a, b) => {
      const cost = confusionCost(a, b);
      expect(cost).toBe(confusionCost(b, a));
      const hard = HARD_CLASSES.some((one) => one.includes(a) && one.includes(b));
      expect(cost).toBe(a === b ? 0 : hard ? 0.1 : cost);
      expect(hard || a === b || cost >= 0.25).toBe(true);
    }));
  });

  it.each(['38', '4A', '49', '71', '7T', 'PR', 'PF', 'CG', 'KX', 'EF', 'VW', 'VU', 'VY', 'MN', 'HN', 'JU', 'L1'])('%s are told apart with doubt', (pair) => {
    expect(confusionCost(pair.charAt(0), pair.charAt(1))).toBeLessThan(1);
  });
});
