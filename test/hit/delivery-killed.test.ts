import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIST_SETTINGS } from '../../src/list/list-settings.ts';
import { createApiKey } from '../../src/store/api-keys.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import type { HitEvent } from '../../src/store/hit-record.ts';
import { importList } from '../../src/store/import-list.ts';
import { putListSettings } from '../../src/store/list-settings-row.ts';
import { migrate } from '../../src/store/migrate.ts';
import { rowsOf } from '../../src/store/query.ts';
import { createWebhook } from '../../src/store/webhooks.ts';
import { createPostgresDatabase, DATABASE_KINDS } from '../support/databases.ts';
import { startEndpoint, type Endpoint } from '../support/endpoint.ts';
import { openStream, type EventStream, type StreamEvent } from '../support/event-stream.ts';
import { anEntry } from '../support/passes.ts';

const PROCESS = fileURLToPath(new URL('../support/serving-process.ts', import.meta.url));
const SLOW = 240_000, soon = { timeout: 60_000, interval: 50 };
/** What is claimed for a delivery has run out by then, and so have the pauses after a first and a second failure. */
const LATER_MS = 60_000;
const PLATES = 300;

describe.each(DATABASE_KINDS)('a server that is killed while it tells of hits (%s)', (kind) => {
  let folder: string, url: string | null, secret: string, endpoint: Endpoint, child: ChildProcess | null, api: string;
  let sent = 0;
  const acknowledged: string[] = [];

  /** The database, while no server uses it: the embedded one is for one process. */
  const withDatabase = async <T>(work: (db: Database) => Promise<T>): Promise<T> => {
    const db = await openDatabase({ url, dataDir: folder });
    try {
      return await work(db);
    } finally {
      await db.close();
    }
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darwaza-delivery-'));
    url = kind === 'postgres' ? await createPostgresDatabase('migrated') : null;
    endpoint = await startEndpoint();
    child = null;
    sent = 0;
    acknowledged.length = 0;
    secret = await withDatabase(async (db) => {
      await migrate(db);
      await importList(db, { list: 'stolen', sha256: 's', fileName: 's.csv', entries: Array.from({ length: PLATES }, (_, i) => anEntry({ mark: `LEA-${i + 1}` })), importedAt: Date.now() });
      await putListSettings(db, 'stolen', { ...DEFAULT_LIST_SETTINGS, matchKinds: ['exact'], acknowledgeSeconds: 30, escalateTo: [{ site: 'airport-road' }] });
      await createWebhook(db, { id: 'wh_1', url: endpoint.url, secret: 'whsec_test', label: 'Dispatch', lists: null, kinds: null, sites: null, covert: false, createdAt: 0, createdBy: 'k_1' });
      return (await createApiKey(db, { label: 'test', role: 'trial', defaultPurpose: 'trial' }, Date.now())).secret;
    });
  }, SLOW);
  afterEach(async () => {
    await kill();
    await endpoint.close();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (aheadMs = 0): Promise<void> => {
    const started = spawn(process.execPath, ['--import', 'tsx', PROCESS, url ?? '-', folder, String(aheadMs)], { stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    const ended = once(started, 'exit').then(() => Promise.reject(new Error('the server ended by itself')));
    [api] = await Promise.race([once(createInterface({ input: started.stdout }), 'line') as Promise<[string]>, ended]);
    ended.catch(() => undefined);
  };
  const kill = async (): Promise<void> => {
    if (child === null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    child = null;
  };
  const headers = (): Record<string, string> => ({ authorization: `Bearer ${secret}` });
  const follow = (lastEventId: string | null): Promise<EventStream> => openStream(`${api}/api/v1/hits/stream`, { headers: { ...headers(), ...(lastEventId !== null && { 'last-event-id': lastEventId }) } });
  /** One more listed vehicle; true when the server has said that the pass is stored and its hit raised. */
  const pass = async (): Promise<boolean> => {
    const text = `LEA${(sent += 1)}`;
    try {
      const response = await fetch(`${api}/api/v1/passes`, {
        method: 'POST', headers: { ...headers(), 'content-type': 'application/json' }, body: JSON.stringify({ camera: 'baleli-in-1', capturedAt: new Date().toISOString(), sequence: sent, text, confidence: 0.97 }),
      });
      expect(await response.json()).toMatchObject({ stored: 1, hits: 1 });
      acknowledged.push(text);
      return true;
    } catch (error) {
      if (error instanceof TypeError) return false;
      throw error;
    }
  };
  const events = (db: Database): Promise<Pick<HitEvent, 'kind' | 'hitId'>[]> => rowsOf(db.orm, sql`select kind, hit_id as "hitId", sequence from hit_events where kind <> 'delivered' order by sequence`);
  const idsOf = (got: readonly StreamEvent[]): string[] => got.filter((e) => e.event !== 'ready').map((e) => e.id ?? '');
  const attempts = (): string[] => endpoint.received.map((got) => `${got.headers['darwaza-delivery']} ${got.headers['darwaza-attempt']}`);

  test('between match and delivery: every hit reaches the stream once and the webhook, none twice as new', async () => {
    const got: StreamEvent[] = [];
    let place: string | null = null;
    for (const delayMs of kind === 'pglite' ? [0, 25] : [0, 7, 40]) {
      await start();
      const stream: EventStream = await follow(place);
      await stream.until(1);
      const until = acknowledged.length + 5;
      while (acknowledged.length < until) await pass();
      // The server is in the midst of a further pass, or of telling of it.
      const last = pass();
      await sleep(delayMs);
      await kill();
      await Promise.all([last, stream.ended]);
      got.push(...stream.events);
      place = stream.lastEventId();
    }
    await start(LATER_MS);
    const stream: EventStream = await follow(place);
    await stream.until(1);
    await pass();
    await expect.poll(() => new Set(endpoint.received.map((r) => r.json.hit.id as string)).size, soon).toBeGreaterThanOrEqual(acknowledged.length);
    await expect.poll(async () => (await pending()).length, soon).toBe(0);
    await sleep(200);
    got.push(...stream.events);
    await kill();
    await withDatabase(async (db) => {
      const stored = await events(db), upTo = Number(got.at(-1)?.id);
      const sequences = stored.map((e) => String((e as HitEvent).sequence)).filter((n) => Number(n) <= upTo);
      expect(idsOf(got)).toEqual(sequences);
      const raised = stored.filter((e) => e.kind === 'raised');
      expect(raised.length).toBeGreaterThanOrEqual(acknowledged.length);
      expect(new Set(raised.map((e) => e.hitId)).size).toBe(raised.length);
      const plates = await rowsOf<{ key: string }>(db.orm, sql`select key from hits`);
      expect(acknowledged.filter((text) => !plates.some((row) => row.key === text))).toEqual([]);
      // Each attempt was made once, so a first attempt too.
      expect(new Set(attempts()).size).toBe(attempts().length);
      // Hits that nobody acknowledges are escalated on and on: of the server's last moments some of that still lies in the outbox, and nothing else.
      const waiting = new Set((await rowsOf<{ n: string }>(db.orm, sql`select event_sequence::text as n from webhook_deliveries where state = 'waiting'`)).map((row) => row.n));
      const received = new Set(endpoint.received.map((r) => String(r.json.event.sequence))), numberOf = (e: object): string => String((e as HitEvent).sequence);
      const missing = stored.filter((e) => !received.has(numberOf(e)));
      expect(missing.filter((e) => e.kind !== 'escalated' || !waiting.has(numberOf(e)))).toEqual([]);
      expect([...received].filter((n) => !stored.some((e) => numberOf(e) === n))).toEqual([]);
    });
  }, SLOW);

  const pending = async (): Promise<unknown[]> => {
    const response = await fetch(`${api}/api/v1/webhooks/wh_1/deliveries?state=waiting`, { headers: headers() });
    return ((await response.json()) as { items: unknown[] }).items;
  };

  test('between a POST and the note of its success: it is sent again under the same number as the second attempt, never as the first', async () => {
    await start();
    endpoint.answer = () => undefined;
    await pass();
    await expect.poll(() => endpoint.received.length, soon).toBe(1);
    await kill();
    endpoint.answer = 204;
    await start(LATER_MS);
    await expect.poll(() => endpoint.received.filter((got) => got.json.event.kind === 'raised').length, soon).toBe(2);
    await expect.poll(async () => (await pending()).length, soon).toBe(0);
    const raised = endpoint.received.filter((got) => got.json.event.kind === 'raised'), delivery = raised[0]?.headers['darwaza-delivery'];
    expect(raised.map((got) => [got.headers['darwaza-delivery'], got.headers['darwaza-attempt'], got.json.attempt])).toEqual([[delivery, '1', 1], [delivery, '2', 2]]);
    expect(new Set(attempts()).size).toBe(attempts().length);
  }, SLOW);

  test('between delivery and acknowledgement: the hit stays open, comes not as new, and is escalated all the same', async () => {
    await start();
    const stream = await follow(null);
    await stream.until(1);
    await pass();
    const [, raised] = await stream.until(2);
    await kill();
    await stream.ended;
    await start(LATER_MS);
    const back = await follow(stream.lastEventId());
    await back.until(2);
    expect(back.events.map((e) => e.event)).toEqual(['ready', 'escalated']);
    expect(back.events[1]?.data).toMatchObject({ ring: true, hit: { id: raised?.data.hit.id, status: 'confirmed' } });
    const again = await pass();
    expect(again).toBe(true);
    const [, , other] = await back.until(3);
    expect([other?.event, other?.data.hit.id === raised?.data.hit.id]).toEqual(['raised', false]);
    await kill();
    await withDatabase(async (db) => {
      const own = (await events(db)).filter((e) => e.hitId === raised?.data.hit.id);
      expect(own.map((e) => e.kind)).toEqual(['raised', 'escalated']);
      const [hit] = await rowsOf<{ status: string; acknowledged_at: string | null }>(db.orm, sql`select status, acknowledged_at from hits where id = ${raised?.data.hit.id as string}`);
      expect(hit).toEqual({ status: 'confirmed', acknowledged_at: null });
    });
  }, SLOW);
});
