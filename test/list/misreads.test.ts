import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IndexRules } from '../../src/list/list-index.ts';
import { MATCH_KINDS, type MatchKind } from '../../src/list/list-settings.ts';
import { misreadsOf, type Misread } from '../../src/list/misreads.ts';
import type { Mark } from '../../src/plate/mark.ts';
import { allKinds, entry, indexOf, mark, pass, patternEntry } from './listed.ts';

const hard = (kinds: readonly MatchKind[]): IndexRules => ({ kinds, lookAlikes: 'hard' });
const shown = (parts: Partial<Mark>, rules: IndexRules): string[] =>
  misreadsOf(entry(parts), rules).map((m) => [m.mark, m.kind, ...(m.exchanged === null ? [] : [m.exchanged]), ...m.unread.map((part) => `no ${part}`)].join(' | '));

describe('what would match an entry', () => {
  it('is the mark itself where only exact matches are wanted', () => {
    expect(shown({ letters: 'LEB', year: '07', number: '1234' }, hard(['exact']))).toEqual(['LEB-07-1234 | exact']);
  });

  it('is each look-alike with what is exchanged', () => {
    expect(shown({ letters: 'LEB', number: '123' }, hard(['exact', 'look-alike']))).toEqual(['LEB-123 | exact', 'LE-8123 | look-alike | B for 8']);
    expect(shown({ letters: 'LDS', number: '1234' }, hard(['look-alike']))).toEqual(['LOS-1234 | look-alike | D for O', 'LQS-1234 | look-alike | D for Q']);
  });

  it('is more of them in the wide group: digits for digits, in the year too', () => {
    const wide = misreadsOf(entry({ letters: 'LEA', year: '08', number: '1234' }), { kinds: ['look-alike'], lookAlikes: 'wide' }).map((m) => m.mark);
    expect(wide).toEqual(expect.arrayContaining(['LFA-08-1234', 'LEA-08-7234', 'LEA-08-1284', 'LEA-08-1239', 'LEA-03-1234', 'LEA-00-1234', 'LEA-06-1234']));
    expect(wide.some((m) => /-8[08]-/.test(m))).toBe(false);
  });

  it('is the mark with year or suffix unread, or with any where the list has none', () => {
    expect(shown({ letters: 'LEA', year: '07', number: '1234', suffix: 'A' }, hard(['unread-part']))).toEqual([
      'LEA-1234-A | unread-part | no year', 'LEA-07-1234 | unread-part | no suffix', 'LEA-1234 | unread-part | no year | no suffix',
    ]);
    expect(shown({ letters: 'LEA', number: '1234' }, hard(['unread-part']))).toEqual([
      'LEA-??-1234 | unread-part | no year', 'LEA-1234-? | unread-part | no suffix', 'LEA-??-1234-? | unread-part | no year | no suffix',
    ]);
  });

  it('is a pattern itself and nothing else', () => {
    expect(misreadsOf(patternEntry('LE?-12*'), allKinds)).toEqual([{ mark: 'LE?-12*', kind: 'pattern', exchanged: null, unread: [] }]);
    expect(misreadsOf(patternEntry('LE?-12*'), hard(['exact']))).toEqual([]);
  });

  it('is no look-alike of a mark that is too short', () => {
    expect(shown({ letters: 'O', number: '123' }, hard(['look-alike']))).toEqual([]);
  });
});

const text = (from: string, minLength: number, maxLength: number) => fc.string({ unit: fc.constantFrom(...from), minLength, maxLength });
const parts = fc.record({
  letters: text('LBDOI', 1, 4), number: fc.oneof(text('0178', 1, 4), text('08', 2, 3)), year: fc.constantFrom(null, null, '08', '18', '13', '03', '11'),
  suffix: fc.constantFrom(null, null, 'A', 'B', 'P', 'R', 'D'),
});
const anyRules: fc.Arbitrary<IndexRules> = fc.record({ kinds: fc.subarray([...MATCH_KINDS], { minLength: 1 }), lookAlikes: fc.constantFrom('hard' as const, 'wide' as const) });

