import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charactersOfMap, characterMapChannels, sigmoid, softmax } from '../../src/vision/character-map.ts';
import { spell } from '../../src/vision/plate-spelling.ts';
import { mapOf, rowOf, tilted } from './planted-characters.ts';
import type { Planted } from './planted-characters.ts';

const anyLines = [0.4, 0.4, 0.2];
const tall = { width: 128, height: 64 }, wide = { width: 192, height: 48 };
const spelt = (planted: readonly Planted[], lines: readonly number[] = anyLines, width = 128, height = 64): string | undefined => spell(charactersOfMap(mapOf(planted, width, height)), lines, { width, height })?.text;

const oneLine = rowOf('BCV294', 20, 24, 28, { width: 18, height: 30 });
const punjab: Planted[] = [...rowOf('LEC', 16, 18, 22, { height: 26 }), ...rowOf('13', 96, 12, 10, { width: 7, height: 12, raised: true }), ...rowOf('8447', 20, 46, 26, { height: 26, line: 1 })];

describe('the characters of a map', () => {
  it('are read from left to right, each once', () => {
    const { characters } = charactersOfMap(mapOf(oneLine, 192, 48));
    expect(characters).toHaveLength(6);
    expect(spelt(oneLine, anyLines, 192, 48)).toBe('BCV294');
  });

  it('stand where they were put', () => {
    const [only] = charactersOfMap(mapOf([{ char: 'K', x: 37.3, y: 22.9, width: 13, height: 21 }])).characters;
    expect(only!.x).toBeCloseTo(37.3, 3);
    expect(only!.y).toBeCloseTo(22.9, 3);
    expect(only!.width).toBeCloseTo(13, 3);
    expect(only!.height).toBeCloseTo(21, 3);
    expect(only!.presence).toBeCloseTo(0.97, 3);
  });

  it('of the same kind side by side are not taken for one: 1111, WW', () => {
    expect(spelt([...rowOf('WW', 30, 20, 24, { width: 23 }), ...rowOf('1111', 40, 46, 8, { width: 5, line: 1 })])).toBe('WW1111');
  });

  it('seen twice from two cells are one', () => {
    const doubled = [...oneLine, { char: 'B', x: oneLine[0]!.x + 5, y: oneLine[0]!.y, width: 18, height: 30, presence: 0.7 }];
    expect(spelt(doubled, anyLines, 192, 48)).toBe('BCV294');
  });

  it('that are too faint to count are doubt in the text', () => {
    const surely = spell(charactersOfMap(mapOf(oneLine, 192, 48)), anyLines, wide)!, faint: Planted = { char: '1', x: 185, y: 24, width: 5, height: 30, presence: 0.4 };
    const doubted = spell(charactersOfMap(mapOf([...oneLine, faint], 192, 48)), anyLines, wide)!;
    expect(doubted.text).toBe(surely.text);
    expect(doubted.belief).toBeCloseTo(surely.belief * 0.6, 4);
  });

  it('more of them than any plate has are no text', () => {
    expect(spell(charactersOfMap(mapOf(rowOf('ABCDEFGHJKLMNPQ', 8, 24, 12, { width: 8 }), 192, 48)), anyLines, wide)).toBeNull();
  });

  it('of an empty plate are none', () => {
    expect(charactersOfMap(mapOf([]))).toEqual({ characters: [], faint: [] });
    expect(spell(charactersOfMap(mapOf([])), anyLines, tall)).toBeNull();
  });
});

describe('rows', () => {
  it('two rows are read from the top, the small raised year after the letters', () => {
    const { text, cues } = spell(charactersOfMap(mapOf(punjab)), anyLines, tall)!;
    expect(text).toBe('LEC138447');
    expect(cues).toEqual({ lines: 2, raisedYear: '13', lettersLength: 3 });
  });

  it.each([-9, -4, 4, 9])('two rows turned by %i degrees keep their order', (degrees) => expect(spelt(tilted(punjab, degrees))).toBe('LEC138447'));

  it.each([-10, 10])('one row turned by %i degrees stays one row', (degrees) => expect(spelt(tilted(oneLine, degrees, 192, 48), anyLines, 192, 48)).toBe('BCV294'));

  it('three rows are read from the top', () => {
    expect(spelt([...rowOf('LE', 50, 11, 20, { height: 16 }), ...rowOf('20', 50, 32, 20, { height: 16, line: 1 }), ...rowOf('4711', 30, 53, 20, { height: 16, line: 2 })])).toBe('LE204711');
  });

  it('one character that the network puts on the wrong row goes where it stands', () => {
    const wrong = punjab.map((c) => (c.char === 'E' ? { ...c, line: 1 } : c));
    expect(spelt(wrong)).toBe('LEC138447');
  });

  it('two rows are seen by their places when the network takes them for one', () => {
    const flat = [...rowOf('KBA', 20, 16, 22), ...rowOf('4711', 20, 48, 22)];
    expect(spelt(flat, [0.6, 0.35, 0.05])).toBe('KBA4711');
  });

  it('a raised year at the end of one row goes between letters and number', () => {
    const planted = [...rowOf('LEA1234', 14, 26, 22, { height: 30 }), ...rowOf('09', 170, 14, 10, { width: 7, height: 13, raised: true })];
    const { text, cues } = spell(charactersOfMap(mapOf(planted, 192, 48)), anyLines, wide)!;
    expect(text).toBe('LEA091234');
    expect(cues).toEqual({ lines: 1, raisedYear: '09', lettersLength: 3 });
  });

  it('a raised year between letters and number stays there', () => {
    const planted = [...rowOf('LEA', 14, 26, 22, { height: 30 }), ...rowOf('09', 80, 14, 10, { width: 7, height: 13, raised: true }), ...rowOf('123', 112, 26, 24, { height: 30 })];
    expect(spelt(planted, anyLines, 192, 48)).toBe('LEA09123');
  });

  it('a year is digits: an O in it is a zero', () => {
    const planted = punjab.map((c) => (c.char === '3' ? { ...c, char: 'O' } : c));
    expect(spelt(planted)).toMatch(/^LEC1\d8447$/);
  });

  it('half a year is no sign that there is none', () => {
    const half = punjab.filter((c) => c.char !== '1');
    expect(spell(charactersOfMap(mapOf(half)), anyLines, tall)!.cues).not.toHaveProperty('raisedYear');
    expect(spell(charactersOfMap(mapOf(oneLine, 192, 48)), anyLines, wide)!.cues.raisedYear).toBeNull();
  });

  it('tell where the letters end, whatever one of them was taken for', () => {
    const planted = [...rowOf('LE0', 16, 18, 22, { height: 26 }), ...rowOf('8447', 20, 46, 26, { height: 26, line: 1 })];
    expect(spell(charactersOfMap(mapOf(planted)), anyLines, tall)!.cues.lettersLength).toBe(3);
  });
});

