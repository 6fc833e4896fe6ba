import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alphabet } from '../../src/vision/alphabet.ts';
import { captionOf } from '../../src/vision/caption-words.ts';
import { charactersOf } from '../../src/vision/character-runs.ts';
import { joinPlate, shapeOf } from '../../src/vision/plate-layout.ts';
import { proposalsOf } from '../../src/vision/ppocr-plate-detector.ts';
import type { Glyph } from '../../src/vision/ppocr-text-recognizer.ts';
import { inkShare, isMarkYear, YearVote, yearPlaceOf } from '../../src/vision/raised-year.ts';
import { commonAngle, cornersOf, extentAlong, moved, quadOfExtent } from '../../src/vision/text-line.ts';
import type { TextLine } from '../../src/vision/text-line.ts';

/** Glyphs as a recogniser gives them: "LEC-13" is six glyphs, the fourth after a separator. `second` names a runner-up. */
function glyphs(text: string, confidence = 0.98, runnersUp: Readonly<Record<number, readonly [string, number]>> = {}): Glyph[] {
  const out: Glyph[] = [], count = text.replaceAll('-', '').length;
  let separated = false;
  for (const char of text) {
    if (char === '-') { separated = true; continue; }
    const probabilities = new Float32Array(alphabet.length), best = alphabet.indexOf(char), runnerUp = runnersUp[out.length];
    probabilities[best] = runnerUp === undefined ? confidence : confidence - runnerUp[1];
    if (runnerUp !== undefined) probabilities[alphabet.indexOf(runnerUp[0])] = runnerUp[1];
    out.push({ probabilities, best, position: (out.length + 0.5) / count, separated });
    separated = false;
  }
  return out;
}

const line = (cx: number, cy: number, width: number, height: number, angle = 0): TextLine => ({ cx, cy, width, height, angle, score: 0.9 });
const joined = (...lines: [TextLine, string][]): string | undefined => joinPlate(lines.map(([l, text]) => ({ line: l, glyphs: glyphs(text) })))?.text;

/** The same lines on a plate that hangs askew. */
function tilted(l: TextLine, degrees: number): TextLine {
  const a = (degrees * Math.PI) / 180;
  return { ...l, cx: l.cx * Math.cos(a) - l.cy * Math.sin(a), cy: l.cx * Math.sin(a) + l.cy * Math.cos(a), angle: a };
}

describe('lines of a plate are joined by their place', () => {
  it('one line', () => expect(joined([line(160, 60, 280, 70), 'BCV-294'])).toBe('BCV294'));

  it('two lines, the upper first, however they were found', () => {
    const upper: [TextLine, string] = [line(180, 50, 200, 60), 'LEC-13'], lower: [TextLine, string] = [line(170, 120, 150, 62), '8447'];
    expect(joined(upper, lower)).toBe('LEC138447');
    expect(joined(lower, upper)).toBe('LEC138447');
  });

  it.each([-25, -10, 10, 25])('on a plate that hangs %i degrees askew', (degrees) => {
    const lines: [TextLine, string][] = [[line(170, 120, 150, 62), '8447'], [line(150, 50, 140, 60), 'LEC'], [line(260, 40, 50, 30), '13']];
    expect(joined(...lines.map(([l, text]): [TextLine, string] => [tilted(l, degrees), text]))).toBe('LEC138447');
  });

  it('a raised year found apart, half as high as its row', () => expect(joined([line(150, 50, 140, 60), 'LEC'], [line(260, 40, 50, 30), '13'], [line(170, 120, 150, 62), '8447'])).toBe('LEC138447'));

  it('without PUNJAB at the left of the number', () => expect(joined([line(180, 50, 200, 60), 'LEC-13'], [line(170, 120, 150, 62), '8447'], [line(40, 135, 60, 20), 'PUNJAB'])).toBe('LEC138447'));

  it('without a caption as large as the mark', () => expect(joined([line(180, 50, 200, 60), 'ISLAMABAD'], [line(180, 120, 200, 60), 'AAD-908'])).toBe('AAD908'));

  it('without small text that is no caption: a dealer, a sticker', () => expect(joined([line(160, 60, 280, 70), 'BCV-294'], [line(160, 110, 90, 18), 'ALI7'])).toBe('BCV294'));

  it('nothing when nothing was read', () => expect(joinPlate([{ line: line(9, 9, 9, 9), glyphs: [] }])).toBeNull());
  it('nothing from no line', () => expect(joinPlate([])).toBeNull());

  it('any lines give characters that were there, and do not throw', () => {
    const someLine = fc.record({ cx: fc.integer({ min: -50, max: 700 }), cy: fc.integer({ min: -50, max: 700 }), width: fc.integer({ min: 1, max: 500 }), height: fc.integer({ min: 1, max: 300 }), angle: fc.double({ min: -0.78, max: 0.78, noNaN: true }), score: fc.constant(0.8) });
    const someText = fc.string({ unit: fc.constantFrom(...alphabet, '-'), maxLength: 8 });
    fc.assert(fc.property(fc.array(fc.tuple(someLine, someText), { maxLength: 7 }), (lines) => {
      const plate = joinPlate(lines.map(([l, text]) => ({ line: l, glyphs: glyphs(text) })));
      if (plate === null) return;
      expect(plate.text.length).toBeLessThanOrEqual(lines.reduce((n, [, text]) => n + text.replaceAll('-', '').length, 0));
      expect(plate.characters.every((c) => c.confidence >= 0 && c.confidence <= 1.000001)).toBe(true);
    }), { numRuns: 200 });
  });
});

