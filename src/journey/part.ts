import { CLOCKS_APART_MS, crosses, sortedSet } from './build.ts';
import type { Sighting } from './journey.ts';

/** A journey of the vehicle as stored, around the time of new sightings. */
export interface StoredOutline {
  readonly id: string;
  readonly startedAt: number;
  readonly lastSeenAt: number;
  /** Whether its first sighting is its entry. */
  readonly startsWithEntry: boolean;
  /** When it was seen to leave by its own mark; null: not. */
  readonly exitAt: number | null;
}

/** How many journeys on either side of the new sightings `planPart` wants to see; with fewer given, there are no more. */
export const JOURNEYS_BEFORE = 2, JOURNEYS_AFTER = 4;

/** What new sightings do to the journeys of their vehicle. Times are epoch milliseconds. */
export type Part =
  /** They join journeys that stand, which are the same otherwise. */
  | { readonly kind: 'join'; readonly joined: readonly { readonly journeyId: string; readonly sightings: readonly Sighting[] }[] }
  /** Journeys that begin in from ≤ t < to (null: no bound) are built again from the sightings of this time; what lies around stays as it is. */
  | {
    readonly kind: 'rebuild'; readonly from: number | null; readonly to: number | null; readonly leftBefore: number | null; readonly entersAfter: number | null;
    /** Whether there are, or may be, sightings of this time beside the new ones. */
    readonly stored: boolean;
  };

/**
 * The least part of a vehicle's journeys that new sightings can change, so that a pass costs the same however long the vehicle is known.
 * `around`: its stored journeys in order of start, end and exit (none first): the last JOURNEYS_BEFORE that begin before the first new sighting, all from then up
 * to the last one, and JOURNEYS_AFTER that begin later.
 */
export function planPart(around: readonly StoredOutline[], added: readonly Sighting[]): Part {
  const joined = joinedBy(around, added);
  if (joined !== null) return { kind: 'join', joined };
  const times = added.map((s) => s.capturedAt), first = Math.min(...times), last = Math.max(...times);
  // One that begins at the very instant may come after the sighting.
  const before = around.filter((j) => j.startedAt < first), after = around.filter((j) => j.startedAt > last);
  const to = after.find((j) => beginsAfresh(j, around, last))?.startedAt ?? null;
  const { from, leftBefore } = beginning(before, first);
  const within = around.some((j) => (from === null || j.startedAt >= from) && (to === null || j.startedAt < to));
  return { kind: 'rebuild', from, to, leftBefore, entersAfter: to, stored: from === null || within };
}

/** Where a part begins: with the new sightings where all before them is over, else with the journey that they may belong to. */
function beginning(before: readonly StoredOutline[], first: number): { readonly from: number | null; readonly leftBefore: number | null } {
  const start = before.at(-1), previous = before.at(-2);
  if (start === undefined) return { from: first, leftBefore: null };
  // Of two that begin at one instant the store does not know the order.
  if (previous?.startedAt === start.startedAt) return { from: null, leftBefore: null };
  if (start.exitAt !== null && first - start.lastSeenAt > CLOCKS_APART_MS) return { from: first, leftBefore: start.exitAt };
  const clean = previous === undefined ? before.length < JOURNEYS_BEFORE : previous.lastSeenAt < start.startedAt;
  return clean ? { from: start.startedAt, leftBefore: previous?.exitAt ?? null } : { from: null, leftBefore: null };
}

/** An entry with nothing for so long before it opens a journey whatever came before. */
function beginsAfresh(journey: StoredOutline, around: readonly StoredOutline[], last: number): boolean {
  const quietSince = Math.max(last, ...around.flatMap((j) => (j !== journey && j.startedAt <= journey.startedAt ? j.lastSeenAt : [])));
  return journey.startsWithEntry && journey.startedAt - quietSince > CLOCKS_APART_MS;
}

/** Sightings inside that fall into a journey, or follow an open one: the commonest case by far, which needs no other sighting to be read. */
function joinedBy(around: readonly StoredOutline[], added: readonly Sighting[]): { readonly journeyId: string; readonly sightings: readonly Sighting[] }[] | null {
  const joined = new Map<string, Sighting[]>();
  for (const sighting of added) {
    if (crosses(sighting)) return null;
    const journey = around.findLast((j) => j.startedAt <= sighting.capturedAt);
    // At the very instant of its start the sighting may be the first, after which the journey is named.
    if (journey === undefined || around.some((j) => j !== journey && j.startedAt === journey.startedAt) || journey.startedAt === sighting.capturedAt || (journey.exitAt !== null && sighting.capturedAt > journey.lastSeenAt)) return null;
    joined.set(journey.id, [...(joined.get(journey.id) ?? []), sighting]);
  }
  return [...joined].map(([journeyId, sightings]) => ({ journeyId, sightings }));
}

/** What joining sightings add to the outline of a journey. */
export function joinedOutline(sightings: readonly Sighting[]): { readonly lastSeenAt: number; readonly count: number; readonly sites: readonly string[]; readonly classes: readonly string[] } {
  return {
    lastSeenAt: Math.max(...sightings.map((s) => s.capturedAt)), count: sightings.length,
    sites: sortedSet(sightings.map((s) => s.siteId)), classes: sortedSet(sightings.map((s) => s.vehicleClass)),
  };
}
