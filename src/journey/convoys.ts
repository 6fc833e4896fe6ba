import { writeMarkInFull } from '../plate/written-form.ts';
import { createCompanionSearch, COMPANION_SETTINGS, type CompanionSettings } from './companions.ts';
import { byTime, evidenceId, findingId, joinedEvidence, seenAt, type Evidence, type Finding } from './finding.ts';
import type { Sighting } from './journey.ts';

export interface ConvoySettings extends CompanionSettings {
  /** Different sites at which two were together, all trips taken together. */
  readonly sites: number;
  /** Least score of a pair: see `scoreOf`. */
  readonly leastScore: number;
  /** A vehicle with more trips on a usual day runs a service: a shuttle, a taxi of a stand. Whom it meets says nothing. */
  readonly serviceTripsADay: number;
  /** Classes of vehicles, in the words of the cameras, that run a service whatever their trips: a timetable brings buses together. */
  readonly isServiceClass: (vehicleClass: string) => boolean;
  /** More vehicles than this that go together are a platoon, not a convoy. */
  readonly mostVehicles: number;
}
export const CONVOY_SETTINGS: ConvoySettings = { ...COMPANION_SETTINGS, sites: 3, leastScore: 9, serviceTripsADay: 3, isServiceClass: (word) => /\b(bus|coach)\b/i.test(word), mostVehicles: 6 };

const DAY_MS = 86_400_000;
/** Who goes in convoy goes together about every second time. */
const TOGETHER_IN_CONVOY = 0.5;
/** Two of one platoon are still within the gap at the next site nearly every second time; two of a convoy nearly always, where both are read. */
const STAYS_IN_FLOW = 0.45, STAYS_IN_CONVOY = 0.9;
/** Sites of one trip are no independent units: a platoon that holds to the third site holds on. */
const MOST_STAYS = 2;
/** Half the widths of habits: who passes here every morning at eight does so within a quarter of an hour, a timetable within two minutes. */
const HABITS_MS = [2, 5, 15].map((minutes) => minutes * 60_000);
/** Part of the day in which vehicles drive at all. */
const DRIVING_MS = 16 * 3_600_000;

interface Trip { readonly visits: readonly Sighting[] }
interface JointTrip { readonly mine: readonly Sighting[]; readonly others: readonly Sighting[]; readonly sites: readonly string[] }

/** Two vehicles that drove together, with how much speaks for it. */
export interface ConvoyPair {
  readonly keys: readonly [string, string];
  /** Logarithm of how much likelier it is that they belong together than that the traffic brought them together. */
  readonly score: number;
  /** Trips of each on which the other was not beside it, though both sites of it were seen. */
  readonly alone: readonly [number, number];
  readonly trips: readonly JointTrip[];
}

/**
 * How much two vehicles belong together, from all sightings of both in a window; null when they made too few trips together, over too few
 * sites, or one of them runs a service.
 *
 * Sequential test against background traffic (Lawlor & Rabbat): each trip is one unit. Together counts log(q/p), alone log((1−q)/(1−p)),
 * with q = 0.5 for a convoy and p, for each trip, the chance that the other passes within the gap of this one by habit (it passes here at
 * this time of other days) or by chance (it drives so often at all). Each further site of a trip together counts a little more.
 */
export function convoyPair(one: readonly Sighting[], other: readonly Sighting[], settings: ConvoySettings = CONVOY_SETTINGS): ConvoyPair | null {
  const mine = tripsOf(one, settings), others = tripsOf(other, settings);
  if ([one, other].some((s) => isService(s, settings)) || [mine, others].some((trips) => tripsADay(trips) > settings.serviceTripsADay)) return null;
  // The rarer of the two is asked about: who drives daily meets many, who drives seldom meets few.
  const [rare, frequent] = mine.length <= others.length ? [mine, others] : [others, mine];
  const joint = rare.map((trip) => jointTrip(trip, frequent, settings)), trips = joint.filter((t) => t !== null);
  if (trips.length < settings.trips || new Set(trips.flatMap((t) => t.sites)).size < settings.sites) return null;
  const days = daysOf([...one, ...other]), score = rare.reduce((sum, trip, i) => sum + scoreOf(trip, joint[i] ?? null, frequent, days, settings), 0);
  return { keys: [keyOf(rare), keyOf(frequent)], score, alone: [rare.length - trips.length, frequent.length - trips.length], trips };
}

