import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../src/core/log.ts';
import { createHitFeed, openFeed, type FeedItem, type HitFeed, type HitHistory, type Subscription } from '../../src/hit/hit-feed.ts';
import { newestSequence, eventsOfHit } from '../../src/store/hit-events.ts';
import type { Database } from '../../src/store/database.ts';
import { onBothDatabases } from '../support/databases.ts';
import { MORNING } from '../support/passes.ts';
import { anEvent, happen, hitNumber, raise } from '../support/stored-hits.ts';

const silent = createLog('silent');
const noMarks = { add: () => undefined };
const everything = () => true;

/** Takes until `count` events came or the subscription ended. */
async function takeAll(subscription: Subscription, count: number, waitMs = 5000): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  while (items.length < count) {
    const some = await subscription.take(waitMs);
    if (some === null) break;
    if (some.length === 0) throw new Error(`only ${items.length} of ${count} events came`);
    items.push(...some);
  }
  return items;
}

const sequences = (items: readonly FeedItem[]): number[] => items.map((item) => item.event.sequence);

/** A history in memory whose reads take as long as the scheduler wants. Each is of the moment when it was asked, as a database's snapshot is. */
class ScheduledHistory implements HitHistory {
  readonly items: FeedItem[] = [];
  readonly #scheduler: fc.Scheduler;
  #last = 0;

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler;
  }

  commit(count: number, gap: number): void {
    const hit = hitNumber(0, MORNING);
    for (let i = 0; i < count; i++) {
      // A transaction that was rolled back leaves a gap in the numbers.
      this.#last += 1 + (i === 0 ? gap : 0);
      this.items.push({ event: { ...anEvent(hit), sequence: this.#last }, hit });
    }
  }

  after(sequence: number, limit: number): Promise<readonly FeedItem[]> {
    return this.#scheduler.schedule(Promise.resolve(this.items.filter((item) => item.event.sequence > sequence).slice(0, limit)), 'after');
  }

  newest(): Promise<number> {
    return this.#scheduler.schedule(Promise.resolve(this.#last), 'newest');
  }
}

type Step =
  | { readonly kind: 'commit'; readonly count: number; readonly gap: number; readonly poke: boolean }
  | { readonly kind: 'subscribe'; readonly back: number | null; readonly odd: boolean }
  | { readonly kind: 'let'; readonly turns: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('commit' as const), count: fc.integer({ min: 1, max: 600 }), gap: fc.nat(2), poke: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('subscribe' as const), back: fc.option(fc.nat(1500)), odd: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('let' as const), turns: fc.integer({ min: 1, max: 4 }) }) },
);

describe('any order of commits, subscriptions and reads', () => {
  test('gives each subscriber each accepted event after its place exactly once, in order', async () => {
    await fc.assert(fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 1, maxLength: 14 }), async (scheduler, steps) => {
      const history = new ScheduledHistory(scheduler);
      const opening = openFeed(history, silent, noMarks);
      await scheduler.waitFor(opening);
      const feed = await opening, readers: Promise<void>[] = [];
      const expectations: { readonly got: number[]; readonly from: () => number; readonly odd: boolean }[] = [];

      for (const s of steps) {
        if (s.kind === 'commit') {
          history.commit(s.count, s.gap);
          if (s.poke) feed.poke();
        } else if (s.kind === 'let') {
          for (let i = 0; i < s.turns; i++) if (scheduler.count() > 0) await scheduler.waitOne();
        } else {
          const got: number[] = [], after = s.back === null ? null : history.items.at(-1 - s.back)?.event.sequence ?? 0;
          let began = after;
          readers.push((async () => {
            const subscription = await feed.subscribe({ after, accepts: (event) => !s.odd || event.sequence % 2 === 1 });
            began ??= subscription.position;
            for (let items = await subscription.take(60_000); items !== null; items = await subscription.take(60_000)) {
              got.push(...sequences(items));
              // What it says of its place must be enough to come back.
              expect(subscription.position).toBeGreaterThanOrEqual(got.at(-1) ?? 0);
            }
          })());
          expectations.push({ got, odd: s.odd, from: () => began ?? Infinity });
        }
      }
      feed.poke();
      await scheduler.waitIdle();
      feed.hangUp();
      await scheduler.waitIdle();
      await Promise.all(readers);
      for (const { got, from, odd } of expectations) {
        expect(got).toEqual(sequences(history.items).filter((n) => n > from() && (!odd || n % 2 === 1)));
      }
    }), { numRuns: 100 });
  });

  test('is not changed by where a subscriber breaks off and comes back', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 12 }), fc.infiniteStream(fc.boolean()), async (commits, breaks) => {
      const history = new ScheduledHistory({ schedule: <T>(task: Promise<T>) => task } as unknown as fc.Scheduler);
      const feed = await openFeed(history, silent, noMarks), got: number[] = [];
      let subscription = await feed.subscribe({ after: 0, accepts: (event) => event.sequence % 3 > 0 });
      for (const [i, count] of commits.entries()) {
        history.commit(count, i % 2);
        feed.poke();
        for (;;) {
          const items = await subscription.take(0);
          if (items === null || items.length === 0) break;
          got.push(...sequences(items));
          if (!breaks.next().value) continue;
          const after = subscription.position;
          subscription.close();
          subscription = await feed.subscribe({ after, accepts: (event) => event.sequence % 3 > 0 });
        }
      }
      feed.hangUp();
      expect(got).toEqual(sequences(history.items).filter((n) => n % 3 > 0));
    }), { numRuns: 100 });
  });
});

