import { describe, expect, it } from 'vitest';
import { confusionCost } from '../../src/plate/look-alikes.ts';
import { readCharacters, type ReadCharacter } from '../../src/simulate/character-errors.ts';
import { FleetMarks } from '../../src/simulate/fleet-marks.ts';
import { RandomNumbers } from '../../src/simulate/random-numbers.ts';

const MISREAD = 0.05, MARKS = 40_000;

interface Read { readonly text: string; readonly characters: readonly ReadCharacter[] }
function reads(misread: number, count: number, texts?: readonly string[]): Read[] {
  const random = new RandomNumbers(5), marks = new FleetMarks(new RandomNumbers(6));
  return Array.from({ length: count }, (_, i) => {
    const mark = marks.draw('car'), text = texts?.[i % texts.length] ?? mark.letters + (mark.year ?? '') + mark.number;
    return { text, characters: readCharacters(text, misread, random) };
  });
}
const isWrong = ({ text, characters }: Read): boolean => characters.map((c) => c.char).join('') !== text;

describe('a reader that errs', () => {
  const all = reads(MISREAD, MARKS), characters = all.flatMap(({ text, characters: read }) => read.map((c, i) => ({ ...c, truth: text.charAt(i) })));

  it.each([0.01, 0.05, 0.2, 0.5])('misreads the share of marks that was asked: %s', (misread) => {
    const share = reads(misread, 10_000).filter(isWrong).length / 10_000;
    expect(share).toBeGreaterThan(misread * 0.85);
    expect(share).toBeLessThan(misread * 1.12);
  });

  it('misreads nothing where nothing is asked, and is sure of all', () => {
    for (const { text, characters: read } of reads(0, 500)) expect(read).toEqual([...text].map((char) => ({ char, other: char, confidence: 1 })));
  });

  it('is calibrated: of the characters with a confidence that share is right', () => {
    for (const [least, most] of [[0.5, 0.6], [0.6, 0.7], [0.7, 0.8], [0.8, 0.9], [0.9, 0.95], [0.99, 1]] as const) {
      const within = characters.filter((c) => c.confidence >= least && c.confidence < most), said = within.reduce((sum, c) => sum + c.confidence, 0) / within.length;
      const right = within.filter((c) => c.char === c.truth).length / within.length;
      expect(within.length).toBeGreaterThan(100);
      expect(Math.abs(right - said)).toBeLessThan(4 * Math.sqrt(said * (1 - said) / within.length) + 1e-4);
    }
  });

  it('takes characters for look-alikes four times in five, and letters for letters, digits for digits', () => {
    const wrong = characters.filter((c) => c.char !== c.truth), alike = wrong.filter((c) => confusionCost(c.char, c.truth) < 1).length / wrong.length;
    expect(wrong.length).toBeGreaterThan(1500);
    expect(alike).toBeGreaterThan(0.76);
    expect(alike).toBeLessThan(0.84);
    expect(wrong.every((c) => /\d/.test(c.char) === /\d/.test(c.truth))).toBe(true);
  });

  it('has the true character for its second choice where it is wrong', () => {
    expect(characters.filter((c) => c.char !== c.truth).every((c) => c.other === c.truth)).toBe(true);
  });

  it('reads marks of one character and of characters without look-alikes too', () => {
    const share = reads(0.1, 10_000, ['A', '2', 'S5Z2']).filter(isWrong).length / 10_000;
    expect(share).toBeGreaterThan(0.085);
    expect(share).toBeLessThan(0.115);
  });
});
