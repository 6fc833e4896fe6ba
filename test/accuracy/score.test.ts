import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countPictures, figuresOf, quantile } from '../../src/accuracy/figures.ts';
import type { PlateLabel } from '../../src/accuracy/label.ts';
import { compared, overlap, scorePictures, type PictureAnswer } from '../../src/accuracy/score.ts';
import { answered, labelled, read } from './labelled.ts';

const score = (labels: readonly PlateLabel[], answer: PictureAnswer, fold = false) => countPictures(scorePictures(labels, new Map([['a.jpg', answer]]), { fold }));

describe('a mark', () => {
  it.each([
    ['BCS-036', { found: 1, full: 1, mark: 1, cer: 0, extra: 0 }],
    ['bcs 036', { found: 1, full: 1, mark: 1, cer: 0 }],
    ['BCS-O36', { found: 1, full: 0, mark: 0, cer: 1 / 6 }],
    ['', { found: 1, full: 0, mark: 0, cer: 1 }],
    ['WHATEVERELSE', { found: 1, full: 0, mark: 0, cer: 1 }],
  ])('BCS036 read as "%s"', (text, expected) => expect(score([labelled()], answered(read(text)))).toMatchObject({ n: 1, ...expected }));

  it('with a year is full with it and a mark without it', () => {
    const label = labelled({ text: 'LEB8147', textFull: 'LEB138147' });
    expect(score([label], answered(read('LEB-13-8147')))).toMatchObject({ full: 1, mark: 1 });
    expect(score([label], answered(read('LEB-8147')))).toMatchObject({ full: 0, mark: 1, cer: 2 / 9 });
    expect(score([label], answered(read('LEB-18-8147')))).toMatchObject({ full: 0, mark: 0 });
  });

  it('is compared with O as 0 and I as 1 when its labels mix them', () => {
    expect(score([labelled({ text: 'OI0123' })], answered(read('0101Z3')), true)).toMatchObject({ full: 0, cer: 1 / 6 });
    expect(score([labelled({ text: 'OI0123' })], answered(read('010123')), true)).toMatchObject({ full: 1 });
    expect(score([labelled({ text: 'OI0123' })], answered(read('010123')))).toMatchObject({ full: 0 });
  });

  it('that was not found is wrong in all its characters', () => {
    expect(score([labelled()], answered())).toMatchObject({ n: 1, found: 0, full: 0, mark: 0, cer: 1, extra: 0, unanswered: 0 });
  });

  it('of a picture without an answer is not found, and the picture is counted as such', () => {
    expect(score([labelled()], null)).toMatchObject({ n: 1, found: 0, unanswered: 1, msMedian: null });
  });
});

describe('a plate is found', () => {
  const at = labelled().box;
  it.each([
    ['by a box that is its own', { x: 100, y: 100, width: 100, height: 40 }, 1],
    ['by one that overlaps it by half', { x: 133, y: 100, width: 100, height: 40 }, 67 / 133],
    ['by a small one with its centre in it', { x: 130, y: 110, width: 30, height: 10 }, 300 / 4000],
    ['by a large one with its centre in it, up to three times its width', { x: 10, y: 20, width: 290, height: 190 }, 4000 / 55_100],
    ['not by one over three times its width', { x: 0, y: 0, width: 301, height: 240 }, 0],
    ['not by one under a quarter of its width', { x: 140, y: 115, width: 24, height: 10 }, 0],
    ['not by one beside it', { x: 201, y: 100, width: 100, height: 40 }, 0],
    ['not by one that overlaps it by less than 0.3', { x: 160, y: 100, width: 100, height: 40 }, 0],
  ])('%s', (_, box, expected) => expect(overlap(at, box)).toBeCloseTo(expected, 6));

  it('by the report that overlaps it most; the other one is extra', () => {
    expect(score([labelled()], answered(read('AAA111', { x: 120 }), read('BCS036', { x: 102 })))).toMatchObject({ found: 1, full: 1, extra: 1 });
  });

  it('once: a report counts for one label', () => {
    expect(score([labelled(), labelled()], answered(read('BCS036')))).toMatchObject({ n: 2, found: 1, full: 1, extra: 0 });
  });

  it('on a crop by the first report, wherever it is; others are not extra', () => {
    const crop = labelled({ kind: 'crop', box: { x: 0, y: 0, width: 0, height: 0 } });
    expect(score([crop], answered(read('BCS036', { x: 900 }), read('XYZ1')))).toMatchObject({ found: 1, full: 1, extra: 0 });
    expect(score([crop], answered(read('XYZ1'), read('BCS036')))).toMatchObject({ found: 1, full: 0 });
  });
});

