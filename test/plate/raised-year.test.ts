import { describe, expect, it } from 'vitest';
import type { PlateCues } from '../../src/plate/mark.ts';
import { parsePlate } from '../../src/plate/parse.ts';
import { writeMark } from '../../src/plate/written-form.ts';

const best = (text: string, cues: PlateCues): string | null => {
  const parse = parsePlate(text, cues);
  return parse.kind === 'mark' ? writeMark(parse.candidates[0].mark) : null;
};
const band = { ground: 'white', leftBand: 'green', lines: 2 } as const;

describe('the small raised year of a Punjab plate', () => {
  it.each(['LXH1050', 'LEB1131', 'LEA1234'])('that was looked for and not seen is unread in %s: the number keeps its four digits', (text) => {
    expect(best(text, { ...band, raisedYear: null })).toBe(`${text.slice(0, 3)}-${text.slice(3)}`);
  });

  it('that was seen stands in the mark, whether the text holds it or not', () => {
    expect(best('LEB118147', { ...band, raisedYear: '11' })).toBe('LEB-11-8147');
    expect(best('LEB8147', { ...band, raisedYear: '11' })).toBe('LEB-11-8147');
    expect(best('LEB1131', { ...band, raisedYear: '11' })).not.toBe('LEB-1131');
  });

  it('is taken from a text of six digits though the reader did not see it apart', () => {
    expect(best('LEA131234', { ...band, raisedYear: null })).toBe('LEA-13-1234');
  });
});
