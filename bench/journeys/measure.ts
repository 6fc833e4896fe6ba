import { cameraAt, type Register } from '../../src/geo/register.ts';
import { buildJourneys, groupedBy } from '../../src/journey/build.ts';
import { STRETCH_MS, type InsideEvidence } from '../../src/journey/inside-estimate.ts';
import type { Journey, Sighting } from '../../src/journey/journey.ts';
import { pairProbable, type Pair, type PairRules, type Seeker } from '../../src/journey/pair.ts';
import { foldOf, markKey } from '../../src/plate/key.ts';
import type { Pass } from '../../src/pass/pass.ts';
import type { CityTruth, SimulatedPass, TrueStay } from '../../src/simulate/city.ts';

/** An entry and an exit that are said to be of one vehicle: ids of their passes. */
export interface EntryExit { readonly entry: string; readonly exit: string }

export interface PairScore { readonly precision: number; readonly recall: number; readonly found: number; readonly right: number; readonly known: number }

/** Sightings by key, as the recorder places passes: site, boundary and direction from the register. Repeats stand once. */
export function sightingsByKey(passes: Iterable<SimulatedPass>, register: Register, also: (passed: SimulatedPass) => void): Map<string, Sighting[]> {
  const byKey = new Map<string, Sighting[]>();
  for (const passed of passes) {
    also(passed);
    if (passed.repeated) continue;
    const sighting = sightingOf(passed.pass, register);
    if (sighting === null) continue;
    const known = byKey.get(sighting.key);
    if (known === undefined) byKey.set(sighting.key, [sighting]);
    else known.push(sighting);
  }
  return byKey;
}

function sightingOf(pass: Pass, register: Register): Sighting | null {
  const camera = cameraAt(register, pass.cameraId, pass.capturedAt);
  if (pass.mark === null || pass.key === null || camera === null) return null;
  return {
    passId: pass.id, cameraId: pass.cameraId, siteId: camera.siteId, capturedAt: pass.capturedAt, sequence: pass.sequence, boundary: camera.boundary,
    direction: pass.direction === 'unknown' ? camera.direction : pass.direction, mark: pass.mark, key: pass.key, confidence: pass.confidence, vehicleClass: pass.vehicle.class,
    vehicleColour: pass.vehicle.colour,
  };
}

export function journeysOf(byKey: ReadonlyMap<string, readonly Sighting[]>): Journey[] {
  return [...byKey.values()].flatMap((sightings) => buildJourneys(sightings));
}

/** Probable pairs as the store finds them: within each fold, `alone` by the whole journeys of the vehicle within the longest stay. */
export function probablePairs(journeys: readonly Journey[], rules: PairRules): Pair[] {
  const ofVehicle = groupedBy(journeys, (j) => `${j.key} ${j.vehicle}`);
  const isAlone = (j: Journey): boolean => !(ofVehicle.get(`${j.key} ${j.vehicle}`) ?? []).some((o) => o !== j && o.entry !== null && o.exit !== null && Math.abs(o.startedAt - j.startedAt) <= rules.longestStayMs);
  const seekers = journeys.flatMap((j): Seeker[] => {
    if (j.ambiguous || (j.entry === null) === (j.exit === null)) return [];
    return [{
      id: j.id, seeks: j.entry === null ? 'entry' : 'exit', mark: j.mark, startedAt: j.startedAt, lastSeenAt: j.lastSeenAt, firstSite: j.sightings[0]?.siteId ?? null,
      lastSite: j.sightings.at(-1)?.siteId ?? null, exitBefore: j.inferredExit?.to ?? null, entryAfter: j.inferredEntry?.from ?? null, classes: j.classes, alone: isAlone(j),
    }];
  });
  return [...groupedBy(seekers, (s) => foldOf(markKey(s.mark))).values()].flatMap((of) => pairProbable(of, rules));
}

export function exactPairs(journeys: readonly Journey[]): EntryExit[] {
  return journeys.flatMap((j) => (j.entry === null || j.exit === null || j.ambiguous ? [] : [{ entry: j.entry.passId, exit: j.exit.passId }]));
}

