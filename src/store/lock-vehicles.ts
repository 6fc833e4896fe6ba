import { sql } from 'drizzle-orm';
import { groupedBy } from '../journey/build.ts';
import { profileOf } from '../journey/vehicles.ts';
import { foldOf, skeleton } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';
import type { Orm } from './database.ts';
import { array, batch, epochMs, rowsOf, type BatchColumn } from './query.ts';
import type { StoredPass } from './stored-pass.ts';

/** What was known of a key before these passes, and the marks read under it now. */
export interface KnownKey {
  readonly key: string;
  /** null: the key is new. */
  readonly before: Profiles | null;
  readonly now: Profiles;
  /** The latest pass before: epoch milliseconds and site. */
  readonly lastSeenAt: number | null;
  readonly lastSiteId: string | null;
}

/** Marks read under a key, and how many passes each had, in the same order. */
export interface Profiles { readonly profiles: readonly string[]; readonly passes: readonly number[] }

interface Seen { readonly key: string; readonly firstSeenAt: number; readonly lastSeenAt: number; readonly lastSiteId: string | null; readonly profiles: readonly string[]; readonly passes: readonly number[] }

const COLUMNS: readonly BatchColumn<Seen>[] = [
  { name: 'key', type: 'text', of: (s) => s.key },
  { name: 'skeleton', type: 'text', of: (s) => skeleton(s.key) },
  { name: 'fold', type: 'text', of: (s) => foldOf(s.key) },
  { name: 'first_seen_at', type: 'timestamptz', of: (s) => s.firstSeenAt },
  { name: 'last_seen_at', type: 'timestamptz', of: (s) => s.lastSeenAt },
  { name: 'last_site_id', type: 'text', of: (s) => s.lastSiteId },
  { name: 'profiles', type: 'text[]', of: (s) => s.profiles },
  { name: 'profile_passes', type: 'integer[]', of: (s) => s.passes },
];

/**
 * Enters passes with a mark into the table of vehicles and locks their keys to the end of the transaction: of two that store passes of one
 * vehicle, the later one sees the passes of both. Row locks, unlike advisory ones, do not fill the server's shared lock table; sorted, so
 * that two batches wait for each other instead of ending in a deadlock.
 */
export async function lockVehicles(tx: Orm, passes: readonly StoredPass[]): Promise<Map<string, KnownKey>> {
  const seen = seenKeys(passes);
  if (seen.length === 0) return new Map();
  // The statement after this one sees the table as it was when it began: whoever it had to wait for would not be in `known`.
  await lockKeys(tx, seen.map((s) => s.key));
  const rows = await rowsOf<KeyRow>(tx, sql`
    with known as (select key, profiles, profile_passes, last_seen_at, last_site_id from vehicles where key = any(${array(seen.map((s) => s.key), 'text')})),
    entered as (
      insert into vehicles ${batch(seen, COLUMNS)} order by r.key
      on conflict (key) do update set
        skeleton = excluded.skeleton, fold = excluded.fold,
        first_seen_at = least(vehicles.first_seen_at, excluded.first_seen_at), last_seen_at = greatest(vehicles.last_seen_at, excluded.last_seen_at),
        last_site_id = case when vehicles.last_seen_at > excluded.last_seen_at then vehicles.last_site_id else excluded.last_site_id end,
        (profiles, profile_passes) = (
          select coalesce(array_agg(p order by p), '{}'), coalesce(array_agg(n order by p), '{}') from (
            select p collate "C" as p, sum(n)::integer as n from unnest(vehicles.profiles || excluded.profiles, vehicles.profile_passes || excluded.profile_passes) as u (p, n) group by p collate "C"
          ) as counted
        )
      returning key, profiles, profile_passes, vehicles.xmax = 0 as made
    )
    select entered.key, entered.made, entered.profiles, entered.profile_passes as passes, known.profiles as profiles_before, known.profile_passes as passes_before,
      ${epochMs(sql`known.last_seen_at`)} as last, known.last_site_id as site
    from entered left join known using (key)
  `);
  const raced = await madeByOthers(tx, rows, seen, passes);
  return new Map(rows.map((row) => [row.key, raced.get(row.key) ?? {
    key: row.key, now: { profiles: row.profiles, passes: row.passes }, before: row.profiles_before === null ? null : { profiles: row.profiles_before, passes: row.passes_before ?? [] },
    lastSeenAt: row.last, lastSiteId: row.site,
  }]));
}