const bare = (digits: string): string => digits.replace(/^0+(?=\d)/, '');

/** Whether the row of a preview says this reading, in the words of its type. */
function says(row: Misread, read: Mark, listed: Pick<Mark, 'letters' | 'number'>): boolean {
  const [, letters = '', year, number = '', suffix] = /^([A-Z]+)-(?:(\d\d|\?\?)-)?(\d+)(?:-([A-Z?]))?$/.exec(row.mark) ?? [];
  const is = (shown: string | undefined, part: string | null): boolean => (shown?.startsWith('?') ? part !== null : (shown ?? null) === part);
  const keyChanged = letters !== listed.letters || bare(number) !== bare(listed.number);
  const sameNumber = number === read.number || (keyChanged ? number : bare(number)) === bare(read.number);
  return letters === read.letters && sameNumber && is(year, read.year) && is(suffix, read.suffix);
}

type Parts = Pick<Mark, 'letters' | 'year' | 'number' | 'suffix'>;

/** The mark, with none or one of its characters changed, with more and fewer zeros. */
function near({ letters, number }: Parts): Pick<Mark, 'letters' | 'number'>[] {
  const whole = letters + number, changed = [...whole].flatMap((_, i) => [...'OD0QB8I1L7'].map((char) => whole.slice(0, i) + char + whole.slice(i + 1)));
  return [whole, ...changed].flatMap((text) => {
    const [, l = '', n = ''] = /^([A-Z]+)(\d+)$/.exec(text) ?? [];
    return n === '' ? [] : [n, `0${n}`, bare(n)].map((digits) => ({ letters: l, number: digits }));
  });
}

describe('the preview and the index', () => {
  it('agree: a reading is listed when, and only when, a pass with it would match', () => {
    fc.assert(fc.property(parts, fc.array(parts, { minLength: 1, maxLength: 5 }), anyRules, (stated, others, rules) => {
      const listed = entry(stated), rows = misreadsOf(listed, rules), index = indexOf([listed]);
      const endings = [stated, ...others].flatMap(({ year }) => [stated, ...others].map(({ suffix }) => ({ year, suffix })));
      for (const read of near(stated).flatMap((key) => endings.map((ending) => ({ ...key, ...ending })))) {
        const [found] = index.find(pass(read), rules), kinds = rows.filter((row) => says(row, mark(read), stated)).map((row) => row.kind);
        if ((found === undefined) !== (kinds.length === 0) || (found !== undefined && !kinds.includes(found.kind as Misread['kind']))) expect({ read, kinds }).toEqual({ read, kinds: [found?.kind] });
      }
    }), { numRuns: 150 });
  });

  it('agree on every row: each one listed is found, by the class and the exchange that it names', () => {
    fc.assert(fc.property(parts, anyRules, (stated: Parts, rules) => {
      const listed = entry(stated), index = indexOf([listed]);
      for (const row of misreadsOf(listed, rules)) {
        const [letters = '', ...rest] = row.mark.replace('??', '09').replace(/-\?$/, '-X').split('-');
        const suffix = /^[A-Z]$/.test(rest.at(-1) ?? '') ? rest.pop() ?? null : null, number = rest.pop() ?? '', year = rest.pop() ?? null;
        expect(index.find(pass({ letters, year, number, suffix }), rules)).toEqual([{ serial: 0, kind: row.kind, via: row.exchanged }]);
      }
    }), { numRuns: 1000 });
  });

  it('agree that no reading stands twice', () => {
    fc.assert(fc.property(parts, anyRules, (stated, rules) => {
      const marks = misreadsOf(entry(stated), rules).map((m) => m.mark);
      expect(new Set(marks).size).toBe(marks.length);
    }));
  });
});
