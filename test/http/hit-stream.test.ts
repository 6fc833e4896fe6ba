import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { HitAnswer } from '../../src/http/hits.ts';
import { STREAMS_PER_KEY } from '../../src/http/hit-stream.ts';
import { createApiKey, withdrawApiKey } from '../../src/store/api-keys.ts';
import { listAudit } from '../../src/store/audit-log.ts';
import { eventsOfHit } from '../../src/store/hit-events.ts';
import type { HitRecord } from '../../src/store/hit-record.ts';
import type { Role } from '../../src/core/permission.ts';
import { openStream, type EventStream } from '../support/event-stream.ts';
import { NOW, startTestServer, type TestServer } from '../support/http-server.ts';
import { anEvent, happen, hitNumber, raise } from '../support/stored-hits.ts';

let server: TestServer;
const streams: EventStream[] = [];
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());
afterEach(() => {
  for (const stream of streams.splice(0)) stream.cut();
});

const soon = { timeout: 15_000, interval: 10 };
let plates = 0;
/** A hit that no other test has. */
const hit = (changes: Partial<HitRecord> = {}): HitRecord => hitNumber(plates++, NOW, changes);
const store = (...hits: readonly HitRecord[]) => raise(server.database.db, ...hits);

interface Asked { readonly key?: Role; readonly secret?: string; readonly lastEventId?: string; readonly on?: string }

async function stream(query = '', { key = 'trial', secret, lastEventId, on = server.url }: Asked = {}): Promise<EventStream> {
  const headers = { authorization: `Bearer ${secret ?? server.keys[key]}`, 'x-purpose': 'stolen', 'x-case-reference': 'shift 3', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) };
  const opened = await openStream(`${on}/api/v1/hits/stream${query}`, { headers });
  streams.push(opened);
  if (opened.status === 200) await opened.until(1);
  return opened;
}

describe('GET /api/v1/hits/stream', () => {
  test('says at once that it is ready, from where on, and when to come back', async () => {
    const [last] = (await store(hit())).slice(-1);
    const s = await stream();
    expect([s.status, s.headers['content-type'], s.headers['cache-control'], s.headers['x-accel-buffering']]).toEqual([200, 'text/event-stream; charset=utf-8', 'no-store', 'no']);
    expect(s.text()).toBe(`retry: 1000\nid: ${last?.sequence}\nevent: ready\ndata: {"sequence":${last?.sequence},"resumed":true}\n\n`);
  });

  test('sends what happens, each with its number, its kind and the hit as the API answers it', async () => {
    const s = await stream(), one = hit();
    const [raised] = await store(one);
    await happen(server.database.db, anEvent(one, { kind: 'acknowledged', ring: false, actor: 'k_1', detail: { note: 'کار دیکھی' } }));
    const [, first, second] = await s.until(3);
    expect(first).toMatchObject({ id: String(raised?.sequence), event: 'raised', data: { sequence: raised?.sequence, kind: 'raised', ring: true, actor: null, forSite: null, detail: {}, at: '2026-11-03T12:00:00.000+05:00' } });
    expect(HitAnswer.parse(first?.data.hit)).toMatchObject({ id: one.id, list: 'stolen', action: 'stop' });
    expect(second).toMatchObject({ event: 'acknowledged', data: { ring: false, actor: 'k_1', detail: { note: 'کار دیکھی' } } });
  });

  test('begins with what happens from now on', async () => {
    const before = hit(), after = hit();
    await store(before);
    const s = await stream();
    await store(after);
    const [, first] = await s.until(2);
    expect(first?.data.hit.id).toBe(after.id);
  });

  test('does not send that hits were delivered, and notes it once the hit has gone out', async () => {
    const s = await stream(), one = hit();
    await store(one);
    await s.until(2);
    await expect.poll(async () => (await eventsOfHit(server.database.db, one.id)).map((e) => [e.kind, e.detail]), soon).toEqual([['raised', {}], ['delivered', { channel: 'stream' }]]);
    const two = hit();
    await store(two);
    await s.until(3);
    expect(s.events.map((e) => [e.event, e.data.hit?.id])).toEqual([['ready', undefined], ['raised', one.id], ['raised', two.id]]);
  });
});

