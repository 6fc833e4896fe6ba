import { characterClasses } from './character-map.ts';
import type { SeenCharacter } from './character-map.ts';

/**
 * How much rarer a change from letter to digit or back is, inside a row, than going on in the same kind. Plates of most countries change
 * once or twice: ABC-1234, ABC-123, 77A-160.56; nearly none reads ABC-12B4.
 */
const changeIsRarer = 0.35;
const isLetter = [...characterClasses].map((char) => char > '9');

/**
 * The characters of a row with what is known of plates weighed in: not which letters follow which, but that letters stand beside letters
 * and digits beside digits. An 8 that may be a B is an 8 between digits. Forward-backward on a chain of two states (Rabiner 1989, eq. 27).
 */
export function weighedByNeighbours(row: readonly SeenCharacter[]): SeenCharacter[] {
  const kinds = row.map(({ classes }) => {
    const letter = classes.reduce((sum, p, i) => sum + (isLetter[i]! ? p : 0), 0);
    return [letter, Math.max(0, 1 - letter)] as const;
  });
  const fromLeft = passedOn(kinds), fromRight = passedOn(kinds.toReversed()).toReversed();
  return row.map((character, i) => {
    const weights = [fromLeft[i]![0] * fromRight[i]![0], fromLeft[i]![1] * fromRight[i]![1]] as const;
    const weighed = character.classes.map((p, c) => p * weights[isLetter[c]! ? 0 : 1]), sum = weighed.reduce((a, b) => a + b, 0);
    return sum > 0 ? { ...character, classes: weighed.map((p) => p / sum) } : character;
  });
}

type Kinds = readonly [letter: number, digit: number];

/** What the characters before each one let expect of it: letter or digit, summing to 1. */
function passedOn(kinds: readonly Kinds[]): Kinds[] {
  const out: Kinds[] = [];
  let [letter, digit] = [0.5, 0.5];
  for (const kind of kinds) {
    out.push([letter, digit]);
    const l = letter * kind[0], d = digit * kind[1], next = [l + changeIsRarer * d, d + changeIsRarer * l] as const, sum = next[0] + next[1];
    [letter, digit] = sum > 0 ? [next[0] / sum, next[1] / sum] : [0.5, 0.5];
  }
  return out;
}
