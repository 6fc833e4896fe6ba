import type { Read } from './frame-read.ts';
import { shapeOf } from './plate-layout.ts';
import type { PlateText } from './plate-reader.ts';

/** How likely it is that a text read in a scene is a registration plate and not a shop sign, a badge or a phone number, 0..1. */
export function plateLikelihood(read: Read, text: PlateText): number {
  const length = text.text.length;
  if (length < 4 || length > 10 || !/\d/.test(text.text)) return 0;
  const shape = shapeOf(text.text), weakest = Math.min(...text.characters.map((c) => c.confidence));
  if (shape < 0.6) return 0;
  return read.confidence * (weakest > 0.3 ? 1 : 0.5) * (shape >= 0.9 ? 1.6 : 0.8);
}