function keyOf(trips: readonly Trip[]): string {
  return trips[0]?.visits[0]?.key ?? '';
}

function scoreOf(trip: Trip, joint: JointTrip | null, frequent: readonly Trip[], days: number, settings: ConvoySettings): number {
  const at = joint?.mine[0] ?? trip.visits[0];
  if (at === undefined) return 0;
  const chance = chanceOfMeeting(at, frequent, days, settings);
  if (joint === null) return trip.visits.length < 2 ? 0 : Math.log((1 - TOGETHER_IN_CONVOY) / (1 - chance));
  const stays = Math.min(MOST_STAYS, joint.sites.length - 1);
  return Math.log(TOGETHER_IN_CONVOY / chance) + stays * Math.log(STAYS_IN_CONVOY / STAYS_IN_FLOW);
}

/** Most of the sightings that tell a class tell one of a service. */
function isService(sightings: readonly Sighting[], { isServiceClass }: ConvoySettings): boolean {
  const classes = sightings.flatMap((s) => s.vehicleClass ?? []);
  return classes.filter((word) => isServiceClass(word)).length * 2 > classes.length;
}

/** That one of these trips passes this site within the gap of this sighting though it has nothing to do with it. At most the share of a convoy. */
function chanceOfMeeting(at: Sighting, trips: readonly Trip[], days: number, { gapMs }: ConvoySettings): number {
  const byChance = (trips.length / days) * ((2 * gapMs) / DRIVING_MS);
  const otherDays = trips.flatMap((t) => t.visits).filter((v) => v.siteId === at.siteId && Math.abs(v.capturedAt - at.capturedAt) > DAY_MS / 2).map((v) => timeOfDayApart(v, at));
  const byHabit = HABITS_MS.map((width, i) => {
    const within = otherDays.filter((apart) => apart <= width).length;
    // Once at the same two minutes of another day is no timetable.
    return within < 2 && i < HABITS_MS.length - 1 ? 0 : (within / Math.max(1, days - 1)) * (gapMs / width);
  });
  return Math.min(TOGETHER_IN_CONVOY, byChance + Math.max(...byHabit));
}

function timeOfDayApart(a: Sighting, b: Sighting): number {
  const apart = Math.abs(a.capturedAt - b.capturedAt) % DAY_MS;
  return Math.min(apart, DAY_MS - apart);
}

/** At least one: whole days between the first and the last sighting. */
function daysOf(sightings: readonly Sighting[]): number {
  const times = sightings.map((s) => s.capturedAt);
  return Math.max(1, Math.ceil((Math.max(...times) - Math.min(...times)) / DAY_MS));
}

function tripsOf(sightings: readonly Sighting[], { tripGapMs }: CompanionSettings): Trip[] {
  const trips: Sighting[][] = [];
  let before: Sighting | undefined;
  for (const sighting of sightings.filter((s) => s.siteId !== null).toSorted(byTime)) {
    const current = trips.at(-1);
    if (current === undefined || before === undefined || sighting.capturedAt - before.capturedAt > tripGapMs) trips.push([sighting]);
    else if (current.at(-1)?.siteId !== sighting.siteId) current.push(sighting);
    before = sighting;
  }
  return trips.map((visits) => ({ visits }));
}

/** On the days on which it drives. */
function tripsADay(trips: readonly Trip[]): number {
  const days = new Set(trips.map((t) => Math.floor((t.visits[0]?.capturedAt ?? 0) / DAY_MS)));
  return trips.length / Math.max(1, days.size);
}

/** Where another vehicle was beside this one at two or more sites of a trip; null where none was. */
function jointTrip(trip: Trip, others: readonly Trip[], { gapMs }: CompanionSettings): JointTrip | null {
  const mine: Sighting[] = [], theirs: Sighting[] = [];
  const start = (trip.visits[0]?.capturedAt ?? 0) - gapMs, end = (trip.visits.at(-1)?.capturedAt ?? 0) + gapMs;
  const near = others.flatMap((t) => (inTime(t, start, end) ? t.visits : []));
  for (const visit of trip.visits) {
    const beside = near.find((v) => v.siteId === visit.siteId && v.direction === visit.direction && Math.abs(v.capturedAt - visit.capturedAt) <= gapMs);
    if (beside === undefined) continue;
    mine.push(visit);
    theirs.push(beside);
  }
  const sites = [...new Set(mine.flatMap((v) => v.siteId ?? []))];
  return sites.length < 2 ? null : { mine, others: theirs, sites };
}