describe('coming back', () => {
  test('misses nothing and repeats nothing, by the header or by the query', async () => {
    const s = await stream(), hits = Array.from({ length: 30 }, () => hit());
    await store(...hits.slice(0, 10));
    await s.until(11);
    s.cut();
    await store(...hits.slice(10, 20));
    const back = await stream('', { lastEventId: s.lastEventId() });
    await store(...hits.slice(20));
    await back.until(21);
    expect(back.events[0]).toMatchObject({ id: s.lastEventId(), event: 'ready', data: { sequence: Number(s.lastEventId()), resumed: true } });
    expect([...s.events.slice(1), ...back.events.slice(1)].map((e) => e.data.hit.id)).toEqual(hits.map((h) => h.id));
    const byQuery = await stream(`?lastEventId=${s.lastEventId()}`);
    expect((await byQuery.until(21)).slice(1).map((e) => e.id)).toEqual(back.events.slice(1).map((e) => e.id));
  });

  test('works for a client that saw no hit yet', async () => {
    const s = await stream();
    s.cut();
    const one = hit();
    await store(one);
    const [, first] = await (await stream('', { lastEventId: s.lastEventId() })).until(2);
    expect(first?.data.hit.id).toBe(one.id);
  });

  test('works through any number of breaks while hits go on', async () => {
    const hits = Array.from({ length: 60 }, () => hit()), got: string[] = [];
    const idsOf = (s: EventStream): string[] => s.events.slice(1).map((e) => e.data.hit.id as string);
    let s = await stream();
    const writing = (async () => {
      for (let i = 0; i < hits.length; i += 3) await store(...hits.slice(i, i + 3));
    })();
    for (let breaks = 1; got.length + idsOf(s).length < hits.length; breaks++) {
      await s.until(Math.min(1 + (breaks % 7), hits.length - got.length + 1));
      s.cut();
      got.push(...idsOf(s));
      s = await stream('', { lastEventId: s.lastEventId() });
    }
    await writing;
    got.push(...idsOf(s));
    expect(got).toEqual(hits.map((h) => h.id));
  });

  test('with an id of another history begins now, and says so', async () => {
    const s = await stream('', { lastEventId: '99999999999' });
    expect(s.events[0]?.data.resumed).toBe(false);
    const one = hit();
    await store(one);
    expect((await s.until(2))[1]?.data.hit.id).toBe(one.id);
  });

  test.each(['abc', '-1', '1.5', '1e3', '9'.repeat(16)])('with %s, which is no id, is refused', async (lastEventId) => {
    const { status, json } = await server.ask('/api/v1/hits/stream', { headers: { 'last-event-id': lastEventId } });
    expect([status, json.error.code]).toEqual([400, 'REQUEST_INVALID']);
  });
});

