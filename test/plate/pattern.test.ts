import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markKey } from '../../src/plate/key.ts';
import { keyMatches, parseMarkPattern } from '../../src/plate/pattern.ts';
import { anyMark, anyText } from './any-mark.ts';

const finds = (text: string, key: string): boolean => {
  const pattern = parseMarkPattern(text);
  return pattern.kind === 'pattern' && keyMatches(pattern, key);
};

describe('a search for marks', () => {
  it('without a wildcard is for one mark', () => {
    expect(parseMarkPattern('leb 17 4201')).toMatchObject({ kind: 'exact', key: 'LEB4201', mark: { letters: 'LEB', year: '17', number: '4201' } });
    expect(parseMarkPattern('KP:SWAT A-1214')).toMatchObject({ kind: 'exact', key: 'A1214', mark: { district: 'SWAT' } });
  });

  it.each([
    ['LE*4201', 'LEB4201', 'LEB4202'], ['LE?4201', 'LEB4201', 'LE4201'], ['*036', 'BCS36', 'BCS37'], ['bcs-*', 'BCS36', 'BCT36'], ['L*', 'LXR8545', 'MNE6762'],
    ['LEB-42*', 'LEB4201', 'LEB1420'], ['???4201', 'LEB4201', 'LE4201'], ['*4*', 'LEB4201', 'LEB1200'],
  ])('%s finds %s, not %s', (text, hit, miss) => {
    expect(finds(text, hit)).toBe(true);
    expect(finds(text, miss)).toBe(false);
  });

  it('takes a year between separators as a condition of its own, because a key has none', () => {
    expect(parseMarkPattern('LEB-17-42*')).toEqual({ kind: 'pattern', likes: ['LEB42%'], year: '17', jurisdiction: null });
    expect(parseMarkPattern('LEB-42*')).toMatchObject({ year: null });
    expect(parseMarkPattern('LEB 99 42*')).toMatchObject({ year: null });
  });

  it('takes a jurisdiction', () => {
    expect(parseMarkPattern('pb:le*')).toEqual({ kind: 'pattern', likes: ['LE%'], year: null, jurisdiction: 'PB' });
  });

  it('finds a number whose leading zeros the key has not', () => {
    expect(finds('BCS-03?', 'BCS36')).toBe(true);
    expect(finds('BCS-?36', 'BCS36')).toBe(true);
    expect(finds('BCS-?36', 'BCS136')).toBe(true);
    expect(finds('BCS-0*', 'BCS36')).toBe(true);
    expect(finds('BCS??6', 'BCS36')).toBe(true);
    expect(finds('BCS-*036', 'BCS36')).toBe(true);
    expect(finds('???036', 'BCS36')).toBe(true);
    expect(finds('*-036', 'BCS36')).toBe(true);
    expect(finds('BCS-?', 'BCS7')).toBe(true);
    expect(finds('BCS-??', 'BCS7')).toBe(true);
    expect(finds('BCS-?', 'BCS77')).toBe(false);
  });

  it('joins stars, so that a search cannot be made slow by them', () => {
    expect(parseMarkPattern('L****1***')).toMatchObject({ likes: ['L%1%'] });
  });

  it.each([
    ['', 'empty'], ['*', 'no letter and no digit'], ['?-?', 'no letter and no digit'], [`L${'*'.repeat(40)}`, '41 characters'], ["L'; drop*", 'cannot stand in a mark'], ['LE%*', '"%"'], ['LE_*', '"_"'],
    ['LE\\*', 'cannot stand'], ['XX:LE*', 'XX is not a known jurisdiction'], ['کوئٹہ*', 'cannot stand'], ['LE%4201', 'wildcard'], ['12345', 'no letters'],
  ])('%j is refused, with the reason', (text, reason) => {
    expect(parseMarkPattern(text)).toMatchObject({ kind: 'invalid', reason: expect.stringContaining(reason) });
  });

  it('finds every mark from which it was made by hiding characters', () => {
    const hidden = fc.tuple(anyMark, fc.nat(8), fc.nat(8), fc.constantFrom('?', '*')).map(([one, from, length, wild]) => {
      const number = `-${one.number}`;
      const at = 1 + (from % one.number.length);
      const until = Math.min(number.length, at + 1 + (length % one.number.length));
      return [one, one.letters + number.slice(0, at) + (wild === '*' ? '*' : '?'.repeat(until - at)) + number.slice(until)] as const;
    });
    fc.assert(fc.property(hidden, ([one, text]) => {
      expect(finds(text, markKey(one))).toBe(true);
    }), { numRuns: 500 });
  });

  it('never throws, and gives LIKE patterns with nothing to escape', () => {
    const typed = fc.oneof(anyText, fc.string({ unit: fc.constantFrom(...'ALE0*?- %_\\\''), maxLength: 20 }));
    fc.assert(fc.property(typed, (text) => {
      const pattern = parseMarkPattern(text);
      const told = pattern.kind === 'pattern' ? pattern.likes : [pattern.kind === 'invalid' ? pattern.reason && 'REASON' : pattern.key];
      expect(told.filter((part) => !/^[A-Z0-9%_]+$/.test(part))).toEqual([]);
      expect(told).not.toEqual([]);
    }), { numRuns: 500 });
  });
});