function inTime(trip: Trip, start: number, end: number): boolean {
  return (trip.visits[0]?.capturedAt ?? Infinity) <= end && (trip.visits.at(-1)?.capturedAt ?? -Infinity) >= start;
}

/** Pairs that hold, joined to convoys: who goes with one of a convoy goes with it. Larger groups than `mostVehicles` are a platoon and left out. */
export function convoysAmong(pairs: readonly ConvoyPair[], settings: ConvoySettings = CONVOY_SETTINGS): Finding[] {
  const held = pairs.filter((p) => p.score >= settings.leastScore), groups = new Map<string, Set<string>>();
  for (const { keys: [a, b] } of held) {
    const joined = new Set([...(groups.get(a) ?? [a]), ...(groups.get(b) ?? [b])]);
    for (const key of joined) groups.set(key, joined);
  }
  return [...new Set(groups.values())].filter((keys) => keys.size <= settings.mostVehicles)
    .map((keys) => convoyFinding([...keys].toSorted(), held.filter((p) => keys.has(p.keys[0]))));
}

function convoyFinding(keys: readonly string[], pairs: readonly ConvoyPair[]): Finding {
  const evidence = joinedEvidence(pairs.flatMap((pair) => pair.trips.map((trip) => evidenceOf(pair, trip))));
  const marks = new Map(pairs.flatMap((p) => p.trips.flatMap((t) => [...t.mine, ...t.others])).map((s) => [s.key, s.mark]));
  const names = keys.flatMap((key) => marks.get(key) ?? []).map(writeMarkInFull), sites = new Set(pairs.flatMap((p) => p.trips.flatMap((t) => t.sites)));
  const firstAt = evidence[0]?.at ?? 0, lastAt = evidence.at(-1)?.at ?? 0, [key = ''] = keys, mark = marks.get(key);
  if (mark === undefined) throw new Error('a convoy without a vehicle');
  const summary = `${names.join(', ')} passed ${sites.size} sites within seconds of each other on ${evidence.length} occasions, more often than the traffic would bring them together.`;
  return { id: findingId('convoy', keys), kind: 'convoy', label: 'convoy', key, keys, mark, firstAt, lastAt, summary, count: evidence.length, evidence };
}

function evidenceOf({ keys, score, alone }: ConvoyPair, { mine, others, sites }: JointTrip): Evidence {
  const gaps = mine.map((v, i) => Math.abs(v.capturedAt - (others[i]?.capturedAt ?? 0)) / 1000), at = mine[0]?.capturedAt ?? 0;
  const widest = Math.round(Math.max(...gaps)), begun = [...mine, ...others].toSorted(byTime)[0]?.passId ?? '';
  return {
    id: evidenceId(['together', ...keys.toSorted(), begun]), at, firm: true,
    words: `Together at ${sites.join(', ')}, never more than ${widest} s apart. On other trips one of them drove ${alone[0]} times without the other, and the other ${alone[1]} times.`,
    figures: { sites: sites.length, widestSeconds: widest, aloneFirst: alone[0], aloneSecond: alone[1], score: Math.round(score * 10) / 10 },
    passes: mine.flatMap((v, i) => [v, ...(others[i] === undefined ? [] : [others[i]])]).map(seenAt),
  };
}

/**
 * All convoys of a stream of sightings that comes in order of time. `sightingsOf`: all sightings of a key in the window of the stream. Pairs are
 * judged one by one, so what is held at once is what the search holds.
 */
export function convoysOf(sightings: Iterable<Sighting>, sightingsOf: (key: string) => readonly Sighting[], settings: ConvoySettings = CONVOY_SETTINGS): Finding[] {
  const search = createCompanionSearch(settings);
  for (const sighting of sightings) search.add(sighting);
  return convoysAmong(search.pairs().flatMap(([a, b]) => convoyPair(sightingsOf(a), sightingsOf(b), settings) ?? []), settings);
}
