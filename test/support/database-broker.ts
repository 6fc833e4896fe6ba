import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import type { TestProject } from 'vitest/node';
import { embeddedDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { startPostgres, type PostgresServer } from './postgres-server.ts';

// Test files run in processes of their own and ask for their databases here, over HTTP. What nobody asks for is not started, so that tests
// without a database do not wait for one.

declare module 'vitest' {
  export interface ProvidedContext { readonly databaseBroker: string }
}

interface Parts { server: Promise<PostgresServer> | null; image: Promise<string> | null }

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const parts: Parts = { server: null, image: null };
  let queue: Promise<unknown> = Promise.resolve();
  const broker = createServer((request, response) => {
    response.setHeader('Connection', 'close');
    queue = queue.then(() => answer(parts, request.url ?? '')).then((text) => response.end(text), (error: unknown) => response.writeHead(500).end(String(error)));
  });
  project.provide('databaseBroker', await listen(broker));
  return async () => {
    broker.close();
    await queue;
    const image = await parts.image?.catch(() => null);
    if (image) await rm(join(image, '..'), { recursive: true, force: true });
    await (await parts.server?.catch(() => null))?.stop();
  };
}

async function answer(parts: Parts, path: string): Promise<string> {
  if (path === '/pglite') return (parts.image ??= makeImage());
  return (await (parts.server ??= startPostgres())).createDatabase(path === '/postgres/empty' ? 'empty' : 'migrated');
}

/** A migrated PGlite as a tar file: reading it takes a quarter of the time of making one. */
async function makeImage(): Promise<string> {
  const client = await PGlite.create({ extensions: { pg_trgm } });
  await migrate(embeddedDatabase(client, 'memory'));
  const image = join(await mkdtemp(join(tmpdir(), 'darwaza-pglite-')), 'image.tar');
  await writeFile(image, Buffer.from(await (await client.dumpDataDir('none')).arrayBuffer()));
  await client.close();
  return image;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