describe('what nobody could read', () => {
  it('counts neither way, and a report on it is not extra', () => {
    expect(score([labelled({ text: '', legible: false })], answered(read('XYZ123')))).toMatchObject({ n: 0, found: 0, extra: 0, cer: null });
    expect(score([labelled({ text: 'BCS036', legible: false })], answered(read('BCS036')))).toMatchObject({ n: 0, found: 0, extra: 0 });
  });

  it('is nothing at all among the negatives, or without a place: any report is extra', () => {
    expect(score([labelled({ text: '', legible: false, set: 'negatives' })], answered(read('XYZ123')))).toMatchObject({ n: 0, extra: 1 });
    expect(score([labelled({ text: '', legible: false, box: { x: 0, y: 0, width: 0, height: 0 } })], answered(read('XYZ123', { x: 0, y: 0 })))).toMatchObject({ n: 0, extra: 1 });
  });
});

/** A small set with one of everything, and what the rules make of it, counted by hand. */
const labels = [
  labelled({ file: 'two.jpg', text: 'LEB8147', textFull: 'LEB138147', region: 'PB', lines: 2, box: { x: 10, y: 10, width: 50, height: 30 } }),
  labelled({ file: 'two.jpg', text: 'BCS036', region: 'SD', box: { x: 300, y: 10, width: 79, height: 30 } }),
  labelled({ file: 'blur.jpg', text: '', legible: false }),
  labelled({ file: 'broken.jpg', text: 'AFN902', region: '' }),
  labelled({ set: 'crops', file: 'c1.png', kind: 'crop', text: 'QAB914', region: 'BA', lines: null, box: { x: 0, y: 0, width: 34, height: 27 } }),
  labelled({ set: 'crops', file: 'c2.png', kind: 'crop', text: '', legible: false, box: { x: 0, y: 0, width: 34, height: 27 } }),
  labelled({ set: 'negatives', file: 'sky.jpg', text: '', region: '', lines: null, legible: false, box: { x: 0, y: 0, width: 0, height: 0 } }),
];
const answers = new Map<string, PictureAnswer>([
  ['two.jpg', { width: 400, height: 300, ms: 20, plates: [read('BCS038', { x: 305, y: 12, width: 75, height: 28 }), read('LEB8147', { x: 10, y: 12, width: 50, height: 25 }), read('TAXI1', { x: 10, y: 200 })] }],
  ['blur.jpg', { width: 400, height: 300, ms: 10, plates: [read('XX1')] }],
  ['broken.jpg', null],
  ['c1.png', { width: 240, height: 80, ms: 2, plates: [read('QAB914', { x: 0, y: 0, width: 240, height: 80 })] }],
  ['c2.png', { width: 34, height: 27, ms: 4, plates: [read('ZZ999', { x: 0, y: 0, width: 34, height: 27 })] }],
  ['sky.jpg', { width: 400, height: 300, ms: 8, plates: [read('GSJ155'), read('N906BA', { x: 0, y: 0 })] }],
]);

describe('a hand-made set', () => {
  const rows = figuresOf(scorePictures(labels, answers));
  const of = (by: string, group: string) => rows.find((row) => row.by === by && row.group === group)?.figures;

  it('is counted by set', () => {
    expect(of('set', 'gate')).toEqual({ n: 3, found: 2, full: 0, mark: 1, cer: (2 + 1 + 6) / 21, extra: 1, pictures: 3, unanswered: 1, msMedian: 20, ms95: 20 });
    expect(of('set', 'crops')).toEqual({ n: 1, found: 1, full: 1, mark: 1, cer: 0, extra: 0, pictures: 2, unanswered: 0, msMedian: 4, ms95: 4 });
    expect(of('set', 'negatives')).toEqual({ n: 0, found: 0, full: 0, mark: 0, cer: null, extra: 2, pictures: 1, unanswered: 0, msMedian: 8, ms95: 8 });
  });

  it('is counted by region, lines and width, a crop by its picture', () => {
    expect(rows.filter((row) => row.by !== 'set').map((row) => [row.by, row.group, row.figures.n, row.figures.mark])).toEqual([
      ['region', 'BA', 1, 1], ['region', 'PB', 1, 1], ['region', 'SD', 1, 0], ['region', 'not labelled', 1, 0],
      ['lines', '1', 2, 0], ['lines', '2', 1, 1], ['lines', 'not labelled', 1, 1],
      ['width', '< 60 px', 1, 1], ['width', '60–80 px', 1, 0], ['width', '80–120 px', 1, 0], ['width', '> 120 px', 1, 1],
    ]);
  });

  it('puts widths on a border where the table says', () => {
    const widths = [59.9, 60, 79.9, 80, 120, 120.1].map((width, i) => labelled({ file: `${i}.jpg`, box: { x: 0, y: 0, width, height: 20 } }));
    expect(figuresOf(scorePictures(widths, new Map())).filter((row) => row.by === 'width').map((row) => row.figures.n)).toEqual([1, 2, 2, 1]);
  });
});

