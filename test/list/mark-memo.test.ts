import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MarkMemo, type MarkReading } from '../../src/list/mark-memo.ts';
import { parseMark } from '../../src/plate/parse.ts';
import { seriesInForce } from '../../src/plate/series.ts';

const said = (reading: MarkReading): unknown => (reading.kind === 'mark' ? reading.mark : reading.reason);

describe('marks read with a memory of those before', () => {
  // Few letters and many numbers: what one number taught is used for the next.
  const letters = fc.constantFrom('LEC', 'LE', 'L', 'BCS', 'AAR', 'RIA', 'AFR', 'AF', 'APL', 'APP', 'G', 'GS', 'ICT', 'AJK', 'IDL', 'PAF', 'FC', 'KHAN', 'ARMY', 'SP', 'QAC', 'TMA', 'lec', 'O', 'I', 'BI', 'IOI');
  const number = fc.oneof(fc.integer({ min: 0, max: 9999 }).map(String), fc.integer({ min: 0, max: 999 }).map((n) => String(n).padStart(4, '0')), fc.constantFrom('0', '00', '08', '8', '2011', '1999', '0000', '17', '1701'));
  const year = fc.oneof(fc.constant(''), fc.integer({ min: 0, max: 99 }).map((y) => String(y).padStart(2, '0')));
  const issuer = fc.constantFrom('', '', '', 'PB:', 'SD:', 'KP:', 'BA:', 'IS:', 'XX:');
  const text = fc.tuple(issuer, letters, year, number, fc.constantFrom('-', ' ')).map(([i, l, y, n, gap]) => `${i}${l}${gap}${y === '' ? '' : y + gap}${n}`);

  it('are what the grammar says of each by itself', () => {
    const memo = new MarkMemo(seriesInForce());
    fc.assert(fc.property(fc.array(text, { minLength: 20, maxLength: 60 }), (texts) => {
      for (const one of texts) expect([one, said(memo.read(one))]).toEqual([one, said(parseMark(one))]);
    }), { numRuns: 150 });
  });

  it('are so for any text', () => {
    const memo = new MarkMemo(seriesInForce());
    fc.assert(fc.property(fc.oneof(fc.string({ maxLength: 14 }), fc.stringMatching(/^[A-Z]{1,4}[- .·]?\d{0,5}[- ]?[A-Z]?$/)), (one) => {
      expect(said(memo.read(one))).toEqual(said(parseMark(one)));
    }), { numRuns: 1500 });
  });

  it('stay right when more were read than are kept in mind', () => {
    const memo = new MarkMemo(seriesInForce());
    for (let i = 0; i < 130_000; i++) memo.read(`L${String.fromCharCode(65 + (i % 26), 65 + (Math.floor(i / 26) % 26))}-${String(4 + (Math.floor(i / 676) % 18)).padStart(2, '0')}-${10 ** (Math.floor(i / 12_168) % 4) + (i % 3)}`);
    expect(said(memo.read('LEC-13-8447'))).toEqual(said(parseMark('LEC-13-8447')));
  });
});
