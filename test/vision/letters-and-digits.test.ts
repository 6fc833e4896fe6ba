import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { characterClasses } from '../../src/vision/character-map.ts';
import type { SeenCharacter } from '../../src/vision/character-map.ts';
import { weighedByNeighbours } from '../../src/vision/letters-and-digits.ts';

/** A character that may be each of these with such a probability; what is left goes to all alike. */
const seen = (chances: Readonly<Record<string, number>>): SeenCharacter => {
  const rest = (1 - Object.values(chances).reduce((a, b) => a + b, 0)) / characterClasses.length;
  return { x: 0, y: 0, width: 10, height: 20, presence: 0.9, lines: [1, 0, 0], raised: 0, classes: [...characterClasses].map((c) => rest + (chances[c] ?? 0)) };
};
const sure = (text: string): SeenCharacter[] => [...text].map((char) => seen({ [char]: 0.97 }));
const read = (row: readonly SeenCharacter[]): string => weighedByNeighbours(row).map(({ classes }) => characterClasses[classes.indexOf(Math.max(...classes))]).join('');
const chance = ({ classes }: SeenCharacter, char: string): number => classes[characterClasses.indexOf(char)]!;

describe('a character that may be a letter or a digit', () => {
  it('is a digit between digits and a letter between letters', () => {
    const either = seen({ B: 0.5, 8: 0.46 });
    expect(read([...sure('JQS56'), either, ...sure('3')])).toBe('JQS5683');
    expect(read([...sure('A'), seen({ B: 0.46, 8: 0.5 }), ...sure('C123')])).toBe('ABC123');
  });
  it('is what it looks like where letters meet digits', () => {
    expect(read([...sure('LE'), seen({ B: 0.55, 8: 0.41 }), ...sure('123')])).toBe('LEB123');
    expect(read([...sure('LE'), seen({ B: 0.41, 8: 0.55 }), ...sure('123')])).toBe('LE8123');
  });
  it('stays what it surely is, whatever stands beside it: MH20TC189B, ABC1D23', () => {
    for (const text of ['MH20TC189B', 'ABC1D23', '8P62983', 'UF2V5S', 'A1B2C3', 'LEB17420A']) expect(read(sure(text))).toBe(text);
  });
});

describe('nothing is learned about which letter follows which', () => {
  it('letters keep their proportions among themselves, digits theirs', () => {
    const [, middle] = weighedByNeighbours([...sure('7'), seen({ B: 0.3, R: 0.15, 8: 0.4, 3: 0.1 }), ...sure('9')]);
    expect(chance(middle!, 'B') / chance(middle!, 'R')).toBeCloseTo(2, 1);
    expect(chance(middle!, '8') / chance(middle!, '3')).toBeCloseTo(4, 0);
    expect(chance(middle!, '8')).toBeGreaterThan(0.55);
  });
});

it('whatever the chances are, they sum to 1 for each character, and turning the row round changes none', () => {
  const classes = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 36, maxLength: 36 }).filter((p) => p.some((v) => v > 1e-3)).map((p) => p.map((v) => v / p.reduce((a, b) => a + b, 0)));
  fc.assert(fc.property(fc.array(classes, { maxLength: 9 }), (all) => {
    const row = all.map((c): SeenCharacter => ({ ...seen({}), classes: c })), weighed = weighedByNeighbours(row), turned = weighedByNeighbours(row.toReversed()).toReversed();
    weighed.forEach((character, i) => {
      expect(character.classes.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
      character.classes.forEach((p, c) => expect(turned[i]!.classes[c]).toBeCloseTo(p, 9));
    });
  }), { numRuns: 200 });
});
