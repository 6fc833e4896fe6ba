import { leastTravelMs, straightLineMetres, type Place } from '../geo/travel.ts';
import type { FastestTrips } from './link-times.ts';
import type { Sighting } from './journey.ts';

/** Where and when a camera saw something. */
export type Spot = Pick<Sighting, 'cameraId' | 'siteId' | 'capturedAt'>;

/** What no vehicle can do, and how well that is known. */
export interface TripRules {
  /** Where a sighting was; null when the register does not say. */
  readonly placeOf: (spot: Spot) => Place | null;
  /** What was learned of the links; null: only the straight line counts. */
  readonly fastest: FastestTrips | null;
  /** How wrong a camera's clock may be, milliseconds. Left out: `CLOCK_ERROR_MS` for all. */
  readonly clockErrorMs?: ((cameraId: string) => number) | undefined;
  /** By how much the distance between two stated places may be too long, metres (see `leastTravelMs`). */
  readonly placeErrorMetres?: number | undefined;
}

/** Faster than anybody drives between two cameras here, by the straight line. */
export const SPEED_CAP_KMH = 160;
/** A clock set by network time is within this; one that is known to be off by more accuses nobody. */
export const CLOCK_ERROR_MS = 5_000;
/** Crosstalk's rule for clones: earlier than the link's time less 15 %. Here of the fastest hundredth, not of the usual. */
const LEARNED_MARGIN = 0.85;

export type Bound = 'straight-line' | 'learned';

/** Two passes of one mark that one vehicle cannot have made. */
export interface ImpossibleTrip<S extends Spot = Sighting> {
  readonly first: S;
  readonly second: S;
  readonly metres: number;
  /** Between the two by the cameras' clocks. */
  readonly tookMs: number;
  /** What the trip takes at least. */
  readonly leastMs: number;
  readonly bound: Bound;
  /** Of both clocks together; already granted. */
  readonly clockErrorMs: number;
}

/** Why two sightings, the earlier first, cannot be of one vehicle; null where they can be, or where too little is known to say so. */
export function impossibleTrip<S extends Spot>(first: S, second: S, rules: TripRules): ImpossibleTrip<S> | null {
  if (first.siteId === null || second.siteId === null || first.siteId === second.siteId) return null;
  const a = rules.placeOf(first), b = rules.placeOf(second), clockOf = rules.clockErrorMs ?? (() => CLOCK_ERROR_MS);
  const errors = [clockOf(first.cameraId), clockOf(second.cameraId)] as const;
  if (a === null || b === null || errors.some((error) => error > CLOCK_ERROR_MS)) return null;
  const tookMs = second.capturedAt - first.capturedAt, clockErrorMs = errors[0] + errors[1];
  const straight = leastTravelMs(a, b, SPEED_CAP_KMH, rules.placeErrorMetres), learned = (rules.fastest?.fastestMs(first.siteId, second.siteId, first.capturedAt) ?? 0) * LEARNED_MARGIN;
  if (tookMs + clockErrorMs >= Math.max(straight, learned)) return null;
  // The straight line needs no learning, so it is the bound to name where it suffices.
  const bound: Bound = tookMs + clockErrorMs < straight ? 'straight-line' : 'learned';
  return { first, second, metres: Math.round(straightLineMetres(a, b)), tookMs, leastMs: Math.round(bound === 'straight-line' ? straight : learned), bound, clockErrorMs };
}

/** Fast enough to be looked at closely: no honest trip within a city is, and few on the roads out of it. */
const SUSPECT_KMH = 100;

/**
 * Whether the trip between two sightings of one key, in either order, is worth a closer look at once: above 100 km/h by the straight line.
 * Cheap enough for every pass that is recorded. What only the learned times tell is found when the day is gone through.
 */
export function isSuspectTrip(one: { readonly place: Place; readonly at: number }, other: { readonly place: Place; readonly at: number }): boolean {
  return Math.abs(other.at - one.at) < leastTravelMs(one.place, other.place, SUSPECT_KMH);
}
