import type { Clock } from '../core/clock.ts';
import { formatInstant } from '../core/instant.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import type { Database } from '../store/database.ts';
import type { HitEvent, HitRecord } from '../store/hit-record.ts';
import { toldDetail } from './told-detail.ts';
import { markDelivered } from '../store/mark-delivered.ts';
import { claimDeliveries, deliveryFailed, deliverySucceeded, dueWebhooks, type ClaimedDelivery } from '../store/webhook-deliveries.ts';
import { signWebhook } from './webhook-signature.ts';

export interface WebhookSenderParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** A hit as the API answers it. */
  readonly describe: (hit: HitRecord) => unknown;
  /** Offset in which times are written; minutes. */
  readonly offsetMinutes: number;
  readonly fetch?: typeof fetch;
  /** 0 ≤ n < 1, for the spread of retries. */
  readonly random?: () => number;
}

/** Sends what lies in the outbox. Any number of processes may do so on one database. */
export interface WebhookSender {
  /** Sends all that is due and waits for the answers. */
  tick(): Promise<void>;
  /** Looks at once; answers are not waited for. */
  wake(): void;
  /** Looks every second from now on. */
  start(): void;
  /** Claims no more and waits for what is under way, at most a few seconds: what is cut off then is sent again. */
  close(): Promise<void>;
}

/** What a webhook's endpoint answered; `status` is null when it did not. `fault` is null for 2xx. */
export interface Sent { readonly status: number | null; readonly fault: string | null }

const AT_ONCE = 4, LOOK_MS = 1000, TIMEOUT_MS = 10_000, GRACE_MS = 3000;
/** Longer than any attempt takes: until then no other process sends the same. */
const LEASE_MS = 30_000;
const FIRST_WAIT_MS = 5000, LONGEST_WAIT_MS = 3_600_000;
/** How long a delivery is tried. */
export const TRIED_FOR_MS = 24 * 3_600_000;

/** When a delivery that failed at `now` is tried next; null: it is given up. All epoch milliseconds. `random`: 0 ≤ n < 1. */
export function nextAttemptAt({ attempt, createdAt, now, random }: { readonly attempt: number; readonly createdAt: number; readonly now: number; readonly random: number }): number | null {
  const end = createdAt + TRIED_FOR_MS;
  if (now >= end) return null;
  const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.min(attempt - 1, 20), LONGEST_WAIT_MS);
  // Half of it is chance: endpoints that failed together are not called together. The last attempt falls on the end itself.
  return Math.min(Math.round(now + wait * (0.5 + random / 2)), end);
}

export function createWebhookSender(parts: WebhookSenderParts): WebhookSender {
  return new Sender(parts);
}

class Sender implements WebhookSender {
  readonly #parts: WebhookSenderParts;
  /** Deliveries under way, by webhook: a slow endpoint holds nobody up but itself. */
  readonly #busy = new Map<string, number>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #round: Promise<void> | null = null;
  #news = false;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | null = null;

  constructor(parts: WebhookSenderParts) {
    this.#parts = parts;
  }

