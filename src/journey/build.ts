import { createHash } from 'node:crypto';
import type { Journey, Sighting } from './journey.ts';
import { profileOf, vehiclesOf, type Vehicle } from './vehicles.ts';

/** Sightings of one vehicle at one boundary site in the same direction within this time are one crossing: two cameras of a site, or one that passed the vehicle on twice. */
export const SAME_CROSSING_MS = 60_000;
/** Clocks of cameras differ: seen inside this shortly before an entry or after an exit, a vehicle was inside between the two. */
export const CLOCKS_APART_MS = 120_000;

/** What is known of a vehicle before and after the sightings at hand. */
export interface Around {
  /** When it was last seen to leave before them (epoch milliseconds); null: never. */
  readonly leftBefore: number | null;
  /** When it is next seen to enter after them; null: not yet. */
  readonly entersAfter: number | null;
}
const NOTHING: Around = { leftBefore: null, entersAfter: null };

interface Draft {
  readonly sightings: Sighting[];
  entry: Sighting | null;
  exit: Sighting | null;
  /** The last sighting of the crossing in, which may be seen several times. */
  lastIn: Sighting | null;
  entersAfter: number | null;
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
  const vehicles = vehiclesOf(own.map((s) => profileOf(s.mark)));
  const byVehicle = groupedBy(own, (s) => vehicles.get(profileOf(s.mark)));
  const journeys = [...byVehicle].flatMap(([vehicle, seen]) => (vehicle === undefined ? [] : journeysOfVehicle(vehicle, seen)));
  return journeys.toSorted((a, b) => a.startedAt - b.startedAt || compareText(a.id, b.id));
}

/** The journeys of one vehicle from sightings in any order. `around`: what is known of it before and after, where these are not all of its sightings. */
export function journeysOfVehicle(vehicle: Vehicle, sightings: readonly Sighting[], around: Around = NOTHING): Journey[] {
  const drafts: Draft[] = [];
  for (const sighting of uniqueInOrder(sightings)) take(drafts, sighting);
  const last = drafts.at(-1);
  if (last) last.entersAfter = around.entersAfter;
  let leftBefore = around.leftBefore;
  return drafts.map((draft) => {
    const journey = journeyOf(draft, vehicle, leftBefore);
    leftBefore = draft.exit?.capturedAt ?? leftBefore;
    return journey;
  });
}

/** Whether a sighting opens or closes a journey; all others join one. */
export function crosses(sighting: Sighting): boolean {
  return sighting.boundary && sighting.direction !== 'unknown';
}

function take(drafts: Draft[], sighting: Sighting): void {
  const current = drafts.at(-1);
  if (!crosses(sighting)) takeInside(drafts, current, sighting);
  else if (sighting.direction === 'in') takeEntry(drafts, current, sighting);
  else takeExit(drafts, current, sighting);
}

function takeInside(drafts: Draft[], current: Draft | undefined, sighting: Sighting): void {
  const justLeft = current?.exit && sighting.capturedAt - current.exit.capturedAt <= CLOCKS_APART_MS;
  if (current && (current.exit === null || justLeft)) current.sightings.push(sighting);
  else drafts.push({ ...EMPTY, sightings: [sighting] });
}

function takeEntry(drafts: Draft[], current: Draft | undefined, sighting: Sighting): void {
  const open = current?.exit === null ? current : undefined;
  if (open?.lastIn && isSameCrossing(open.lastIn, sighting)) {
    open.sightings.push(sighting);
    open.lastIn = sighting;
  } else if (open?.entry === null && sighting.capturedAt - (open.sightings[0]?.capturedAt ?? 0) <= CLOCKS_APART_MS) {
    open.sightings.push(sighting);
    Object.assign(open, { entry: sighting, lastIn: sighting });
  } else {
    if (open) open.entersAfter = sighting.capturedAt;
    drafts.push({ ...EMPTY, sightings: [sighting], entry: sighting, lastIn: sighting });
  }
}

function takeExit(drafts: Draft[], current: Draft | undefined, sighting: Sighting): void {
  if (current && (current.exit === null || isSameCrossing(current.exit, sighting))) {
    current.sightings.push(sighting);
    current.exit = sighting;
  } else drafts.push({ ...EMPTY, sightings: [sighting], exit: sighting });
}

const EMPTY = { entry: null, exit: null, lastIn: null, entersAfter: null } as const;

function journeyOf(draft: Draft, vehicle: Vehicle, leftBefore: number | null): Journey {
  const { sightings, entry, exit, entersAfter } = draft;
  const first = sightings[0], last = sightings.at(-1);
  if (first === undefined || last === undefined) throw new Error('a journey without sightings');
  const closed = exit !== null || entersAfter !== null;
  return {
    id: journeyId(first.key, first.passId), key: first.key, vehicle: vehicle.name, mark: vehicle.mark, status: closed ? 'closed' : 'open', entry, exit,
    entryMissing: entry === null, exitMissing: exit === null && closed,
    inferredEntry: entry === null ? { from: leftBefore, to: first.capturedAt } : null,
    inferredExit: exit === null && closed ? { from: last.capturedAt, to: entersAfter } : null,
    ambiguous: vehicle.ambiguous, confidence: (entry?.confidence ?? 1) * (exit?.confidence ?? 1) * (entry === null && exit === null ? first.confidence : 1), certainty: vehicle.certainty,
    startedAt: first.capturedAt, lastSeenAt: last.capturedAt, sightingCount: sightings.length,
    sites: sortedSet(sightings.map((s) => s.siteId)), classes: sortedSet(sightings.map((s) => s.vehicleClass)), sightings,
  };
}

/** The name of the journey that begins with this pass. */
export function journeyId(key: string, firstPassId: string): string {
  return `j-${createHash('sha256').update(JSON.stringify([key, firstPassId])).digest('hex').slice(0, 24)}`;
}

function isSameCrossing(before: Sighting, now: Sighting): boolean {
  const oneSite = before.siteId === null || now.siteId === null ? before.cameraId === now.cameraId : before.siteId === now.siteId;
  return oneSite && now.capturedAt - before.capturedAt <= SAME_CROSSING_MS;
}

/** One sighting per pass, by time. Two different records of one pass id cannot both hold; the choice must not depend on arrival. */
function uniqueInOrder(sightings: readonly Sighting[]): Sighting[] {
  const byPass = groupedBy(sightings, (s) => s.passId);
  return [...byPass.values()]
    .flatMap((same) => (same.length === 1 ? same : same.toSorted((a, b) => compareText(JSON.stringify(a), JSON.stringify(b))).slice(0, 1)))
    .toSorted(inOrder);
}

/** By capture time; ties by camera, sequence and pass. */
export function inOrder(a: Sighting, b: Sighting): number {
  return a.capturedAt - b.capturedAt || compareText(a.cameraId, b.cameraId) || a.sequence - b.sequence || compareText(a.passId, b.passId);
}

/** Each value once, sorted; null is none. */
export function sortedSet(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((v) => v !== null))].toSorted();
}

/** Values by key, both in order of first appearance. (Map.groupBy comes with Node 21.) */
export function groupedBy<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