describe('whatever the network gives', () => {
  const values = fc.oneof({ weight: 5, arbitrary: fc.float({ noNaN: false }) }, { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity, 3e38, -3e38, 0) });

  it('there is an answer, its confidences lie in 0..1, and its text is of the alphabet', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }), fc.array(values, { minLength: 1, maxLength: 400 }), (rows, columns, some) => {
      const map = { rows, columns, cell: { width: 2, height: 4 }, values: Float32Array.from({ length: characterMapChannels * rows * columns }, (_, i) => some[(i * 7) % some.length]!) };
      const spelling = spell(charactersOfMap(map), [Number.NaN, 0, 1], tall);
      if (spelling === null) return;
      expect(spelling.text).toMatch(/^[A-Z0-9]+$/);
      expect(spelling.characters.map((c) => c.char).join('')).toBe(spelling.text);
      for (const p of [spelling.belief, ...spelling.characters.flatMap((c) => [c.confidence, ...c.alternatives.map((a) => a.confidence)])]) {
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(1);
      }
    }), { numRuns: 300 });
  });

  it('characters anywhere, of any line, raised or not, faint or sure, spell what was seen', () => {
    const planted = fc.array(fc.record({
      char: fc.constantFrom(...'ABCIO0189'), x: fc.integer({ min: 0, max: 127 }), y: fc.integer({ min: 0, max: 63 }), width: fc.integer({ min: 2, max: 60 }), height: fc.integer({ min: 2, max: 60 }),
      line: fc.integer({ min: 0, max: 2 }), raised: fc.boolean(), presence: fc.double({ min: 0.06, max: 0.99, noNaN: true }),
    }), { maxLength: 12 });
    fc.assert(fc.property(planted, fc.constantFrom([1, 0, 0], [0, 1, 0], [0, 0, 1], anyLines), (characters, lines) => {
      const seen = charactersOfMap(mapOf(characters)), spelling = spell(seen, lines, tall);
      if (spelling === null) return;
      expect(spelling.text.length).toBeGreaterThanOrEqual(seen.characters.length);
      expect(spelling.cues.lettersLength).toBeLessThanOrEqual(spelling.text.length);
      expect(spelling.cues.raisedYear ?? '00').toMatch(/^\d\d$/);
    }), { numRuns: 500 });
  });

  it('chances are chances', () => {
    expect(softmax([Number.NaN, Infinity, -Infinity])).toEqual([0, 1, 0]);
    expect(sigmoid(Number.NaN)).toBe(0);
    expect([sigmoid(Infinity), sigmoid(-Infinity)]).toEqual([1, 0]);
  });
});

describe('planted characters come back', () => {
  const letters = fc.stringMatching(/^[A-Z]{1,3}$/), digits = fc.stringMatching(/^\d{3,4}$/), degrees = fc.integer({ min: -8, max: 8 }), jitter = fc.array(fc.float({ min: -1.5, max: 1.5, noNaN: true }), { minLength: 9, maxLength: 9 });

  it('from two rows, with or without a year, under tilt and jitter', () => {
    fc.assert(fc.property(letters, fc.option(fc.stringMatching(/^[012]\d$/), { nil: '' }), digits, degrees, jitter, (top, year, bottom, turn, off) => {
      const planted = [...rowOf(top, 18, 18, 22, { height: 24 }), ...rowOf(year, 92, 12, 11, { width: 8, height: 12, raised: true }), ...rowOf(bottom, 20, 46, 24, { height: 24, line: 1 })];
      expect(spelt(tilted(planted, turn).map((c, i) => ({ ...c, x: c.x + off[i]!, y: c.y + off[(i + 3) % 9]! })))).toBe(top + year + bottom);
    }), { numRuns: 200 });
  });

  it('from one row under tilt and jitter', () => {
    fc.assert(fc.property(letters, digits, degrees, jitter, (left, right, turn, off) => {
      const planted = tilted(rowOf(left + right, 16, 24, 24, { height: 28 }), turn, 192, 48);
      expect(spelt(planted.map((c, i) => ({ ...c, x: c.x + off[i]!, y: c.y + off[(i + 4) % 9]! })), anyLines, 192, 48)).toBe(left + right);
    }), { numRuns: 200 });
  });
});
