import { inArray, or, sql, type SQL } from 'drizzle-orm';
import type { Orm } from './database.ts';
import type { HitRecord } from './hit-record.ts';
import { array, rowsOf } from './query.ts';
import { hits } from './schema.ts';

/** A sighting, and how far from a hit of the same vehicle it may lie to belong to it; milliseconds. */
export interface CooldownQuestion { readonly hit: Pick<HitRecord, 'entryId' | 'plate' | 'siteId' | 'cameraId' | 'capturedAt'>; readonly cooldownMs: number }

/** What the store knows of hits and sightings that are to be settled. */
export interface KnownHits {
  readonly hits: readonly HitRecord[];
  /** Hit ids by the sightings counted into them. */
  readonly sightings: ReadonlyMap<string, string>;
}

/** A hit is delivered at most this long after it was raised: the outbox gives up then. */
const LONGEST_DELIVERY = sql.raw(`interval '24 hours'`);

/**
 * Hits with one of the ids, of one of the passes, those that counted one of the ids as a sighting, and those within whose cooldown a sighting
 * may fall (same entry, plate and site; without a site the same camera). Under the lock of the history.
 */
export async function knownHits(tx: Orm, ids: readonly string[], passIds: readonly string[], questions: readonly CooldownQuestion[]): Promise<KnownHits> {
  const counted = await rowsOf<{ sighting: string; hitId: string }>(tx, sql`
    select detail ->> 'sighting' as sighting, hit_id as "hitId" from hit_events where kind = 'repeated' and detail ->> 'sighting' = any(${array(ids, 'text')})
  `);
  const wanted = [...new Set([...ids, ...counted.map((row) => row.hitId)])];
  const found = await tx.select().from(hits).where(or(inArray(hits.id, wanted), passIds.length === 0 ? undefined : inArray(hits.passId, [...passIds]), withinCooldown(questions)));
  return { hits: found, sightings: new Map(counted.map((row) => [row.sighting, row.hitId])) };
}

function withinCooldown(questions: readonly CooldownQuestion[]): SQL | undefined {
  if (questions.length === 0) return undefined;
  const times = (of: (q: CooldownQuestion) => number): SQL => array(questions.map((q) => new Date(of(q)).toISOString()), 'timestamptz');
  return sql`${hits.id} in (
    select h.id from unnest(
      ${array(questions.map((q) => q.hit.entryId), 'text')}, ${array(questions.map((q) => q.hit.plate), 'text')}, ${array(questions.map((q) => q.hit.siteId), 'text')},
      ${array(questions.map((q) => q.hit.cameraId), 'text')}, ${times((q) => q.hit.capturedAt - q.cooldownMs)}, ${times((q) => q.hit.capturedAt + q.cooldownMs)}
    ) as q (entry_id, plate, site_id, camera_id, earliest, latest)
    join hits h on h.entry_id = q.entry_id and h.last_seen_at >= q.earliest - ${LONGEST_DELIVERY} and h.plate = q.plate and h.first_seen_at <= q.latest
      and (h.site_id = q.site_id or h.site_id is null and q.site_id is null and h.camera_id = q.camera_id)
      and greatest(h.last_seen_at, h.delivered_at) >= q.earliest and h.status <> 'withdrawn'
  )`;
}
