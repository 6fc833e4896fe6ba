import { parsePlate } from '../plate/parse.ts';
import { writeMark } from '../plate/written-form.ts';
import type { PlateCues, PlateParse } from '../plate/mark.ts';
import type { PlateRead } from './observation.ts';

/** Cues of which a plate has one. */
const SINGLE_CUES = ['jurisdiction', 'ground', 'leftBand', 'lines', 'raisedYear', 'lettersLength'] as const;

interface WeightedRead {
  readonly read: PlateRead;
  readonly weight: number;
}

/**
 * The parse of a voted text. The jurisdiction rests on what all reads saw around the mark: a green band seen in most frames outweighs
 * the frame that missed it. Where no read carries such cues, the parse of the strongest read of this very text is used.
 */
export function parseOfVote(text: string, reads: readonly WeightedRead[]): PlateParse {
  const cues = commonCues(reads);
  if (cues !== null) return parsePlate(text, cues);
  const same = reads.filter((r) => r.read.text === text);
  return same.length > 0 ? same.reduce((a, b) => (b.weight > a.weight ? b : a)).read.parse : parsePlate(text);
}

/** The candidates of a parse in written form, likeliest first; none unless it is a mark. */
export function writtenCandidates(parse: PlateParse): string[] {
  return parse.kind === 'mark' ? [...new Set(parse.candidates.map((c) => writeMark(c.mark)))] : [];
}

/** Every cue by weighted majority among the reads that have it; words are kept when a quarter of the weight saw them. */
function commonCues(reads: readonly WeightedRead[]): PlateCues | null {
  const seen = reads.flatMap(({ read, weight }) => (read.cues === undefined ? [] : [{ cues: read.cues, weight }]));
  if (seen.length === 0) return null;
  const total = seen.reduce((sum, s) => sum + s.weight, 0),
    words = new Map<string, number>();
  for (const { cues, weight } of seen) for (const word of new Set(cues.words)) words.set(word, (words.get(word) ?? 0) + weight);
  const most = <K extends keyof PlateCues>(name: K): PlateCues[K] | undefined => {
    const votes = new Map<PlateCues[K], number>();
    for (const { cues, weight } of seen)
      if (cues[name] !== undefined && cues[name] !== null) votes.set(cues[name], (votes.get(cues[name]) ?? 0) + weight);
    return [...votes].toSorted((a, b) => b[1] - a[1] || (String(a[0]) < String(b[0]) ? -1 : 1))[0]?.[0];
  };
  const cues: { -readonly [K in keyof PlateCues]?: PlateCues[K] } = {
    words: [...words]
      .filter(([, weight]) => weight >= total / 4)
      .map(([word]) => word)
      .toSorted(),
  };
  const settle = <K extends keyof PlateCues>(name: K): void => {
    const value = most(name);
    if (value !== undefined) cues[name] = value;
  };
  for (const name of SINGLE_CUES) settle(name);
  // Readers that looked for a raised year and saw none in any frame say something: the number's first digits are no year.
  if (cues.raisedYear === undefined && seen.some((s) => s.cues.raisedYear === null)) cues.raisedYear = null;
  return cues as PlateCues;
}
