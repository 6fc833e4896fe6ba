import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markSearch, type MarkSearch } from '../../src/list/mark-search.ts';
import { markKey } from '../../src/plate/key.ts';
import { lookAlikesOf } from '../../src/plate/look-alikes.ts';
import { keyMatches, parseMarkPattern } from '../../src/plate/pattern.ts';
import { mark } from '../support/passes.ts';

function search(text: string, lookAlikes: boolean): MarkSearch {
  const pattern = parseMarkPattern(text);
  if (pattern.kind === 'invalid') throw new Error(pattern.reason);
  return markSearch(pattern, lookAlikes);
}

/** As the store does it: candidates by key, then the mark. */
function finds({ by, accepts }: MarkSearch, text: string): boolean {
  const read = mark(text), key = markKey(read);
  const inQuestion = 'keys' in by ? by.keys.includes(key) : keyMatches({ kind: 'pattern', likes: by.likes, year: null, jurisdiction: null }, key);
  return inQuestion && accepts(read, key);
}

describe('a search for one mark', () => {
  it('finds it, and readings that leave a part open', () => {
    expect(['LEB-17-4201', 'LEB-4201'].map((text) => finds(search('LEB-17-4201', false), text))).toEqual([true, true]);
    expect(['LEB-18-4201', 'LEB-17-4207', 'LE8-17-4201'.replace('8', 'S')].map((text) => finds(search('LEB-17-4201', false), text))).toEqual([false, false, false]);
  });

  it.each([
    ['LEB-17-4207', true, '1 for 7'], ['LEB-17-4281', true, '0 for 8'], ['LEB-11-4201', true, 'the year too'], ['LEP-17-4201', false, 'P is no B'], ['LEB-11-4207', false, 'two are too many'],
    ['LEB-17-4201', true, 'itself'], ['LEB-4201', true, 'itself, the year unread'],
  ])('with look-alikes: %s is %s (%s)', (text, found) => expect(finds(search('LEB-17-4201', true), text)).toBe(found));
});

describe('a search with wildcards', () => {
  it('finds what the pattern says, of that year or an unread one', () => {
    expect(['LEA-17-4201', 'LEB-17-4299', 'LEB-4250', 'LEB-18-4201', 'LEB-17-4301'].map((text) => finds(search('LE?-17-42*', false), text))).toEqual([true, true, true, false, false]);
  });

  it('with look-alikes finds one character exchanged, in letters, number or year, and no two', () => {
    const near = search('LE?-17-42*', true);
    expect(['LEA-17-4201', 'LEA-17-9201', 'LFA-17-4201', 'LEA-11-4201'].map((text) => finds(near, text))).toEqual([true, true, true, true]);
    expect(['LFA-17-9201', 'LEA-11-9201', 'LEA-18-4201', 'LEA-17-5201'].map((text) => finds(near, text))).toEqual([false, false, false, false]);
  });

  it('by jurisdiction leaves out what was read as another one', () => {
    expect(finds(search('PB:AB*', false), 'IS:ABH-041')).toBe(false);
    expect(finds(search('PB:AB*', false), 'PB:ABH-041')).toBe(true);
  });

  it('with look-alikes finds all that it finds without', () => {
    const patterns = fc.constantFrom('LE*', 'L?B*', '*420?', 'LE?-17-42*', 'B*36', 'LEB-1*'), marks = fc.constantFrom('LEB-17-4201', 'LEB-4201', 'BCS-036', 'LEA-17-4209', 'LEB-18-4201', 'LEB-17-1');
    fc.assert(fc.property(patterns, marks, (pattern, text) => {
      if (finds(search(pattern, false), text)) expect(finds(search(pattern, true), text)).toBe(true);
    }));
  });

  it('with look-alikes finds every mark that one exchanged digit makes of one that it finds', () => {
    fc.assert(fc.property(fc.integer({ min: 1000, max: 9999 }), fc.nat(3), fc.nat(), (number, at, choice) => {
      const digits = String(number), others = [...lookAlikesOf(digits.charAt(at), 'wide')].filter((c) => /\d/.test(c));
      const other = others[choice % Math.max(1, others.length)];
      if (other === undefined || (at === 0 && other === '0')) return;
      expect(finds(search(`LE?-${digits}`, true), `LEB-${digits.slice(0, at)}${other}${digits.slice(at + 1)}`)).toBe(true);
    }));
  });
});