/** Keys that somebody else made between the lock and the entry, when there was nothing to lock yet: what was known before is what is known now without these passes. */
async function madeByOthers(tx: Orm, rows: readonly KeyRow[], seen: readonly Seen[], passes: readonly StoredPass[]): Promise<Map<string, KnownKey>> {
  const raced = rows.filter((row) => !row.made && row.profiles_before === null);
  if (raced.length === 0) return new Map();
  const latest = await rowsOf<{ key: string; last: number; site: string | null }>(tx, sql`
    select distinct on (key) key, ${epochMs(sql`captured_at`)} as last, site_id as site from passes
    where key = any(${array(raced.map((row) => row.key), 'text')}) and id <> all(${array(passes.map((pass) => pass.id), 'text')}) order by key, captured_at desc, id desc
  `);
  const latestOf = new Map(latest.map((row) => [row.key, row])), added = new Map(seen.map((s) => [s.key, s]));
  return new Map(raced.map(({ key, profiles, passes: counts }) => {
    const now = { profiles, passes: counts }, last = latestOf.get(key);
    return [key, { key, now, before: without(now, added.get(key) ?? { profiles: [], passes: [] }), lastSeenAt: last?.last ?? null, lastSiteId: last?.site ?? null }];
  }));
}

function without(now: Profiles, added: Profiles): Profiles {
  const left = now.profiles.map((profile, i) => ({ profile, passes: (now.passes[i] ?? 0) - (added.passes[added.profiles.indexOf(profile)] ?? 0) })).filter(({ passes }) => passes > 0);
  return { profiles: left.map(({ profile }) => profile), passes: left.map(({ passes }) => passes) };
}

interface KeyRow {
  readonly key: string;
  /** The key was not there before. */
  readonly made: boolean;
  readonly profiles: string[];
  readonly passes: number[];
  readonly profiles_before: string[] | null;
  readonly passes_before: number[] | null;
  readonly last: number | null;
  readonly site: string | null;
}

/** Locks keys; gives those that are known. */
export async function lockKeys(tx: Orm, keys: readonly string[]): Promise<string[]> {
  const rows = await rowsOf<{ key: string }>(tx, sql`select key from vehicles where key = any(${array([...keys], 'text')}) order by key for update`);
  return rows.map((row) => row.key);
}

function seenKeys(passes: readonly StoredPass[]): Seen[] {
  const seen = new Map<string, { key: string; firstSeenAt: number; lastSeenAt: number; lastSiteId: string | null; marks: Mark[] }>();
  for (const { mark, key, capturedAt, siteId } of passes) {
    if (mark === null || key === null) continue;
    const known = seen.get(key) ?? { key, firstSeenAt: capturedAt, lastSeenAt: capturedAt, lastSiteId: siteId, marks: [] };
    seen.set(key, known);
    // Which vehicles there are is told by sightings; a picture from anywhere is none.
    if (siteId !== null) known.marks.push(mark);
    known.firstSeenAt = Math.min(known.firstSeenAt, capturedAt);
    if (capturedAt > known.lastSeenAt) Object.assign(known, { lastSeenAt: capturedAt, lastSiteId: siteId });
  }
  return [...seen.values()].map(({ marks, ...rest }) => ({ ...rest, ...profilesOf(marks) })).toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** The profiles of marks, sorted, with how many there are of each. */
export function profilesOf(marks: readonly Mark[]): Profiles {
  const counted = [...groupedBy(marks.map(profileOf), (profile) => profile)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { profiles: counted.map(([profile]) => profile), passes: counted.map(([, of]) => of.length) };
}