describe('characters of one shape are told apart by their place', () => {
  const read = (text: string, runnersUp: Parameters<typeof glyphs>[2] = {}): string =>
    charactersOf(glyphs(text, 0.97, runnersUp).map((g) => ({ probabilities: g.probabilities, newPart: g.separated }))).map((c) => c.char).join('');

  it.each([['LEC-844O', 'LEC8440'], ['0AD-908', 'OAD908'], ['BF-O867', 'BF0867'], ['AQC-I78', 'AQC178'], ['GA-IO124', 'GA10124']])('%s is %s', (seen, text) => {
    expect(read(seen)).toBe(text);
  });
  it('a suffix letter stays', () => expect(read('TD-483-C')).toBe('TD483C'));
  it('a clearly seen letter among digits stays: the mark of a fancy plate is not made legal', () => expect(read('KH4N-1')).toBe('KH4N1'));
  it('a runner-up wins where its kind belongs', () => expect(read('LEC-84S7', { 5: ['5', 0.3] })).toBe('LEC8457'));

  it('belief in a character is never more than was seen of it', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 9 }), fc.double({ min: 0.2, max: 1, noNaN: true }), (text, confidence) => {
      const characters = charactersOf(glyphs(text, confidence).map((g) => ({ probabilities: g.probabilities, newPart: false })));
      expect(characters.length).toBe(text.length);
      for (const c of characters) {
        expect(c.confidence).toBeLessThanOrEqual(confidence + 1e-6);
        expect(c.alternatives.every((a) => a.char !== c.char && a.confidence <= c.confidence + 1e-9)).toBe(true);
      }
    }));
  });
});

describe('captions are known though small letters are misread', () => {
  it.each([['SINDH', 'SINDH'], ['SINOH', 'SINDH'], ['5INDH', 'SINDH'], ['UNJAR', 'PUNJAB'], ['FUNJAB', 'PUNJAB'], ['ICTISLAMABAD', 'ICTISLAMABAD'], ['BALOCHISTN', 'BALOCHISTAN'], ['QUETTA', 'QUETTA']])('%s is %s', (text, caption) => expect(captionOf(text)).toBe(caption));
  it.each(['LEC', 'LEC13', '8447', 'BCV294', 'AMD868', 'GBA609', 'A1214', '', 'AJ', 'IDK9453', 'SPD330'])('%s is none', (text) => expect(captionOf(text)).toBeNull());
});