describe('a subscriber', () => {
  const open = async (): Promise<{ history: ScheduledHistory; feed: HitFeed }> => {
    const history = new ScheduledHistory({ schedule: <T>(task: Promise<T>) => task } as unknown as fc.Scheduler);
    return { history, feed: await openFeed(history, silent, noMarks) };
  };

  test('that does not keep up costs bounded memory and loses nothing', async () => {
    const { history, feed } = await open();
    const slow = await feed.subscribe({ after: null, accepts: everything });
    expect(await slow.take(0)).toEqual([]);
    let read = 0;
    const { after } = history;
    history.after = async (...place) => {
      const items = await after.call(history, ...place);
      read += items.length;
      return items;
    };
    for (let i = 0; i < 40; i++) {
      history.commit(100, 0);
      feed.poke();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(read).toBe(4000);
    expect(sequences(await takeAll(slow, 4000))).toEqual(Array.from({ length: 4000 }, (_, i) => i + 1));
    // Of what it missed about a thousand waited for it; the rest it read itself.
    expect(read).toBeGreaterThan(4000 + 2500);
    await feed.close();
  });

  test('that names a number which the history has not reached begins with the newest, and is told', async () => {
    const { history, feed } = await open();
    history.commit(3, 0);
    const subscription = await feed.subscribe({ after: 999, accepts: everything });
    expect([subscription.resumed, subscription.position]).toEqual([false, 3]);
    history.commit(1, 0);
    feed.poke();
    expect(sequences(await takeAll(subscription, 1))).toEqual([4]);
    await feed.close();
  });

  test('that waits is ended at once by hanging up; one that comes after that too', async () => {
    const { feed } = await open();
    const early = await feed.subscribe({ after: null, accepts: everything, owner: 'k' });
    expect(await early.take(0)).toEqual([]);
    const waiting = early.take(60_000);
    feed.hangUp();
    expect(await waiting).toBeNull();
    expect(await early.take(60_000)).toBeNull();
    expect(await (await feed.subscribe({ after: null, accepts: everything, owner: 'k' })).take(60_000)).toBeNull();
    expect(feed.openOf('k')).toBe(0);
  });

  test('that has closed gets nothing more, and is not counted', async () => {
    const { feed } = await open();
    const [one, other] = [await feed.subscribe({ after: null, accepts: everything, owner: 'k' }), await feed.subscribe({ after: null, accepts: everything, owner: 'k' })];
    expect(feed.openOf('k')).toBe(2);
    one.close();
    one.close();
    expect([feed.openOf('k'), feed.openOf('other'), await one.take(60_000)]).toEqual([1, 0, null]);
    other.close();
  });

  test('learns that what it missed cannot be read; the same call again goes on where it was', async () => {
    const { history, feed } = await open();
    history.commit(2, 0);
    const subscription = await feed.subscribe({ after: 0, accepts: everything });
    const { after } = history;
    history.after = () => Promise.reject(new Error('away'));
    await expect(subscription.take(0)).rejects.toThrow('away');
    history.after = after;
    expect(sequences(await takeAll(subscription, 2))).toEqual([1, 2]);
    await feed.close();
  });

  test('that is up to date hears of an event that a failed read held back', async () => {
    const { history, feed } = await open();
    const subscription = await feed.subscribe({ after: null, accepts: everything });
    expect(await subscription.take(0)).toEqual([]);
    const { after } = history;
    history.after = () => Promise.reject(new Error('away'));
    history.commit(1, 0);
    feed.poke();
    await new Promise((resolve) => setImmediate(resolve));
    history.after = after;
    feed.poke();
    expect(sequences(await takeAll(subscription, 1))).toEqual([1]);
    await feed.close();
  });

  test('counts an event as delivered when it asks for the next, not before', async () => {
    const history = new ScheduledHistory({ schedule: <T>(task: Promise<T>) => task } as unknown as fc.Scheduler), marked: [number, string][] = [];
    const feed = await openFeed(history, silent, { add: (items, channel) => marked.push(...sequences(items).map((n): [number, string] => [n, channel])) });
    history.commit(2, 0);
    const subscription = await feed.subscribe({ after: 0, accepts: everything, channel: 'stream' });
    const silentOne = await feed.subscribe({ after: 0, accepts: everything });
    await takeAll(subscription, 2);
    await takeAll(silentOne, 2);
    await silentOne.take(0);
    expect(marked).toEqual([]);
    await subscription.take(0);
    expect(marked).toEqual([[1, 'stream'], [2, 'stream']]);
    await feed.close();
  });
});

onBothDatabases('the feed of a database', (database) => {
  let feed: HitFeed;
  beforeEach(async () => {
    feed = await createHitFeed({ database: database().db, clock: () => MORNING, log: silent });
  });
  afterEach(async () => {
    await feed.close();
    await database().clear();
  });
  const delivered = async (db: Database, id: string): Promise<object[]> => (await eventsOfHit(db, id)).filter((event) => event.kind === 'delivered').map((event) => event.detail);

  test('tells what is committed here or by another process, with the hit, without being poked', async () => {
    const { db, another } = database();
    const subscription = await feed.subscribe({ after: null, accepts: everything });
    expect(await subscription.take(0)).toEqual([]);
    const [event] = await raise(await another(), hitNumber(0, MORNING));
    const started = performance.now();
    expect(await takeAll(subscription, 1)).toEqual([{ event, hit: expect.objectContaining({ plate: 'LEA-1', status: 'confirmed', deliveredAt: null }) }]);
    // By the notice, well before the fallback of two seconds.
    expect(performance.now() - started).toBeLessThan(1500);
    expect(await newestSequence(db)).toBe(event?.sequence);
  });

  test('tells of events in the order of commit, whoever writes at once', async () => {
    const { db, another } = database(), other = await another();
    const subscription = await feed.subscribe({ after: null, accepts: everything });
    await Promise.all(Array.from({ length: 20 }, (_, n) => raise(n % 2 === 0 ? db : other, hitNumber(n, MORNING), hitNumber(100 + n, MORNING))));
    const got = sequences(await takeAll(subscription, 40));
    expect(got).toEqual(got.toSorted((a, b) => a - b));
    expect(new Set(got).size).toBe(40);
  });

  test('marks a hit as delivered once, however many follow it, and does not tell itself of that without end', async () => {
    const { db } = database(), hit = hitNumber(0, MORNING);
    const followers = await Promise.all([1, 2, 3].map(() => feed.subscribe({ after: null, accepts: (event) => event.kind !== 'delivered', channel: 'stream' })));
    await Promise.all([raise(db, hit), ...followers.map(async (subscription) => {
      await takeAll(subscription, 1);
      expect(await subscription.take(0)).toEqual([]);
    })]);
    await expect.poll(() => delivered(db, hit.id), { timeout: 5000 }).toEqual([{ channel: 'stream' }]);
    await happen(db, anEvent(hit, { kind: 'escalated' }));
    for (const subscription of followers) {
      const [item] = await takeAll(subscription, 1);
      expect(item).toMatchObject({ event: { kind: 'escalated' }, hit: { deliveredAt: MORNING } });
      await subscription.take(0);
    }
    await feed.close();
    expect(await delivered(db, hit.id)).toHaveLength(1);
  });

  test('a hit that only a withdrawal or acknowledgement tells of is not delivered by that', async () => {
    const { db } = database(), hit = hitNumber(0, MORNING);
    await raise(db, hit);
    const subscription = await feed.subscribe({ after: null, accepts: everything, channel: 'stream' });
    await happen(db, anEvent(hit, { kind: 'withdrawn', ring: false }), anEvent(hit, { kind: 'acknowledged', ring: false }));
    await takeAll(subscription, 2);
    await subscription.take(0);
    await feed.close();
    expect(await delivered(db, hit.id)).toEqual([]);
  });

  test('writes on closing what is not marked yet', async () => {
    const { db } = database(), hit = hitNumber(0, MORNING);
    const subscription = await feed.subscribe({ after: null, accepts: everything, channel: 'stream' });
    await raise(db, hit);
    await takeAll(subscription, 1);
    await subscription.take(0);
    await feed.close();
    expect(await delivered(db, hit.id)).toEqual([{ channel: 'stream' }]);
  });

  test('tells those who only want to know that there is news', async () => {
    let news = 0;
    const deaf = feed.onNews(() => (news += 1));
    await raise(database().db, hitNumber(0, MORNING));
    await expect.poll(() => news, { timeout: 5000 }).toBeGreaterThan(0);
    deaf();
    const before = news;
    feed.poke();
    expect(news).toBe(before);
  });
});
