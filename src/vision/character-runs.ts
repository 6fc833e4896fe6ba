import { alphabet, digitCount } from './alphabet.ts';
import type { CharacterRead } from './plate-reader.ts';

/** Evidence for one character of a mark, in reading order. */
export interface CharacterEvidence {
  /** Over `alphabet`. Sums to at most 1; what is missing is the chance that no character of a plate stands here. */
  readonly probabilities: Float32Array;
  /** A new part begins here: a separator stands before it, or a new line starts. */
  readonly newPart: boolean;
}

/**
 * How often one glyph is the other on plates: the shapes are the same or nearly so in the fonts in use, whatever a general recogniser
 * believes. (evidence-of, could-be, share). The shares are by eye, from the confusion classes of plate literature; none was fitted.
 */
const twins: readonly (readonly [string, string, number])[] = [
  ['O', '0', 0.2], ['0', 'O', 0.2], ['Q', '0', 0.05], ['D', '0', 0.02], ['0', 'D', 0.01], ['I', '1', 0.2], ['1', 'I', 0.2], ['L', '1', 0.01], ['Z', '2', 0.03], ['2', 'Z', 0.03],
  ['S', '5', 0.03], ['5', 'S', 0.03], ['B', '8', 0.03], ['8', 'B', 0.03], ['G', '6', 0.03], ['6', 'G', 0.03], ['T', '7', 0.01], ['A', '4', 0.01], ['4', 'A', 0.01], ['U', '0', 0.005],
];
const twinIndices = twins.map(([from, to, share]) => [alphabet.indexOf(from), alphabet.indexOf(to), share] as const);

/**
 * Prices, in natural-log units, of what a mark does along its characters. Marks are written in runs: one to three letters, then digits,
 * seldom a letter at the end. A change is cheap where a part ends and dear inside one, so that 0/O and 1/I fall by their place; a clearly
 * seen character still wins over its place, which keeps fancy plates and words as they are.
 */
const price = { startDigit: 0.7, toDigit: 0.2, toDigitNewPart: 0, letterNewPart: 2.5, toLetter: 3, toLetterNewPart: 1.2, fourthLetter: 1.5 };

/** Nth letter of a run (the last state stands for all later ones), or a digit. */
const states = ['first letter', 'second letter', 'third letter', 'later letter', 'digit'] as const;
const digit = states.length - 1, laterLetter = digit - 1;

/** Characters of a mark with the probability that each is right, given the glyphs around it (forward-backward over letter/digit runs). */
export function charactersOf(evidence: readonly CharacterEvidence[]): CharacterRead[] {
  const smoothed = evidence.map((e) => withTwins(e.probabilities));
  const mass = smoothed.map((p) => [sum(p, digitCount, alphabet.length), sum(p, 0, digitCount)] as const);
  const digits = digitPosteriors(mass, evidence);
  return smoothed.map((probabilities, i) => {
    const seen = Math.min(1, evidence[i]!.probabilities.reduce((a, b) => a + b, 0));
    const weighted = [...probabilities].map((p, index) => ({
      char: alphabet[index]!, confidence: seen * (index < digitCount ? (digits[i]! * p) / Math.max(1e-9, mass[i]![1]) : ((1 - digits[i]!) * p) / Math.max(1e-9, mass[i]![0])),
    }));
    weighted.sort((a, b) => b.confidence - a.confidence);
    const [first, ...others] = weighted;
    return { ...first!, alternatives: others.slice(0, 3).filter((o) => o.confidence >= 0.005) };
  });
}

function withTwins(probabilities: Float32Array): Float32Array {
  const out = Float32Array.from(probabilities);
  for (const [from, to, share] of twinIndices) out[to] = Math.max(out[to]!, probabilities[from]! * share);
  return out;
}

type Pair = readonly [letters: number, digits: number];

/** Forward-backward: the probability that each character is a digit, given all of them. */
function digitPosteriors(mass: readonly Pair[], evidence: readonly CharacterEvidence[]): number[] {
  const forward: number[][] = [], backward: number[][] = [], seen = (i: number, state: number): number => mass[i]![state === digit ? 1 : 0];
  for (let i = 0; i < mass.length; i++) {
    const before = forward[i - 1];
    forward.push(normal(states.map((_, to) => seen(i, to) * (before === undefined ? startOf(to) : sumOver((from) => before[from]! * stepOf(from, to, evidence[i]!.newPart))))));
  }
  for (let i = mass.length - 1; i >= 0; i--) {
    const after = backward[0];
    backward.unshift(normal(states.map((_, from) => (after === undefined ? 1 : sumOver((to) => stepOf(from, to, evidence[i + 1]!.newPart) * seen(i + 1, to) * after[to]!)))));
  }
  return forward.map((f, i) => normal(f.map((value, state) => value * backward[i]![state]!))[digit]!);
}

function startOf(state: number): number {
  return state === 0 ? 1 : state === digit ? Math.exp(-price.startDigit) : 0;
}

function stepOf(from: number, to: number, newPart: boolean): number {
  if (to === digit) return from === digit ? 1 : Math.exp(-(newPart ? price.toDigitNewPart : price.toDigit));
  if (from === digit) return to === 0 ? Math.exp(-(newPart ? price.toLetterNewPart : price.toLetter)) : 0;
  const goesOn = to === Math.min(from + 1, laterLetter);
  return goesOn ? Math.exp(-(newPart ? price.letterNewPart : 0) - (from < laterLetter && to === laterLetter ? price.fourthLetter : 0)) : 0;
}

function sumOver(term: (state: number) => number): number {
  let total = 0;
  for (let state = 0; state < states.length; state++) total += term(state);
  return total;
}

function normal(values: readonly number[]): number[] {
  const total = values.reduce((a, b) => a + b, 0);
  return values.map((v) => (total > 0 ? v / total : 1 / values.length));
}

function sum(values: Float32Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) total += values[i]!;
  return total;
}
