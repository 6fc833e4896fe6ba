import { sql } from 'drizzle-orm';
import { profileOf } from '../journey/vehicles.ts';
import { foldOf, skeleton } from '../plate/key.ts';
import type { Orm } from './database.ts';
import { array, batch, epochMs, rowsOf, type BatchColumn } from './query.ts';
import type { StoredPass } from './stored-pass.ts';

/** What was known of a key before these passes, and the marks read under it now. */
export interface KnownKey {
  readonly key: string;
  /** null: the key is new. */
  readonly profilesBefore: readonly string[] | null;
  readonly profiles: readonly string[];
  /** The latest pass before: epoch milliseconds and site. */
  readonly lastSeenAt: number | null;
  readonly lastSiteId: string | null;
}

interface Seen { readonly key: string; readonly firstSeenAt: number; readonly lastSeenAt: number; readonly lastSiteId: string | null; readonly profiles: readonly string[] }

const COLUMNS: readonly BatchColumn<Seen>[] = [
  { name: 'key', type: 'text', of: (s) => s.key },
  { name: 'skeleton', type: 'text', of: (s) => skeleton(s.key) },
  { name: 'fold', type: 'text', of: (s) => foldOf(s.key) },
  { name: 'first_seen_at', type: 'timestamptz', of: (s) => s.firstSeenAt },
  { name: 'last_seen_at', type: 'timestamptz', of: (s) => s.lastSeenAt },
  { name: 'last_site_id', type: 'text', of: (s) => s.lastSiteId },
  { name: 'profiles', type: 'text[]', of: (s) => s.profiles },
];

/**
 * Enters passes with a mark into the table of vehicles and locks their keys to the end of the transaction: of two that store passes of one
 * vehicle, the later one sees the passes of both. Row locks, unlike advisory ones, do not fill the server's shared lock table; sorted, so
 * that two batches wait for each other instead of ending in a deadlock.
 */
export async function lockVehicles(tx: Orm, passes: readonly StoredPass[]): Promise<Map<string, KnownKey>> {
  const seen = seenKeys(passes);
  if (seen.length === 0) return new Map();
  const rows = await rowsOf<{ key: string; before: string[] | null; profiles: string[]; last: number | null; site: string | null }>(tx, sql`
    with known as (select key, profiles, last_seen_at, last_site_id from vehicles where key = any(${array(seen.map((s) => s.key), 'text')})),
    entered as (
      insert into vehicles ${batch(seen, COLUMNS)} order by r.key
      on conflict (key) do update set
        skeleton = excluded.skeleton, fold = excluded.fold,
        first_seen_at = least(vehicles.first_seen_at, excluded.first_seen_at), last_seen_at = greatest(vehicles.last_seen_at, excluded.last_seen_at),
        last_site_id = case when vehicles.last_seen_at > excluded.last_seen_at then vehicles.last_site_id else excluded.last_site_id end,
        profiles = case when vehicles.profiles @> excluded.profiles then vehicles.profiles
          else (select array_agg(distinct p collate "C" order by p collate "C") from unnest(vehicles.profiles || excluded.profiles) as p) end
      returning key, profiles
    )
    select entered.key, entered.profiles, known.profiles as before, ${epochMs(sql`known.last_seen_at`)} as last, known.last_site_id as site from entered left join known using (key)
  `);
  return new Map(rows.map((row) => [row.key, { key: row.key, profilesBefore: row.before, profiles: row.profiles, lastSeenAt: row.last, lastSiteId: row.site }]));
}

/** Locks keys that are known; gives the marks read under each. A key that is not known is left out. */
export async function lockKeys(tx: Orm, keys: readonly string[]): Promise<Map<string, readonly string[]>> {
  const rows = await rowsOf<{ key: string; profiles: string[] }>(tx, sql`select key, profiles from vehicles where key = any(${array([...keys], 'text')}) order by key for update`);
  return new Map(rows.map((row) => [row.key, row.profiles]));
}

function seenKeys(passes: readonly StoredPass[]): Seen[] {
  const seen = new Map<string, { key: string; firstSeenAt: number; lastSeenAt: number; lastSiteId: string | null; profiles: Set<string> }>();
  for (const { mark, key, capturedAt, siteId } of passes) {
    if (mark === null || key === null) continue;
    const known = seen.get(key) ?? { key, firstSeenAt: capturedAt, lastSeenAt: capturedAt, lastSiteId: siteId, profiles: new Set<string>() };
    seen.set(key, known);
    // Which vehicles there are is told by sightings; a picture from anywhere is none.
    if (siteId !== null) known.profiles.add(profileOf(mark));
    known.firstSeenAt = Math.min(known.firstSeenAt, capturedAt);
    if (capturedAt > known.lastSeenAt) Object.assign(known, { lastSeenAt: capturedAt, lastSiteId: siteId });
  }
  return [...seen.values()].map((s) => ({ ...s, profiles: [...s.profiles].toSorted() })).toSorted((a, b) => (a.key < b.key ? -1 : 1));
}
