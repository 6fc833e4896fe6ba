import { convoyPair, convoysAmong, type ConvoyPair } from '../journey/convoys.ts';
import { createCompanionSearch } from '../journey/companions.ts';
import type { Finding } from '../journey/finding.ts';
import { CLOCK_ERROR_MS } from '../journey/impossible-trips.ts';
import { createLinkLearner } from '../journey/link-times.ts';
import { firstSeen, frequentCrossings, loopsOf, nightPattern, overStay, type LocalTime } from '../journey/patterns.ts';
import { byVehicle, type VehicleSightings } from '../journey/vehicle-sightings.ts';
import type { Database } from '../store/database.ts';
import { glimpsesBetween } from '../store/glimpses.ts';
import { replaceLinkTimes } from '../store/link-times.ts';
import { busyKeys, dropOldFindings, keysSeen, knownKeys, newKeys, openJourneysBetween } from '../store/pattern-candidates.ts';
import { inTransaction } from '../store/query.ts';
import { sightingsOf } from '../store/sightings.ts';
import { saveFindings } from '../store/write-findings.ts';
import { clockErrors } from './clone-search.ts';
import type { FindingsSettings } from './findings-settings.ts';

const HOUR_MS = 3_600_000, DAY_MS = 24 * HOUR_MS;
/** Keys whose sightings are in memory at once. */
const AT_ONCE = 200;

export interface SearchParts { readonly database: Database; readonly local: LocalTime; readonly settings: FindingsSettings; readonly now: number }

/** Learns link times and looks for convoys in the traffic of the last days; gives how many convoys are new. */
export async function searchTraffic({ database, local, settings, now }: SearchParts): Promise<{ readonly links: number; readonly convoys: number }> {
  const from = now - settings.windowDays * DAY_MS, learner = createLinkLearner(local.hourOf), search = createCompanionSearch(settings.convoys);
  const clockErrorMs = await clockErrors(database, settings, now, settings.windowDays * DAY_MS);
  for await (const page of glimpsesBetween(database, from, now)) {
    for (const glimpse of page) {
      if (clockErrorMs(glimpse.cameraId) <= CLOCK_ERROR_MS) learner.add(glimpse);
      search.add(glimpse);
    }
  }
  const links = learner.learned(), pairs = search.pairs(), held: ConvoyPair[] = [];
  await replaceLinkTimes(database, links, now);
  for (let start = 0; start < pairs.length; start += AT_ONCE) held.push(...await heldPairs(database, pairs.slice(start, start + AT_ONCE), from, now, settings));
  return { links: links.length, convoys: await save(database, convoysAmong(held, settings.convoys), now) };
}

async function heldPairs(db: Database, pairs: readonly (readonly [string, string])[], from: number, to: number, { convoys }: FindingsSettings): Promise<ConvoyPair[]> {
  const keys = [...new Set(pairs.flat())], seen = await sightingsOf(db.bulk, keys.map((key) => ({ key, from, to }))), of = new Map(keys.map((key, i) => [key, seen[i] ?? []]));
  return pairs.flatMap(([a, b]) => convoyPair(of.get(a) ?? [], of.get(b) ?? [], convoys) ?? []).filter((pair) => pair.score >= convoys.leastScore);
}

/** Loops and frequent crossings of the last 24 hours. */
export async function searchLastDay({ database, local, settings: { patterns }, now }: SearchParts): Promise<number> {
  const from = now - DAY_MS, keys = await busyKeys(database, from, now, { sightings: 2 * patterns.loops + 1, crossings: patterns.crossings });
  return eachVehicle(database, keys, from, now, (vehicle) => [...loopsOf(vehicle, patterns), frequentCrossings(vehicle, local, patterns)]);
}

/** Who is seen by night, by those of the last night. */
export async function searchNights({ database, local, settings: { patterns }, now }: SearchParts): Promise<number> {
  const keys = await keysSeenAtNight(database, local, patterns, now);
  return eachVehicle(database, keys, now - patterns.nightsWithinDays * DAY_MS, now, (vehicle) => [nightPattern(vehicle, local, patterns)]);
}

/** Full local hours of the last 24 that belong to the night, as they follow each other. */
async function keysSeenAtNight(db: Database, local: LocalTime, { nightFrom, nightTo }: FindingsSettings['patterns'], now: number): Promise<string[]> {
  const isNight = (hour: number): boolean => (nightFrom < nightTo ? hour >= nightFrom && hour < nightTo : hour >= nightFrom || hour < nightTo);
  const keys = new Set<string>(), end = Math.floor(now / HOUR_MS) * HOUR_MS;
  for (let hour = end - DAY_MS; hour < end; hour += HOUR_MS) if (isNight(local.hourOf(hour))) for (const key of await keysSeen(db, hour, hour + HOUR_MS)) keys.add(key);
  return [...keys];
}

/** Vehicles that were first seen in from ≤ t < now; those of long ago are news no more. */
export async function searchNewcomers({ database, settings: { patterns }, now }: SearchParts, from: number): Promise<number> {
  await dropOldFindings(database, 'first-seen', now - patterns.firstSeenDays * DAY_MS);
  const keys = await newKeys(database, from, now);
  // A vehicle whose key was seen before may be new all the same, but that cannot be told from the key alone, and is left alone.
  return eachVehicle(database, keys, from, now, (vehicle) => [firstSeen(vehicle, patterns)]);
}

/** Stays that have become too long in from < t ≤ now. */
export async function searchStays({ database, settings: { patterns }, now }: SearchParts, from: number): Promise<number> {
  const longAgo = patterns.overStayDays * DAY_MS, limit = 1_000;
  let found = 0, after: { at: number; id: string } | null = null;
  for (;;) {
    const journeys = await openJourneysBetween(database, from - longAgo, now - longAgo, { after, limit });
    const known = await knownKeys(database.orm, journeys.map((j) => j.key));
    found += await save(database, journeys.flatMap((j) => overStay(j, known.get(j.key)?.firstSeenAt ?? j.startedAt, now, patterns) ?? []), now);
    const last = journeys.at(-1);
    if (last === undefined || journeys.length < limit) return found;
    after = { at: last.startedAt, id: last.id };
  }
}

async function eachVehicle(db: Database, keys: readonly string[], from: number, to: number, look: (vehicle: VehicleSightings) => readonly (Finding | null)[]): Promise<number> {
  let found = 0;
  for (let start = 0; start < keys.length; start += AT_ONCE) {
    const part = keys.slice(start, start + AT_ONCE), seen = await sightingsOf(db.bulk, part.map((key) => ({ key, from, to }))), known = await knownKeys(db.orm, part);
    const findings = part.flatMap((key, i) => byVehicle(seen[i] ?? [], known.get(key)?.profiles).flatMap(look)).filter((finding) => finding !== null);
    found += await save(db, findings, to);
  }
  return found;
}

async function save(db: Database, findings: readonly Finding[], at: number): Promise<number> {
  return findings.length === 0 ? 0 : inTransaction(db, db.orm, (tx) => saveFindings(tx, findings, at));
}
