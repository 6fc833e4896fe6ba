import type { Read } from './frame-read.ts';
import { shapeOf } from './plate-layout.ts';

/**
 * Least mean belief in its characters (geometric mean) that a text of each kind needs to be reported as a plate. Chosen by looking at what
 * the reader gives on the plates and on everything else in pk-scenes, in-scenes and negatives of ../shared/plates: plates of a known shape
 * lie above 0.78, other text of the same shape seldom above 0.85.
 */
const least = { markShape: 0.75, shortMark: 0.98, appliedFor: 0.9, otherCountry: 0.85, mixed: 0.88 };

/**
 * Least mean belief in the characters of what a detector of plates found: less when it is sure of the plate, more for a text that few
 * plates bear (short, letters alone, digits alone), of which it must be sure too. What cannot be read at all helps nobody.
 */
const leastOnPlate = { sureDetection: 0.8, onSure: 0.45, onUnsure: 0.72, faintDetection: 0.5, onFaint: 0.8, unusual: 0.8 };

/**
 * Whether a text read in a scene is a registration plate rather than a shop sign, a badge, a date or a phone number. Doubt about a raised
 * year does not count here: a plate with an unread year is still a plate.
 */
export function looksLikePlate({ text, characters, parse, detection }: Pick<Read, 'text' | 'characters' | 'parse' | 'detection'>): boolean {
  const belief = meanBelief(characters.map((c) => c.confidence)), digits = text.replace(/\D/g, '').length;
  if (detection !== undefined) return isReadablePlate(detection, belief, text.length < 4 || digits === 0 || digits === text.length);
  if (parse.kind === 'applied-for' && digits === 0) return text.length >= 3 && belief >= least.appliedFor;
  if (text.length < 4 || text.length > 10 || digits === 0 || digits === text.length) return false;
  const shape = shapeOf(text);
  // Four characters are as often a badge ("C200", "A320") as a mark.
  if (shape === 1) return belief >= (text.length === 4 ? least.shortMark : least.markShape);
  if (shape >= 0.9) return belief >= least.otherCountry;
  return shape >= 0.6 && digits >= 2 && belief >= least.mixed;
}

function isReadablePlate(detection: number, belief: number, unusual: boolean): boolean {
  const sure = detection >= leastOnPlate.sureDetection;
  if (unusual) return sure && belief >= leastOnPlate.unusual;
  return belief >= (sure ? leastOnPlate.onSure : detection >= leastOnPlate.faintDetection ? leastOnPlate.onUnsure : leastOnPlate.onFaint);
}

function meanBelief(confidences: readonly number[]): number {
  if (confidences.length === 0) return 0;
  return Math.exp(confidences.reduce((sum, c) => sum + Math.log(Math.max(c, 1e-3)), 0) / confidences.length);
}
