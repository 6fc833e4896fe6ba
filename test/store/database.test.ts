import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { claimDataFolder } from '../../src/store/data-folder.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { listPasses } from '../../src/store/list-passes.ts';
import { migrate } from '../../src/store/migrate.ts';
import { rowsOf } from '../../src/store/query.ts';
import { createPostgresDatabase } from '../support/databases.ts';
import { aPass, MORNING } from '../support/passes.ts';
import { freePort } from '../support/postgres-server.ts';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { recorderOn } from '../support/recorder.ts';

/** Opening an embedded database takes seconds, on a busy machine many. */
const SLOW = 180_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-data-'));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true });
});

describe('the embedded database', () => {
  test('keeps what was stored, in a folder that it makes, for one process at a time', async () => {
    const dataDir = join(folder, 'deep', 'data');
    const first = await openDatabase({ dataDir });
    await migrate(first);
    const pass = aPass();
    await recorderOn(first, () => MORNING).record([pass]);
    await expect(openDatabase({ dataDir })).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE', details: { path: dataDir, pid: process.pid } });
    await Promise.all([first.close(), first.close()]);
    const second = await openDatabase({ dataDir });
    expect((await listPasses(second, {})).items.map((p) => p.id)).toEqual([pass.id]);
    await second.close();
    await expect(second.check()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await writeFile(join(dataDir, 'pg', 'PG_VERSION'), 'no version');
    await expect(openDatabase({ dataDir })).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect(readFile(join(dataDir, 'lock'))).rejects.toThrow('ENOENT');
  }, SLOW);

  test.each(['file', 'file/below'])('a file where the folder should be: %s', async (path) => {
    await writeFile(join(folder, 'file'), '');
    await expect(openDatabase({ dataDir: join(folder, path) })).rejects.toMatchObject({ code: 'DATA_FOLDER_UNWRITABLE', details: { path: join(folder, path) } });
  });

  test.skipIf(process.getuid?.() === 0)('a folder without the right to write', async () => {
    await chmod(folder, 0o500);
    await expect(openDatabase({ dataDir: folder })).rejects.toMatchObject({ code: 'DATA_FOLDER_UNWRITABLE', details: { path: folder, reason: 'no permission' } });
    await expect(openDatabase({ dataDir: join(folder, 'new') })).rejects.toMatchObject({ code: 'DATA_FOLDER_UNWRITABLE' });
  });

  test('a file system that cannot be written', async () => {
    await expect(openDatabase({ dataDir: '/proc/darwaza' })).rejects.toMatchObject({ code: 'DATA_FOLDER_UNWRITABLE', details: { path: '/proc/darwaza' } });
  });
});

describe('the lock of a data folder', () => {
  const lock = (): string => join(folder, 'lock');
  const holder = async (): Promise<{ pid: number; startTicks: string; bootId: string }> => JSON.parse(await readFile(lock(), 'utf8')) as never;

  test('is held by one of many who ask at once, and free again afterwards', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => claimDataFolder(folder)));
    const held = answers.flatMap((a) => (a.status === 'fulfilled' ? [a.value] : []));
    expect(held).toHaveLength(1);
    await held[0]?.();
    await (await claimDataFolder(folder))();
  });

  test('of a process that was killed is taken over, by one of many who ask at once', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const release = await claimDataFolder(folder), mine = await holder();
    const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
    await release();
    await writeFile(lock(), JSON.stringify({ ...mine, pid: child.pid, startTicks: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] }));
    await expect(claimDataFolder(folder)).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE', details: { path: folder, pid: child.pid } });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    const answers = await Promise.allSettled(Array.from({ length: 5 }, () => claimDataFolder(folder)));
    expect(answers.filter((a) => a.status === 'fulfilled')).toHaveLength(1);
    expect(await holder()).toEqual(mine);
  });

  test.each<[string, (mine: object) => string]>([
    ['with the pid of a process that began later', (mine) => JSON.stringify({ ...mine, startTicks: '1' })], ['from before the machine was started', (mine) => JSON.stringify({ ...mine, bootId: 'other' })],
    ['that is empty', () => ''], ['that is no JSON', () => 'x'], ['of no pid', () => '{}'],
  ])('%s holds nobody off', async (_, content) => {
    await (await claimDataFolder(folder))();
    const release = await claimDataFolder(folder), mine = await holder();
    await release();
    await writeFile(lock(), content(mine));
    await (await claimDataFolder(folder))();
  });

  test('is not given back for somebody else', async () => {
    const release = await claimDataFolder(folder);
    await writeFile(lock(), '{"pid":1}');
    await release();
    expect(await readFile(lock(), 'utf8')).toBe('{"pid":1}');
  });

  test('a take-over that was killed half-way holds nobody off for long', async () => {
    await writeFile(lock(), '{}');
    await mkdir(join(folder, 'lock.takeover'));
    await (await claimDataFolder(folder))();
  });
});

