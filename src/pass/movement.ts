import { centreOf } from './box.ts';
import type { Movement } from './pass.ts';
import type { Place } from './plate-motion.ts';

/** What one box is off, at least: logarithm of the width, and widths of the plate. Better than this no detector is. */
const SIZE_NOISE = 0.07;
const PLACE_NOISE = 0.15;
/** Less change than this is none, however steady: a plate that a swaying pole moves. */
const LEAST_GROWTH = 0.12;
const LEAST_FALL = 1;
/** Standard deviations between a movement and none. */
const SURE = 3;

/**
 * Which way a vehicle went, by where its plate was. What comes nearer grows, and, as cameras hang above plates, moves down in the picture.
 * Each is a slope over time (Theil and Sen: the median of all pairs, so that single bad boxes count nothing); one must be three standard
 * errors from none, and the other must not say the opposite.
 */
export function movementOf(places: readonly Place[]): Movement {
  const widths = places.map((p) => Math.max(1, p.box.width)), middle = median(widths);
  const growth = verdict(places, (p) => Math.log(Math.max(1, p.box.width)), SIZE_NOISE, LEAST_GROWTH), fall = verdict(places, (p) => centreOf(p.box).y / middle, PLACE_NOISE, LEAST_FALL);
  const sum = Math.sign(growth + fall);
  if (sum === 0 || growth * fall < 0) return 'unknown';
  return sum > 0 ? 'towards' : 'away';
}

/** 1 it rises, -1 it falls, 0 nobody can tell. */
function verdict(places: readonly Place[], of: (place: Place) => number, noise: number, least: number): -1 | 0 | 1 {
  const first = places[0], last = places.at(-1);
  if (first === undefined || last === undefined || last.at === first.at) return 0;
  const points = places.map((p) => ({ t: (p.at - first.at) / (last.at - first.at), value: of(p) }));
  const slope = median(points.flatMap((a, i) => points.slice(i + 1).flatMap((b) => (b.t > a.t ? [(b.value - a.value) / (b.t - a.t)] : []))));
  const level = median(points.map((p) => p.value - slope * p.t)), off = median(points.map((p) => Math.abs(p.value - slope * p.t - level)));
  const mean = points.reduce((sum, p) => sum + p.t, 0) / points.length, spread = points.reduce((sum, p) => sum + (p.t - mean) ** 2, 0);
  // 1.48 times the median of what is off is a standard deviation.
  const error = Math.max(noise, 1.48 * off) / Math.sqrt(spread);
  if (Math.abs(slope) < least || Math.abs(slope) < SURE * error) return 0;
  return slope > 0 ? 1 : -1;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[half] as number) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}
