import type { VotedCharacter } from '../pass/pass.ts';

/**
 * Characters with their confidences as one short text: `LEA1234 9984,9971,…`, in ten-thousandths. A tenth of what their JSON takes, on every
 * row of the largest table. Only certainty is written as certainty: 0.99999 stays below 1, because a score rests on what is left. null: there are none.
 */
export function writeReading(characters: readonly VotedCharacter[]): string | null {
  if (characters.length === 0) return null;
  return `${characters.map((c) => c.char).join('')} ${characters.map((c) => inTenThousandths(c.confidence)).join()}`;
}

const SCALE = 10_000;

function inTenThousandths(confidence: number): number {
  return confidence >= 1 ? SCALE : Math.min(SCALE - 1, Math.round(confidence * SCALE));
}

export function readReading(reading: string | null): VotedCharacter[] {
  if (reading === null) return [];
  const cut = reading.lastIndexOf(' '), confidences = reading.slice(cut + 1).split(',');
  return Array.from(reading.slice(0, cut), (char, i) => ({ char, confidence: Number(confidences[i] ?? 0) / SCALE }));
}
