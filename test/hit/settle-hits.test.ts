import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { reachableSites } from '../../src/geo/reachable.ts';
import type { Database } from '../../src/store/database.ts';
import { findHit } from '../../src/store/find-hit.ts';
import { eventsOfHit, HITS_CHANNEL, insertHitEvents, listEventsAfter, newestSequence, type NewHitEvent } from '../../src/store/hit-events.ts';
import type { HitEvent, HitRecord } from '../../src/store/hit-record.ts';
import { listHits } from '../../src/store/list-hits.ts';
import { markDelivered } from '../../src/store/mark-delivered.ts';
import { inTransaction, rowsOf } from '../../src/store/query.ts';
import { webhooks } from '../../src/store/schema.ts';
import { onBothDatabases } from '../support/databases.ts';
import { aHit, COOLDOWN, settle, type HitGiven } from '../support/hits.ts';
import { anEntry, HOUR, MINUTE, MORNING, quetta } from '../support/passes.ts';

const seen = (minute: number, given: HitGiven = {}): HitRecord => aHit({ capturedAt: MORNING + minute * MINUTE, ...given });
const told = (events: readonly HitEvent[]): [string, boolean][] => events.map((e) => [e.kind, e.ring]);

onBothDatabases('settling hits', (database, databaseKind) => {
  let db: Database;
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
  });
  const stored = async (): Promise<readonly HitRecord[]> => (await listHits(db, {}, {})).items;
  const deliver = (id: string, minute = 0): Promise<unknown> => markDelivered(db, [id], 'stream', MORNING + minute * MINUTE + 800);

  describe('a pass that matches', () => {
    test('is stored as it is, with one event that rings', async () => {
      const hit = seen(0, { match: { contradictions: ['A "quoted" \\ one, with {braces}', ''] } }), { hits, events } = await settle(db, { raised: [hit] });
      expect(hits).toEqual([hit]);
      expect(await findHit(db, hit.id, false)).toEqual(hit);
      expect(events).toEqual([{ sequence: expect.any(Number) as number, at: hit.at, hitId: hit.id, kind: 'raised', ring: true, actor: null, sites: [], keys: [], detail: { passId: hit.passId } }]);
      expect(await eventsOfHit(db, hit.id)).toEqual(events);
    });

    test('settled again changes nothing', async () => {
      const hit = seen(0);
      await settle(db, { raised: [hit] });
      expect(await settle(db, { raised: [hit] })).toEqual({ hits: [], events: [] });
      expect(await stored()).toEqual([hit]);
    });

    test('tells the sites that the vehicle can reach, and they are told what becomes of it', async () => {
      const provisional = seen(0, { frame: 'f' }), headsUp = (hit: HitRecord) =>
        reachableSites(quetta(), hit.siteId ?? '', { withinMs: HOUR }).slice(0, 2).map((s) => ({ site: s.siteId, soonestAt: hit.capturedAt + s.soonestMs, expectedAt: null }));
      const { events: [raised] } = await settle(db, { raised: [provisional] }, { headsUp });
      expect(raised).toMatchObject({ sites: ['airport-road', 'western-bypass'], detail: { headsUp: [{ site: 'airport-road' }, { site: 'western-bypass' }] } });
      const { events: [withdrawn] } = await settle(db, { withdrawn: [{ id: provisional.id, message: 'The vote says LEC-13-8441.' }] }, { headsUp });
      expect(withdrawn).toMatchObject({ kind: 'withdrawn', ring: false, sites: ['airport-road', 'western-bypass'], detail: { message: 'The vote says LEC-13-8441.' } });
    });

    test('late, or silent, neither rings nor tells another site', async () => {
      const headsUp = () => [{ site: 'sariab', soonestAt: 0, expectedAt: null }];
      const { events } = await settle(db, { raised: [seen(0, { at: MORNING + HOUR }), seen(1, { entry: anEntry({ list: 'watch', action: 'silent' }) })] }, { headsUp });
      expect(events.map((e) => [e.ring, e.sites])).toEqual([[false, []], [false, []]]);
    });

    test('together with nothing else to say takes no lock and writes nothing', async () => {
      expect(await settle(db, {})).toEqual({ hits: [], events: [] });
    });
  });

  describe('the cooldown', () => {
    test('makes one hit of one entry, plate and site, with a count; what was delivered rings no more', async () => {
      const first = seen(0), next = seen(10);
      await settle(db, { raised: [first] });
      await deliver(first.id);
      const { hits, events } = await settle(db, { raised: [next] });
      expect(told(events)).toEqual([['repeated', false]]);
      expect(events[0]?.detail).toEqual({ count: 2, passId: next.passId, sighting: next.id });
      expect(hits).toEqual([{ ...first, deliveredAt: MORNING + 800, count: 2, lastSeenAt: next.capturedAt, latestPassId: next.passId }]);
      expect(await stored()).toEqual(hits);
    });

    test('begins when somebody was told: before that each sighting rings, still one hit', async () => {
      const first = seen(0);
      await settle(db, { raised: [first] });
      expect(told((await settle(db, { raised: [seen(5)] })).events)).toEqual([['repeated', true]]);
      expect((await stored()).map((h) => h.count)).toEqual([2]);
    });

    test('counts from the delivery where that came late', async () => {
      const first = seen(0);
      await settle(db, { raised: [first] });
      await deliver(first.id, 40);
      expect(told((await settle(db, { raised: [seen(50)] })).events)).toEqual([['repeated', false]]);
    });

    test('keeps a parked vehicle quiet all day, and ends when it has been away', async () => {
      const first = seen(0);
      await settle(db, { raised: [first] });
      await deliver(first.id);
      for (let minute = 14; minute <= 14 * 12; minute += 14) expect(told((await settle(db, { raised: [seen(minute)] })).events)).toEqual([['repeated', false]]);
      expect(told((await settle(db, { raised: [seen(14 * 12 + 16)] })).events)).toEqual([['raised', true]]);
      expect((await stored()).map((h) => h.count)).toEqual([1, 13]);
    });

    test('takes passes of one batch, or of several, in any order', async () => {
      await settle(db, { raised: [seen(30), seen(0), seen(15), seen(45)] });
      expect((await stored()).map((h) => [h.count, h.firstSeenAt, h.lastSeenAt])).toEqual([[4, MORNING, MORNING + 45 * MINUTE]]);
      await settle(db, { raised: [seen(-15)] });
      await settle(db, { raised: [seen(-30)] });
      expect((await stored()).map((h) => [h.count, h.firstSeenAt])).toEqual([[6, MORNING - 30 * MINUTE]]);
    });

    test('hides no other listed vehicle, no other entry, no other site', async () => {
      const others = [
        seen(1, { plate: 'LEC-8447', match: { kind: 'unread-part' } }), seen(2, { entry: anEntry({ list: 'wanted', kind: 'wanted' }) }), seen(3, { siteId: 'sariab', cameraId: 'sariab-1' }),
        seen(4, { siteId: null, cameraId: 'loose-1' }), seen(5, { siteId: null, cameraId: 'loose-2' }),
      ];
      const { events } = await settle(db, { raised: [seen(0), ...others] });
      expect(told(events)).toEqual(Array.from({ length: 6 }, () => ['raised', true]));
      expect(told((await settle(db, { raised: [seen(6, { siteId: null, cameraId: 'loose-1' })] })).events)).toEqual([['repeated', true]]);
    });

    test('of nothing counts nothing together', async () => {
      await settle(db, { raised: [seen(0), seen(1)] }, { cooldownMs: () => 0 });
      expect(await stored()).toHaveLength(2);
    });

    test.each(['accepted', 'rejected', 'closed'] as const)('leaves a hit that was %s as it is, and counts', async (status) => {
      const first = seen(0);
      await settle(db, { raised: [first] });
      await rowsOf(db.orm, sql`update hits set status = ${status} where id = ${first.id}`);
      expect(told((await settle(db, { raised: [seen(5)] })).events)).toEqual([['repeated', false]]);
      expect((await stored()).map((h) => [h.status, h.count])).toEqual([[status, 2]]);
    });

    test('does not count into what was withdrawn', async () => {
      const provisional = seen(0, { frame: 'f' });
      await settle(db, { raised: [provisional] });
      await settle(db, { withdrawn: [{ id: provisional.id, message: 'No.' }], raised: [seen(1)] });
      expect((await stored()).map((h) => [h.status, h.count])).toEqual([['confirmed', 1], ['withdrawn', 1]]);
    });

    test('of two who settle the same vehicle at once makes one hit with every sighting counted', async () => {
      const other = await database().another(), minutes = Array.from({ length: 12 }, (_, i) => i);
      await Promise.all(minutes.map((minute) => settle(minute % 2 === 0 ? db : other, { raised: [seen(minute)] })));
      expect((await stored()).map((h) => [h.count, h.firstSeenAt, h.lastSeenAt])).toEqual([[12, MORNING, MORNING + 11 * MINUTE]]);
    });
  });

  describe('a provisional hit', () => {
    const provisional = seen(0, { frame: 'f', match: { score: 0.71 } }), finished = seen(0, { match: { score: 0.98 }, at: MORNING + 4000 });
    const confirmed = (id = provisional.id, hit = finished) => settle(db, { confirmed: [{ id, hit: { ...hit, id } }] });

    test('is confirmed in its place by the finished pass, without a sound', async () => {
      await settle(db, { raised: [provisional] });
      const { hits, events } = await confirmed();
      expect(told(events)).toEqual([['confirmed', false]]);
      expect(hits).toEqual([{ ...provisional, status: 'confirmed', passId: finished.passId, latestPassId: finished.passId, score: 0.98 }]);
      expect(await confirmed()).toEqual({ hits: [], events: [] });
      expect(await settle(db, { raised: [finished] })).toEqual({ hits: [], events: [] });
      expect(await stored()).toEqual(hits);
    });

    test('rings again when the finished pass asks for more', async () => {
      const doubtful = seen(0, { frame: 'f', match: { mayStop: false } });
      await settle(db, { raised: [doubtful] });
      const { hits, events } = await confirmed();
      expect(told(events)).toEqual([['confirmed', true]]);
      expect(hits[0]).toMatchObject({ action: 'stop', status: 'confirmed' });
    });

    test('is shown as less, in words, when the finished pass asks for less', async () => {
      await settle(db, { raised: [provisional] });
      const { hits: [hit], events: [event] } = await confirmed(provisional.id, seen(0, { match: { mayStop: false, kind: 'look-alike', via: 'B for 8' } }));
      expect([hit?.action, hit?.matchKind, hit?.via, event?.ring, event?.detail.message]).toEqual(['check', 'look-alike', 'B for 8', false, 'It was shown as "stop" and is now "check".']);
    });

    test('is withdrawn with the reason, once, and calls nobody any more', async () => {
      await settle(db, { raised: [provisional] });
      const withdraw = () => settle(db, { withdrawn: [{ id: provisional.id, message: 'The vote says LEC-13-8441.' }] });
      expect(told((await withdraw()).events)).toEqual([['withdrawn', false]]);
      expect(await stored()).toEqual([{ ...provisional, status: 'withdrawn', escalateAt: null, closesAt: null }]);
      expect((await withdraw()).events).toEqual([]);
    });

    test('is not withdrawn once a pass confirmed it', async () => {
      await settle(db, { raised: [provisional] });
      await confirmed();
      expect(await settle(db, { withdrawn: [{ id: provisional.id, message: 'No.' }] })).toEqual({ hits: [], events: [] });
    });

    test('that was decided already keeps its decision and gets its pass', async () => {
      await settle(db, { raised: [provisional] });
      await rowsOf(db.orm, sql`update hits set status = 'rejected', reject_reason = 'misread', decided_by = 'k1' where id = ${provisional.id}`);
      expect(told((await confirmed()).events)).toEqual([['confirmed', false]]);
      expect(await stored()).toEqual([{ ...provisional, status: 'rejected', rejectReason: 'misread', decidedBy: 'k1', passId: finished.passId, latestPassId: finished.passId }]);
    });

    test('that was never stored is raised by its pass, under its id', async () => {
      expect(told((await confirmed()).events)).toEqual([['raised', true]]);
      expect((await stored()).map((h) => [h.id, h.passId])).toEqual([[provisional.id, finished.passId]]);
      expect((await confirmed()).events).toEqual([]);
    });

    test('counted into another within the cooldown is confirmed there, and makes no second', async () => {
      const first = seen(-5);
      await settle(db, { raised: [first] });
      await deliver(first.id, -5);
      await settle(db, { raised: [provisional] });
      expect(told((await confirmed()).events)).toEqual([['repeated', false]]);
      expect((await confirmed()).events).toEqual([]);
      expect((await stored()).map((h) => [h.id, h.count, h.passId, h.latestPassId])).toEqual([[first.id, 2, first.passId, finished.passId]]);
    });
  });

  describe('the history', () => {
    const event = (hitId: string, given: Partial<NewHitEvent> = {}): NewHitEvent => ({ at: MORNING, hitId, kind: 'acknowledged', ring: false, actor: 'k1', sites: [], keys: [], detail: {}, ...given });
    const write = (...events: readonly NewHitEvent[]) => inTransaction(db, db.orm, (tx) => insertHitEvents(tx, events));

    test('is numbered in the order given, and read on from any number', async () => {
      const hit = seen(0), { events: [raised] } = await settle(db, { raised: [hit] }), start = raised?.sequence ?? 0;
      const written = await write(...Array.from({ length: 50 }, (_, i) => event(hit.id, { detail: { note: `n${i}` } })));
      expect(written.map((e) => e.detail.note)).toEqual(Array.from({ length: 50 }, (_, i) => `n${i}`));
      const read = await listEventsAfter(db, start, 1000);
      expect(read.map((r) => r.event)).toEqual(written);
      expect(read[0]?.hit).toEqual(hit);
      expect((await listEventsAfter(db, start, 7)).map((r) => r.event)).toEqual(written.slice(0, 7));
      expect(await newestSequence(db)).toBe(written.at(-1)?.sequence);
    });

    test('of one hit is given oldest first, the newest of it where it is long', async () => {
      const hit = seen(0);
      await settle(db, { raised: [hit] });
      const written = await write(...Array.from({ length: 5 }, () => event(hit.id)));
      expect(await eventsOfHit(db, hit.id, 3)).toEqual(written.slice(2));
    });

    test('without any event begins at 0', async () => {
      expect([await newestSequence(db), await listEventsAfter(db, 0, 10)]).toEqual([0, []]);
    });

    test('carries the sites and persons that were told on to every later event', async () => {
      const hit = seen(0);
      await settle(db, { raised: [hit] });
      const written = await write(event(hit.id, { sites: ['sariab'] }), event(hit.id, { keys: ['k2'] }), event(hit.id, { sites: ['baleli', 'sariab'] }));
      expect(written.map((e) => [e.sites, e.keys])).toEqual([[['sariab'], []], [['sariab'], ['k2']], [['sariab', 'baleli'], ['k2']]]);
    });

    test.each(['update hit_events set ring = true', 'delete from hit_events', 'truncate hit_events cascade'])('refuses "%s"', async (statement) => {
      await settle(db, { raised: [seen(0)] });
      await expect(db.script(statement)).rejects.toMatchObject({ code: 'DATABASE_REFUSED', details: { sqlstate: '23001' } });
      expect(await listEventsAfter(db, 0, 10)).toHaveLength(1);
    });

    test('is gone with its hit when the transaction fails', async () => {
      await expect(inTransaction(db, db.orm, async (tx) => {
        await insertHitEvents(tx, [event('h-none')]);
      })).rejects.toMatchObject({ code: 'DATABASE_REFUSED' });
      expect(await newestSequence(db)).toBe(0);
    });

    test('is never read with a gap that is filled later, however many write at once', async () => {
      const hits = Array.from({ length: 4 }, (_, i) => seen(0, { entry: anEntry({ list: `list${i}` }) }));
      await settle(db, { raised: hits });
      const pools = [db, await database().another()], read: number[] = [];
      const state = { writing: true };
      let last = 0;
      const poll = (async () => {
        while (state.writing || (await newestSequence(db)) > last) {
          const rows = await listEventsAfter(pools[1] as Database, last, 1000);
          read.push(...rows.map((r) => r.event.sequence));
          last = read.at(-1) ?? 0;
        }
      })();
      await Promise.all(Array.from({ length: 40 }, (_, i) => inTransaction(pools[i % 2] as Database, (pools[i % 2] as Database).orm, (tx) =>
        insertHitEvents(tx, Array.from({ length: 1 + (i % 3) }, () => event((hits[i % 4] as HitRecord).id))))));
      state.writing = false;
      await poll;
      expect(read).toEqual((await listEventsAfter(db, 0, 1000)).map((r) => r.event.sequence));
    });

    test('wakes those who listen, with the highest number', async () => {
      if (databaseKind === 'pglite') return;
      const { Client } = await import('pg'), listener = new Client({ connectionString: database().url ?? '' }), heard: (string | undefined)[] = [];
      await listener.connect();
      listener.on('notification', ({ payload }) => heard.push(payload));
      await listener.query(`listen ${HITS_CHANNEL}`);
      const { events } = await settle(db, { raised: [seen(0), seen(1, { siteId: 'sariab' })] });
      await expect.poll(() => heard).toEqual([String(events[1]?.sequence)]);
      await listener.end();
    });
  });

  describe('the outbox', () => {
    const webhook = (id: string, given: Partial<typeof webhooks.$inferInsert> = {}) =>
      db.orm.insert(webhooks).values({ id, url: 'https://example.org', secret: 's', label: 'l', covert: false, createdAt: MORNING, createdBy: 'k', ...given });
    const waiting = () => rowsOf<{ webhook: string; kind: string }>(db.orm, sql`
      select d.webhook_id as webhook, e.kind from webhook_deliveries d join hit_events e on e.sequence = d.event_sequence where d.state = 'waiting' order by d.id
    `);

    test('takes an event for each webhook that wants it', async () => {
      await webhook('all');
      await webhook('tax only', { lists: ['tax'] });
      await webhook('kind', { kinds: ['stolen', 'wanted'] });
      await webhook('site', { sites: ['sariab'] });
      await webhook('paused', { paused: true });
      await webhook('removed', { removedAt: MORNING });
      await settle(db, { raised: [seen(0)] });
      expect(await waiting()).toEqual(['all', 'kind', 'paused'].map((id) => ({ webhook: id, kind: 'raised' })));
    });

    test('tells a site of what is on its way there', async () => {
      await webhook('site', { sites: ['sariab'] });
      await settle(db, { raised: [seen(0)] }, { headsUp: () => [{ site: 'sariab', soonestAt: MORNING, expectedAt: null }] });
      expect(await waiting()).toHaveLength(1);
    });

    test('takes a covert hit only for those who may know, and no news of a delivery', async () => {
      await webhook('open');
      await webhook('covert', { covert: true });
      const hit = seen(0, { settings: { covert: true } });
      await settle(db, { raised: [hit] });
      await deliver(hit.id);
      expect(await waiting()).toEqual([{ webhook: 'covert', kind: 'raised' }]);
    });
  });

  describe('marking hits as delivered', () => {
    test('counts the first time only', async () => {
      const hit = seen(0);
      await settle(db, { raised: [hit] });
      expect((await markDelivered(db, [hit.id, hit.id, 'h-none'], 'stream', MORNING + 900)).map((e) => [e.kind, e.ring, e.detail])).toEqual([['delivered', false, { channel: 'stream' }]]);
      expect(await markDelivered(db, [hit.id], 'webhook', MORNING + 5000)).toEqual([]);
      expect(await markDelivered(db, [], 'webhook', MORNING)).toEqual([]);
      expect((await stored())[0]?.deliveredAt).toBe(MORNING + 900);
    });

    test('by many at once writes one event', async () => {
      const hit = seen(0), other = await database().another();
      await settle(db, { raised: [hit] });
      const events = await Promise.all(Array.from({ length: 10 }, (_, i) => markDelivered(i % 2 === 0 ? db : other, [hit.id], 'stream', MORNING + i)));
      expect(events.flat()).toHaveLength(1);
    });
  });

  test('the cooldown of the tests is that of a list that says nothing', () => expect(COOLDOWN).toBe(900_000));
});