describe('who sees what', () => {
  test('a stream for sites has their hits, and what happens elsewhere of which they or its key are told', async () => {
    const { db } = server.database, { key: own, secret } = await createApiKey(db, { label: 'officer', role: 'checkpoint' }, NOW);
    const s = await stream('?site=sariab,hanna-urak', { secret });
    const here = hit({ siteId: 'sariab' }), far = hit({ siteId: 'baleli' }), ahead = hit({ siteId: 'baleli' }), placeless = hit({ siteId: null }), named = hit({ siteId: 'baleli' }), last = hit({ siteId: 'hanna-urak' });
    await store(here, far, placeless, ahead, named);
    await happen(db, anEvent(ahead, { kind: 'repeated', ring: false, sites: ['airport-road', 'sariab'] }), anEvent(named, { kind: 'escalated', keys: [own.id] }));
    await store(last);
    const events = (await s.until(5)).slice(1);
    expect(events.map((e) => [e.event, e.data.hit.id, e.data.forSite])).toEqual([
      ['raised', here.id, null], ['repeated', ahead.id, 'sariab'], ['escalated', named.id, null], ['raised', last.id, null],
    ]);
  });

  test('the same event says to each stream which of its sites it is for', async () => {
    const all = await stream(), [one, other] = [await stream('?site=sariab'), await stream('?site=airport-road')], h = hit({ siteId: 'baleli' });
    await store(h);
    await happen(server.database.db, anEvent(h, { kind: 'escalated', ring: true, sites: ['airport-road', 'sariab'], detail: { calledSites: ['sariab'] } }));
    // It rings where it is called to now, and where all hits are watched; not where a heads-up or an earlier step told of it.
    expect([(await all.until(3))[2], (await one.until(2))[1], (await other.until(2))[1]].map((e) => [e?.event, e?.data.forSite, e?.data.ring]))
      .toEqual([['escalated', null, true], ['escalated', 'sariab', true], ['escalated', 'airport-road', false]]);
  });

  test('a stream for lists has no others', async () => {
    const s = await stream('?list=tax,watched'), tax = hit({ list: 'tax' });
    await store(hit(), tax);
    expect((await s.until(2))[1]?.data.hit.id).toBe(tax.id);
  });

  test('covert hits go only to those with the permission', async () => {
    const [blind, allowed] = [await stream('', { key: 'checkpoint' }), await stream('', { key: 'investigator' })], covert = hit({ covert: true }), open = hit();
    await store(covert, open);
    expect((await blind.until(2))[1]?.data.hit.id).toBe(open.id);
    expect((await allowed.until(3)).slice(1).map((e) => e.data.hit.id)).toEqual([covert.id, open.id]);
    const again = await stream('', { key: 'checkpoint', lastEventId: blind.events[0]?.id ?? '' });
    expect((await again.until(2))[1]?.data.hit.id).toBe(open.id);
  });

  test.each([
    ['no site', 'site='], ['nothing between commas', 'site=a,,b'], ['what is no name', 'list=a b'], ['201 sites', `site=${Array.from({ length: 201 }, (_, i) => `s${i}`).join(',')}`], ['another parameter', 'where=baleli'],
  ])('a query with %s is refused', async (_what, query) => {
    const { status, json } = await server.ask(`/api/v1/hits/stream?${query}`);
    expect([status, json.error.code]).toEqual([400, 'REQUEST_INVALID']);
  });

  test('it stands in the audit log when it is opened, with its purpose and what was asked', async () => {
    await stream('?site=baleli');
    const [row] = await listAudit(server.database.db, { limit: 1 });
    expect(row).toMatchObject({ action: 'streamHits', purpose: 'stolen', caseReference: 'shift 3', question: { site: 'baleli' } });
  });

  test('without a purpose it is refused', async () => {
    const { status, json } = await server.ask('/api/v1/hits/stream', { key: 'checkpoint' });
    expect([status, json.error.code]).toEqual([400, 'PURPOSE_MISSING']);
  });

  test('when the audit log cannot be written it is not opened', async () => {
    const { key, secret } = await createApiKey(server.database.db, { label: 'x', role: 'checkpoint' }, NOW);
    await server.database.db.script('alter table audit_log rename to audit_away');
    try {
      expect((await stream('', { secret })).status).toBe(503);
    } finally {
      await server.database.db.script('alter table audit_away rename to audit_log');
    }
    await expect.poll(() => server.services.feed.openOf(key.id), soon).toBe(0);
  });
});

