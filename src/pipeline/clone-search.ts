import { cameraAt, type Register } from '../geo/register.ts';
import type { Place } from '../geo/travel.ts';
import { clonesOf, NEIGHBOUR_WITHIN_MS, oneCharacterAway, type CloneRules } from '../journey/clones.ts';
import type { Finding } from '../journey/finding.ts';
import { CLOCK_ERROR_MS, impossibleTrip, type Spot, type TripRules } from '../journey/impossible-trips.ts';
import type { Sighting } from '../journey/journey.ts';
import { fastestTrips } from '../journey/link-times.ts';
import type { LocalTime } from '../journey/patterns.ts';
import { classesDiffer, classesNamed, coloursDiffer } from '../list/vehicle-words.ts';
import { worstClocks } from '../store/camera-clocks.ts';
import type { Database, Orm } from '../store/database.ts';
import { addDueKeys, takeDueKeys, type DueKey } from '../store/finding-due.ts';
import { glimpsesBetween } from '../store/glimpses.ts';
import { storedLinkTimes } from '../store/link-times.ts';
import { knownKeys } from '../store/pattern-candidates.ts';
import { inTransaction } from '../store/query.ts';
import { sightingsOf } from '../store/sightings.ts';
import { settleClones } from '../store/write-findings.ts';
import type { FindingsSettings } from './findings-settings.ts';

const HOUR_MS = 3_600_000, DAY_MS = 24 * HOUR_MS;
/** Around a suspicious pass, a day on either side shows the two vehicles' ways. */
const LOOK_AROUND_MS = DAY_MS;
/** Nearer to the ends of what was read, the other pass of an impossible trip may lie outside. */
const EDGE_MS = 3 * HOUR_MS;
/** Keys in one transaction. */
const AT_ONCE = 50;
/** Sightings read of one key at most: a parked vehicle has thousands, and what is newer is looked at when it is due. */
const MOST_SIGHTINGS = 2_000;

/** Whether two cameras saw different vehicles, as words. What a camera did not say, or says in words that nobody knows, differs from nothing. */
export function vehicleDifferences(a: Sighting, b: Sighting): string[] {
  const differs: string[] = [];
  if (classesDiffer(classesNamed(a.vehicleClass), classesNamed(b.vehicleClass))) differs.push(`a ${a.vehicleClass} and a ${b.vehicleClass}`);
  if (coloursDiffer(a.vehicleColour, b.vehicleColour)) differs.push(`${a.vehicleColour} and ${b.vehicleColour}`);
  return differs;
}

/** Where each camera stood when it saw something; the versions of a camera are looked up once. */
export function placesOf(register: Register): (spot: Spot) => Place | null {
  const only = new Map<string, Place | null>();
  for (const camera of register.cameras) only.set(camera.id, only.has(camera.id) || camera.validFrom !== null || camera.validTo !== null ? null : camera);
  return ({ cameraId, capturedAt }) => only.get(cameraId) ?? cameraAt(register, cameraId, capturedAt);
}

/** Passes of a day ago are still looked at, and the day around them. */
export const CLOCKS_OVER_MS = 3 * DAY_MS;

/** How wrong a camera's clock may be, milliseconds, by the settings and by what was measured; a clock that cannot be relied on may be wrong by anything. */
export async function clockErrors(db: Database, { clockErrorsMs }: Pick<FindingsSettings, 'clockErrorsMs'>, now: number, overMs = CLOCKS_OVER_MS): Promise<(cameraId: string) => number> {
  const worst = await worstClocks(db, now - overMs);
  return (cameraId) => {
    const measured = worst.get(cameraId);
    return Math.max(CLOCK_ERROR_MS, clockErrorsMs[cameraId] ?? 0, measured === undefined ? 0 : measured ?? Infinity);
  };
}

/** What trips are measured by: the register, what was learned, and what is known of the clocks. @throws DATABASE_UNAVAILABLE */
export async function tripRules(db: Database, register: Register, local: LocalTime, settings: FindingsSettings, now: number): Promise<TripRules> {
  const links = await storedLinkTimes(db), { placeErrorMetres } = settings;
  return {
    placeOf: placesOf(register), fastest: links.length === 0 ? null : fastestTrips(links, local.hourOf), placeErrorMetres,
    clockErrorMs: await clockErrors(db, settings, now),
  };
}

/**
 * Looks at some of the keys that are due, in one transaction: when it fails they stay due. Gives how many rows it took and how many findings
 * are new; 0 taken: none is due.
 */
