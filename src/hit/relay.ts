import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import type { HitEvent, HitRecord } from '../store/hit-record.ts';
import type { FeedItem, HitFeed, Subscription } from './hit-feed.ts';
import { openLineFile } from './line-file.ts';
import { startCommand } from './relay-command.ts';
import { eventBody } from './webhook-sender.ts';

export interface RelayParts {
  readonly feed: Pick<HitFeed, 'subscribe'>;
  /** Program that is started for each ringing event, without a shell and without arguments. */
  readonly command?: string | undefined;
  /** File or device that gets one line for each. */
  readonly file?: string | undefined;
  /** Sites whose hits are relayed; null or undefined: all. */
  readonly sites?: readonly string[] | null | undefined;
  /** A hit as the API answers it. */
  readonly describe: (hit: HitRecord) => unknown;
  /** Offset in which times are written; minutes. */
  readonly offsetMinutes: number;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a command may run; 10,000 when not given. */
  readonly timeoutMs?: number;
}

/** Barriers and sirens: whatever rings is handed to a program or a serial line of this machine. */
export interface Relay {
  statistics(): { readonly relayed: number; readonly failed: number; readonly dropped: number };
  /** Takes no more, and ends the commands under way. */
  close(): Promise<void>;
}

const AT_ONCE = 4, WAITING_LIMIT = 100, TIMEOUT_MS = 10_000, IDLE_MS = 60_000, RETRY_MS = 1000;
/** A siren for a vehicle that went by a minute ago stops another one. */
const FRESH_MS = 60_000;

/** Begins with the events from now on; gives null when there is nothing to hand them to. */
export async function createRelay(parts: RelayParts): Promise<Relay | null> {
  if (parts.command === undefined && parts.file === undefined) return null;
  const sites = parts.sites ? new Set(parts.sites) : null;
  const subscription = await parts.feed.subscribe({ after: null, accepts: (event, hit) => isRelayed(event, hit, sites) });
  const outlet = new Outlet(parts);
  const running = follow(subscription, outlet, parts.log);
  return {
    statistics: () => ({ ...outlet.counts }),
    async close() {
      subscription.close();
      await running;
      await outlet.close();
    },
  };
}

async function follow(subscription: Subscription, outlet: Outlet, log: Log): Promise<void> {
  for (;;) {
    try {
      const items = await subscription.take(IDLE_MS);
      if (items === null) return;
      for (const item of items) outlet.give(item);
    } catch (cause) {
      log.warn({ trace: traceOf(cause) }, 'the relay cannot read the events of hits; trying again');
      await sleep(RETRY_MS);
    }
  }
}

/** A covert hit makes no noise: a siren is heard by everybody. A hit rings at its own site, its escalation at every site that was told. */
function isRelayed(event: HitEvent, hit: HitRecord, sites: ReadonlySet<string> | null): boolean {
  if (!event.ring || hit.covert) return false;
  if (sites === null || (hit.siteId !== null && sites.has(hit.siteId))) return true;
  return event.detail.calledSites?.some((site) => sites.has(site)) ?? false;
}

class Outlet {
  readonly counts = { relayed: 0, failed: 0, dropped: 0 };
  readonly #parts: RelayParts;
  readonly #waiting: FeedItem[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #commands = new Set<{ kill(): void }>();
  readonly #file: ReturnType<typeof openLineFile> | null;
  #closed = false;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    this.#file = parts.file === undefined ? null : openLineFile(parts.file);
  }

  give(item: FeedItem): void {
    this.#waiting.push(item);
    // Of too many the oldest goes: its vehicle is the farthest away.
    if (this.#waiting.length > WAITING_LIMIT) this.#drop(this.#waiting.shift() as FeedItem, 'too many wait');
    this.#next();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    for (const command of this.#commands) command.kill();
    await Promise.all(this.#running);
    await this.#file?.close();
  }

  #next(): void {
    while (!this.#closed && this.#running.size < AT_ONCE && this.#waiting.length > 0) {
      const item = this.#waiting.shift() as FeedItem;
      if (this.#parts.clock() - item.event.at > FRESH_MS) {
        this.#drop(item, 'it is too old to ring');
        continue;
      }
      const work = this.#relay(item).finally(() => {
        this.#running.delete(work);
        this.#next();
      });
      this.#running.add(work);
    }
  }

  async #relay({ event, hit }: FeedItem): Promise<void> {
    const { describe, offsetMinutes, command, timeoutMs = TIMEOUT_MS, log } = this.#parts;
    const text = JSON.stringify({ event: eventBody(event, offsetMinutes), hit: describe(hit) });
    const faults = await Promise.all([this.#file?.append(text) ?? null, command === undefined ? null : this.#run(command, text, timeoutMs)]);
    for (const fault of faults) {
      if (fault === null) continue;
      this.counts.failed += 1;
      log.error({ event: event.sequence, fault }, 'a hit could not be relayed');
    }
    if (faults.every((fault) => fault === null)) this.counts.relayed += 1;
  }

  async #run(path: string, text: string, timeoutMs: number): Promise<string | null> {
    const command = startCommand(path, text, timeoutMs);
    this.#commands.add(command);
    const fault = await command.ended;
    this.#commands.delete(command);
    return fault;
  }

  #drop({ event }: FeedItem, why: string): void {
    this.counts.dropped += 1;
    this.#parts.log.warn({ event: event.sequence, why }, 'a hit was not relayed');
  }
}
