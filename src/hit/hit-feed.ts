import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import type { Database } from '../store/database.ts';
import { HITS_CHANNEL, listEventsAfter, newestSequence, type EventOfHit } from '../store/hit-events.ts';
import type { HitEvent, HitRecord } from '../store/hit-record.ts';
import { createDeliveryMarks, type DeliveryMarks } from './delivery-marks.ts';

export type FeedItem = EventOfHit;

/** Where the history of hits is read. */
export interface HitHistory {
  /** Events after this number, in order; all of them when fewer than `limit`. */
  after(sequence: number, limit: number): Promise<readonly FeedItem[]>;
  /** Number of the newest event; 0 when there is none. */
  newest(): Promise<number>;
}

export interface Subscriber {
  /** Number of the last event that it has; null: from now on. */
  readonly after: number | null;
  readonly accepts: (event: HitEvent, hit: HitRecord) => boolean;
  /** Whoever is behind it (API key id); counted by `openOf`. */
  readonly owner?: string;
  /** How its events reach somebody, as the history has it (`stream`); without it they count as delivered to nobody. */
  readonly channel?: string;
}

export interface Subscription {
  /** All accepted events up to this number were taken: what `Last-Event-ID` says when it comes back. */
  readonly position: number;
  /** False when `after` is a number that this history has not reached: it is another history, and this began with its newest. */
  readonly resumed: boolean;
  /**
   * The next events, at most 100, in order and each once; empty when none came within `waitMs`; null when the subscription has ended.
   * What was taken counts as delivered at the next call. One call at a time. @throws DATABASE_… when what it missed cannot be read
   */
  take(waitMs: number): Promise<readonly FeedItem[] | null>;
  close(): void;
}

/** Tells the process what happens to hits, whichever process on this database wrote it. */
export interface HitFeed {
  subscribe(subscriber: Subscriber): Promise<Subscription>;
  /** Open subscriptions of an owner. */
  openOf(owner: string): number;
  /** Looks for new events now; called after recording, so that nobody waits for the notice. */
  poke(): void;
  /** Calls the listener whenever there may be new events. Gives what ends it. */
  onNews(listener: () => void): () => void;
  /** Ends every subscription, and those that come later at once: the door is closing. */
  hangUp(): void;
  close(): Promise<void>;
}

const PAGE = 500, TAKEN_AT_ONCE = 100;
/** What a subscriber may leave lying; one that is further behind reads the rest from the history when it comes back to it. */
const WAITING_LIMIT = 1000;
/** A notice can be lost with its connection, and PgBouncer passes none on. */
const FALLBACK_MS = 2000;

export interface HitFeedParts { readonly database: Database; readonly clock: Clock; readonly log: Log }

/** The feed of a database, reading from its newest event on. @throws DATABASE_UNAVAILABLE */
export async function createHitFeed({ database, clock, log }: HitFeedParts): Promise<HitFeed> {
  const history: HitHistory = { after: (sequence, limit) => listEventsAfter(database, sequence, limit), newest: () => newestSequence(database) };
  const marks = createDeliveryMarks({ database, clock, log });
  const feed = await openFeed(history, log, marks);
  const stopListening = await database.listen(HITS_CHANNEL, () => feed.poke());
  const fallback = setInterval(() => feed.poke(), FALLBACK_MS).unref();
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    clearInterval(fallback);
    await stopListening();
    await feed.close();
    await marks.close();
  };
  return { ...feed, close: () => (closing ??= close()) };
}

/** A feed over a history, told of news by `poke` alone. */
export async function openFeed(history: HitHistory, log: Log, marks: Pick<DeliveryMarks, 'add'>): Promise<HitFeed> {
  const reader = new Reader(history, log, marks, await history.newest());
  return {
    subscribe: (subscriber) => reader.subscribe(subscriber),
    openOf: (owner) => reader.openOf(owner),
    poke: () => reader.poke(),
    onNews: (listener) => reader.onNews(listener),
    hangUp: () => reader.hangUp(),
    close: () => reader.close(),
  };
}

class Reader {
  readonly history: HitHistory;
  readonly marks: Pick<DeliveryMarks, 'add'>;
  /** Number of the last event that was handed to those who are up to date. */
  position: number;
  readonly #log: Log;
  readonly #open = new Set<Reading>();
  readonly #listeners = new Set<() => void>();
  #news = false;
  #round: Promise<void> | null = null;
  #ended = false;

  constructor(history: HitHistory, log: Log, marks: Pick<DeliveryMarks, 'add'>, position: number) {
    this.history = history;
    this.marks = marks;
    this.position = position;
    this.#log = log;
  }