describe('an open stream', () => {
  test('is forgotten as soon as its client is gone', async () => {
    const { key, secret } = await createApiKey(server.database.db, { label: 'x', role: 'checkpoint' }, NOW);
    const s = await stream('', { secret });
    expect(server.services.feed.openOf(key.id)).toBe(1);
    s.cut();
    await expect.poll(() => server.services.feed.openOf(key.id), soon).toBe(0);
  });

  test('is forgotten when its client went before the answer', async () => {
    const { key, secret } = await createApiKey(server.database.db, { label: 'x', role: 'checkpoint' }, NOW);
    const ends = new AbortController();
    const asked = fetch(`${server.url}/api/v1/hits/stream`, { headers: { authorization: `Bearer ${secret}`, 'x-purpose': 'stolen', 'x-case-reference': '1' }, signal: ends.signal });
    await sleep(5);
    ends.abort();
    // A quick machine may have answered by then: that stream must end as well.
    await asked.catch(() => undefined);
    await sleep(200);
    expect(server.services.feed.openOf(key.id)).toBe(0);
  });

  test('asked for with HEAD is none', async () => {
    const { key, secret } = await createApiKey(server.database.db, { label: 'x', role: 'checkpoint' }, NOW);
    const response = await fetch(`${server.url}/api/v1/hits/stream`, { method: 'HEAD', headers: { authorization: `Bearer ${secret}`, 'x-purpose': 'stolen', 'x-case-reference': '1' } });
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([200, 'text/event-stream; charset=utf-8', '']);
    expect(server.services.feed.openOf(key.id)).toBe(0);
  });

  test('of one key there may be fifty; the next is refused in words, until one has ended', async () => {
    const { secret } = await createApiKey(server.database.db, { label: 'x', role: 'trial', defaultPurpose: 'trial' }, NOW);
    const open = await Promise.all(Array.from({ length: STREAMS_PER_KEY }, () => stream('', { secret })));
    expect(open.every((s) => s.status === 200)).toBe(true);
    const { status, json } = await server.ask('/api/v1/hits/stream', { key: null, headers: { authorization: `Bearer ${secret}` } });
    expect([status, json.error.code, json.error.details]).toEqual([429, 'STREAMS_TOO_MANY', { open: STREAMS_PER_KEY, limit: STREAMS_PER_KEY }]);
    open[0]?.cut();
    await expect.poll(async () => (await stream('', { secret })).status, soon).toBe(200);
    expect((await stream()).status).toBe(200);
  });

  test('gets every event once, as two hundred others do', async () => {
    const secrets = await Promise.all([1, 2, 3, 4].map(async (n) => (await createApiKey(server.database.db, { label: `x${n}`, role: 'trial', defaultPurpose: 'trial' }, NOW)).secret));
    const all = await Promise.all(Array.from({ length: 200 }, (_, i) => stream('', { secret: secrets[i % 4] as string })));
    const hits = Array.from({ length: 12 }, () => hit());
    for (const h of hits) await store(h);
    for (const s of all) expect((await s.until(13)).slice(1).map((e) => e.data.hit.id)).toEqual(hits.map((h) => h.id));
  });

  test('of a client that reads nothing holds up no other', async () => {
    const stalled = await stream(), other = await stream(), note = 'x'.repeat(20_000);
    stalled.stall();
    const h = hit();
    await store(h);
    for (let i = 0; i < 60; i++) await happen(server.database.db, ...Array.from({ length: 10 }, () => anEvent(h, { kind: 'enforced', ring: false, detail: { note } })));
    await other.until(602);
    expect(stalled.events.length).toBeLessThan(602);
  });
});

describe('time on a stream', () => {
  afterEach(() => void vi.useRealTimers());

  test('brings a sign of life every 15 s, with the place to come back to; a key that was withdrawn ends it', async () => {
    const { key, secret } = await createApiKey(server.database.db, { label: 'x', role: 'checkpoint' }, NOW);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const s = await openStream(`${server.url}/api/v1/hits/stream?site=sariab`, { headers: { authorization: `Bearer ${secret}`, 'x-purpose': 'stolen', 'x-case-reference': '1' } });
    let elapsedMs = 0;
    // A wait that begins after the clock was moved misses that step: the clock moves on until it is done. By the wall clock, which is not faked, for ten seconds.
    const until = async (done: () => boolean, stepMs = 15_000): Promise<void> => {
      for (const end = Date.now() + 10_000; !done() && Date.now() < end; elapsedMs += stepMs) {
        for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
        await vi.advanceTimersByTimeAsync(stepMs);
      }
      expect(done()).toBe(true);
    };
    await until(() => s.events.length === 1, 0);
    // Elsewhere: no event of this stream, but its place moves on.
    const [event] = await store(hit({ siteId: 'baleli' }));
    server.services.feed.poke();
    await until(() => s.text().includes(': keep-alive\n'));
    await until(() => s.lastEventId() === String(event?.sequence));
    expect(s.events).toHaveLength(1);
    expect(s.text().split(': keep-alive\n').length - 1).toBeLessThanOrEqual(elapsedMs / 15_000);
    await withdrawApiKey(server.database.db, key.id, NOW);
    let over = false;
    void s.ended.then(() => (over = true));
    await until(() => over);
  });
});

describe('closing the server', () => {
  test('ends open streams first, so that it does not wait for them', async () => {
    const own = await startTestServer();
    const s = await openStream(`${own.url}/api/v1/hits/stream`, { headers: { authorization: `Bearer ${own.keys.trial}` } });
    await s.until(1);
    const started = performance.now();
    await own.close(60_000);
    await s.ended;
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