const box = fc.record({ x: fc.integer({ min: 0, max: 400 }), y: fc.integer({ min: 0, max: 200 }), width: fc.integer({ min: 0, max: 300 }), height: fc.integer({ min: 0, max: 100 }) });
const text = fc.string({ unit: fc.constantFrom('A', 'B', '8', '0', '-'), maxLength: 7 });
const anyLabel = fc.record({ file: fc.constantFrom('a.jpg', 'b.jpg'), box, text, legible: fc.boolean() }).map((given) => labelled({ ...given, legible: given.legible && compared(given.text) !== '' }));
const anyPlates = fc.array(fc.record({ text, box, confidence: fc.double({ min: 0, max: 1, noNaN: true }) }), { maxLength: 5 });

describe('whatever is labelled and read', () => {
  it('the counts fit into each other, and every report is matched or extra', () => {
    fc.assert(fc.property(fc.array(anyLabel, { maxLength: 6 }), anyPlates, anyPlates, (own, a, b) => {
      const all = new Map<string, PictureAnswer>([['a.jpg', answered(...a)], ['b.jpg', answered(...b)]]);
      const pictures = scorePictures(own, all), figures = countPictures(pictures);
      expect(figures.full).toBeLessThanOrEqual(figures.mark);
      expect(figures.found).toBeLessThanOrEqual(figures.n);
      expect(figures.n).toBe(own.filter((l) => l.legible).length);
      expect(figures.cer ?? 0).toBeLessThanOrEqual(1);
      const reported = pictures.reduce((sum, p) => sum + (all.get(p.file)?.plates.length ?? 0), 0), unreadable = own.filter((l) => !l.legible).length;
      expect(figures.found + (figures.extra ?? 0)).toBeLessThanOrEqual(reported);
      expect(figures.found + (figures.extra ?? 0) + unreadable).toBeGreaterThanOrEqual(reported);
    }), { numRuns: 300 });
  });

  it('sets, regions, lines and widths add up to the same plates', () => {
    fc.assert(fc.property(fc.array(anyLabel, { maxLength: 8 }), anyPlates, (own, a) => {
      const rows = figuresOf(scorePictures(own, new Map([['a.jpg', answered(...a)]])));
      const sum = (by: string, part: 'n' | 'full' | 'mark') => rows.filter((r) => r.by === by).reduce((total, r) => total + r.figures[part], 0);
      for (const part of ['n', 'full', 'mark'] as const) expect(['region', 'lines', 'width'].map((by) => sum(by, part))).toEqual(Array(3).fill(sum('set', part)));
    }));
  });

  it('reading the truth is perfect', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.stringMatching(/^[A-Z]{3}[0-9]{3}$/), { minLength: 1, maxLength: 4 }), (marks) => {
      const own = marks.map((mark, i) => labelled({ text: mark, box: { x: i * 200, y: 0, width: 100, height: 40 } }));
      expect(score(own, answered(...own.map((l) => ({ text: l.text, confidence: 1, box: l.box })).toReversed()))).toMatchObject({ n: marks.length, full: marks.length, cer: 0, extra: 0 });
    }));
  });

  it('a quantile is one of the numbers', () => {
    expect([quantile([], 0.5), quantile([3], 0.95), quantile([4, 1, 3, 2], 0.5)]).toEqual([null, 3, 3]);
  });
});
