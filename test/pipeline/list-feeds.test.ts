import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLog } from '../../src/core/log.ts';
import { DEFAULT_LIST_SETTINGS, type ListSettings } from '../../src/list/list-settings.ts';
import { createImports } from '../../src/pipeline/imports.ts';
import { createListFeeds, type ListFeedParts, type ListFeeds } from '../../src/pipeline/list-feeds.ts';
import { activeListEntries } from '../../src/store/active-list-entries.ts';
import type { Database } from '../../src/store/database.ts';
import { listAlarms, listOverviews, type ListOverview } from '../../src/store/list-overview.ts';
import { putListSettings } from '../../src/store/list-settings-row.ts';
import { rollbackList } from '../../src/store/list-versions.ts';
import { onBothDatabases } from '../support/databases.ts';
import { DAY, HOUR, MINUTE, MORNING } from '../support/passes.ts';
import { freePort } from '../support/postgres-server.ts';

const HEADER = 'mark,kind,reason,owner,action,expires';
const csv = (...marks: string[]): string => [HEADER, ...marks.map((m) => `${m},stolen,FIR 1,CTD,stop,`)].join('\n');

/** A department's server; what it answers is set by each test. */
interface FeedServer { readonly url: string; readonly asked: IncomingMessage[]; answer: (request: IncomingMessage, response: ServerResponse) => void; close(): Promise<void> }

