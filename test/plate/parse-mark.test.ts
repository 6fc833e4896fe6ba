import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMark } from '../../src/plate/parse.ts';
import { anyText } from './any-mark.ts';

describe('a mark as a person types it', () => {
  it.each(['LEB-17-4201A', 'leb 17 4201 a', 'LEB174201A', ' LEB·17·4201-A ', 'PB:LEB-17-4201-A', 'pb: leb 17 4201a', 'PB|LEB|17|4201|A'])('%j', (text) => {
    expect(parseMark(text)).toMatchObject({ kind: 'mark', mark: { jurisdiction: 'PB', letters: 'LEB', year: '17', number: '4201', suffix: 'A' } });
  });

  it.each(['KP:SWAT A-1214', 'kp:swat a 1214', 'KP:SWAT:A-1214', 'KP:SWAT|A|-|1214|-', 'Swat A-1214'])('%j names a district', (text) => {
    expect(parseMark(text)).toMatchObject({ kind: 'mark', mark: { jurisdiction: 'KP', district: 'SWAT', letters: 'A', number: '1214' } });
  });

  it('takes a district that nobody listed, when the jurisdiction is said', () => {
    expect(parseMark('KP:TORGHAR A-1214')).toMatchObject({ mark: { district: 'TORGHAR', letters: 'A' } });
    expect(parseMark('BA:DERA BUGTI AB 12')).toMatchObject({ mark: { jurisdiction: 'BA', district: 'DERA BUGTI', letters: 'AB', number: '12' } });
  });

  it('does not take the letters for a district', () => {
    expect(parseMark('BA:QAB 771')).toMatchObject({ mark: { jurisdiction: 'BA', district: null, letters: 'QAB', number: '771' } });
    expect(parseMark('KP:AB 9013')).toMatchObject({ mark: { district: null, letters: 'AB' } });
  });

  it('leaves the jurisdiction open when the text does not tell, and gives the candidates', () => {
    const parsed = parseMark('BCS-036');
    expect(parsed).toMatchObject({ kind: 'mark', mark: { jurisdiction: null, letters: 'BCS', number: '036' } });
    expect(parsed.kind === 'mark' && parsed.candidates.map((one) => one.mark.jurisdiction)).toEqual(expect.arrayContaining(['SD', 'IS', 'PB']));
  });

  it('takes a personalised plate with its number', () => {
    expect(parseMark('Afridi 1')).toMatchObject({ kind: 'mark', mark: { letters: 'AFRIDI', number: '1', class: 'personalised', jurisdiction: null } });
  });

  it.each([
    ['', 'empty'], ['   ', 'empty'], ['A'.repeat(200), '200 characters'], ['LE*-1234', 'wildcard'], ['LE?1234', 'wildcard'], ['AFR 2012', 'applied for'], ['09-A-1234', 'official'],
    ['KHAN', 'name without a number'], ['1234', 'no letters'], ['XX:LEB-17-4201', 'not a known jurisdiction'], ['XX|LEB|17|4201|-', 'not a known jurisdiction'], ['PB:', 'no letter and no digit'], ['|', 'not a known'],
  ])('%j is refused, with the reason', (text, reason) => {
    expect(parseMark(text)).toMatchObject({ kind: 'invalid', reason: expect.stringContaining(reason) });
  });

  it('never throws, and gives a reason or a mark with letters and a number', () => {
    fc.assert(fc.property(fc.oneof(anyText, anyText.map((text) => `KP:${text}`), anyText.map((text) => `PB|${text}`)), (text) => {
      const parsed = parseMark(text);
      const told = parsed.kind === 'invalid' ? `reason: ${parsed.reason}` : `${parsed.mark.letters} ${parsed.mark.number}`;
      expect(told).toMatch(/^(\d{0,2}[A-Z]+ \d+|reason: .+)$/);
    }), { numRuns: 500 });
  });
});
