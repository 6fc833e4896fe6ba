import { sql } from 'drizzle-orm';
import { CLOCKS_APART_MS, groupedBy, inOrder, journeyId, journeysOfVehicle } from '../journey/build.ts';
import type { Journey, Sighting } from '../journey/journey.ts';
import { DEFAULT_LONGEST_STAY_MS } from '../journey/pair.ts';
import { joinedOutline, JOURNEYS_AFTER, JOURNEYS_BEFORE, planPart, type Part, type StoredOutline } from '../journey/part.ts';
import { profileOf, vehiclesOf, type Vehicle } from '../journey/vehicles.ts';
import { foldOf } from '../plate/key.ts';
import type { Orm } from './database.ts';
import { joinJourneys, removeJourneys, writeJourneys, type Joined, type Replaced } from './journey-rows.ts';
import { lockKeys, lockVehicles, profilesOf, type KnownKey, type Profiles } from './lock-vehicles.ts';
import { array, batchRows, epochMs, instants, rowsOf } from './query.ts';
import { floorOf } from './retention-floors.ts';
import { buildableFrom, notSealed } from './sealed-journeys.ts';
import { sightingOfPass, sightingsOf } from './sightings.ts';
import type { StoredPass } from './stored-pass.ts';

export interface FollowedPasses {
  /** How many journeys came, went or changed. */
  readonly journeysChanged: number;
  /** What was known of the keys before these passes. */
  readonly known: ReadonlyMap<string, KnownKey>;
}

/** New sightings of one vehicle. */
interface Added { readonly key: string; readonly vehicle: Vehicle; readonly sightings: readonly Sighting[] }

/**
 * Makes the journeys of the vehicles of these passes, which are stored already and were not before, what all stored passes say. Only the
 * part of a vehicle's journeys that the passes can change is read and built again. Locks the keys to the end of the transaction.
 */
export async function followPasses(tx: Orm, passes: readonly StoredPass[]): Promise<FollowedPasses> {
  const known = await lockVehicles(tx, passes);
  if (known.size === 0) return { journeysChanged: 0, known };
  const regrouped = new Set([...known.values()].filter(vehiclesChanged).map((k) => k.key)), floor = await floorOf(tx, 'passes');
  // One from below the floor, kept because it is held, falls among journeys that are sealed.
  const follows = (pass: StoredPass): boolean => pass.key !== null && !regrouped.has(pass.key) && (floor === null || pass.capturedAt >= floor);
  const added = addedTo(known, passes.filter(follows).flatMap((pass) => sightingOfPass(pass) ?? []));
  const extended = await extendJourneys(tx, added, known, floor);
  const whole = await buildWhole(tx, new Map([...regrouped].map((key) => [key, known.get(key)?.now ?? NONE])), floor);
  await seekPairs(tx, [...passes.flatMap(({ key, capturedAt: at }) => (key === null ? [] : [{ key, from: at, to: at }])), ...whole.spans]);
  return { journeysChanged: extended + whole.changed, known };
}

/** Builds all journeys of these keys anew from their passes, but those that are sealed; tells how many changed. Locks the keys to the end of the transaction. */
export async function rebuildKeys(tx: Orm, keys: readonly string[]): Promise<number> {
  if (keys.length === 0) return 0;
  const locked = await lockKeys(tx, keys), floor = await floorOf(tx, 'passes'), from = await buildableFrom(tx, locked, floor);
  const sightings = await sightingsOf(tx, locked.map((key) => ({ key, from: from(key), to: null })));
  const profiles = new Map(locked.map((key, i) => [key, profilesOf((sightings[i] ?? []).map((s) => s.mark))]));
  await setProfiles(tx, profiles);
  const { changed, spans } = await buildWhole(tx, profiles, floor, sightings);
  await seekPairs(tx, spans);
  return changed;
}

const NONE: Profiles = { profiles: [], passes: [] };

/** Whether the passes change which vehicles there are, or what their marks are: then all journeys of the key are others. */
function vehiclesChanged({ before, now }: KnownKey): boolean {
  if (before === null || (now.profiles.length === 1 && before.profiles.length === 1)) return false;
  const vehiclesBefore = vehiclesIn(before), vehicles = vehiclesIn(now);
  return before.profiles.some((profile) => !isSameVehicle(vehiclesBefore.get(profile), vehicles.get(profile)));
}

function isSameVehicle(a: Vehicle | undefined, b: Vehicle | undefined): boolean {
  return a?.name === b?.name && a?.ambiguous === b?.ambiguous && (a === undefined || b === undefined || profileOf(a.mark) === profileOf(b.mark));
}

function vehiclesIn({ profiles, passes }: Profiles = NONE): Map<string, Vehicle> {
  return vehiclesOf(profiles, passes);
}

