import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { buildJourneys } from '../journey/build.ts';
import type { Journey, Sighting } from '../journey/journey.ts';
import type { Orm } from './database.ts';
import { markBatchColumns } from './mark-columns.ts';
import { array, batch, rowsOf, type BatchColumn } from './query.ts';
import { sightingsOfKeys } from './sightings.ts';

interface Built { readonly journey: Journey; readonly digest: string }
interface Appearance { readonly journeyId: string; readonly position: number; readonly sighting: Sighting }

const JOURNEY_COLUMNS: readonly BatchColumn<Built>[] = [
  { name: 'id', type: 'text', of: ({ journey }) => journey.id },
  { name: 'key', type: 'text', of: ({ journey }) => journey.key },
  { name: 'status', type: 'text', of: ({ journey }) => journey.status },
  { name: 'entry_pass_id', type: 'text', of: ({ journey }) => journey.entry?.passId },
  { name: 'exit_pass_id', type: 'text', of: ({ journey }) => journey.exit?.passId },
  { name: 'entry_missing', type: 'boolean', of: ({ journey }) => journey.entryMissing },
  { name: 'exit_missing', type: 'boolean', of: ({ journey }) => journey.exitMissing },
  { name: 'ambiguous', type: 'boolean', of: ({ journey }) => journey.ambiguous },
  { name: 'started_at', type: 'timestamptz', of: ({ journey }) => journey.startedAt },
  { name: 'last_seen_at', type: 'timestamptz', of: ({ journey }) => journey.lastSeenAt },
  ...markBatchColumns<Built>(({ journey }) => journey.mark),
  { name: 'digest', type: 'text', of: ({ digest }) => digest },
];

const APPEARANCE_COLUMNS: readonly BatchColumn<Appearance>[] = [
  { name: 'journey_id', type: 'text', of: (a) => a.journeyId },
  { name: 'captured_at', type: 'timestamptz', of: (a) => a.sighting.capturedAt },
  { name: 'pass_id', type: 'text', of: (a) => a.sighting.passId },
  { name: 'position', type: 'integer', of: (a) => a.position },
  { name: 'site_id', type: 'text', of: (a) => a.sighting.siteId },
];

/**
 * Makes the journeys of these keys what all stored passes of the keys say, and tells how many came, went or changed. Locks the keys to
 * the end of the transaction: of two that store passes of one vehicle, the later one sees the passes of both.
 */
export async function rebuildJourneys(tx: Orm, keys: readonly string[]): Promise<number> {
  if (keys.length === 0) return 0;
  await lockKeys(tx, keys);
  const built = [...(await sightingsOfKeys(tx, keys)).values()].flatMap((sightings) => buildJourneys(sightings).map((journey) => ({ journey, digest: digestOf(journey) })));
  const before = new Map((await rowsOf<{ id: string; digest: string }>(tx, sql`select id, digest from journeys where key = any(${array(keys, 'text')})`)).map((row) => [row.id, row.digest]));
  const changed = built.filter(({ journey, digest }) => before.get(journey.id) !== digest);
  const ids = new Set(built.map(({ journey }) => journey.id));
  const gone = [...before.keys()].filter((id) => !ids.has(id));
  if (gone.length > 0) {
    await rowsOf(tx, sql`delete from journey_sightings where journey_id = any(${array(gone, 'text')})`);
    await rowsOf(tx, sql`delete from journeys where id = any(${array(gone, 'text')})`);
  }
  if (changed.length > 0) await writeChanged(tx, changed, before);
  return gone.length + changed.length;
}

/**
 * A conflicting update that changes nothing still locks the row, so that one statement makes new keys and locks all. Sorted against
 * deadlocks.
 */
async function lockKeys(tx: Orm, keys: readonly string[]): Promise<void> {
  await rowsOf(tx, sql`
    insert into vehicle_keys (key) select distinct k collate "C" as k from unnest(${array(keys, 'text')}) as k order by k
    on conflict (key) do update set key = excluded.key where false
  `);
}

async function writeChanged(tx: Orm, changed: readonly Built[], before: ReadonlyMap<string, string>): Promise<void> {
  const updates = sql.join(JOURNEY_COLUMNS.filter((c) => c.name !== 'id').map((c) => sql`${sql.identifier(c.name)} = excluded.${sql.identifier(c.name)}`), sql`, `);
  await rowsOf(tx, sql`insert into journeys ${batch(changed, JOURNEY_COLUMNS)} order by r.id on conflict (id) do update set ${updates}`);
  const tails = await unchangedLengths(tx, changed.flatMap(({ journey }) => (before.has(journey.id) ? [journey] : []))), cut = [...tails];
  if (cut.length > 0) {
    await rowsOf(tx, sql`
      delete from journey_sightings s using unnest(${array(cut.map(([id]) => id), 'text')}, ${array(cut.map(([, length]) => length), 'integer')}) as kept (id, length)
      where s.journey_id = kept.id and s.position >= kept.length
    `);
  }
  const appearances = changed.flatMap(({ journey }) =>
    journey.sightings.map((sighting, position) => ({ journeyId: journey.id, position, sighting })).slice(tails.get(journey.id) ?? 0));
  await rowsOf(tx, sql`insert into journey_sightings ${batch(appearances, APPEARANCE_COLUMNS)}`);
}

/** How many sightings at the beginning of each journey are the same as stored: usually one is added at the end, and only that is written. */
async function unchangedLengths(tx: Orm, journeys: readonly Journey[]): Promise<Map<string, number>> {
  if (journeys.length === 0) return new Map();
  const stored = await rowsOf<{ id: string; passes: string[] }>(tx, sql`
    select journey_id as id, array_agg(pass_id order by position) as passes from journey_sightings
    where journey_id = any(${array(journeys.map((j) => j.id), 'text')}) group by journey_id
  `);
  const passesOf = new Map(stored.map((row) => [row.id, row.passes]));
  return new Map(journeys.map((journey) => {
    const known = passesOf.get(journey.id) ?? [];
    const differs = journey.sightings.findIndex((sighting, i) => sighting.passId !== known[i]);
    return [journey.id, differs < 0 ? journey.sightings.length : differs];
  }));
}

function digestOf(journey: Journey): string {
  const { key, status, entry, exit, entryMissing, exitMissing, ambiguous, startedAt, lastSeenAt, mark, sightings } = journey;
  const parts = [mark.jurisdiction, mark.district, mark.letters, mark.year, mark.number, mark.suffix, mark.class, mark.series];
  const content = [key, status, entry?.passId, exit?.passId, entryMissing, exitMissing, ambiguous, startedAt, lastSeenAt, parts, sightings.map((s) => s.passId)];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
