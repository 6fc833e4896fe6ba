import { createHash } from 'node:crypto';
import type { Journey, Sighting } from './journey.ts';
import { fullestMark, groupedBy, vehiclesOf } from './vehicles.ts';

/**
 * Sightings of one vehicle at one site in the same direction that follow each other within this time are one crossing: two cameras of one
 * site, or one camera that passed the vehicle on twice.
 */
export const SAME_CROSSING_MS = 60_000;

interface Draft {
  sightings: Sighting[];
  entry: Sighting | null;
  exit: Sighting | null;
  exitMissing: boolean;
  closed: boolean;
}
interface Crossing {
  readonly direction: 'in' | 'out' | 'inside';
  readonly sightings: Sighting[];
}

/**
 * The journeys of all vehicles that share one key, sorted by start. A pure function of the set of sightings: their order and repeats (same
 * pass id) change nothing. An entry opens a journey, an exit closes it, everything between attaches. A second entry closes the journey
 * before it with `exitMissing`; an exit or a sighting inside without an entry makes a journey with `entryMissing`.
 *
 * Vehicles whose known parts contradict get journeys of their own. Sightings that could belong to several of them are never added to one:
 * they make journeys of their own, marked `ambiguous`. Throws RangeError when the sightings have different keys.
 */
export function buildJourneys(sightings: readonly Sighting[]): Journey[] {
  const own = uniqueInOrder(sightings);
  const key = own[0]?.key;
  const stranger = own.find((s) => s.key !== key);
  if (stranger !== undefined) throw new RangeError(`sightings of two keys, ${key} and ${stranger.key}: journeys are built for one key at a time`);
  const journeys = vehiclesOf(own).flatMap((group) => journeysOf(group.sightings.toSorted(inOrder), group.ambiguous));
  return journeys.toSorted((a, b) => a.startedAt - b.startedAt || compareText(a.id, b.id));
}

function journeysOf(sightings: readonly Sighting[], ambiguous: boolean): Journey[] {
  const drafts: Draft[] = [];
  for (const crossing of crossingsOf(sightings)) {
    const open = drafts.at(-1)?.closed === false ? drafts.at(-1) : undefined;
    if (crossing.direction === 'in') {
      if (open) Object.assign(open, { closed: true, exitMissing: true });
      drafts.push({ sightings: [...crossing.sightings], entry: firstWith(crossing, 'in'), exit: null, exitMissing: false, closed: false });
      continue;
    }
    const draft = open ?? { sightings: [], entry: null, exit: null, exitMissing: false, closed: false };
    if (!open) drafts.push(draft);
    draft.sightings.push(...crossing.sightings);
    if (crossing.direction === 'out') Object.assign(draft, { closed: true, exit: lastWith(crossing, 'out') });
  }
  return drafts.flatMap((draft) => journeyOf(draft, sightings, ambiguous));
}

function journeyOf(draft: Draft, ofVehicle: readonly Sighting[], ambiguous: boolean): Journey[] {
  const first = draft.sightings[0],
    last = draft.sightings.at(-1);
  if (first === undefined || last === undefined) return [];
  return [
    {
      id: `j-${createHash('sha256')
        .update(JSON.stringify([first.key, first.passId]))
        .digest('hex')
        .slice(0, 24)}`,
      key: first.key,
      mark: fullestMark(ofVehicle),
      status: draft.closed ? 'closed' : 'open',
      entry: draft.entry,
      exit: draft.exit,
      entryMissing: draft.entry === null,
      exitMissing: draft.exitMissing,
      ambiguous,
      startedAt: first.capturedAt,
      lastSeenAt: last.capturedAt,
      sightings: draft.sightings,
    },
  ];
}

/**
 * Consecutive sightings that are one crossing. A boundary camera of unknown direction beside one that knows it (same site, within the
 * time) says nothing of its own and joins; a change between in and out starts a new crossing.
 */
function crossingsOf(sightings: readonly Sighting[]): Crossing[] {
  const crossings: { direction: Crossing['direction']; sightings: Sighting[] }[] = [];
  for (const sighting of sightings) {
    const current = crossings.at(-1),
      before = current?.sightings.at(-1),
      direction = directionOf(sighting);
    const same =
      current !== undefined && before !== undefined && atOneSite(before, sighting) && sighting.capturedAt - before.capturedAt <= SAME_CROSSING_MS;
    if (same && (direction === current.direction || isUndirected(sighting))) current.sightings.push(sighting);
    else if (same && current.direction === 'inside' && current.sightings.every(isUndirected)) {
      current.direction = direction;
      current.sightings.push(sighting);
    } else crossings.push({ direction, sightings: [sighting] });
  }
  return crossings;
}

function directionOf(sighting: Sighting): Crossing['direction'] {
  return sighting.boundary && sighting.direction !== 'unknown' ? sighting.direction : 'inside';
}

function isUndirected(sighting: Sighting): boolean {
  return sighting.boundary && sighting.direction === 'unknown';
}

function atOneSite(a: Sighting, b: Sighting): boolean {
  return a.siteId === null || b.siteId === null ? a.cameraId === b.cameraId : a.siteId === b.siteId;
}

function firstWith(crossing: Crossing, direction: 'in' | 'out'): Sighting | null {
  return crossing.sightings.find((s) => s.direction === direction) ?? null;
}

function lastWith(crossing: Crossing, direction: 'in' | 'out'): Sighting | null {
  return crossing.sightings.findLast((s) => s.direction === direction) ?? null;
}

/** One sighting per pass, by time. Two different records of one pass id cannot both hold; the choice must not depend on arrival. */
function uniqueInOrder(sightings: readonly Sighting[]): Sighting[] {
  const byPass = groupedBy(sightings, (s) => s.passId);
  return [...byPass.values()]
    .flatMap((same) => {
      const chosen = same.length === 1 ? same[0] : same.toSorted((a, b) => compareText(JSON.stringify(a), JSON.stringify(b)))[0];
      return chosen === undefined ? [] : [chosen];
    })
    .toSorted(inOrder);
}

function inOrder(a: Sighting, b: Sighting): number {
  return a.capturedAt - b.capturedAt || compareText(a.cameraId, b.cameraId) || a.sequence - b.sequence || compareText(a.passId, b.passId);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
