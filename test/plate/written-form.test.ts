import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareMarks, markKey } from '../../src/plate/key.ts';
import type { Mark } from '../../src/plate/mark.ts';
import { parseMark, parsePlate } from '../../src/plate/parse.ts';
import { shippedSeries } from '../../src/plate/series.ts';
import { canonicalMark, readWritten, writeMark, writeMarkInFull } from '../../src/plate/written-form.ts';
import { anyMark } from './any-mark.ts';

const mark = (parts: Partial<Mark>): Mark => ({ jurisdiction: null, district: null, letters: 'LEB', year: null, number: '1', suffix: null, class: null, series: null, ...parts });

describe('the written form', () => {
  it.each<[Partial<Mark>, string]>([
    [{ letters: 'LEC', year: '13', number: '8447' }, 'LEC-13-8447'], [{ letters: 'BCS', number: '036' }, 'BCS-036'],
    [{ letters: 'LEB', year: '17', number: '4201', suffix: 'A' }, 'LEB-17-4201-A'], [{ letters: 'TD', number: '483', suffix: 'C' }, 'TD-483-C'],
    [{ letters: '12B', number: '34567' }, '12B-34567'], [{ letters: 'AFRIDI', number: '1' }, 'AFRIDI-1'],
  ])('of %j is %s', (parts, written) => {
    expect(writeMark(mark(parts))).toBe(written);
  });

  it('is cut into its parts again, without the grammar', () => {
    fc.assert(fc.property(anyMark, (one) => {
      const { letters, year, number, suffix } = one;
      expect(readWritten(writeMark(one))).toEqual({ letters, year, number, suffix });
    }));
  });

  it.each(['', 'LEA', '1234', 'LEA1234', 'LEA-', 'LEA-7-1234', 'LEA-07-', 'lea-07-1234', 'PB:LEA-07-1234', 'LEA-07-1234-A-B', 'LEA-1234\n'])('is not %j', (text) => {
    expect(readWritten(text)).toBeNull();
  });

  it('in full names the issuer', () => {
    expect(writeMarkInFull(mark({ jurisdiction: 'PB', letters: 'LEC', year: '13', number: '8447' }))).toBe('PB:LEC-13-8447');
    expect(writeMarkInFull(mark({ jurisdiction: 'KP', district: 'SWAT', letters: 'A', number: '1214' }))).toBe('KP:SWAT A-1214');
    expect(writeMarkInFull(mark({ letters: 'BCS', number: '036' }))).toBe('BCS-036');
  });
});

describe('the canonical form', () => {
  it.each<[string, string]>([['LEB-17-4201A', 'PB|LEB|17|4201|A'], ['KP:SWAT A-1214', 'KP:SWAT|A|-|1214|-'], ['SD:BCS-036', 'SD|BCS|-|036|-'], ['SD:KDG 7781', 'SD:MOTORCYCLE|KDG|-|7781|-'], ['BCS-036', '-|BCS|-|036|-']])(
    'of %s is %s, and reads back as itself', (typed, canonical) => {
      const parsed = parseMark(typed);
      expect(parsed.kind === 'mark' && canonicalMark(parsed.mark)).toBe(canonical);
      const again = parseMark(canonical);
      expect(again.kind === 'mark' && canonicalMark(again.mark)).toBe(canonical);
    });
});

/** AFR-2011 has the shape of a mark and never is one. */
const isLegend = (one: Mark): boolean => parsePlate(writeMark(one), { jurisdiction: one.jurisdiction }).kind === 'applied-for';
const identity = ({ jurisdiction, district, letters, year, number, suffix }: Mark) => ({ jurisdiction, district, letters, year, number, suffix });

describe('written and read back', () => {
  it('a mark of any series is the same mark, once its jurisdiction is known', () => {
    fc.assert(fc.property(anyMark, (one) => {
      fc.pre(!isLegend(one));
      const parse = parsePlate(writeMark(one), { jurisdiction: one.jurisdiction });
      expect(parse.kind === 'mark' && identity(parse.candidates[0].mark)).toEqual(identity(one));
    }), { numRuns: 1000 });
  });

  it('its own series is among the candidates', () => {
    fc.assert(fc.property(anyMark, (one) => {
      fc.pre(!isLegend(one) && one.series !== 'PB-YL');
      const parse = parsePlate(writeMark(one), { jurisdiction: one.jurisdiction });
      expect(parse.kind === 'mark' && parse.candidates.map((candidate) => candidate.mark.series)).toContain(one.series);
    }), { numRuns: 500 });
  });

  it('the district is kept where it is part of the mark', () => {
    const places = shippedSeries().jurisdictions.get('KP')?.places ?? [];
    const inDistrict = fc.tuple(anyMark.filter((one) => one.jurisdiction === 'KP'), fc.constantFrom(...places, 'TORGHAR')).map(([one, district]) => ({ ...one, district }));
    fc.assert(fc.property(inDistrict, (one) => {
      fc.pre(!isLegend(one));
      for (const text of [writeMarkInFull(one), canonicalMark(one)]) {
        const parsed = parseMark(text);
        expect(parsed.kind === 'mark' && identity(parsed.mark)).toEqual(identity(one));
      }
    }));
  });

  it('what a person types in another way is still that mark', () => {
    const separator = fc.constantFrom(' ', '-', '.', '·', ' - ');
    fc.assert(fc.property(anyMark, separator, fc.boolean(), (one, between, lower) => {
      fc.pre(!isLegend(one));
      const written = [one.letters, one.year, one.number, one.suffix].filter((part) => part !== null).join(between);
      const parsed = parseMark(`${one.jurisdiction}:${lower ? written.toLowerCase() : written}`);
      expect(parsed.kind === 'mark' && compareMarks(parsed.mark, one)).toMatchObject({ same: true, contradicts: [] });
      expect(parsed.kind === 'mark' && markKey(parsed.mark)).toBe(markKey(one));
    }), { numRuns: 300 });
  });
});
