import { sql, type SQL } from 'drizzle-orm';
import type { Journey } from '../journey/journey.ts';
import { foldOf } from '../plate/key.ts';
import type { Orm } from './database.ts';
import { markBatchColumns } from './mark-columns.ts';
import { array, batch, batchRows, instants, rowsOf, type BatchColumn } from './query.ts';
import { notSealed } from './sealed-journeys.ts';

const COLUMNS: readonly BatchColumn<Journey>[] = [
  { name: 'id', type: 'text', of: (j) => j.id },
  { name: 'started_at', type: 'timestamptz', of: (j) => j.startedAt },
  { name: 'last_seen_at', type: 'timestamptz', of: (j) => j.lastSeenAt },
  { name: 'entry_at', type: 'timestamptz', of: (j) => j.entry?.capturedAt },
  { name: 'exit_at', type: 'timestamptz', of: (j) => j.exit?.capturedAt },
  { name: 'entry_after', type: 'timestamptz', of: (j) => j.inferredEntry?.from },
  { name: 'exit_before', type: 'timestamptz', of: (j) => j.inferredExit?.to },
  { name: 'confidence', type: 'double precision', of: (j) => j.confidence },
  { name: 'sighting_count', type: 'integer', of: (j) => j.sightingCount },
  { name: 'entry_missing', type: 'boolean', of: (j) => j.entryMissing },
  { name: 'exit_missing', type: 'boolean', of: (j) => j.exitMissing },
  { name: 'ambiguous', type: 'boolean', of: (j) => j.ambiguous },
  { name: 'status', type: 'text', of: (j) => j.status },
  { name: 'key', type: 'text', of: (j) => j.key },
  { name: 'vehicle', type: 'text', of: (j) => j.vehicle },
  { name: 'fold', type: 'text', of: (j) => foldOf(j.key) },
  { name: 'entry_pass_id', type: 'text', of: (j) => j.entry?.passId },
  { name: 'entry_site', type: 'text', of: (j) => j.entry?.siteId },
  { name: 'exit_pass_id', type: 'text', of: (j) => j.exit?.passId },
  { name: 'exit_site', type: 'text', of: (j) => j.exit?.siteId },
  { name: 'first_site', type: 'text', of: (j) => j.sightings[0]?.siteId },
  { name: 'last_site', type: 'text', of: (j) => j.sightings.at(-1)?.siteId },
  { name: 'sites', type: 'text[]', of: (j) => j.sites },
  { name: 'classes', type: 'text[]', of: (j) => j.classes },
  ...markBatchColumns<Journey>((j) => j.mark),
];

const named = (prefix: string): SQL => sql.join(COLUMNS.map((c) => sql.raw(`${prefix}.${c.name}`)), sql`, `);
/** A journey that has changed is sought pairs for anew. */
const UPDATES = sql.join([
  ...COLUMNS.filter((c) => c.name !== 'id').map((c) => sql.raw(`${c.name} = excluded.${c.name}`)),
  sql.raw('pair_id = null, pair_score = null, pair_exit_at = null, pair_exit_pass_id = null, pair_exit_site = null, absorbed = false'),
], sql`, `);

/** Where journeys of one vehicle that begin in from ≤ t < to (epoch milliseconds; null = no bound) are replaced. */
export interface Replaced { readonly key: string; readonly vehicle: string | null; readonly from: number | null; readonly to: number | null; readonly kept: readonly string[] }

/** Writes journeys that are new or differ from what is stored; tells how many. */
export async function writeJourneys(tx: Orm, journeys: readonly Journey[]): Promise<number> {
  if (journeys.length === 0) return 0;
  const rows = await rowsOf(tx, sql`
    insert into journeys ${batch(journeys, COLUMNS)} order by r.id
    on conflict (id) do update set ${UPDATES} where (${named('journeys')}) is distinct from (${named('excluded')}) returning 1 as written
  `);
  return rows.length;
}

/** Removes journeys that a part no longer has, but those that are sealed by the floor of passes (null: none); tells how many. `vehicle` null: of any vehicle of the key. */
export async function removeJourneys(tx: Orm, parts: readonly Replaced[], floor: number | null): Promise<number> {
  if (parts.length === 0) return 0;
  const rows = await rowsOf(tx, sql`
    delete from journeys j using unnest(${array(parts.map((p) => p.key), 'text')}, ${array(parts.map((p) => p.vehicle), 'text')},
      ${instants(parts.map((p) => p.from), '-infinity')}, ${instants(parts.map((p) => p.to))}) as part (key, vehicle, from_at, to_at)
    where j.key = part.key collate "C" and (part.vehicle is null or j.vehicle = part.vehicle collate "C") and j.started_at >= part.from_at and j.started_at < part.to_at
      and ${floor === null ? sql`true` : notSealed(floor)} and j.id <> all(${array(parts.flatMap((p) => p.kept), 'text')})
    returning 1 as removed
  `);
  return rows.length;
}

/** What sightings add to a journey that they join. */
export interface Joined {
  readonly journeyId: string;
  readonly lastSeenAt: number;
  readonly lastSite: string | null;
  readonly count: number;
  readonly sites: readonly string[];
  readonly classes: readonly string[];
}

const JOINED_COLUMNS: readonly BatchColumn<Joined>[] = [
  { name: 'id', type: 'text', of: (j) => j.journeyId },
  { name: 'last_seen_at', type: 'timestamptz', of: (j) => j.lastSeenAt },
  { name: 'last_site', type: 'text', of: (j) => j.lastSite },
  { name: 'count', type: 'integer', of: (j) => j.count },
  { name: 'sites', type: 'text[]', of: (j) => j.sites },
  { name: 'classes', type: 'text[]', of: (j) => j.classes },
];

/** The column with what the sightings add. */
function merged(column: 'sites' | 'classes'): SQL {
  return sql.raw(`${column} = case when j.${column} @> a.${column} then j.${column}
    else (select array_agg(distinct v collate "C" order by v collate "C") from unnest(j.${column} || a.${column}) as v) end`);
}

/** Adds sightings to the outlines of journeys that stand; tells how many journeys. A pair stays until it is looked at again. */
export async function joinJourneys(tx: Orm, joined: readonly Joined[]): Promise<number> {
  if (joined.length === 0) return 0;
  const rows = await rowsOf(tx, sql`
    with a as (${batchRows(joined, JOINED_COLUMNS)})
    update journeys j set
      last_site = case when a.last_seen_at > j.last_seen_at then a.last_site else j.last_site end, last_seen_at = greatest(j.last_seen_at, a.last_seen_at),
      sighting_count = j.sighting_count + a.count, ${merged('sites')}, ${merged('classes')}
    from a where j.id = a.id collate "C" returning 1 as joined
  `);
  return rows.length;
}
