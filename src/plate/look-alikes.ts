/**
 * Characters that stand for one another whatever the font: readers swap them freely, so they count as one in a `skeleton`.
 * The first of each class represents it.
 */
export const HARD_CLASSES = ['0ODQ', '1I', '2Z', '5S', '8B', '6G'] as const;

/** The letter that a digit is resolved to in a letter's position, and back. Only these six pairs are ever resolved by position. */
export const DIGIT_TO_LETTER: Readonly<Record<string, string>> = { 0: 'O', 1: 'I', 2: 'Z', 5: 'S', 8: 'B', 6: 'G' };
export const LETTER_TO_DIGIT: Readonly<Record<string, string>> = { O: '0', I: '1', Z: '2', S: '5', B: '8', G: '6' };

const HARD_COST = 0.1;
// Pairs from the vendors' and the academic lists: confused in blur, seldom in a sharp picture.
const EXTRA_COST = 0.4;
const EXTRA_PAIRS = ['38', '4A', '49', '71', '7T', 'PR', 'PF', 'CG', 'KX', 'EF', 'VW', 'VU', 'VY', 'MN', 'HN', 'JU', 'L1'];
// Punjab's narrow pressed font: a zero with a cut against 8, Q against O and 0, B against 8.
const PUNJAB_FONT_COST = 0.25;
const PUNJAB_FONT_PAIRS = ['08', 'O8', '68', '17', 'UY', 'NW', 'MW'];

const costs = new Map<string, number>();
function enter(pair: string, cost: number): void {
  for (const key of [pair.charAt(0) + pair.charAt(1), pair.charAt(1) + pair.charAt(0)]) if (!costs.has(key)) costs.set(key, cost);
}
for (const hard of HARD_CLASSES) for (const a of hard) for (const b of hard) if (a !== b) enter(a + b, HARD_COST);
for (const pair of PUNJAB_FONT_PAIRS) enter(pair, PUNJAB_FONT_COST);
for (const pair of EXTRA_PAIRS) enter(pair, EXTRA_COST);

const representative = new Map<string, string>();
for (const hard of HARD_CLASSES) for (const char of hard) representative.set(char, hard.charAt(0));

/** The hard class' representative of a character, or the character itself. */
export const folded = (char: string): string => representative.get(char) ?? char;

/** Cost of reading one character for another: 0 the same, 0.1 within a hard class, 1 nothing alike. */
export const confusionCost = (a: string, b: string): number => (a === b ? 0 : costs.get(a + b) ?? 1);

/** A raised "11" with a mounting bolt on it looks like H, so one H may stand for two ones at this cost. */
export const BOLTED_ELEVEN_COST = 0.4;

/** `hard`: the classes above; `wide`: also the pairs of worn and blurred plates and of Punjab's font. */
export type LookAlikeGroup = 'hard' | 'wide';

const partners: Readonly<Record<LookAlikeGroup, ReadonlyMap<string, string>>> = { hard: partnersUpTo(HARD_COST), wide: partnersUpTo(EXTRA_COST) };

function partnersUpTo(most: number): Map<string, string> {
  const of = new Map<string, string>();
  for (const [pair, cost] of costs) if (cost <= most) of.set(pair.charAt(0), (of.get(pair.charAt(0)) ?? '') + pair.charAt(1));
  return of;
}

/** The other characters that may stand for this one, as one text; '' where none looks like it. Symmetric, not transitive: 1 and 7, 7 and T, not 1 and T. */
export const lookAlikesOf = (char: string, group: LookAlikeGroup): string => partners[group].get(char) ?? '';

const family = new Map<string, string>();
for (const pair of costs.keys()) joinFamilies(pair.charAt(0), pair.charAt(1));

/** All characters that a chain of look-alikes joins are one family, named by the first of them in the alphabet. */
function joinFamilies(a: string, b: string): void {
  const one = family.get(a) ?? a, other = family.get(b) ?? b, name = one < other ? one : other;
  for (const [char, of] of family) if (of === one || of === other) family.set(char, name);
  family.set(a, name).set(b, name);
}

/** The name of a character's family: two characters that look alike, hard or wide, always have the same; two of one family need not look alike (1 and T). */
export const familyOf = (char: string): string => family.get(char) ?? char;