export function settleDueKeys(db: Database, rules: TripRules, at: number): Promise<{ readonly taken: number; readonly found: number }> {
  return inTransaction(db, db.bulk, async (tx) => {
    const due = await takeDueKeys(tx, AT_ONCE), times = new Map<string, number[]>();
    for (const { key, at: seen } of due) times.set(key, [...(times.get(key) ?? []), seen]);
    let found = 0;
    for (const examined of await examine(tx, [...times].flatMap(([key, of]) => windowsOf(key, of)), rules)) found += await settleClones(tx, examined.window.key, examined.findings, examined.settled, at);
    return { taken: due.length, found };
  });
}

interface Window { readonly key: string; readonly from: number; readonly to: number }

/** The times around what is due, those that overlap as one. */
function windowsOf(key: string, times: readonly number[]): Window[] {
  const windows: Window[] = [];
  for (const at of times.toSorted((a, b) => a - b)) {
    const last = windows.at(-1), from = at - LOOK_AROUND_MS, to = at + LOOK_AROUND_MS;
    if (last !== undefined && from <= last.to) windows[windows.length - 1] = { ...last, to };
    else windows.push({ key, from, to });
  }
  return windows;
}

interface Examination { readonly window: Window; readonly settled: { readonly from: number; readonly to: number }; readonly findings: readonly Finding[] }

async function examine(tx: Orm, windows: readonly Window[], rules: TripRules): Promise<Examination[]> {
  const seen = await sightingsOf(tx, windows, MOST_SIGHTINGS), known = await knownKeys(tx, windows.map((w) => w.key)), out: Examination[] = [];
  for (const [i, window] of windows.entries()) {
    const sightings = seen[i] ?? [], profiles = known.get(window.key)?.profiles ?? [], last = sightings.at(-1);
    const end = sightings.length < MOST_SIGHTINGS || last === undefined ? window.to : last.capturedAt, settled = { from: window.from + EDGE_MS, to: end - EDGE_MS };
    const alone: CloneRules = { ...rules, differences: vehicleDifferences, neighbours: () => [] }, suspected = clonesOf(sightings, alone, profiles);
    const neighbours = suspected.length === 0 ? [] : await neighboursOf(tx, window, suspected);
    const near = (odd: Sighting): Sighting[] => neighbours.filter((s) => Math.abs(s.capturedAt - odd.capturedAt) <= NEIGHBOUR_WITHIN_MS);
    out.push({ window, settled, findings: clonesOf(sightings, { ...alone, neighbours: near }, profiles).flatMap((finding) => within(finding, settled)) });
  }
  return out;
}

/** What of a finding lies in a time; none when nothing does. */
function within(finding: Finding, { from, to }: { readonly from: number; readonly to: number }): Finding[] {
  const evidence = finding.evidence.filter((e) => e.at >= from && e.at < to), [first] = evidence, last = evidence.at(-1);
  return first === undefined || last === undefined ? [] : [{ ...finding, evidence, count: evidence.length, firstAt: first.at, lastAt: last.at }];
}

/** Sightings around the suspected passes of all marks that one misread character makes of this one. */
async function neighboursOf(tx: Orm, { key }: Window, suspected: readonly Finding[]): Promise<Sighting[]> {
  const times = suspected.flatMap((f) => f.evidence.map((e) => e.at)), from = Math.min(...times) - NEIGHBOUR_WITHIN_MS, to = Math.max(...times) + NEIGHBOUR_WITHIN_MS;
  const keys = [...(await knownKeys(tx, oneCharacterAway(key))).keys()];
  return (await sightingsOf(tx, keys.map((other) => ({ key: other, from, to })), MOST_SIGHTINGS)).flat();
}

/**
 * Goes through a time in order and enters every key whose trip from one sighting to the next is impossible: those that only the learned
 * times tell, and those whose passes came late. Gives how many.
 */
export async function enterImpossibleTrips(db: Database, rules: TripRules, from: number, to: number): Promise<number> {
  const last = new Map<string, Spot>();
  let entered = 0, swept = from;
  for await (const page of glimpsesBetween(db, from, to)) {
    const due: DueKey[] = [];
    for (const glimpse of page) {
      const before = last.get(glimpse.key);
      if (before !== undefined && impossibleTrip(before, glimpse, rules) !== null) due.push({ key: glimpse.key, at: glimpse.capturedAt });
      last.set(glimpse.key, { cameraId: glimpse.cameraId, siteId: glimpse.siteId, capturedAt: glimpse.capturedAt });
    }
    entered += due.length;
    await inTransaction(db, db.orm, (tx) => addDueKeys(tx, due));
    const now = page.at(-1)?.capturedAt ?? swept;
    if (now - swept > EDGE_MS) {
      for (const [key, { capturedAt }] of last) if (now - capturedAt > EDGE_MS) last.delete(key);
      swept = now;
    }
  }
  return entered;
}