describe('the raised year', () => {
  const plate = (first: string, second: string): ReturnType<typeof joinPlate> => joinPlate([{ line: line(180, 50, 200, 60), glyphs: glyphs(first) }, { line: line(170, 120, 150, 62), glyphs: glyphs(second) }]);

  it.each([['04', true], ['21', true], ['13', true], ['03', false], ['22', false], ['99', false], ['1', false], ['111', false]])('%s may be one: %s', (text, expected) => expect(isMarkYear(text)).toBe(expected));

  it('has a place after the letters of the first of two rows', () => {
    expect(yearPlaceOf(plate('LEC', '8447')!)).toMatchObject({ from: 3, until: 3, asRead: '' });
    expect(yearPlaceOf(plate('LEC-13', '8447')!)).toMatchObject({ from: 3, until: 5, asRead: '13' });
    expect(yearPlaceOf(plate('LEE-H', '2403')!)).toMatchObject({ from: 3, until: 4, asRead: '' });
  });
  it('has none on one line, nor over letters, nor after one letter', () => {
    expect(yearPlaceOf(joinPlate([{ line: line(160, 60, 280, 70), glyphs: glyphs('BCV-294') }])!)).toBeNull();
    expect(yearPlaceOf(plate('LEC', 'ABC')!)).toBeNull();
    expect(yearPlaceOf(plate('A', '1214')!)).toBeNull();
  });

  it('is voted: two agreeing readings beat one', () => {
    const vote = new YearVote();
    vote.add(glyphs('08', 0.9));
    vote.add(glyphs('09', 0.8));
    vote.add(glyphs('09', 0.8));
    expect(vote.result?.year).toBe('09');
  });
  it('reads two ones under a bolt, which look like H, as 11', () => {
    const vote = new YearVote();
    vote.add(glyphs('H', 0.8));
    expect(vote.result?.year).toBe('11');
    expect(vote.result!.confidence).toBeLessThan(0.8);
  });
  it('is not made of what no year can be', () => {
    const vote = new YearVote();
    for (const text of ['47', '99', '1', 'AB', '123', '']) vote.add(glyphs(text));
    expect(vote.result).toBeNull();
  });

  it('is looked for only where there is ink', () => {
    const grey = (width: number, height: number, at: (x: number, y: number) => number): { width: number; height: number; data: Uint8Array } => {
      const data = new Uint8Array(width * height * 3);
      for (let i = 0; i < width * height; i++) data.fill(at(i % width, Math.floor(i / width)), i * 3, i * 3 + 3);
      return { width, height, data };
    };
    const letters = grey(64, 48, (x) => (x % 16 < 5 ? 20 : 220));
    expect(inkShare(grey(64, 43, () => 220), letters)).toBe(0);
    expect(inkShare(grey(64, 43, (x, y) => (x > 20 && x < 32 && y > 10 && y < 30 ? 30 : 220)), letters)).toBeGreaterThan(0.05);
    expect(inkShare(grey(64, 43, (x) => (x > 50 ? 30 : 220)), letters), 'the rim and what lies beyond it').toBe(0);
  });
});

describe('shapes of marks', () => {
  it.each(['LEC138447', 'BCV294', 'A1214', 'TD483C', 'AUH9', 'MH02BM5048'])('%s has one', (text) => expect(shapeOf(text)).toBeGreaterThanOrEqual(0.9));
  it.each(['', 'OPEN', 'A1', '03001234567', 'TOYOTA', '7', 'WWWPAKWHEELSCOM1'])('%s has none', (text) => expect(shapeOf(text)).toBeLessThan(0.3));
});

describe('groups of lines become proposals', () => {
  it('two rows one above the other are one plate', () => expect(proposalsOf([line(100, 50, 90, 30), line(100, 85, 80, 30)])).toHaveLength(1));
  it('lines far apart are two', () => expect(proposalsOf([line(100, 50, 90, 30), line(400, 300, 90, 30)])).toHaveLength(2));
  it('a banner is none', () => expect(proposalsOf([line(300, 50, 590, 30)])).toHaveLength(0));
  it('dust is none', () => expect(proposalsOf([line(300, 50, 8, 3)])).toHaveLength(0));
  it('a wall of posters does not give more than ten', () => {
    expect(proposalsOf(Array.from({ length: 60 }, (_, i) => line((i % 10) * 400, Math.floor(i / 10) * 300, 90, 30)))).toHaveLength(10);
  });
  it('a lone short line is given room above and below for a row that was not found', () => {
    const [short] = proposalsOf([line(100, 100, 60, 30)]), [long] = proposalsOf([line(100, 100, 150, 30)]);
    const tall = (p: typeof short): number => p!.corners[3][1] - p!.corners[0][1];
    expect(tall(short)).toBeGreaterThan(1.5 * tall(long));
  });
});

describe('turned rectangles', () => {
  const someLine = fc.record({ cx: fc.double({ min: 0, max: 500, noNaN: true }), cy: fc.double({ min: 0, max: 500, noNaN: true }), width: fc.double({ min: 10, max: 200, noNaN: true }), height: fc.double({ min: 5, max: 60, noNaN: true }), angle: fc.double({ min: -0.7, max: 0.7, noNaN: true }), score: fc.constant(1) });

  it('an extent along the own angle leads back to the corners', () => {
    fc.assert(fc.property(someLine, (l) => {
      quadOfExtent(extentAlong(l, l.angle), l.angle).forEach(([x, y], i) => {
        expect(x).toBeCloseTo(cornersOf(l)[i]![0], 6);
        expect(y).toBeCloseTo(cornersOf(l)[i]![1], 6);
      });
    }));
  });
  it('moved to a larger picture, a level line scales by each axis', () => {
    expect(moved(line(10, 20, 30, 8), 2, 3)).toMatchObject({ cx: 20, cy: 60, width: 60, height: 24 });
  });
  it('long lines set the common angle', () => {
    expect(commonAngle([line(0, 0, 200, 20, 0.1), line(0, 30, 15, 20, -0.6)])).toBeCloseTo(0.1, 2);
  });
});
