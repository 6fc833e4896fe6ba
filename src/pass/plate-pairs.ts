import { centreOf } from './box.ts';
import { movementOf } from './movement.ts';
import type { PlateBox } from './pass.ts';
import type { PlateTrack } from './plate-track.ts';
import { isSameText } from './same-vehicle.ts';

/** A vehicle is as wide and as high as this in widths of its larger plate: a lorry of 2.5 m by 3 m with a plate of 0.5 m. */
const WIDE = 4, HIGH = 6;
/** Two plates of different texts are one under the other, or nearly: vehicles side by side are farther apart. */
const BESIDE = 2.5;
/** Frames with both, and how much larger (logarithm) the vehicle must have become meanwhile, before anything can be said of their distance. */
const LEAST_FRAMES = 4, LEAST_GROWTH = 0.3;
/**
 * Between two plates of one vehicle the distance in plate widths stays the same; between two vehicles, one d metres before the camera and
 * the other e metres behind it, it grows with the plate, as log(width) times d/(d + e): 0.7 for 15 m and 6 m.
 */
const RIGID_SLOPE = 0.35;
/** Two plates that are each read surely, and otherwise, are of one vehicle only if the one is seldom seen without the other. */
const MOSTLY = 0.5;
/** A sign or a lamp read as a plate stays within this many widths of the plate. */
const NEXT_TO = 2.5, ABOVE = 3;

/** Sums over the frames that show both plates: t seconds since the first, x the logarithm of the larger one's width, y that of their distance in its widths. */
interface Together {
  readonly since: number;
  frames: number;
  t: number; x: number; y: number; tt: number; tx: number; ty: number; xx: number; xy: number; yy: number;
  last: number;
  /** They were farther apart than one vehicle is large. */
  apart: boolean;
  beside: boolean;
  nextTo: boolean;
}

/** Which plates in view are carried by one vehicle. */
export class PlatePairs {
  readonly #pairs = new Map<string, Together>();

  /** Notes two plates of one frame. */
  see(at: number, a: PlateTrack, boxA: PlateBox, b: PlateTrack, boxB: PlateBox): void {
    const key = keyOf(a, b), known = this.#pairs.get(key) ?? { since: at, frames: 0, t: 0, x: 0, y: 0, tt: 0, tx: 0, ty: 0, xx: 0, xy: 0, yy: 0, last: 0, apart: false, beside: true, nextTo: true };
    const w = Math.max(1, boxA.width, boxB.width), ca = centreOf(boxA), cb = centreOf(boxB), dx = Math.abs(ca.x - cb.x) / w, dy = Math.abs(ca.y - cb.y) / w;
    const t = (at - known.since) / 1000, x = Math.log(w), y = Math.log(Math.max(0.1, Math.hypot(dx, dy)));
    known.frames += 1;
    known.last = Math.max(known.last, t);
    for (const [name, term] of [['t', t], ['x', x], ['y', y], ['tt', t * t], ['tx', t * x], ['ty', t * y], ['xx', x * x], ['xy', x * y], ['yy', y * y]] as const) known[name] += term;
    known.apart ||= dx > WIDE || dy > HIGH;
    known.beside &&= dx <= BESIDE;
    known.nextTo &&= dx <= NEXT_TO && dy <= ABOVE;
    this.#pairs.set(key, known);
  }

  met(a: PlateTrack, b: PlateTrack): boolean {
    return this.#pairs.has(keyOf(a, b));
  }

  /** Both are on one vehicle. */
  areOne(a: PlateTrack, b: PlateTrack): boolean {
    const together = this.#pairs.get(keyOf(a, b));
    if (together === undefined || together.apart) return false;
    const slope = slopeOf(together);
    if (isSameText(a.leading.read, b.leading.read)) return slope === null || slope.value - 2 * slope.error < RIGID_SLOPE;
    if (isMisread(a, b, together) || isMisread(b, a, together)) return true;
    return together.beside && slope !== null && slope.value + 2 * slope.error < RIGID_SLOPE && !goApart(a, b, together);
  }

  forget(track: PlateTrack): void {
    for (const key of this.#pairs.keys()) if (key.startsWith(`${track.id} `) || key.endsWith(` ${track.id}`)) this.#pairs.delete(key);
  }
}

/** Two vehicles by what was read surely of both: they drive opposite ways, or met only for a part of their time. */
function goApart(a: PlateTrack, b: PlateTrack, { frames }: Together): boolean {
  if (a.first === null || b.first === null) return false;
  const ways = new Set([a, b].map((track) => movementOf(track.trail.places)));
  return (ways.has('towards') && ways.has('away')) || frames < MOSTLY * Math.min(a.count, b.count);
}

/** Something beside a plate that never gave a sure read and was never seen without it. */
function isMisread(a: PlateTrack, b: PlateTrack, { frames, nextTo }: Together): boolean {
  return nextTo && a.first === null && b.first !== null && frames === a.count && a.count < LEAST_FRAMES;
}

/**
 * How the distance changes with the size, and the standard error of that; null: too little was seen. Time is the instrument (covariance with
 * time of the one over that of the other), because the size's own noise is in both and would make every pair look rigid.
 */
function slopeOf({ frames: n, t, x, y, tt, tx, ty, xx, xy, yy, last }: Together): { value: number; error: number } | null {
  const stt = tt - (t * t) / n, stx = tx - (t * x) / n, sty = ty - (t * y) / n, sxx = xx - (x * x) / n, sxy = xy - (x * y) / n, syy = yy - (y * y) / n;
  if (n < LEAST_FRAMES || stt <= 0 || Math.abs(stx / stt) * last < LEAST_GROWTH) return null;
  const value = sty / stx, rest = Math.max(0, syy - 2 * value * sxy + value * value * sxx);
  return { value, error: Math.sqrt((rest / (n - 2)) * stt) / Math.abs(stx) };
}

function keyOf(a: PlateTrack, b: PlateTrack): string {
  return a.id < b.id ? `${a.id} ${b.id}` : `${b.id} ${a.id}`;
}
