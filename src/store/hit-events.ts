import { asc, eq, gt, sql } from 'drizzle-orm';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import type { HitEvent, HitRecord } from './hit-record.ts';
import { array, batch, instantParameter, rowsOf, type BatchColumn } from './query.ts';
import { hitEvents, hits } from './schema.ts';

/** Numbered when it is stored. */
export type NewHitEvent = Omit<HitEvent, 'sequence'>;
/** An event with its hit as it stands now, not as it stood then. */
export interface EventOfHit { readonly event: HitEvent; readonly hit: HitRecord }

/** Channel of NOTIFY; the payload is the highest number that was written. Sent when the transaction commits. */
export const HITS_CHANNEL = 'darwaza_hits';

const COLUMNS: readonly BatchColumn<NewHitEvent>[] = [
  { name: 'at', type: 'timestamptz', of: (e) => e.at },
  { name: 'hit_id', type: 'text', of: (e) => e.hitId },
  { name: 'kind', type: 'text', of: (e) => e.kind },
  { name: 'ring', type: 'boolean', of: (e) => e.ring },
  { name: 'actor', type: 'text', of: (e) => e.actor },
  { name: 'sites', type: 'text[]', of: (e) => e.sites },
  { name: 'keys', type: 'text[]', of: (e) => e.keys },
  { name: 'detail', type: 'jsonb', of: (e) => e.detail },
];

/**
 * Lets one transaction at a time change hits and number their events, to its end. Numbers are then in the order of commit: a reader who
 * has seen n has seen all before it. Take it before any row of a hit: two who hold a hit each and wait for the history would wait for ever.
 */
export async function lockHistory(tx: Orm): Promise<void> {
  await rowsOf(tx, sql`select pg_advisory_xact_lock(hashtextextended('darwaza hit history', 0))`);
}

/**
 * Adds to the history, in the order given, and to the outbox of the webhooks; wakes those who listen on `HITS_CHANNEL`. The hits must be
 * stored. Who was told of a hit before (sites, keys) is told what becomes of it. Takes the lock of the history.
 */
export async function insertHitEvents(tx: Orm, events: readonly NewHitEvent[]): Promise<HitEvent[]> {
  if (events.length === 0) return [];
  await lockHistory(tx);
  const addressed = await withAddresses(tx, events);
  // The rows of unnest come in order, and each takes its number as it comes.
  const rows = await rowsOf<{ sequence: string | number }>(tx, sql`insert into hit_events ${batch(addressed, COLUMNS)} returning sequence`);
  const sequences = rows.map((row) => Number(row.sequence)).toSorted((a, b) => a - b), last = sequences.at(-1) as number;
  const stored = addressed.map((event, i) => ({ sequence: sequences[i] as number, ...event }));
  await fillOutbox(tx, stored[0] as HitEvent, last);
  await rowsOf(tx, sql`select pg_notify(${HITS_CHANNEL}, ${String(last)})`);
  return stored;
}

/** Events after this number with their hits, in order; at most `limit`. */
export async function listEventsAfter(db: Database, sequence: number, limit: number): Promise<EventOfHit[]> {
  return atStore(db, () => db.orm.select({ event: hitEvents, hit: hits }).from(hitEvents).innerJoin(hits, eq(hits.id, hitEvents.hitId))
    .where(gt(hitEvents.sequence, sequence)).orderBy(asc(hitEvents.sequence)).limit(limit));
}

/** Number of the newest event; 0 when there is none. */
export async function newestSequence(db: Database): Promise<number> {
  const [row] = await atStore(db, () => rowsOf<{ newest: string | number | null }>(db.orm, sql`select max(sequence) as newest from hit_events`));
  return Number(row?.newest ?? 0);
}

/** The history of one hit, oldest first; at most the `limit` newest events of it. */
export async function eventsOfHit(db: Database, hitId: string, limit = 1000): Promise<HitEvent[]> {
  const rows = await atStore(db, () => db.orm.select().from(hitEvents).where(eq(hitEvents.hitId, hitId)).orderBy(sql`${hitEvents.sequence} desc`).limit(limit));
  return rows.toReversed();
}

/** Each event with the sites and keys of those before it on the same hit. */
async function withAddresses(tx: Orm, events: readonly NewHitEvent[]): Promise<NewHitEvent[]> {
  const ids = [...new Set(events.map((event) => event.hitId))];
  const rows = await rowsOf<{ id: string; sites: string[]; keys: string[] }>(tx, sql`
    select h.id, e.sites, e.keys from unnest(${array(ids, 'text')}) as h (id)
    cross join lateral (select sites, keys from hit_events where hit_id = h.id order by sequence desc limit 1) as e
  `);
  const told = new Map(rows.map(({ id, sites, keys }) => [id, { sites, keys }]));
  return events.map((event) => {
    const before = told.get(event.hitId) ?? { sites: [], keys: [] };
    const now = { sites: union(before.sites, event.sites), keys: union(before.keys, event.keys) };
    told.set(event.hitId, now);
    return { ...event, ...now };
  });
}

/** One delivery for each webhook that wants an event of this transaction; those of a paused one wait. That one reached somebody is news to nobody. */
async function fillOutbox(tx: Orm, { sequence: first, at }: HitEvent, last: number): Promise<void> {
  const now = instantParameter(at);
  await rowsOf(tx, sql`
    insert into webhook_deliveries (webhook_id, event_sequence, created_at, next_at) select w.id, e.sequence, ${now}, ${now}
    from hit_events e join hits h on h.id = e.hit_id join webhooks w on w.removed_at is null
      and (w.lists is null or h.list = any(w.lists)) and (w.kinds is null or h.kind = any(w.kinds))
      and (w.sites is null or h.site_id = any(w.sites) or e.sites && w.sites) and (w.covert or not h.covert)
    where e.sequence between ${first}::bigint and ${last}::bigint and e.kind <> 'delivered' order by e.sequence, w.id
  `);
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])];
}
