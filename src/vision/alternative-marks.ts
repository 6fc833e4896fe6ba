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
  const marks = exchanged.filter((e) => e.confidence >= leastConfidence).sort((a, b) => b.confidence - a.confidence).slice(0, most);
  return marks.flatMap(({ text, confidence }) => {
    const parse = parsePlate(text);
    return parse.kind === 'mark' ? [{ mark: writeMark(parse.candidates[0].mark), confidence: Math.round(confidence * 1000) / 1000 }] : [];
  });
}