function addedTo(known: ReadonlyMap<string, KnownKey>, sightings: readonly Sighting[]): Added[] {
  return [...groupedBy(sightings, (s) => s.key)].flatMap(([key, ofKey]) => {
    const vehicles = vehiclesIn(known.get(key)?.now);
    return [...groupedBy(ofKey, (s) => vehicles.get(profileOf(s.mark)))].flatMap(([vehicle, own]) => (vehicle === undefined ? [] : [{ key, vehicle, sightings: own }]));
  });
}

async function extendJourneys(tx: Orm, added: readonly Added[], known: ReadonlyMap<string, KnownKey>, floor: number | null): Promise<number> {
  const around = await outlinesAround(tx, added.filter((a) => known.get(a.key)?.before !== null), floor);
  const plans = added.map((of): { readonly of: Added; readonly part: Part } => ({ of, part: planPart(around.get(of) ?? [], of.sightings) }));
  const joined = plans.flatMap(({ part }) => (part.kind === 'join' ? part.joined.map((j) => joinedRow(j.journeyId, j.sightings)) : []));
  const rebuilt = await aboveFloor(tx, plans.flatMap(({ of, part }) => (part.kind === 'rebuild' ? [{ of, part }] : [])), floor);
  const stored = rebuilt.filter(({ part }) => part.stored);
  const read = new Map((await sightingsOf(tx, stored.map(({ of, part }) => ({ key: of.key, from: part.from, to: part.to })))).map((sightings, i) => [stored[i]?.of, sightings]));
  const parts = rebuilt.map(({ of, part }) => {
    const ofVehicle = new Set([...vehiclesIn(known.get(of.key)?.now)].flatMap(([profile, vehicle]) => (vehicle.name === of.vehicle.name ? [profile] : [])));
    const sightings = part.stored ? (read.get(of) ?? []).filter((s) => ofVehicle.has(profileOf(s.mark))) : of.sightings;
    return { of, part, journeys: journeysOfVehicle(of.vehicle, sightings, part) };
  });
  const replaced = parts.flatMap(({ of, part, journeys }): Replaced[] =>
    (part.stored ? [{ key: of.key, vehicle: of.vehicle.name, from: part.from, to: part.to, kept: journeys.map((j) => j.id) }] : []));
  return await removeJourneys(tx, replaced, floor) + await writeJourneys(tx, parts.flatMap((p) => p.journeys)) + await joinJourneys(tx, joined);
}

type Rebuilt = { readonly of: Added; readonly part: Part & { readonly kind: 'rebuild' } };

/** A part without a beginning begins where the passes do. */
async function aboveFloor(tx: Orm, rebuilt: readonly Rebuilt[], floor: number | null): Promise<readonly Rebuilt[]> {
  const open = rebuilt.filter(({ part }) => part.from === null);
  if (floor === null || open.length === 0) return rebuilt;
  const from = await buildableFrom(tx, open.map(({ of }) => of.key), floor);
  return rebuilt.map(({ of, part }) => ({ of, part: part.from === null ? { ...part, from: from(of.key) } : part }));
}

function joinedRow(journeyId: string, sightings: readonly Sighting[]): Joined {
  return { journeyId, ...joinedOutline(sightings), lastSite: sightings.toSorted(inOrder).at(-1)?.siteId ?? null };
}

async function buildWhole(tx: Orm, profiles: ReadonlyMap<string, Profiles>, floor: number | null, read?: readonly (readonly Sighting[])[]): Promise<{ readonly changed: number; readonly spans: readonly Span[] }> {
  const keys = [...profiles.keys()];
  if (keys.length === 0) return { changed: 0, spans: [] };
  const from = await buildableFrom(tx, keys, floor), sightings = read ?? await sightingsOf(tx, keys.map((key) => ({ key, from: from(key), to: null })));
  const journeys = keys.map((key, i): Journey[] => {
    const vehicles = vehiclesIn(profiles.get(key));
    return [...groupedBy(sightings[i] ?? [], (s) => vehicles.get(profileOf(s.mark)))].flatMap(([vehicle, own]) => (vehicle === undefined ? [] : journeysOfVehicle(vehicle, own)));
  });
  const before = await spansOf(tx, keys), now = journeys.flat().map(({ key, startedAt, lastSeenAt }) => ({ key, from: startedAt, to: lastSeenAt }));
  const replaced = keys.map((key, i): Replaced => ({ key, vehicle: null, from: from(key), to: null, kept: (journeys[i] ?? []).map((j) => j.id) }));
  const changed = await removeJourneys(tx, replaced, floor) + await writeJourneys(tx, journeys.flat());
  return { changed, spans: changed === 0 ? [] : [...before, ...now] };
}

/** A time in which journeys of a key may have changed; epoch milliseconds, both ends in it. */
interface Span { readonly key: string; readonly from: number; readonly to: number }

