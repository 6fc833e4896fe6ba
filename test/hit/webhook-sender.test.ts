import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../src/core/log.ts';
import { createWebhookSender, nextAttemptAt, TRIED_FOR_MS, type WebhookSender } from '../../src/hit/webhook-sender.ts';
import { verifyWebhook } from '../../src/hit/webhook-signature.ts';
import type { Database } from '../../src/store/database.ts';
import { eventsOfHit } from '../../src/store/hit-events.ts';
import { listDeliveries, retryDeliveries, type Delivery } from '../../src/store/webhook-deliveries.ts';
import { createWebhook, listWebhooks, pauseWebhook, removeWebhook, webhookAlarms, type NewWebhook } from '../../src/store/webhooks.ts';
import { onBothDatabases } from '../support/databases.ts';
import { startEndpoint, type Endpoint } from '../support/endpoint.ts';
import { HOUR, MINUTE, MORNING } from '../support/passes.ts';
import { anEvent, happen, hitNumber, raise } from '../support/stored-hits.ts';

const SECRET = 'whsec_test', SECOND = 1000;

describe('the pauses between attempts', () => {
  const next = (attempt: number, age: number, random: number): number | null => nextAttemptAt({ attempt, createdAt: 0, now: age, random });

  test('double from five seconds to an hour, half of each by chance', () => {
    expect([1, 2, 3, 10].map((attempt) => next(attempt, 0, 0))).toEqual([2500, 5000, 10_000, 1_280_000]);
    expect([1, 2, 3, 10].map((attempt) => next(attempt, 0, 0.999_999))).toEqual([5000, 10_000, 20_000, 2_559_999]);
    expect([11, 12, 1000].map((attempt) => next(attempt, 0, 0.5))).toEqual([2_700_000, 2_700_000, 2_700_000]);
  });

  test('never lie in the past, never exceed an hour, end with an attempt at 24 hours and then for good', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(2 * TRIED_FOR_MS), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (attempt, now, random) => {
      const at = next(attempt, now, random);
      if (now >= TRIED_FOR_MS) expect(at).toBeNull();
      else {
        expect(at).toBeGreaterThan(now);
        expect(at).toBeLessThanOrEqual(Math.min(now + HOUR, TRIED_FOR_MS));
      }
    }));
  });

  test('make some thirty attempts in all', () => {
    let now = 0, attempts = 1;
    for (let at = next(1, 0, 0.5); at !== null; at = next(attempts, now, 0.5)) {
      now = at;
      attempts += 1;
    }
    expect(now).toBe(TRIED_FOR_MS);
    expect(attempts).toBeGreaterThan(25);
    expect(attempts).toBeLessThan(60);
  });
});

