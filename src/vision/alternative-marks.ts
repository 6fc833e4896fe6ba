import { parsePlate } from '../plate/parse.ts';
import { writeMark } from '../plate/written-form.ts';
import type { Read } from './frame-read.ts';

export interface AlternativeMark { readonly mark: string; readonly confidence: number }

/** Less likely than this is noise to a reader of the record. */
const leastConfidence = 0.005, most = 5;

/**
 * Marks that the plate could bear instead, likeliest first: the read with one character exchanged for that character's alternative, each
 * with the probability of the whole text. Only texts that parse as a mark are given.
 */
export function alternativesOf(read: Pick<Read, 'text' | 'confidence' | 'characters'>): AlternativeMark[] {
  const exchanged = read.characters.flatMap((character, i) => character.alternatives.map((other) => ({
    text: read.text.slice(0, i) + other.char + read.text.slice(i + 1),
    confidence: (read.confidence * other.confidence) / Math.max(character.confidence, 1e-6),
  })));
  const likeliest = exchanged.filter((e) => e.confidence >= leastConfidence).sort((a, b) => b.confidence - a.confidence);
  // Two texts may be one mark (an O that stands for a zero): its first, likeliest one counts, and the read itself is no alternative.
  const marks = new Map<string, AlternativeMark>(), itself = writtenMark(read.text);
  for (const { text, confidence } of likeliest) {
    const mark = writtenMark(text);
    if (mark === null || mark === itself || marks.has(mark) || marks.size === most) continue;
    marks.set(mark, { mark, confidence: Math.round(confidence * 1000) / 1000 });
  }
  return [...marks.values()];
}

function writtenMark(text: string): string | null {
  const parse = parsePlate(text);
  return parse.kind === 'mark' ? writeMark(parse.candidates[0].mark) : null;
}
