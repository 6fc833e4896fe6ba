import type { Point } from '../../src/vision/picture.ts';

/** A place over the road in metres: right of its middle, above it, away from the foot of the camera's pole. */
export type Place = readonly [across: number, up: number, away: number];

/** Width of a car's plate, metres. */
export const CAR_PLATE_M = 0.325;
/** Height of the camera and the distance at which a plate is `nearPlatePx` wide: a pole or gantry at a city's boundary. */
const HEIGHT_M = 5, NEAR_M = 16;
/** A plate hangs about so high. */
const PLATE_HEIGHT_M = 0.6;
/** Nothing is drawn nearer to the camera's plane than this, nor farther along the road. */
const NEAREST_M = 2, FARTHEST_M = 140;

/** A fixed camera over a straight road that it looks along: a pinhole, tilted downwards. */
export interface RoadCamera {
  readonly width: number;
  readonly height: number;
  /** Metres along the road at which the lower edge of the picture meets the ground, and the upper edge (at most 140). */
  readonly bottomM: number;
  readonly topM: number;
  /** Row of the horizon; above 0 it stands in the picture. */
  readonly horizon: number;
  project(place: Place): Point;
  /** Pixels of a metre across the road at a distance. */
  pixelsPerMetre(away: number): number;
}

/** The camera in whose picture (pixels) a car's plate is `nearPlatePx` wide just before it leaves by the lower edge. */
export function roadCamera(width: number, height: number, nearPlatePx: number): RoadCamera {
  const reach = Math.hypot(NEAR_M, HEIGHT_M - PLATE_HEIGHT_M), focal = (nearPlatePx * reach) / CAR_PLATE_M;
  const tilt = Math.atan((HEIGHT_M - PLATE_HEIGHT_M) / NEAR_M) - Math.atan((0.42 * height) / focal), sin = Math.sin(tilt), cos = Math.cos(tilt);
  const depth = (up: number, away: number): number => (HEIGHT_M - up) * sin + Math.max(NEAREST_M, away) * cos;
  const groundAt = (row: number): number => {
    const down = tilt + Math.atan((row - height / 2) / focal);
    return down <= 0 ? FARTHEST_M : Math.min(FARTHEST_M, HEIGHT_M / Math.tan(down));
  };
  return {
    width, height, bottomM: groundAt(height), topM: groundAt(0), horizon: height / 2 - focal * Math.tan(tilt),
    project: ([across, up, away]) => {
      const z = depth(up, away), rise = (up - HEIGHT_M) * cos + Math.max(NEAREST_M, away) * sin;
      return [width / 2 + (focal * across) / z, height / 2 - (focal * rise) / z];
    },
    pixelsPerMetre: (away) => focal / depth(PLATE_HEIGHT_M, away),
  };
}