export function asEntryExit(pairs: readonly Pair[], journeys: readonly Journey[]): EntryExit[] {
  const byId = new Map(journeys.map((j) => [j.id, j]));
  return pairs.flatMap((p) => {
    const entry = byId.get(p.entryId)?.entry, exit = byId.get(p.exitId)?.exit;
    return entry && exit ? [{ entry: entry.passId, exit: exit.passId }] : [];
  });
}

/** Of the stays both ends of which some camera captured, how many were paired; and how many of the pairs are such stays. */
export function scorePairs(pairs: readonly EntryExit[], stays: readonly TrueStay[]): PairScore {
  const truth = new Map(stays.flatMap(({ entry, exit }) => (entry?.passId && exit?.passId ? [[entry.passId, exit.passId] as const] : [])));
  const right = pairs.filter((p) => truth.get(p.entry) === p.exit).length;
  return { precision: right / pairs.length, recall: right / truth.size, found: pairs.length, right, known: truth.size };
}

/** What one writes first: the same string as read opens and closes, in the order in which passes arrive. */
export class EqualStrings {
  readonly #open = new Map<string, string>();
  readonly pairs: EntryExit[] = [];

  take(pass: Pass, direction: Pass['direction'], boundary: boolean): void {
    if (!boundary || pass.mark === null || direction === 'unknown') return;
    const entry = this.#open.get(pass.rawText);
    if (direction === 'in') this.#open.set(pass.rawText, pass.id);
    else if (entry !== undefined) {
      this.pairs.push({ entry, exit: pass.id });
      this.#open.delete(pass.rawText);
    }
  }

  get inside(): number {
    return this.#open.size;
  }
}

/** Vehicles that were seen to enter, or could have been, and are inside at the end. */
export function trulyInside(truth: CityTruth): number {
  return truth.stays.filter((stay) => stay.entry !== null && stay.exit === null).length;
}

/** What the store knows of those inside at a time (src/store/inside-now.ts), from journeys in memory. */
export function insideEvidence(journeys: readonly Journey[], pairs: readonly Pair[], now: number): InsideEvidence {
  const exitOf = new Map(pairs.map((p) => [p.entryId, p.exitId])), absorbed = new Set(pairs.map((p) => p.exitId)), byId = new Map(journeys.map((j) => [j.id, j]));
  const stays = [...groupedBy(journeys.filter((j) => !absorbed.has(j.id)), (j) => `${j.key} ${j.vehicle}`).values()].flatMap((of) => of.map((j, i) => {
    const exit = j.exit ?? byId.get(exitOf.get(j.id) ?? '')?.exit ?? null;
    return {
      enteredAt: j.entry?.capturedAt ?? null, leftAt: exit?.capturedAt ?? null, exitMissing: j.exitMissing, cameAgain: of.slice(i + 1).some((later) => later.entry !== null), only: of.length === 1,
      elsewhere: j.sites.some((site) => site !== j.entry?.siteId && site !== exit?.siteId),
    };
  }));
  const first = stays.reduce((least, s) => Math.min(least, s.enteredAt ?? now), now), settled = now - (now - first) / 4, left = stays.filter((s) => s.leftAt !== null && s.leftAt >= settled);
  const complete = left.filter((s) => s.enteredAt !== null);
  return {
    cohorts: stays.flatMap(({ enteredAt, leftAt, exitMissing, cameAgain }) => (enteredAt === null ? [] : [{
      stretch: Math.floor((now - enteredAt) / STRETCH_MS), open: Number(leftAt === null && !exitMissing), last: Number(leftAt !== null && !cameAgain), followed: Number(leftAt !== null && cameAgain),
      unseen: Number(leftAt === null && exitMissing),
    }])),
    exits: { seen: left.length, alone: left.filter((s) => s.enteredAt === null && s.only && !s.elsewhere).length }, complete: { seen: complete.length, bare: complete.filter((s) => s.only && !s.elsewhere).length },
  };
}
