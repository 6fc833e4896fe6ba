import { and, eq, isNull, sql } from 'drizzle-orm';
import type { ListKind } from '../list/entry.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { inTransaction, instantParameter, rowsOf } from './query.ts';
import { webhooks } from './schema.ts';

/** An address that is told of hits. Null filters take everything. Times are epoch milliseconds. */
export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly label: string;
  readonly lists: readonly string[] | null;
  readonly kinds: readonly ListKind[] | null;
  readonly sites: readonly string[] | null;
  readonly covert: boolean;
  /** Only by a person. Its deliveries wait. */
  readonly paused: boolean;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly removedAt: number | null;
}

export interface NewWebhook extends Omit<Webhook, 'paused' | 'removedAt'> { readonly secret: string }

/** How the deliveries of a webhook fare. */
export interface WebhookState extends Webhook {
  readonly waiting: number;
  readonly delivered: number;
  readonly dead: number;
  /** HTTP status and fault of the newest delivery that was tried; null where there is none. */
  readonly lastStatus: number | null;
  readonly lastFault: string | null;
  /** Since when a delivery waits that was tried in vain; null when none does. */
  readonly failingSince: number | null;
}

/** A webhook that needs somebody: it fails for longer than five minutes, or has deliveries that were given up. */
export interface WebhookAlarm {
  readonly webhook: string;
  readonly label: string;
  readonly alarm: 'failing' | 'dead-letters';
  /** Epoch milliseconds: when the oldest of them was made. */
  readonly since: number;
  readonly count: number;
  readonly lastFault: string | null;
}

const FAILING_MS = 5 * 60_000;

const SHOWN = {
  id: webhooks.id, url: webhooks.url, label: webhooks.label, lists: webhooks.lists, kinds: webhooks.kinds, sites: webhooks.sites, covert: webhooks.covert,
  paused: webhooks.paused, createdAt: webhooks.createdAt, createdBy: webhooks.createdBy, removedAt: webhooks.removedAt,
};
type Shown = Omit<Webhook, 'kinds'> & { readonly kinds: string[] | null };
const webhookOf = (row: Shown): Webhook => ({ ...row, kinds: row.kinds as ListKind[] | null });

const copy = (values: readonly string[] | null): string[] | null => values && [...values];

export async function createWebhook(db: Database, given: NewWebhook): Promise<void> {
  await atStore(db, () => db.orm.insert(webhooks).values({ ...given, lists: copy(given.lists), kinds: copy(given.kinds), sites: copy(given.sites) }));
}

/** A removed one too; null when there was never such a webhook. */
export async function findWebhook(db: Database, id: string): Promise<Webhook | null> {
  const [row] = await atStore(db, () => db.orm.select(SHOWN).from(webhooks).where(eq(webhooks.id, id)));
  return row === undefined ? null : webhookOf(row);
}

/** Where and with which secret to send; null when it is removed or unknown. */
export async function webhookAddress(db: Database, id: string): Promise<{ readonly url: string; readonly secret: string } | null> {
  const [row] = await atStore(db, () => db.orm.select({ url: webhooks.url, secret: webhooks.secret }).from(webhooks).where(and(eq(webhooks.id, id), isNull(webhooks.removedAt))));
  return row ?? null;
}

/** Those that are not removed, oldest first. */
export async function listWebhooks(db: Database): Promise<WebhookState[]> {
  const rows = await atStore(db, () => db.orm.select(SHOWN).from(webhooks).where(isNull(webhooks.removedAt)).orderBy(webhooks.createdAt, webhooks.id));
  const states = new Map((await deliveryStates(db)).map((state) => [state.id, state]));
  return rows.map((row) => {
    const state = states.get(row.id);
    return {
      ...webhookOf(row), waiting: state?.waiting ?? 0, delivered: state?.delivered ?? 0, dead: state?.dead ?? 0, lastStatus: state?.last_status ?? null,
      lastFault: state?.last_fault ?? null, failingSince: state?.failing_since == null ? null : Date.parse(state.failing_since),
    };
  });
}

interface StateRow {
  readonly id: string; readonly waiting: number; readonly delivered: number; readonly dead: number;
  readonly last_status: number | null; readonly last_fault: string | null; readonly failing_since: string | null;
}

function deliveryStates(db: Database): Promise<StateRow[]> {
  return atStore(db, () => rowsOf<StateRow>(db.orm, sql`
    select w.id, c.waiting, c.delivered, c.dead, c.failing_since, l.last_status, l.last_fault from webhooks w
    cross join lateral (
      select count(*) filter (where d.state = 'waiting')::integer as waiting, count(*) filter (where d.state = 'delivered')::integer as delivered,
        count(*) filter (where d.state = 'dead')::integer as dead, min(d.created_at) filter (where d.state = 'waiting' and d.last_fault is not null) as failing_since
      from webhook_deliveries d where d.webhook_id = w.id
    ) c
    left join lateral (
      select d.last_status, d.last_fault from webhook_deliveries d
      where d.webhook_id = w.id and (d.last_status is not null or d.last_fault is not null) order by d.event_sequence desc limit 1
    ) l on true
    where w.removed_at is null
  `));
}

/** False: there is no such webhook. */
export async function pauseWebhook(db: Database, id: string, paused: boolean): Promise<boolean> {
  const rows = await atStore(db, () => db.orm.update(webhooks).set({ paused }).where(and(eq(webhooks.id, id), isNull(webhooks.removedAt))).returning({ id: webhooks.id }));
  return rows.length > 0;
}

/** Gives its waiting deliveries up, which stay listed. False: there is no such webhook, or it was removed before. */
export async function removeWebhook(db: Database, id: string, at: number): Promise<boolean> {
  return inTransaction(db, db.orm, async (tx) => {
    const rows = await rowsOf(tx, sql`update webhooks set removed_at = ${instantParameter(at)} where id = ${id} and removed_at is null returning id`);
    if (rows.length === 0) return false;
    await rowsOf(tx, sql`
      update webhook_deliveries set state = 'dead', finished_at = ${instantParameter(at)}, last_fault = 'the webhook was removed' where webhook_id = ${id} and state = 'waiting'
    `);
    return true;
  });
}

/** What an operator must know of the webhooks that are not removed, most urgent first. `now`: epoch milliseconds. */
export async function webhookAlarms(db: Database, now: number): Promise<WebhookAlarm[]> {
  const rows = await atStore(db, () => rowsOf<{ webhook: string; label: string; alarm: WebhookAlarm['alarm']; since: string; count: number; last_fault: string | null }>(db.orm, sql`
    select w.id as webhook, w.label, case d.state when 'dead' then 'dead-letters' else 'failing' end as alarm, min(d.created_at) as since, count(*)::integer as count,
      (array_agg(d.last_fault order by d.event_sequence desc) filter (where d.last_fault is not null))[1] as last_fault
    from webhooks w join webhook_deliveries d on d.webhook_id = w.id
    where w.removed_at is null and (d.state = 'dead' or (d.state = 'waiting' and not w.paused and d.last_fault is not null))
    group by w.id, w.label, d.state
    having d.state = 'dead' or min(d.created_at) < ${instantParameter(now - FAILING_MS)}
    order by 4, 1
  `));
  return rows.map(({ last_fault: lastFault, since, ...row }) => ({ ...row, since: Date.parse(since), lastFault }));
}
