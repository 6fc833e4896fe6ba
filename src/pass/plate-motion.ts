import { centreOf } from './box.ts';
import type { PlateBox } from './pass.ts';

/** Where a plate was at one time. */
export interface Place { readonly at: number; readonly box: PlateBox }

/** How well a place fits to a motion: the natural logarithm of how much likelier it is there than anywhere in the picture; and how far off, in standard deviations. */
export interface Fit { readonly evidence: number; readonly distance: number }

/** A value and its rate, with their covariance: one dimension of a Kalman filter. Seconds. */
interface Rate { value: number; rate: number; vv: number; vr: number; rr: number }

/** Boxes of one plate jump by this share of its width from frame to frame, and their size by this share. */
const PLACE_NOISE = 0.1;
const SIZE_NOISE = 0.08;
/** What a plate does before it was seen twice: up to 27 widths a second at 120 km/h, 15 m before a camera on a 5 m pole. */
const FIRST_RATE = 12;
const FIRST_GROWTH = 1;
/** Braking and steering, 4 m/s² at a plate of 0.4 m: widths a second, every second; and the same for growth. */
const JERK = 10;
const GROWTH_JERK = 0.8;
/** Least and greatest growth that one step may be predicted to bring; beyond it the vehicle is out of view. */
const MOST_GROWTH = 3;
/** Plates of one camera differ in size by this factor, as a logarithm. */
const SIZES = 1.5;
/** A misfit is never held for surer than this: a box may be cut by the edge of the picture. */
const WORST_FIT = -9;

/**
 * Constant velocity on the road as a camera sees it: the size of a plate is the inverse of its distance, so that a plate which grows by g a second
 * is after t seconds 1/(1 - g·t) times as large, and its centre goes by velocity·t times as much. One Kalman filter each for x, y and the
 * logarithm of the size.
 */
export class PlateMotion {
  readonly #x: Rate;
  readonly #y: Rate;
  readonly #size: Rate;
  #at: number;

  constructor({ at, box }: Place) {
    const { x, y } = centreOf(box), w = Math.max(1, box.width);
    const centre = (value: number): Rate => ({ value, rate: 0, vv: (PLACE_NOISE * w) ** 2, vr: 0, rr: (FIRST_RATE * w) ** 2 });
    this.#x = centre(x);
    this.#y = centre(y);
    this.#size = { value: logSize(box), rate: 0, vv: SIZE_NOISE ** 2, vr: 0, rr: FIRST_GROWTH ** 2 };
    this.#at = at;
  }

  /** The motion along places in their order, which may be that of time or against it. Throws without any. */
  static along(places: readonly Place[]): PlateMotion {
    const [first, ...rest] = places;
    if (first === undefined) throw new RangeError('a motion needs one place at least');
    const motion = new PlateMotion(first);
    for (const place of rest) motion.take(place);
    return motion;
  }

  /** Takes in where the plate was seen next. */
  take(place: Place): void {
    const [x, y, size] = this.#predicted(place.at), { x: cx, y: cy } = centreOf(place.box), noise = (PLACE_NOISE * Math.max(1, place.box.width)) ** 2;
    Object.assign(this.#x, corrected(x, cx, noise));
    Object.assign(this.#y, corrected(y, cy, noise));
    Object.assign(this.#size, corrected(size, logSize(place.box), SIZE_NOISE ** 2));
    this.#at = place.at;
  }

  /** Where the plate would be at a time, in the shape of an upright box twice as wide as high. */
  expected(at: number): PlateBox {
    const [x, y, size] = this.#predicted(at), width = Math.exp(size.value);
    return { x: x.value - width / 2, y: y.value - width / 4, width, height: width / 2 };
  }

  /** How well a place fits, in a picture of so many square pixels. */
  fit(place: Place, pictureArea: number): Fit {
    const [x, y, size] = this.#predicted(place.at), { x: cx, y: cy } = centreOf(place.box), noise = (PLACE_NOISE * Math.max(1, place.box.width)) ** 2;
    const sx = x.vv + noise, sy = y.vv + noise, ss = size.vv + SIZE_NOISE ** 2;
    const squared = (cx - x.value) ** 2 / sx + (cy - y.value) ** 2 / sy + (logSize(place.box) - size.value) ** 2 / ss;
    const here = Math.log(pictureArea / (2 * Math.PI * Math.sqrt(sx * sy))) + Math.log(SIZES / Math.sqrt(2 * Math.PI * ss));
    return { evidence: Math.max(WORST_FIT, here - squared / 2), distance: Math.sqrt(squared) };
  }

  #predicted(at: number): [Rate, Rate, Rate] {
    const along = (at - this.#at) / 1000, t = Math.abs(along);
    const growth = clamp(1 / Math.max(1e-3, 1 - this.#size.rate * along), 1 / MOST_GROWTH, MOST_GROWTH);
    const w = Math.exp(this.#size.value), spread = growth * Math.sqrt(this.#size.rr) * t * t;
    const centre = ({ value, rate, vv, vr, rr }: Rate): Rate => {
      const step = along * growth, q = (JERK * w) ** 2;
      return {
        value: value + rate * step, rate: rate * growth * growth,
        vv: vv + 2 * step * vr + step * step * rr + (rate * spread) ** 2 + (q * t ** 4) / 4, vr: (vr + step * rr) * growth * growth + (q * t ** 3) / 2 * Math.sign(along), rr: rr * growth ** 4 + q * t * t,
      };
    };
    const { value, rate, vv, vr, rr } = this.#size, q = GROWTH_JERK ** 2;
    const size: Rate = { value: value + Math.log(growth), rate: rate * growth, vv: vv + 2 * along * vr + along * along * rr + (q * t ** 4) / 4, vr: vr + along * rr + (q * t ** 3) / 2 * Math.sign(along), rr: rr + q * t * t };
    return [centre(this.#x), centre(this.#y), size];
  }
}

function corrected(predicted: Rate, seen: number, noise: number): Rate {
  const total = predicted.vv + noise, k = predicted.vv / total, l = predicted.vr / total, off = seen - predicted.value;
  return { value: predicted.value + k * off, rate: predicted.rate + l * off, vv: (1 - k) * predicted.vv, vr: (1 - k) * predicted.vr, rr: predicted.rr - l * predicted.vr };
}

/** Width and height together, because an edge that is cut off shortens only one of them: the logarithm of a width at two to one. */
function logSize(box: PlateBox): number {
  return Math.log(Math.max(1, Math.sqrt(2 * box.width * box.height)));
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