  async subscribe(subscriber: Subscriber): Promise<Subscription> {
    const newest = await this.history.newest();
    const resumed = subscriber.after !== null && subscriber.after <= newest;
    const reading = new Reading(this, subscriber, { position: resumed ? (subscriber.after as number) : newest, resumed: resumed || subscriber.after === null });
    if (this.#ended) reading.close();
    else this.#open.add(reading);
    return reading;
  }

  openOf(owner: string): number {
    return [...this.#open].filter((reading) => reading.owner === owner).length;
  }

  poke(): void {
    if (this.#ended) return;
    for (const listener of this.#listeners) listener();
    this.#news = true;
    this.#round ??= this.#read().finally(() => {
      this.#round = null;
      // News that came after the last look and before this line.
      if (this.#news && !this.#ended) this.poke();
    });
  }

  onNews(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  hangUp(): void {
    this.#ended = true;
    for (const reading of this.#open) reading.close();
  }

  async close(): Promise<void> {
    this.hangUp();
    await this.#round;
  }

  gone(reading: Reading): void {
    this.#open.delete(reading);
  }

  async #read(): Promise<void> {
    try {
      while (this.#news && !this.#ended) {
        this.#news = false;
        const page = await this.history.after(this.position, PAGE);
        for (const reading of this.#open) reading.offer(page);
        this.position = page.at(-1)?.event.sequence ?? this.position;
        if (page.length === PAGE) this.#news = true;
      }
    } catch (cause) {
      // The next notice or the fallback reads again from the same place.
      this.#news = false;
      this.#log.warn({ trace: traceOf(cause) }, 'events of hits cannot be read; trying again');
    }
  }
}

/** One subscriber's place in the history. */
class Reading implements Subscription {
  readonly owner: string | undefined;
  readonly resumed: boolean;
  readonly #reader: Reader;
  readonly #subscriber: Subscriber;
  readonly #waiting: FeedItem[] = [];
  #taken: readonly FeedItem[] = [];
  /** Everything up to this number was taken, waits in `#waiting`, or was not accepted. */
  #known: number;
  /** Whether new events are handed over as they come; else the history is read from `#known` on. */
  #upToDate = false;
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(reader: Reader, subscriber: Subscriber, { position, resumed }: { readonly position: number; readonly resumed: boolean }) {
    this.#reader = reader;
    this.#subscriber = subscriber;
    this.#known = position;
    this.owner = subscriber.owner;
    this.resumed = resumed;
  }

  get position(): number {
    const next = this.#waiting[0];
    return next === undefined ? this.#known : next.event.sequence - 1;
  }

  /** Takes what the reader has just read. One that does not keep up is left behind and reads the history itself. */
  offer(page: readonly FeedItem[]): void {
    if (!this.#upToDate) return;
    if (this.#waiting.length > WAITING_LIMIT) this.#upToDate = false;
    else this.#keep(page);
  }

  async take(waitMs: number): Promise<readonly FeedItem[] | null> {
    this.#mark();
    if (this.#waiting.length === 0) await this.#catchUp();
    if (this.#waiting.length === 0 && !this.#ended) await this.#news(waitMs);
    if (this.#ended) return null;
    return (this.#taken = this.#waiting.splice(0, TAKEN_AT_ONCE));
  }

  close(): void {
    this.#ended = true;
    this.#reader.gone(this);
    this.#wake?.();
  }

  /** Reads until there is something to take, or nothing more that the reader has handed to others. */
  async #catchUp(): Promise<void> {
    while (!this.#upToDate && !this.#ended && this.#waiting.length === 0) {
      this.#keep(await this.#reader.history.after(this.#known, PAGE));
      // The reader hands over all that comes after its own place, and nothing is awaited before it does: no event falls between the two.
      if (this.#known >= this.#reader.position) this.#upToDate = true;
    }
  }

  #keep(page: readonly FeedItem[]): void {
    for (const item of page) {
      if (item.event.sequence <= this.#known) continue;
      this.#known = item.event.sequence;
      if (this.#subscriber.accepts(item.event, item.hit)) this.#waiting.push(item);
    }
    if (this.#waiting.length > 0) this.#wake?.();
  }

  #news(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
    });
  }

  /** Whoever asks for more has dealt with what it took. */
  #mark(): void {
    const { channel } = this.#subscriber;
    if (channel !== undefined) this.#reader.marks.add(this.#taken, channel);
    this.#taken = [];
  }
}
