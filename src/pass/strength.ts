import type { PlateRead } from './observation.ts';

/** What a read without a measured sharpness counts as: neither for it nor against it. */
const USUAL_SHARPNESS = 0.5;
/** A read from mere blur keeps this share of the weight of a usual one: blurred reads that agree still say something. */
const LEAST_CLARITY = 0.2;

/** How much of the plate there is to read: its area in pixels times its sharpness, 1 for the usual one. */
export function legibility({ box, sharpness = USUAL_SHARPNESS }: PlateRead): number {
  return Math.max(1, box.width * box.height) * (LEAST_CLARITY + ((1 - LEAST_CLARITY) * Math.min(1, Math.max(0, sharpness))) / USUAL_SHARPNESS);
}

/** Weight of a read: confidence times legibility. */
export function strength(read: PlateRead): number {
  return read.confidence * legibility(read);
}
