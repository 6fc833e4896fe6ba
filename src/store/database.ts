import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { sql } from 'drizzle-orm';
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { Pool, type ClientBase, type PoolClient } from 'pg';
import { DarwazaError } from '../core/errors.ts';
import { claimDataFolder, prepareDataFolder } from './data-folder.ts';
import { atStore } from './failure.ts';
import { listenOnServer } from './listen.ts';
import * as schema from './schema.ts';

/** What statements run on: the pool, or a transaction of it. */
export type Orm = PgDatabase<PgQueryResultHKT, typeof schema>;

export interface DatabaseOptions {
  /** PostgreSQL server; undefined or null: PGlite in `<dataDir>/pg`. */
  readonly url?: string | null | undefined;
  /** Folder of PGlite; `:memory:` keeps nothing (for tests). Not touched when there is a `url`. */
  readonly dataDir: string;
  /** Most connections to a server; 10 when not given. */
  readonly connections?: number | undefined;
  /** How long the server may work on one statement; 30,000 when not given. */
  readonly statementTimeoutMs?: number | undefined;
}

export interface Database {
  readonly kind: 'postgres' | 'pglite';
  /** Server and database, or folder, for messages: never with user or password. */
  readonly host: string;
  readonly orm: Orm;
  /** The same database with time for long work (imports, migrations); everything else has a statement timeout. */
  readonly bulk: Orm;
  /** Runs a text of several statements as one transaction. Only for migrations: it takes no parameters. */
  script(text: string): Promise<void>;
  /** Asks the database something trivial. @throws DATABASE_UNAVAILABLE */
  check(): Promise<void>;
  /**
   * Calls `onNotice` for each committed `notify` on the channel (small letters, digits, `_`), and once whenever a lost connection is back: what was told meanwhile is gone.
   * Ends with the database, or by what it gives. @throws DATABASE_UNAVAILABLE when it cannot begin
   */
  listen(channel: string, onNotice: () => void): Promise<() => Promise<void>>;
  /** Waits for statements under way. Doing it twice does no harm. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** A million rows of a list are replaced in one statement. */
const BULK_STATEMENT_TIMEOUT_MS = 900_000;
/** A connection on which nothing came for this much longer than the server may work counts as cut. */
const SILENCE_FACTOR = 4 / 3;

/**
 * Opens the database; does not migrate (`migrate`).
 * @throws DATA_FOLDER_UNWRITABLE, DATA_FOLDER_IN_USE, DATABASE_UNAVAILABLE, CONFIG_INVALID
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  return options.url ? openServer(options.url, options.connections ?? 10, options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS) : openEmbedded(options.dataDir);
}

async function openServer(url: string, connections: number, statementTimeoutMs: number): Promise<Database> {
  const host = hostOf(url);
  const pool = createPool(url, connections, statementTimeoutMs), bulkPool = createPool(url, 2, BULK_STATEMENT_TIMEOUT_MS);
  const orm = drizzlePg(pool, { schema });
  const check = (): Promise<void> => atStore({ host }, async () => void (await orm.execute(sql`select 1`)));
  const listeners = new Set<() => Promise<void>>();
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => (closing ??= Promise.all([pool.end(), bulkPool.end(), ...[...listeners].map((end) => end())]).then(() => undefined));
  await check().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  // Without parameters pg sends the whole text at once, which the server runs as one transaction.
  const script = (text: string): Promise<void> => atStore({ host }, async () => void (await bulkPool.query(text)));
  const listen: Database['listen'] = async (channel, onNotice) => {
    const stop = await atStore({ host }, () => listenOnServer({ url, channel, onNotice }));
    const end = (): Promise<void> => {
      listeners.delete(end);
      return stop();
    };
    listeners.add(end);
    if (closing !== null) await end();
    return end;
  };
  return { kind: 'postgres', host, orm, bulk: drizzlePg(bulkPool, { schema }), script, check, listen, close };
}

function createPool(url: string, max: number, statementTimeoutMs: number): Pool {
  const silenceMs = Math.round(statementTimeoutMs * SILENCE_FACTOR);
  const pool = new Pool({
    connectionString: url, max, application_name: 'darwaza', keepAlive: true, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, idleTimeoutMillis: 10_000,
    statement_timeout: statementTimeoutMs, idle_in_transaction_session_timeout: silenceMs, options: '-c datestyle=ISO',
  });
  // A connection that is lost while idle, or between two statements of a transaction: the pool drops it and opens another for the next
  // statement. Without listeners for both, the loss would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    endSilentConnection(client, silenceMs);
  });
  releaseWhereBeginFails(pool);
  return pool;
}

type Connect = (callback?: (...result: never[]) => void) => Promise<PoolClient>;

/**
 * drizzle says `begin` before the part that gives its connection back: where the connection is lost just then it would never come back, and after
 * ten such losses no transaction would begin any more.
 */
function releaseWhereBeginFails(pool: Pool): void {
  const connect = pool.connect.bind(pool) as Connect;
  pool.connect = ((callback?: Parameters<Connect>[0]) => (callback === undefined ? connect().then(guarded) : connect(callback))) as Pool['connect'];
}

type Query = (...all: unknown[]) => Promise<unknown>;

/** A client whose first statement gives it back when it fails. */
function guarded(client: PoolClient): PoolClient {
  const own = client as unknown as { query?: Query };
  // Stands before the client's own for that statement alone.
  own.query = (...all) => {
    delete own.query;
    return (client as unknown as { query: Query }).query(...all).catch((error: Error) => {
      client.release(error);
      throw error;
    });
  };
  return client;
}

/** A cut network sends no end of the connection: TCP alone would wait a quarter of an hour for an answer that never comes. */
function endSilentConnection(client: ClientBase, afterMs: number): void {
  const { stream } = (client as ClientBase & { readonly connection: { readonly stream: import('node:net').Socket } }).connection;
  stream.setTimeout(afterMs, () => stream.destroy());
}

function hostOf(url: string): string {
  try {
    const { hostname, port, pathname, searchParams } = new URL(url);
    const name = hostname === '' ? (searchParams.get('host') ?? 'localhost') : decodeURIComponent(hostname);
    return `${name}${port ? `:${port}` : ''}${pathname === '/' ? '' : pathname}`;
  } catch {
    throw new DarwazaError('CONFIG_INVALID', { name: 'DATABASE_URL', rule: 'must be like postgres://user:password@host:5432/database' });
  }
}

async function openEmbedded(dataDir: string): Promise<Database> {
  if (dataDir === ':memory:') return embeddedDatabase(await PGlite.create({ extensions: { pg_trgm } }), 'memory');
  const folder = join(dataDir, 'pg');
  await prepareDataFolder(dataDir);
  const release = await claimDataFolder(dataDir);
  try {
    return embeddedDatabase(await PGlite.create({ dataDir: folder, extensions: { pg_trgm } }), folder, release);
  } catch (error) {
    await release();
    throw new DarwazaError('DATABASE_UNAVAILABLE', { host: folder, reason: 'the embedded database cannot be opened; restore the folder from a backup, or choose another with DARWAZA_DATA_DIR' }, error);
  }
}

/** A database over a PGlite that is open already; closing it closes the PGlite, then calls `release`. */
export function embeddedDatabase(client: PGlite, host: string, release: () => Promise<void> = async () => undefined): Database {
  const orm = drizzlePglite(client, { schema });
  let closing: Promise<void> | null = null;
  const end = async (): Promise<void> => {
    if (!client.closed) await client.close();
    await release();
  };
  return {
    kind: 'pglite', host, orm, bulk: orm,
    script: (text) => atStore({ host }, async () => void (await client.exec(text))),
    check: () => atStore({ host }, async () => void (await orm.execute(sql`select 1`))),
    listen: async (channel, onNotice) => {
      const stop = await atStore({ host }, () => client.listen(channel, () => onNotice()));
      return async () => (client.closed ? undefined : stop());
    },
    close: () => (closing ??= end()),
  };
}
