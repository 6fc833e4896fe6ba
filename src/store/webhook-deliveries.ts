import { and, asc, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import type { EventOfHit } from './hit-events.ts';
import type { HitEventKind } from './hit-record.ts';
import { array, instantParameter, rowsOf } from './query.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest } from './page.ts';
import { hitEvents, hits, webhookDeliveries, webhooks, type DeliveryState } from './schema.ts';

/** One event on its way to one webhook. Times are epoch milliseconds. */
export interface Delivery {
  readonly id: number;
  readonly webhookId: string;
  readonly eventSequence: number;
  readonly eventKind: HitEventKind;
  readonly hitId: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly createdAt: number;
  readonly nextAt: number;
  readonly finishedAt: number | null;
  readonly lastStatus: number | null;
  readonly lastFault: string | null;
}

/** A delivery that this process may send now, with all that it says. */
export interface ClaimedDelivery extends EventOfHit {
  readonly id: number;
  /** This one counted: 1 is the first. */
  readonly attempt: number;
  readonly createdAt: number;
  readonly url: string;
  readonly secret: string;
}

/** Webhooks for which something is due, those that wait longest first. */
export async function dueWebhooks(db: Database, now: number): Promise<string[]> {
  const rows = await atStore(db, () => rowsOf<{ id: string }>(db.orm, sql`
    select w.id from webhooks w cross join lateral (
      select next_at from webhook_deliveries d where d.webhook_id = w.id and d.state = 'waiting' and d.next_at <= ${instantParameter(now)} order by next_at limit 1
    ) d where w.removed_at is null and not w.paused order by d.next_at
  `));
  return rows.map((row) => row.id);
}

/**
 * Takes deliveries that are due, longest due first. The attempt is counted and the next one set to `leaseUntil` before anything is sent:
 * whoever is killed while sending leaves a delivery that goes out again as a further attempt, never as a new one.
 */
export async function claimDeliveries(db: Database, webhookId: string, given: { readonly now: number; readonly leaseUntil: number; readonly limit: number }): Promise<ClaimedDelivery[]> {
  const { now, leaseUntil, limit } = given;
  const claimed = await atStore(db, () => rowsOf<{ id: string | number }>(db.orm, sql`
    with due as (
      select d.id from webhook_deliveries d join webhooks w on w.id = d.webhook_id
      where d.webhook_id = ${webhookId} and d.state = 'waiting' and d.next_at <= ${instantParameter(now)} and w.removed_at is null and not w.paused
      order by d.next_at, d.id limit ${limit} for update of d skip locked
    )
    update webhook_deliveries d set attempts = d.attempts + 1, next_at = ${instantParameter(leaseUntil)} from due where d.id = due.id returning d.id
  `));
  if (claimed.length === 0) return [];
  return atStore(db, () => db.orm.select({
    id: webhookDeliveries.id, attempt: webhookDeliveries.attempts, createdAt: webhookDeliveries.createdAt, url: webhooks.url, secret: webhooks.secret, event: hitEvents, hit: hits,
  }).from(webhookDeliveries).innerJoin(webhooks, eq(webhooks.id, webhookDeliveries.webhookId))
    .innerJoin(hitEvents, eq(hitEvents.sequence, webhookDeliveries.eventSequence)).innerJoin(hits, eq(hits.id, hitEvents.hitId))
    .where(inArray(webhookDeliveries.id, claimed.map((row) => Number(row.id)))).orderBy(asc(webhookDeliveries.eventSequence)));
}

/** The endpoint took it. */
export async function deliverySucceeded(db: Database, id: number, { status, at }: { readonly status: number; readonly at: number }): Promise<void> {
  await atStore(db, () => db.orm.update(webhookDeliveries).set({ state: 'delivered', finishedAt: at, lastStatus: status, lastFault: null })
    .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.state, 'waiting'))));
}

export interface FailedAttempt {
  readonly attempt: number;
  /** null when there was no answer. */
  readonly status: number | null;
  readonly fault: string;
  readonly at: number;
  /** null: given up. */
  readonly nextAt: number | null;
}

/** The attempt was in vain. Changes nothing when another process has taken the delivery meanwhile. */
export async function deliveryFailed(db: Database, id: number, { attempt, status, fault, at, nextAt }: FailedAttempt): Promise<void> {
  const fate = nextAt === null ? { state: 'dead' as const, finishedAt: at } : { nextAt };
  await atStore(db, () => db.orm.update(webhookDeliveries).set({ ...fate, lastStatus: status, lastFault: fault })
    .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.state, 'waiting'), eq(webhookDeliveries.attempts, attempt))));
}

/** Deliveries of a webhook, newest first. @throws CURSOR_INVALID, ARGUMENT_INVALID */
export async function listDeliveries(db: Database, filter: { readonly webhookId: string; readonly state?: DeliveryState | undefined }, page: PageRequest = {}): Promise<Page<Delivery>> {
  const limit = pageLimit(page), place = readCursor(page.cursor, filter), { webhookId, state } = filter;
  const rows = await atStore(db, () => db.orm.select({ delivery: webhookDeliveries, eventKind: hitEvents.kind, hitId: hitEvents.hitId })
    .from(webhookDeliveries).innerJoin(hitEvents, eq(hitEvents.sequence, webhookDeliveries.eventSequence))
    .where(and(eq(webhookDeliveries.webhookId, webhookId), state && eq(webhookDeliveries.state, state), place === null ? undefined : lt(webhookDeliveries.id, Number(place.id))))
    .orderBy(desc(webhookDeliveries.id)).limit(limit + 1));
  const items = rows.map(({ delivery, eventKind, hitId }): Delivery => ({ ...delivery, eventKind, hitId }));
  return toPage(items, limit, filter, (delivery) => ({ at: delivery.createdAt, id: String(delivery.id) }));
}

/**
 * Puts dead deliveries of a webhook back: tried at once, and for 24 hours from now. All of them without `ids`. How many there were.
 * One statement, so that a retry asked twice is one.
 */
export async function retryDeliveries(db: Database, webhookId: string, now: number, ids: readonly number[] | null = null): Promise<number> {
  const which = ids === null ? sql`true` : sql`id = any(${array(ids, 'text')}::bigint[])`, at = instantParameter(now);
  const rows = await atStore(db, () => rowsOf<{ n: number }>(db.orm, sql`
    with again as (
      update webhook_deliveries set state = 'waiting', created_at = ${at}, next_at = ${at}, finished_at = null where webhook_id = ${webhookId} and state = 'dead' and ${which} returning 1
    ) select count(*)::integer as n from again
  `));
  return rows[0]?.n ?? 0;
}
