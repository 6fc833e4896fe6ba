import { distance } from '@turf/turf';

/** Degrees WGS 84. */
export interface Place {
  readonly lat: number;
  readonly lon: number;
}

/**
 * turf measures on a sphere of the mean radius; on the WGS 84 ellipsoid the true distance can be up to 0.56 % shorter (north–south at the
 * equator). A bound that may accuse someone of an impossible trip must not rest on that half per cent.
 */
const SPHERE_SAFETY = 0.994;

/** Straight-line metres between two places on the mean sphere. */
export function straightLineMetres(a: Place, b: Place): number {
  return distance([a.lon, a.lat], [b.lon, b.lat], { units: 'meters' });
}

/**
 * Milliseconds below which no vehicle can have gone from `a` to `b` at `speedCapKmh`. Safe against false accusation: no road is shorter
 * than the straight line, the sphere's error is taken off, and so is `placeErrorMetres`, by which the distance between the two stated
 * places may be too long (for coordinates that were not surveyed: the sum of both places' errors). Throws RangeError for a cap that is not positive.
 */
export function leastTravelMs(a: Place, b: Place, speedCapKmh: number, placeErrorMetres = 0): number {
  if (!(speedCapKmh > 0)) throw new RangeError(`speed cap must be more than 0 km/h, got ${speedCapKmh}`);
  const sure = Math.max(0, straightLineMetres(a, b) * SPHERE_SAFETY - placeErrorMetres);
  return Math.floor((sure / (speedCapKmh / 3.6)) * 1000);
}