  async tick(): Promise<void> {
    this.wake();
    while (this.#round !== null || this.#underWay.size > 0) await Promise.all([this.#round, ...this.#underWay]);
  }

  wake(): void {
    if (this.#closing !== null) return;
    this.#news = true;
    this.#round ??= this.#look().finally(() => {
      this.#round = null;
      if (this.#news) this.wake();
    });
  }

  start(): void {
    this.#timer ??= setInterval(() => this.wake(), LOOK_MS).unref();
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async #end(): Promise<void> {
    clearInterval(this.#timer);
    const cut = setTimeout(() => this.#abort.abort(), GRACE_MS);
    await this.#round;
    await Promise.all(this.#underWay);
    clearTimeout(cut);
  }

  async #look(): Promise<void> {
    const { database, clock, log } = this.#parts;
    try {
      while (this.#news && this.#closing === null) {
        this.#news = false;
        for (const webhookId of await dueWebhooks(database, clock())) await this.#claim(webhookId);
      }
    } catch (cause) {
      this.#news = false;
      log.warn({ trace: traceOf(cause) }, 'the outbox of the webhooks cannot be read; trying again');
    }
  }

  async #claim(webhookId: string): Promise<void> {
    const { database, clock } = this.#parts, now = clock();
    const limit = AT_ONCE - (this.#busy.get(webhookId) ?? 0);
    if (limit <= 0 || this.#closing !== null) return;
    for (const delivery of await claimDeliveries(database, webhookId, { now, leaseUntil: now + LEASE_MS, limit })) {
      this.#busy.set(webhookId, (this.#busy.get(webhookId) ?? 0) + 1);
      const work = this.#deliver(webhookId, delivery).finally(() => {
        this.#underWay.delete(work);
        const left = (this.#busy.get(webhookId) ?? 1) - 1;
        if (left > 0) this.#busy.set(webhookId, left);
        else this.#busy.delete(webhookId);
        this.wake();
      });
      this.#underWay.add(work);
    }
  }

  async #deliver(webhookId: string, delivery: ClaimedDelivery): Promise<void> {
    const { database, clock, log, random = Math.random } = this.#parts, { id, attempt, createdAt } = delivery;
    try {
      const { status, fault } = await postWebhook(this.#message(delivery), { now: clock(), signal: this.#abort.signal, fetch: this.#parts.fetch });
      const now = clock();
      if (fault === null && status !== null) {
        await deliverySucceeded(database, id, { status, at: now });
        if (delivery.hit.deliveredAt === null) await markDelivered(database, [delivery.hit.id], 'webhook', now);
        return;
      }
      const nextAt = nextAttemptAt({ attempt, createdAt, now, random: random() });
      await deliveryFailed(database, id, { attempt, status, fault: fault ?? 'no answer', at: now, nextAt });
      if (nextAt === null) log.error({ webhook: webhookId, delivery: id, attempt, status, fault }, 'a webhook delivery was given up after 24 hours; it stays listed');
    } catch (cause) {
      // The lease runs out, and the delivery goes out again as a further attempt.
      log.warn({ trace: traceOf(cause), webhook: webhookId, delivery: id }, 'what became of a webhook delivery cannot be stored; it will be sent again');
    }
  }

  #message({ id, attempt, url, secret, event, hit }: ClaimedDelivery): WebhookMessage {
    const { describe, offsetMinutes } = this.#parts;
    return { url, secret, delivery: String(id), attempt, event: eventBody(event, offsetMinutes), hit: describe(hit) };
  }
}

/** An event as it is told to other programs. */
export function eventBody({ sequence, kind, at, ring, detail }: HitEvent, offsetMinutes: number): { readonly sequence: number; readonly kind: string; readonly [field: string]: unknown } {
  return { sequence, kind, at: formatInstant(at, offsetMinutes), ring, detail: toldDetail(detail, offsetMinutes) };
}

export interface WebhookMessage {
  readonly url: string;
  readonly secret: string;
  /** The same at every attempt. */
  readonly delivery: string;
  readonly attempt: number;
  readonly event: { readonly sequence: number | null; readonly kind: string; readonly [field: string]: unknown };
  readonly hit: unknown;
}

/** Sends one signed message; never throws for what the endpoint does. `now`: epoch milliseconds, for the signature. */
export async function postWebhook(message: WebhookMessage, given: { readonly now: number; readonly signal?: AbortSignal; readonly fetch?: typeof fetch | undefined }): Promise<Sent> {
  const { url, secret, delivery, attempt, event, hit } = message, { fetch: send = fetch, signal, now } = given;
  const body = JSON.stringify({ delivery, attempt, event, hit }), end = new AbortController();
  const timeout = setTimeout(() => end.abort(new DOMException('no answer', 'TimeoutError')), TIMEOUT_MS), stop = (): void => end.abort();
  // Not AbortSignal.any: until Node 22 each use leaves something behind at a signal that lives as long as the process.
  signal?.addEventListener('abort', stop);
  try {
    const response = await send(url, {
      method: 'POST', body, redirect: 'manual', signal: end.signal,
      headers: {
        'content-type': 'application/json; charset=utf-8', 'user-agent': 'Darwaza-Webhook/1', ...(event.sequence !== null && { 'darwaza-event': String(event.sequence) }),
        'darwaza-delivery': delivery, 'darwaza-attempt': String(attempt), 'darwaza-signature': signWebhook(secret, body, now),
      },
    });
    // Nothing in the answer's body counts; left unread it would hold the connection.
    await response.body?.cancel().catch(() => undefined);
    return { status: response.status, fault: response.ok ? null : statusFault(response.status) };
  } catch (error) {
    return { status: null, fault: networkFault(error) };
  } finally {
    clearTimeout(timeout);
    signal?.removeEventListener('abort', stop);
  }
}

/** A 4xx is tried again too: behind a proxy that is set up wrongly every address is a 404 until somebody repairs it. */
function statusFault(status: number): string {
  return status >= 300 && status < 400 ? `it answered ${status}; redirects are not followed, give the address itself` : `it answered ${status}`;
}

const NETWORK_FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused', ENOTFOUND: 'there is no such host', EAI_AGAIN: 'the name of the host cannot be resolved', ECONNRESET: 'connection lost',
  EPIPE: 'connection lost', EHOSTUNREACH: 'no route to the host', ENETUNREACH: 'no route to the network', ETIMEDOUT: 'no answer in time',
  UND_ERR_SOCKET: 'connection lost', UND_ERR_CONNECT_TIMEOUT: 'no answer in time', UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
};

/** In words of our own: what the network says may hold the address, which may hold a secret. */
function networkFault(error: unknown): string {
  const { name, cause } = error as { readonly name?: string; readonly cause?: { readonly code?: unknown } };
  if (name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  if (name === 'AbortError') return 'the program was stopped while it waited for the answer';
  const code = String(cause?.code ?? '');
  if (/CERT|TLS|SSL|SIGNED|ALTNAME/.test(code)) return `its certificate is not accepted (${code.slice(0, 60)})`;
  return NETWORK_FAULTS[code] ?? 'the request could not be made';
}