async function startFeedServer(): Promise<FeedServer> {
  const asked: IncomingMessage[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(request);
    feed.answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const feed: FeedServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/avls/stolen.csv`, asked, answer: (_request, response) => response.end(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return feed;
}

const serving = (text: string, etag?: string) => (request: IncomingMessage, response: ServerResponse): void => {
  if (etag !== undefined && request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
  response.writeHead(200, { 'content-type': 'text/csv', ...(etag !== undefined && { etag }) }).end(text);
};

onBothDatabases('the feed of a list', (database) => {
  let db: Database, server: FeedServer, dataDir: string, now: number, feeds: ListFeeds;
  beforeAll(async () => {
    server = await startFeedServer();
    dataDir = await mkdtemp(join(tmpdir(), 'darwaza-feeds-'));
  });
  afterAll(async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
    now = MORNING;
    server.asked.length = 0;
    feeds = feedsOn(db);
  });
  afterEach(() => feeds.close());

  const feedsOn = (on: Database, given: Partial<ListFeedParts> = {}): ListFeeds =>
    createListFeeds({ database: on, imports: createImports(on, () => now, dataDir), clock: () => now, log: createLog('silent'), limitBytes: 100_000, ...given });
  const setFeed = (feed: Partial<NonNullable<ListSettings['feed']>> = {}, list = 'stolen', settings: Partial<ListSettings> = {}) =>
    putListSettings(db, list, { ...DEFAULT_LIST_SETTINGS, ...settings, feed: { url: server.url, everyMinutes: 60, mode: 'replace', format: 'csv', ...feed } });
  const marks = async (): Promise<string[]> => (await activeListEntries(db)).entries.map((entry) => entry.key ?? '').toSorted();
  const shown = async (list = 'stolen'): Promise<ListOverview> => (await listOverviews(db, list))[0] as ListOverview;
  const later = async (minutes: number): Promise<void> => {
    now += minutes * MINUTE;
    await feeds.tick();
  };

  test('is fetched and put in force, as what the feed brought', async () => {
    await setFeed();
    server.answer = serving(csv('LEA-1', 'LEA-2'));
    await feeds.tick();
    expect(await marks()).toEqual(['LEA1', 'LEA2']);
    expect(await shown()).toMatchObject({ feed: { checkedAt: now, succeededAt: now, fault: null }, state: { version: 1, origin: 'feed', author: null, fileName: 'stolen.csv' } });
    expect(server.asked[0]?.headers['accept']).toBe('text/csv');
    expect(await readdir(join(dataDir, 'incoming'))).toEqual([]);
  });

  test('is fetched when its time has come, and not before', async () => {
    await setFeed({ everyMinutes: 30 });
    server.answer = serving(csv('LEA-1'));
    await feeds.tick();
    await later(29);
    expect(server.asked.length).toBe(1);
    await later(1);
    expect(server.asked.length).toBe(2);
  });

  test('of which the file is the same becomes younger, and no new version', async () => {
    await setFeed();
    server.answer = serving(csv('LEA-1'));
    await feeds.tick();
    await later(60);
    expect((await shown()).state).toMatchObject({ version: 1, confirmedAt: now });
  });

  test('asks whether the file is still the same, and is confirmed by that answer', async () => {
    await setFeed();
    server.answer = serving(csv('LEA-1'), '"v1"');
    await feeds.tick();
    await later(60);
    expect(server.asked.map((r) => r.headers['if-none-match'])).toEqual([undefined, '"v1"']);
    expect(await shown()).toMatchObject({ feed: { succeededAt: now }, state: { version: 1, confirmedAt: now } });
  });

  test('does not take such an answer for a list that was imported by hand, or rolled back, since', async () => {
    await setFeed();
    server.answer = serving(csv('LEA-1'), '"v1"');
    await feeds.tick();
    await createImports(db, () => now, dataDir).importList('stolen', 'mine.csv', (async function* () { yield Buffer.from(csv('LEA-5')); })());
    await later(60);
    expect(await marks()).toEqual(['LEA1']);
    await rollbackList(db, { list: 'stolen', version: 2, author: null, at: now });
    await later(60);
    expect(server.asked.at(-1)?.headers['if-none-match']).toBeUndefined();
    expect([await marks(), (await shown()).feed.fault]).toEqual([['LEA5'], expect.stringContaining('rolled back')]);
    server.answer = serving(csv('LEA-6'), '"v2"');
    await later(60);
    expect([await marks(), (await shown()).feed.fault]).toEqual([['LEA6'], null]);
  });

  test.each([
    ['an error', (_: IncomingMessage, response: ServerResponse) => void response.writeHead(503).end('busy'), /answers 503/],
    ['a page instead of a file', (_: IncomingMessage, response: ServerResponse) => void response.end('<html>Log in</html>'), /no usable row/],
    ['nothing', (_: IncomingMessage, response: ServerResponse) => void response.end(), /no usable row/],
    ['half a file', (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { 'content-length': '5000' });
      response.write(csv('LEA-8', 'LEA-9'));
      setTimeout(() => response.destroy(), 20);
    }, /connection was lost/],
    ['silence', () => undefined, /says nothing for 0\.3 s/],
    ['a beginning, then silence', (_: IncomingMessage, response: ServerResponse) => void response.writeHead(200).write(csv('LEA-8')), /says nothing/],
    ['too much', (_: IncomingMessage, response: ServerResponse) => void response.end(csv(...Array.from({ length: 4000 }, (_row, i) => `LEA-${i}`))), /larger than/],
    ['304 without having been asked', (_: IncomingMessage, response: ServerResponse) => void response.writeHead(304).end(), /answers 304/],
  ])('that answers with %s leaves the list as it is, and says why', async (_what, answer, reason) => {
    await setFeed();
    server.answer = serving(csv('LEA-1'));
    await feeds.tick();
    const before = (await shown()).state;
    server.answer = answer;
    await feeds.close();
    feeds = feedsOn(db, { silenceMs: 300 });
    await later(60);
    expect(await marks()).toEqual(['LEA1']);
    expect(await shown()).toMatchObject({ state: before, feed: { fault: expect.stringMatching(reason), failingSince: now, succeededAt: MORNING } });
    expect((await shown()).feed.fault).not.toMatch(/LEA|html/);
    expect(await readdir(join(dataDir, 'incoming'))).toEqual([]);
  });

  test('that comes in time is taken, however long we ourselves work on each piece of it', async () => {
    const imports = createImports(db, () => now, dataDir);
    const slowly = async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const piece of pieces) {
        yield piece;
        await sleep(700);
      }
    };
    feeds = feedsOn(db, { silenceMs: 500, imports: { importList: (list, name, pieces, how) => imports.importList(list, name, slowly(pieces), how) } });
    await setFeed();
    server.answer = (_, response) => {
      const [head, ...rows] = csv('LEA-1', 'LEA-2').split('\n');
      response.writeHead(200).write(`${head}\n`);
      setTimeout(() => response.end(rows.join('\n')), 50);
    };
    await feeds.tick();
    expect([await marks(), (await shown()).feed.fault]).toEqual([['LEA1', 'LEA2'], null]);
  });

  test('whose server is not there says so, raises an alarm since then, and is well again when it is back', async () => {
    await setFeed({ url: `http://127.0.0.1:${await freePort()}/stolen.csv` });
    await feeds.tick();
    const since = now;
    await later(60);
    expect(await listAlarms(db, now, 24)).toEqual([{ list: 'stolen', covert: false, kind: 'feed', since, message: expect.stringContaining('refuses the connection') }]);
    server.answer = serving(csv('LEA-1'));
    await setFeed();
    await later(60);
    expect(await listAlarms(db, now, 24)).toEqual([]);
  });

  test('that brings bad rows besides good ones is taken', async () => {
    await setFeed();
    server.answer = serving(`${csv('LEA-1')}\nLEA-2,odd,x,y,stop,\n`);
    await feeds.tick();
    expect([await marks(), (await shown()).feed.fault]).toEqual([['LEA1'], null]);
  });

  test('may be a delta, and JSON', async () => {
    await setFeed({ mode: 'delta', format: 'ndjson' });
    const item = (mark: string): string => JSON.stringify({ mark, kind: 'stolen', reason: 'FIR 1', owner: 'CTD', action: 'stop' });
    server.answer = serving(item('LEA-1'));
    await feeds.tick();
    server.answer = serving(`${item('LEA-2')}\n`);
    await later(60);
    expect(await marks()).toEqual(['LEA1', 'LEA2']);
  });

  test('is fetched once, however many processes ask at the same time', async () => {
    await setFeed();
    await setFeed({}, 'wanted');
    server.answer = serving(csv('LEA-1'));
    const others = await Promise.all([1, 2].map(async () => feedsOn(await database().another())));
    await Promise.all([feeds, ...others].map((f) => f.tick()));
    expect(server.asked.length).toBe(2);
    await Promise.all(others.map((f) => f.close()));
  });

  test('that is slow does not keep another from being fetched, and is given up when the program ends', async () => {
    await setFeed({}, 'slow');
    await setFeed({ url: `${server.url}?fast` }, 'wanted');
    let waiting = 0;
    server.answer = (request, response) => {
      if (request.url?.endsWith('fast')) serving(csv('LEA-1'))(request, response);
      else waiting++;
    };
    const ticking = feeds.tick();
    await expect.poll(async () => [waiting, (await shown('wanted')).state?.version]).toEqual([1, 1]);
    await feeds.close();
    await ticking;
    expect((await shown('slow')).feed.fault).toBeNull();
  });

  test('of another address starts afresh', async () => {
    await setFeed();
    server.answer = serving(csv('LEA-1'), '"v1"');
    await feeds.tick();
    await setFeed({ url: `${server.url}?other` });
    await feeds.tick();
    expect(server.asked.map((r) => r.headers['if-none-match'])).toEqual([undefined, undefined]);
  });
});

onBothDatabases('alarms of lists', (database) => {
  test('tell of a list past its limit, since when, and of one whose entries lapsed', async () => {
    const { db } = database(), imports = createImports(db, () => MORNING, tmpdir());
    await imports.importList('stolen', 'a.csv', (async function* () { yield Buffer.from(csv('LEA-1')); })());
    expect(await listAlarms(db, MORNING + 24 * HOUR, 24)).toEqual([]);
    expect(await listAlarms(db, MORNING + 25 * HOUR, 24)).toEqual([{ list: 'stolen', covert: false, kind: 'stale', since: MORNING + 24 * HOUR, message: expect.stringContaining('25 hours') }]);
    await putListSettings(db, 'stolen', { ...DEFAULT_LIST_SETTINGS, ageLimitHours: 10_000, covert: true });
    expect(await listAlarms(db, MORNING + 29 * DAY, 24)).toMatchObject([{ kind: 'lapsed', covert: true, since: MORNING + 28 * DAY }]);
    await putListSettings(db, 'empty', DEFAULT_LIST_SETTINGS);
    expect((await listAlarms(db, MORNING + HOUR, 24)).map((a) => a.list)).toEqual([]);
  });
});
