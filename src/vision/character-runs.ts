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
 * Prices, in natural-log units, of what a mark does along its characters. Marks are written in runs: letters, then digits, seldom a letter
 * at the end. A run is cheap where a part ends and dear inside one, so that 0/O and 1/I fall by their place; a clearly seen character
 * still wins over its place, which keeps fancy plates as they are.
 */
const price = { startDigit: 0.7, toDigit: 0.2, toDigitNewPart: 0, toLetter: 3, toLetterNewPart: 1.2 };

/** Characters of a mark with the probability that each is right, given the glyphs around it (forward-backward over letter/digit runs). */
export function charactersOf(evidence: readonly CharacterEvidence[]): CharacterRead[] {
  const smoothed = evidence.map((e) => withTwins(e.probabilities));
  const mass = smoothed.map((p) => [sum(p, digitCount, alphabet.length), sum(p, 0, digitCount)] as const);
  const states = posteriorStates(mass, evidence);
  return smoothed.map((probabilities, i) => {
    const [letters, digits] = states[i]!;
    const seen = Math.min(1, evidence[i]!.probabilities.reduce((a, b) => a + b, 0));
    const weighted = [...probabilities].map((p, index) => ({
      char: alphabet[index]!, confidence: seen * (index < digitCount ? (digits * p) / Math.max(1e-9, mass[i]![1]) : (letters * p) / Math.max(1e-9, mass[i]![0])),
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

function posteriorStates(mass: readonly Pair[], evidence: readonly CharacterEvidence[]): Pair[] {
  const step = (newPart: boolean): { toDigit: number; toLetter: number } => ({
    toDigit: Math.exp(-(newPart ? price.toDigitNewPart : price.toDigit)), toLetter: Math.exp(-(newPart ? price.toLetterNewPart : price.toLetter)),
  });
  const forward: Pair[] = [], backward: Pair[] = [];
  mass.forEach(([l, d], i) => {
    const before = forward[i - 1], { toDigit, toLetter } = step(evidence[i]!.newPart);
    const next: Pair = before === undefined ? [l, d * Math.exp(-price.startDigit)] : [(before[0] + before[1] * toLetter) * l, (before[0] * toDigit + before[1]) * d];
    forward.push(normal(next));
  });
  for (let i = mass.length - 1; i >= 0; i--) {
    const after = backward[0];
    if (after === undefined) { backward.unshift([1, 1]); continue; }
    const [l, d] = mass[i + 1]!, { toDigit, toLetter } = step(evidence[i + 1]!.newPart);
    backward.unshift(normal([after[0] * l + after[1] * d * toDigit, after[0] * l * toLetter + after[1] * d]));
  }
  return forward.map(([l, d], i) => normal([l * backward[i]![0], d * backward[i]![1]]));
}

function normal([l, d]: Pair): Pair {
  const total = l + d;
  return total > 0 ? [l / total, d / total] : [0.5, 0.5];
}

function sum(values: Float32Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) total += values[i]!;
  return total;
}