describe('a server', () => {
  let url: string, proxy: TcpProxy, through: string;
  beforeAll(async () => {
    url = await createPostgresDatabase('migrated');
    const { hostname, port } = new URL(url);
    proxy = await startProxy({ host: hostname, port: Number(port) });
    through = Object.assign(new URL(url), { host: `127.0.0.1:${proxy.port}` }).href;
  });
  afterAll(() => proxy.close());
  const opened: Database[] = [];
  const open = async (address: string, statementTimeoutMs?: number): Promise<Database> => {
    const db = await openDatabase({ url: address, dataDir: '', connections: 3, statementTimeoutMs });
    opened.push(db);
    return db;
  };
  afterEach(async () => {
    await proxy.restore();
    await Promise.all(opened.splice(0).map((db) => db.close()));
  });
  const changed = (change: Partial<Pick<URL, 'password' | 'username' | 'pathname' | 'host'>>): string => Object.assign(new URL(url), change).href;

  test('is named without user and password, and touches no data folder', async () => {
    const { host, kind } = await open(url);
    expect([kind, host]).toEqual(['postgres', `${new URL(url).host}${new URL(url).pathname}`]);
  });

  test('that is not there, by its host and without the password', async () => {
    const refused = await open(changed({ host: `127.0.0.1:${await freePort()}`, password: 'hunter2' })).then(() => null, (error: unknown) => error as Error);
    expect(refused).toMatchObject({ code: 'DATABASE_UNAVAILABLE', details: { reason: 'connection refused', host: expect.stringContaining('127.0.0.1:') as string } });
    expect(String(refused?.stack) + JSON.stringify(refused)).not.toContain('hunter2');
  });

  test.each<[string, () => string, string]>([
    ['whose name nobody knows', () => changed({ host: 'no-such-host.invalid:5432' }), 'there is no such host|cannot be resolved'],
    ['with a wrong password', () => changed({ password: 'wrong' }), 'refused the user or password'],
    ['without that database', () => changed({ pathname: '/no_such_database' }), 'no such database'],
  ])('%s', async (_, address, reason) => {
    const refused = await open(address()).then(() => null, (error: unknown) => error as Error);
    expect(refused).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(refused?.message).toMatch(new RegExp(reason));
  });

  test('a URL that is none is a fault of the settings and is not repeated', async () => {
    const refused = await open('postgres://user:hunter2@[bad').then(() => null, (error: unknown) => error as Error);
    expect(refused).toMatchObject({ code: 'CONFIG_INVALID', details: { name: 'DATABASE_URL' } });
    expect(String(refused?.stack)).not.toContain('hunter2');
  });

  test('that goes away says so to everybody who asks, and works again when it is back, without a restart', async () => {
    const db = await open(through), recorder = recorderOn(db, () => MORNING);
    await recorder.record([aPass()]);
    await proxy.cut();
    const answers = await Promise.allSettled([db.check(), listPasses(db, {}), recorder.record([aPass({ capturedAt: MORNING + 1 })]), db.check(), db.check()]);
    expect(answers.map((a) => (a.status === 'rejected' ? (a.reason as { code: string }).code : 'no error'))).toEqual(Array.from({ length: 5 }, () => 'DATABASE_UNAVAILABLE'));
    await proxy.restore();
    await db.check();
    expect((await recorder.record([aPass(), aPass({ capturedAt: MORNING + 1 })])).stored).toHaveLength(1);
  });

  test('that goes away in the middle of a transaction takes it back', async () => {
    const db = await open(through);
    const cut = db.orm.transaction(async (tx) => {
      await tx.execute(sql`insert into vehicles (key) values ('HALF1')`);
      await proxy.cut();
      await tx.execute(sql`insert into vehicles (key) values ('HALF2')`);
    });
    await expect(cut).rejects.toThrow();
    await proxy.restore();
    expect(await rowsOf(db.orm, sql`select 1 from vehicles where key like 'HALF%'`)).toEqual([]);
  });

  test('that ends all connections is used again', async () => {
    const db = await open(url), other = await open(url);
    await Promise.all([db.check(), db.check(), db.check()]);
    await rowsOf(other.orm, sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`);
    // Each of the three that the pool held may give one error before it is known to be dead.
    const answers: unknown[] = [];
    for (let i = 0; i < 4; i++) answers.push(await db.check().then(() => 'ok', (error: { code: string }) => error.code));
    expect(answers.at(-1)).toBe('ok');
    expect(answers.filter((a) => a !== 'ok' && a !== 'DATABASE_UNAVAILABLE')).toEqual([]);
  });

  test('behind a cable that was pulled is given up after a while, and the connection is not used again', async () => {
    const db = await open(through, 600);
    await Promise.all([db.check(), db.check(), db.check()]);
    proxy.swallow();
    await expect(db.check()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', details: { reason: 'connection lost' } });
    await proxy.restore();
    await Promise.all([db.check(), db.check(), db.check()].map((check) => check.catch(() => undefined)));
    await db.check();
  });

  test('that takes too long is told to stop', async () => {
    const db = await open(url, 200), recorder = recorderOn(db, () => MORNING);
    await db.script('create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(5); return new; end $$; create trigger slow before insert on passes for each row execute function slow()');
    await expect(recorder.record([aPass({ capturedAt: MORNING + 77 })])).rejects.toMatchObject({ code: 'DATABASE_TIMEOUT', status: 503 });
    await db.script('drop trigger slow on passes; drop function slow()');
    expect((await recorder.record([aPass({ capturedAt: MORNING + 77 })])).stored).toHaveLength(1);
  });

  test('with more callers than connections makes them wait, not fail', async () => {
    const db = await open(url);
    await Promise.all(Array.from({ length: 60 }, () => db.check()));
  });
});