function spansOf(tx: Orm, keys: readonly string[]): Promise<Span[]> {
  return rowsOf<Span>(tx, sql`
    select key, ${epochMs(sql`min(started_at)`)} as "from", ${epochMs(sql`max(last_seen_at)`)} as "to" from journeys where key = any(${array([...keys], 'text')}) group by key
  `);
}

/** Of keys whose passes were corrected some marks may be gone. */
async function setProfiles(tx: Orm, profiles: ReadonlyMap<string, Profiles>): Promise<void> {
  const rows = batchRows([...profiles], [
    { name: 'key', type: 'text', of: ([key]) => key }, { name: 'profiles', type: 'text[]', of: ([, of]) => of.profiles }, { name: 'passes', type: 'integer[]', of: ([, of]) => of.passes },
  ]);
  await rowsOf(tx, sql`
    with k as (${rows}) update vehicles v set profiles = k.profiles, profile_passes = k.passes from k
    where v.key = k.key collate "C" and (v.profiles, v.profile_passes) is distinct from (k.profiles, k.passes)
  `);
}

interface OutlineRow { readonly place: number; readonly id: string; readonly started: number; readonly last: number; readonly entry_pass: string | null; readonly exit_at: number | null }

/** Stored journeys around new sightings, as `planPart` wants them, without those that are sealed. */
async function outlinesAround(tx: Orm, added: readonly Added[], floor: number | null): Promise<Map<Added, StoredOutline[]>> {
  const around = new Map<Added, StoredOutline[]>(added.map((a) => [a, []]));
  if (added.length === 0) return around;
  const bounds = added.map((a) => a.sightings.map((s) => s.capturedAt));
  const own = sql`j.key = r.key collate "C" and j.vehicle = r.vehicle collate "C" and ${floor === null ? sql`true` : notSealed(floor)}`;
  const rows = await rowsOf<OutlineRow>(tx, sql`
    select r.place::integer, s.id, ${epochMs(sql`s.started_at`)} as started, ${epochMs(sql`s.last_seen_at`)} as last, s.entry_pass_id as entry_pass, ${epochMs(sql`s.exit_at`)} as exit_at
    from unnest(${array(added.map((a) => a.key), 'text')}, ${array(added.map((a) => a.vehicle.name), 'text')}, ${instants(bounds.map((t) => Math.min(...t)))},
      ${instants(bounds.map((t) => Math.max(...t)))}) with ordinality as r (key, vehicle, first_at, last_at, place)
    cross join lateral (
      (select * from journeys j where ${own} and j.started_at < r.first_at order by j.started_at desc, j.last_seen_at desc, j.exit_at desc nulls last limit ${sql.raw(String(JOURNEYS_BEFORE))})
      union all (select * from journeys j where ${own} and j.started_at >= r.first_at and j.started_at <= r.last_at)
      union all (select * from journeys j where ${own} and j.started_at > r.last_at order by j.started_at limit ${sql.raw(String(JOURNEYS_AFTER))})
    ) as s order by s.started_at, s.last_seen_at, s.exit_at nulls first
  `);
  for (const row of rows) {
    const of = added[row.place - 1];
    if (of) around.get(of)?.push({ id: row.id, startedAt: row.started, lastSeenAt: row.last, startsWithEntry: row.entry_pass !== null && journeyId(of.key, row.entry_pass) === row.id, exitAt: row.exit_at });
  }
  return around;
}

/**
 * Has pairs looked for where a journey changed and an exit without an entry, or a pair, is near: others cannot pair. Whoever stores the
 * exit itself comes here too, so that nothing depends on who was first.
 */
async function seekPairs(tx: Orm, spans: readonly Span[]): Promise<void> {
  const folds = new Map<string, { first: number; last: number }>();
  for (const { key, from, to } of spans) {
    const fold = foldOf(key), times = folds.get(fold) ?? { first: from, last: to };
    folds.set(fold, { first: Math.min(times.first, from), last: Math.max(times.last, to) });
  }
  if (folds.size === 0) return;
  const near = [...folds.values()];
  const reach = sql.raw(`interval '${DEFAULT_LONGEST_STAY_MS + CLOCKS_APART_MS} milliseconds'`);
  await rowsOf(tx, sql`
    insert into pairs_due (fold, first_at, last_at)
    select r.fold, r.first_at, r.last_at from unnest(${array([...folds.keys()], 'text')}, ${instants(near.map((t) => t.first))}, ${instants(near.map((t) => t.last))}) as r (fold, first_at, last_at)
    where exists (
      select from journeys j where j.fold = r.fold collate "C" and j.seeks is not null and (j.seeks = 'entry' or j.pair_id is not null)
        and j.started_at >= r.first_at - ${reach} and j.started_at <= r.last_at + ${reach}
    )
  `);
}
