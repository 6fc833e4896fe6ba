import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, test } from 'vitest';
import { listenOnServer } from '../../src/store/listen.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { rowsOf } from '../../src/store/query.ts';
import { createPostgresDatabase, onBothDatabases } from '../support/databases.ts';
import { administer } from '../support/postgres-server.ts';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const notify = (db: Database, channel: string): Promise<object[]> => rowsOf(db.orm, sql`select pg_notify(${channel}, '')`);
const soon = { timeout: 20_000, interval: 20 };

onBothDatabases('listening', (database) => {
  test('hears each committed notice of its channel, and no other', async () => {
    const { db } = database();
    let heard = 0;
    const stop = await db.listen('darwaza_a', () => (heard += 1));
    await notify(db, 'darwaza_b');
    await notify(db, 'darwaza_a');
    await expect.poll(() => heard, soon).toBe(1);
    await notify(db, 'darwaza_a');
    await expect.poll(() => heard, soon).toBe(2);
    await stop();
  });

  test('hears nothing of a transaction that is rolled back', async () => {
    const { db } = database();
    let heard = 0;
    const stop = await db.listen('darwaza_a', () => (heard += 1));
    await expect(db.orm.transaction(async (tx) => {
      await tx.execute(sql`select pg_notify('darwaza_a', '')`);
      throw new Error('no');
    })).rejects.toThrow();
    await notify(db, 'darwaza_a');
    await expect.poll(() => heard, soon).toBe(1);
    await stop();
  });

  test('ends when it is ended, and ending it twice does no harm', async () => {
    const { db } = database();
    let first = 0, second = 0;
    const stop = await db.listen('darwaza_a', () => (first += 1)), stopOther = await db.listen('darwaza_a', () => (second += 1));
    await stop();
    await stop();
    await notify(db, 'darwaza_a');
    await expect.poll(() => second, soon).toBe(1);
    expect(first).toBe(0);
    await stopOther();
  });

  test('hears other processes', async () => {
    const { db, another } = database();
    let heard = 0;
    const stop = await db.listen('darwaza_a', () => (heard += 1));
    await notify(await another(), 'darwaza_a');
    await expect.poll(() => heard, soon).toBe(1);
    await stop();
  });
});

describe('listening on a server', () => {
  let db: Database | null = null, proxy: TcpProxy | null = null;
  afterEach(async () => {
    await db?.close();
    await proxy?.close();
  });

  const listenThroughProxy = async (onNotice: () => void, silenceMs?: number): Promise<() => Promise<void>> => {
    const url = await createPostgresDatabase('empty'), through = new URL(url);
    db = await openDatabase({ url, dataDir: '' });
    proxy = await startProxy({ host: through.hostname, port: Number(through.port) });
    through.port = String(proxy.port);
    return listenOnServer({ url: through.href, channel: 'darwaza_a', onNotice, ...(silenceMs !== undefined && { silenceMs }) });
  };

  test('comes back when the connection is lost, and says once that notices may have been missed', async () => {
    let heard = 0;
    const stop = await listenThroughProxy(() => (heard += 1));
    await proxy?.cut();
    await notify(db as Database, 'darwaza_a');
    await proxy?.restore();
    await expect.poll(() => heard, soon).toBe(1);
    await notify(db as Database, 'darwaza_a');
    await expect.poll(() => heard, soon).toBe(2);
    await stop();
  });

  test('finds out that the network was cut without a word', async () => {
    let heard = 0;
    const stop = await listenThroughProxy(() => (heard += 1), 200);
    proxy?.swallow();
    await notify(db as Database, 'darwaza_a');
    await proxy?.restore();
    await expect.poll(() => heard, soon).toBeGreaterThan(0);
    await stop();
  });

  test('comes back when the server ends its connection', async () => {
    let heard = 0;
    const stop = await listenThroughProxy(() => (heard += 1));
    await rowsOf((db as Database).orm, sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'darwaza listen' and datname = current_database()`);
    await expect.poll(() => heard, soon).toBe(1);
    await stop();
  });

  test('ends though the network is cut', async () => {
    const stop = await listenThroughProxy(() => undefined);
    proxy?.swallow();
    await stop();
  });

  test('that cannot begin says so, without user or password', async () => {
    const url = await createPostgresDatabase('empty'), gone = await openDatabase({ url, dataDir: '' });
    const name = new URL(url).pathname.slice(1), admin = new URL(url);
    admin.pathname = '/postgres';
    await administer(admin.href, `drop database ${name} with (force)`);
    await expect(gone.listen('darwaza_a', () => undefined)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', message: expect.not.stringContaining('darwaza@') });
    await gone.close();
  });

  test('ends with its database, also when it begins while that closes', async () => {
    const url = await createPostgresDatabase('empty'), closing = await openDatabase({ url, dataDir: '' }), watcher = await openDatabase({ url, dataDir: '' });
    await closing.listen('darwaza_a', () => undefined);
    const late = closing.listen('darwaza_b', () => undefined);
    await closing.close();
    await late;
    const open = (): Promise<object[]> => rowsOf(watcher.orm, sql`select 1 from pg_stat_activity where application_name = 'darwaza listen' and datname = current_database()`);
    await expect.poll(open, soon).toEqual([]);
    await watcher.close();
  });
});