onBothDatabases('webhooks', (database) => {
  let endpoint: Endpoint, now: number, senders: WebhookSender[];
  beforeEach(async () => {
    endpoint = await startEndpoint();
    now = MORNING;
    senders = [];
  });
  afterEach(async () => {
    await Promise.all(senders.map((sender) => sender.close()));
    await endpoint.close();
    await database().clear();
  });

  const sender = (db: Database = database().db): WebhookSender => {
    const made = createWebhookSender({ database: db, clock: () => now, log: createLog('silent'), describe: (hit) => ({ id: hit.id, plate: hit.plate }), offsetMinutes: 300, random: () => 0.5 });
    senders.push(made);
    return made;
  };
  const hook = async (given: Partial<NewWebhook> = {}): Promise<string> => {
    const id = given.id ?? 'wh_1';
    await createWebhook(database().db, { id, url: endpoint.url, secret: SECRET, label: 'Dispatch', lists: null, kinds: null, sites: null, covert: false, createdAt: MORNING, createdBy: 'k_1', ...given });
    return id;
  };
  const deliveries = async (webhookId = 'wh_1'): Promise<readonly Delivery[]> => (await listDeliveries(database().db, { webhookId })).items.toReversed();
  const state = async (id = 'wh_1') => (await listWebhooks(database().db)).find((h) => h.id === id);

  test('get each event once, signed, numbered and with the hit', async () => {
    await hook();
    const hit = hitNumber(0, MORNING), [raised] = await raise(database().db, hit);
    await sender().tick();
    const [delivery] = await deliveries();
    expect(endpoint.received).toHaveLength(1);
    const [got] = endpoint.received;
    expect(got?.json).toEqual({
      delivery: String(delivery?.id), attempt: 1, event: { sequence: raised?.sequence, kind: 'raised', at: '2026-11-03T06:00:00.000+05:00', ring: true, detail: {} }, hit: { id: hit.id, plate: 'LEA-1' },
    });
    expect(got?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8', 'darwaza-event': String(raised?.sequence), 'darwaza-delivery': String(delivery?.id), 'darwaza-attempt': '1',
    });
    expect(verifyWebhook(SECRET, { signature: String(got?.headers['darwaza-signature']), body: got?.body ?? '', now })).toBe(true);
    expect(delivery).toMatchObject({ state: 'delivered', attempts: 1, lastStatus: 204, lastFault: null, finishedAt: MORNING, eventKind: 'raised', hitId: hit.id });
    await sender().tick();
    expect(endpoint.received).toHaveLength(1);
  });

  test('that answer mark the hit as delivered; that mark itself is not sent', async () => {
    await hook();
    const hit = hitNumber(0, MORNING);
    await raise(database().db, hit);
    await sender().tick();
    expect((await eventsOfHit(database().db, hit.id)).map(({ kind, detail }) => [kind, detail])).toEqual([['raised', {}], ['delivered', { channel: 'webhook' }]]);
    await sender().tick();
    expect(endpoint.received).toHaveLength(1);
  });

  test('that do not answer mark nothing', async () => {
    await hook();
    endpoint.answer = 500;
    const hit = hitNumber(0, MORNING);
    await raise(database().db, hit);
    await sender().tick();
    expect((await eventsOfHit(database().db, hit.id)).map((event) => event.kind)).toEqual(['raised']);
  });

  test.each([
    ['a server that fails', 500, 'it answered 500'], ['a gate that is set up wrongly', 404, 'it answered 404'], ['one that is gone', 410, 'it answered 410'], ['too much at once', 429, 'it answered 429'],
    ['a redirect', 302, 'it answered 302; redirects are not followed, give the address itself'],
  ])('try again after %s, with the same number and a higher attempt, under a signature of that moment', async (_what, status, fault) => {
    await hook();
    endpoint.answer = (_got, res) => void res.writeHead(status, { location: '/elsewhere' }).end('x'.repeat(100_000));
    await raise(database().db, hitNumber(0, MORNING));
    const own = sender();
    await own.tick();
    expect((await deliveries())[0]).toMatchObject({ state: 'waiting', attempts: 1, lastStatus: status, lastFault: fault, nextAt: MORNING + 3750 });
    now += 3 * SECOND;
    await own.tick();
    expect(endpoint.received).toHaveLength(1);
    now += SECOND;
    endpoint.answer = 200;
    await own.tick();
    const [first, second] = endpoint.received;
    expect([first, second].map((got) => [got?.path, got?.headers['darwaza-delivery'], got?.headers['darwaza-attempt'], got?.json.attempt])).toEqual(
      [1, 2].map((n) => ['/hits', first?.headers['darwaza-delivery'], String(n), n]),
    );
    expect(verifyWebhook(SECRET, { signature: String(second?.headers['darwaza-signature']), body: second?.body ?? '', now, toleranceSeconds: 1 })).toBe(true);
    expect((await deliveries())[0]).toMatchObject({ state: 'delivered', attempts: 2, lastStatus: 200, lastFault: null });
  });

  test('say in words why nobody answers, without the address', async () => {
    const closed = await startEndpoint();
    await closed.close();
    await hook({ id: 'wh_refused', url: closed.url });
    await hook({ id: 'wh_unknown', url: 'http://no-such-host.invalid/secret-path' });
    await hook({ id: 'wh_broken' });
    endpoint.answer = (_got, res) => void res.destroy();
    await raise(database().db, hitNumber(0, MORNING));
    await sender().tick();
    const faults = await Promise.all(['wh_refused', 'wh_unknown', 'wh_broken'].map(async (id) => (await deliveries(id))[0]?.lastFault));
    expect(faults[0]).toBe('connection refused');
    expect(faults[1]).toMatch(/^(there is no such host|the name of the host cannot be resolved)$/);
    expect(faults[2]).toBe('connection lost');
  });

  test('are tried for 24 hours, then listed as dead, and never switched off', async () => {
    await hook();
    endpoint.answer = 503;
    await raise(database().db, hitNumber(0, MORNING));
    const own = sender();
    for (let i = 0; i < 100; i++) {
      await own.tick();
      const [delivery] = await deliveries();
      if (delivery?.state !== 'waiting') break;
      now = delivery.nextAt;
    }
    expect(now).toBe(MORNING + TRIED_FOR_MS);
    const attempts = endpoint.received.map((got) => got.json.attempt as number);
    expect(attempts).toEqual(attempts.map((_, i) => i + 1));
    expect((await deliveries())[0]).toMatchObject({ state: 'dead', attempts: attempts.length, lastStatus: 503, finishedAt: now });
    expect(await state()).toMatchObject({ paused: false, waiting: 0, dead: 1, delivered: 0, failingSince: null, lastFault: 'it answered 503' });
    now += HOUR;
    await raise(database().db, hitNumber(1, now));
    endpoint.answer = 204;
    await own.tick();
    expect(endpoint.received).toHaveLength(attempts.length + 1);
    expect(await state()).toMatchObject({ waiting: 0, dead: 1, delivered: 1, lastStatus: 204, lastFault: null });
  });

  test('that died go out again when a person asks, for another 24 hours, as a further attempt', async () => {
    const { db } = database(), id = await hook();
    endpoint.answer = 503;
    await raise(db, hitNumber(0, MORNING), hitNumber(1, MORNING));
    now = MORNING + TRIED_FOR_MS + MINUTE;
    const own = sender();
    await own.tick();
    const dead = await deliveries();
    expect(dead.map((d) => [d.state, d.attempts])).toEqual([['dead', 1], ['dead', 1]]);
    expect(await retryDeliveries(db, 'wh_other', now)).toBe(0);
    expect(await retryDeliveries(db, id, now, [dead[0]?.id as number])).toBe(1);
    expect(await retryDeliveries(db, id, now, [dead[0]?.id as number])).toBe(0);
    await own.tick();
    expect((await deliveries()).map((d) => [d.state, d.attempts])).toEqual([['waiting', 2], ['dead', 1]]);
    expect(await retryDeliveries(db, id, now)).toBe(1);
    endpoint.answer = 204;
    now += MINUTE;
    await own.tick();
    expect((await deliveries()).map((d) => [d.state, d.attempts])).toEqual([['delivered', 3], ['delivered', 2]]);
  });

  test('that are paused keep what comes, and send it when a person resumes them', async () => {
    const { db } = database(), id = await hook();
    expect(await pauseWebhook(db, id, true)).toBe(true);
    await raise(db, hitNumber(0, MORNING));
    const own = sender();
    await own.tick();
    expect(endpoint.received).toHaveLength(0);
    expect(await state()).toMatchObject({ paused: true, waiting: 1, failingSince: null });
    await pauseWebhook(db, id, false);
    await own.tick();
    expect(endpoint.received).toHaveLength(1);
    expect(await pauseWebhook(db, 'wh_none', true)).toBe(false);
  });

  test('that are removed get nothing more; what waited is listed as dead', async () => {
    const { db } = database(), id = await hook();
    await raise(db, hitNumber(0, MORNING));
    expect([await removeWebhook(db, id, now), await removeWebhook(db, id, now), await removeWebhook(db, 'wh_none', now)]).toEqual([true, false, false]);
    await raise(db, hitNumber(1, MORNING));
    await sender().tick();
    expect(endpoint.received).toHaveLength(0);
    expect((await deliveries()).map((d) => [d.state, d.lastFault])).toEqual([['dead', 'the webhook was removed']]);
    expect(await listWebhooks(db)).toEqual([]);
  });

  test('get what they asked for: lists, kinds of entries, sites, and covert hits only where that was allowed', async () => {
    const { db } = database();
    await hook({ id: 'wh_all' });
    await hook({ id: 'wh_list', lists: ['watched'] });
    await hook({ id: 'wh_kind', kinds: ['tax'] });
    await hook({ id: 'wh_site', sites: ['kuchlak'] });
    await hook({ id: 'wh_covert', covert: true });
    const hits = [hitNumber(0, MORNING), hitNumber(1, MORNING, { list: 'watched' }), hitNumber(2, MORNING, { kind: 'tax' }), hitNumber(3, MORNING, { siteId: 'kuchlak' }), hitNumber(4, MORNING, { covert: true })];
    await raise(db, ...hits);
    await happen(db, anEvent(hits[0] as (typeof hits)[0], { kind: 'escalated', sites: ['kuchlak'] }));
    const plates = async (id: string): Promise<string[]> => {
      const ids = (await deliveries(id)).map((d) => d.hitId);
      return ids.map((hitId) => `${hits.findIndex((hit) => hit.id === hitId)}`);
    };
    expect(await Promise.all(['wh_all', 'wh_list', 'wh_kind', 'wh_site', 'wh_covert'].map(plates))).toEqual([['0', '1', '2', '3', '0'], ['1'], ['2'], ['3', '0'], ['0', '1', '2', '3', '4', '0']]);
  });

  test('are sent at most four at once each, and a slow one holds up no other', async () => {
    const { db } = database(), slow = await startEndpoint((_got, res) => void setTimeout(() => res.writeHead(204).end(), 150));
    let most = 0;
    slow.answer = (_got, res) => {
      most = Math.max(most, slow.open());
      setTimeout(() => res.writeHead(204).end(), 150);
    };
    try {
      await hook({ id: 'wh_slow', url: slow.url });
      await hook({ id: 'wh_quick' });
      await raise(db, ...Array.from({ length: 14 }, (_, n) => hitNumber(n, MORNING)));
      let slowWhenDone = -1;
      endpoint.answer = (_got, res) => {
        if (endpoint.received.length === 14) slowWhenDone = slow.received.length;
        res.writeHead(204).end();
      };
      await sender().tick();
      expect([most, slow.received.length, endpoint.received.length]).toEqual([4, 14, 14]);
      expect(slowWhenDone).toBeLessThan(14);
    } finally {
      await slow.close();
    }
  });

  test('are sent once though several processes empty the same outbox', async () => {
    const { db, another } = database(), other = await another();
    await hook();
    await raise(db, ...Array.from({ length: 40 }, (_, n) => hitNumber(n, MORNING)));
    await Promise.all([sender(db).tick(), sender(other).tick(), sender(db).tick()]);
    expect(endpoint.received).toHaveLength(40);
    expect(new Set(endpoint.received.map((got) => got.headers['darwaza-delivery'])).size).toBe(40);
    expect(endpoint.received.every((got) => got.json.attempt === 1)).toBe(true);
  });

  test('whose answer was lost with the process are sent again as a further attempt, not before half a minute', async () => {
    const { db } = database();
    await hook();
    await raise(db, hitNumber(0, MORNING));
    // The process ends after the POST: nothing of what came of it is stored.
    let cut = 0;
    endpoint.answer = () => void (cut += 1);
    const dying = sender();
    dying.wake();
    await expect.poll(() => cut, { timeout: 10_000 }).toBe(1);
    const own = sender();
    now += 20 * SECOND;
    await own.tick();
    expect(endpoint.received).toHaveLength(1);
    now += 11 * SECOND;
    endpoint.answer = 204;
    await own.tick();
    expect(endpoint.received.map((got) => [got.headers['darwaza-delivery'], got.json.attempt])).toEqual([1, 2].map((n) => [endpoint.received[0]?.headers['darwaza-delivery'], n]));
    // What the first process would say now counts no more.
    await dying.close();
    expect((await deliveries())[0]).toMatchObject({ state: 'delivered', attempts: 2 });
  });

  test('closing waits for what is under way and begins nothing', async () => {
    const { db } = database();
    await hook();
    await raise(db, ...Array.from({ length: 10 }, (_, n) => hitNumber(n, MORNING)));
    endpoint.answer = (_got, res) => void setTimeout(() => res.writeHead(204).end(), 300);
    const own = sender();
    own.wake();
    await expect.poll(() => endpoint.open(), { timeout: 10_000 }).toBe(4);
    await own.close();
    expect((await deliveries()).map((d) => d.state).toSorted()).toEqual([...Array.from({ length: 4 }, () => 'delivered'), ...Array.from({ length: 6 }, () => 'waiting')]);
    own.wake();
    await own.tick();
    await sleep(50);
    expect(endpoint.received).toHaveLength(4);
  });

  test('look by themselves once they are started', async () => {
    await hook();
    sender().start();
    await raise(database().db, hitNumber(0, MORNING));
    await expect.poll(() => endpoint.received.length, { timeout: 10_000 }).toBe(1);
  });

  test('raise alarms: failing for more than five minutes, and dead letters; not what is paused or recovered', async () => {
    const { db } = database();
    await hook({ id: 'wh_failing' });
    await hook({ id: 'wh_paused' });
    endpoint.answer = 500;
    await raise(db, hitNumber(0, MORNING), hitNumber(1, MORNING));
    const own = sender();
    await own.tick();
    await pauseWebhook(db, 'wh_paused', true);
    expect(await webhookAlarms(db, MORNING + 5 * MINUTE)).toEqual([]);
    const failing = { webhook: 'wh_failing', label: 'Dispatch', alarm: 'failing', since: MORNING, count: 2, lastFault: 'it answered 500' };
    expect(await webhookAlarms(db, MORNING + 5 * MINUTE + 1)).toEqual([failing]);
    expect(await state('wh_failing')).toMatchObject({ failingSince: MORNING, waiting: 2 });
    now += TRIED_FOR_MS;
    await own.tick();
    expect(await webhookAlarms(db, now)).toEqual([{ ...failing, alarm: 'dead-letters' }]);
    await retryDeliveries(db, 'wh_failing', now);
    endpoint.answer = 204;
    await own.tick();
    expect(await webhookAlarms(db, now + HOUR)).toEqual([]);
  });

  test('that cannot reach the database go on when it is back', async () => {
    const { db } = database();
    await hook();
    await raise(db, hitNumber(0, MORNING));
    await db.script('alter table webhook_deliveries rename to away');
    const own = sender();
    await own.tick();
    await db.script('alter table away rename to webhook_deliveries');
    await own.tick();
    expect(endpoint.received).toHaveLength(1);
  });

  test('are listed a page at a time, newest first, by state', async () => {
    const { db } = database(), id = await hook();
    await raise(db, ...Array.from({ length: 7 }, (_, n) => hitNumber(n, MORNING)));
    const all: number[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof listDeliveries>> = await listDeliveries(db, { webhookId: id, state: 'waiting' }, { limit: 3, cursor });
      all.push(...page.items.map((d) => d.eventSequence));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(all).toHaveLength(7);
    expect(all).toEqual(all.toSorted((a, b) => b - a));
    expect((await listDeliveries(db, { webhookId: id, state: 'dead' })).items).toEqual([]);
  });
});
