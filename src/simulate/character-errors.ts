import { confusionCost } from '../plate/look-alikes.ts';
import type { RandomNumbers } from './random-numbers.ts';

const DIGITS = '0123456789', LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** Four wrong characters in five are look-alikes; more of those that have any, because some characters have none of their own sort. */
const ALIKE = 0.87;
/** A character without a look-alike is misread less often. */
const WITHOUT_ALIKE = 0.3;
/** Three errors in four are ones of which the reader is in doubt: confidence 0.5 to 0.95, so wrong in 27.5 % of cases. */
const DOUBTED_ERRORS = 0.75, LEAST_DOUBTED = 0.5, MOST_DOUBTED = 0.95;
const DOUBTED_MEAN_ERROR = 1 - (LEAST_DOUBTED + MOST_DOUBTED) / 2;

/** A character as a reader gives it. */
export interface ReadCharacter {
  readonly char: string;
  /** The reader's second choice: the true character where `char` is wrong. */
  readonly other: string;
  /** Calibrated: of all characters with this confidence just this share is right. */
  readonly confidence: number;
}

interface Choice { readonly chars: readonly string[]; readonly weights: readonly number[] }
interface Confusion { readonly alike: Choice | null; readonly any: readonly string[]; readonly susceptibility: number }

const confusions = new Map<string, Confusion>([...DIGITS, ...LETTERS].map((char) => [char, confusionOf(char)]));

/** Letters are taken for letters and digits for digits: what is confused across, the grammar puts right by position. */
function confusionOf(char: string): Confusion {
  const any = [...(DIGITS.includes(char) ? DIGITS : LETTERS)].filter((other) => other !== char), alike = any.filter((other) => confusionCost(char, other) < 1);
  if (alike.length === 0) return { alike: null, any, susceptibility: WITHOUT_ALIKE };
  return { alike: { chars: alike, weights: alike.map((other) => 1 / confusionCost(char, other)) }, any, susceptibility: 1 };
}

/** Reads a text of letters and digits so that with probability `misread` at least one of its characters is wrong. */
export function readCharacters(text: string, misread: number, random: RandomNumbers): ReadCharacter[] {
  let susceptibility = 0;
  for (const char of text) susceptibility += confusions.get(char)?.susceptibility ?? 0;
  const errorOfMean = 1 - (1 - misread) ** (1 / text.length), characters: ReadCharacter[] = [];
  for (const char of text) characters.push(readCharacter(char, errorOfMean * text.length / susceptibility, random));
  return characters;
}

function readCharacter(char: string, errorOfSusceptible: number, random: RandomNumbers): ReadCharacter {
  const confusion = confusions.get(char) as Confusion, error = errorOfSusceptible * confusion.susceptibility;
  const doubted = Math.min(1, DOUBTED_ERRORS * error / DOUBTED_MEAN_ERROR), sureError = doubted < 1 ? Math.min(0.25, (1 - DOUBTED_ERRORS) * error / (1 - doubted)) : 0;
  const raw = random.happens(doubted) ? random.between(LEAST_DOUBTED, MOST_DOUBTED) : 1 - 2 * sureError * random.next();
  const confidence = Math.round(raw * 1e5) / 1e5, right = random.happens(confidence);
  // A sure and right character needs no second choice, and most are.
  if (right && confidence > WORTH_A_SECOND_CHOICE) return { char, other: char, confidence };
  const other = mistakenFor(confusion, random);
  return right ? { char, other, confidence } : { char: other, other: char, confidence };
}

/** Above it a reader gives no second choice. */
export const WORTH_A_SECOND_CHOICE = 0.99;

function mistakenFor({ alike, any }: Confusion, random: RandomNumbers): string {
  return alike !== null && random.happens(ALIKE) ? alike.chars[random.weighted(alike.weights)] as string : random.pick(any);
}
