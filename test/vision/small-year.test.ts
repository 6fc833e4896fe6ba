import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charactersOfMap } from '../../src/vision/character-map.ts';
import type { SeenCharacters } from '../../src/vision/character-map.ts';
import { spell, withYear } from '../../src/vision/plate-spelling.ts';
import type { Spelling } from '../../src/vision/plate-spelling.ts';
import { mapOf, rowOf } from './planted-characters.ts';
import type { Planted } from './planted-characters.ts';

const size = { width: 160, height: 80 }, anyLines = [1 / 3, 1 / 3, 1 / 3];
const letters = rowOf('LEE', 50, 20, 20, { height: 28 }), number = rowOf('2403', 50, 60, 20, { height: 28, line: 1 });
const yearOf = (digits: string, more: Partial<Planted> = {}): Planted[] => rowOf(digits, 128, 24, 11, { width: 7, height: 17, raised: true, ...more });
const seenIn = (planted: readonly Planted[]): SeenCharacters => charactersOfMap(mapOf(planted, size.width, size.height));
const firstLook = (...parts: readonly (readonly Planted[])[]): Spelling => spell(seenIn(parts.flat()), anyLines, size)!;
/** The closer look: the last letter large, the year twice as large as before. */
const closerLook = (digits: string, more: Partial<Planted> = {}): SeenCharacters => seenIn([{ char: 'E', x: 26, y: 40, width: 34, height: 56 }, ...rowOf(digits, 100, 46, 22, { width: 15, height: 34, raised: true, ...more })]);

describe('where a closer look may tell the small year', () => {
  it('is from between the last two letters to the end of the row, and down to between the rows', () => {
    const place = firstLook(letters, yearOf('11'), number).yearPlace!;
    expect(place).toMatchObject({ left: 80, right: 160, top: 0, letters: 3 });
    expect(place.bottom).toBeGreaterThan(34);
    expect(place.bottom).toBeLessThan(46);
  });

  it('is there too where no year, half of one or two common digits were seen', () => {
    expect(firstLook(letters, number).yearPlace).toMatchObject({ left: 80, year: [] });
    expect(firstLook(letters, yearOf('1'), number).yearPlace?.year).toHaveLength(1);
    expect(firstLook(letters, yearOf('11', { raised: false }), number).yearPlace?.year).toHaveLength(2);
  });

  it('ends before what follows the year in its row', () => {
    const place = spell(charactersOfMap(mapOf([...rowOf('LEA', 14, 26, 22, { height: 30 }), ...rowOf('09', 80, 14, 10, { width: 7, height: 13, raised: true }), ...rowOf('123', 112, 26, 24, { height: 30 })], 192, 48)), anyLines, { width: 192, height: 48 })!.yearPlace!;
    expect(place.right).toBeLessThan(104);
    expect(place.bottom).toBe(48);
  });

  it.each([
    ['on one row without a year', [rowOf('LEA123', 14, 40, 22)]],
    ['where the letters fill their row', [rowOf('LEE', 30, 20, 50, { width: 30, height: 28 }), number]],
    ['where a number follows the letters', [letters, rowOf('403', 110, 20, 18, { height: 28 }), number]],
    ['without letters', [rowOf('20', 50, 20, 20, { height: 28 }), number]],
  ])('is nowhere %s', (_, parts) => expect(firstLook(...parts).yearPlace).toBeNull());
});

describe('the year of a closer look', () => {
  it.each([
    ['stands for the one that was misread', [yearOf('19')]], ['completes half of one', [yearOf('8')]], ['is put in where none was seen', [[]]],
    ['stands for two digits that were not known for a year', [yearOf('14', { raised: false })]],
  ])('%s', (_, year) => {
    const better = withYear(firstLook(letters, ...year, number), closerLook('11'))!;
    expect(better.text).toBe('LEE112403');
    expect(better.characters.map((c) => c.char).join('')).toBe(better.text);
    expect(better.cues).toMatchObject({ lines: 2, raisedYear: '11', lettersLength: 3 });
  });

  it('is believed as it was seen closer, the rest as it was seen first', () => {
    const clear = firstLook(letters, yearOf('11'), number), doubtful = firstLook(letters, yearOf('11', { presence: 0.55 }), number);
    expect(withYear(doubtful, closerLook('11'))!.belief).toBeCloseTo(clear.belief, 6);
    expect(withYear(doubtful, closerLook('11', { presence: 0.6 }))!.belief).toBeLessThan(clear.belief);
  });

  it('takes with it the doubt about it, and leaves doubt elsewhere', () => {
    const faint = (x: number, y: number, raised: boolean): Planted => ({ char: '1', x, y, width: 7, height: 17, raised, presence: 0.4 });
    const better = (...more: readonly Planted[]): number => withYear(firstLook(letters, yearOf('11'), number, more), closerLook('11'))!.belief;
    expect(better(faint(152, 24, true))).toBeCloseTo(better(), 6);
    expect(better({ ...faint(140, 60, false), line: 1 })).toBeLessThan(0.7 * better());
  });

  it('is none without two digits beside each other', () => {
    const first = firstLook(letters, yearOf('11'), number);
    expect(withYear(first, closerLook('1'))).toBeNull();
    expect(withYear(first, closerLook('11', { raised: false }))).toBeNull();
    expect(withYear(first, seenIn([...rowOf('1', 20, 20, 1, { width: 9, raised: true }), ...rowOf('1', 140, 20, 1, { width: 9, raised: true })]))).toBeNull();
    expect(withYear(first, seenIn([]))).toBeNull();
  });

  it('whatever is seen in both looks, the text is of the alphabet and the belief in 0..1', () => {
    const planted = fc.array(fc.record({
      char: fc.constantFrom(...'ABCIO0189'), x: fc.integer({ min: 0, max: 159 }), y: fc.integer({ min: 0, max: 79 }), width: fc.integer({ min: 2, max: 60 }), height: fc.integer({ min: 2, max: 60 }),
      line: fc.integer({ min: 0, max: 2 }), raised: fc.boolean(), presence: fc.double({ min: 0.06, max: 0.99, noNaN: true }),
    }), { maxLength: 10 });
    fc.assert(fc.property(planted, planted, (first, closer) => {
      const spelling = spell(seenIn([...first, ...letters, ...number]), anyLines, size), better = spelling === null ? null : withYear(spelling, seenIn(closer));
      if (spelling === null || better === null) return;
      expect(better.text).toMatch(/^[A-Z0-9]+$/);
      expect(better.characters.map((c) => c.char).join('')).toBe(better.text);
      expect(better.text).toHaveLength(spelling.text.length - spelling.yearPlace!.year.length + 2);
      expect(better.belief).toBeGreaterThanOrEqual(0);
      expect(better.belief).toBeLessThanOrEqual(1);
    }), { numRuns: 300 });
  });
});
