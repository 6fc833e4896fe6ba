import { readFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { DarwazaError } from '../../src/core/errors.ts';
import { embeddedDatabase, openDatabase, type Database } from '../../src/store/database.ts';
import { rowsOf } from '../../src/store/query.ts';

export type DatabaseKind = Database['kind'];
export const DATABASE_KINDS: readonly DatabaseKind[] = ['pglite', 'postgres'];

export interface TestDatabase {
  readonly kind: DatabaseKind;
  readonly db: Database;
  /** null for PGlite. */
  readonly url: string | null;
  /** A second pool of connections to the same server; the same object for PGlite, which has one connection. */
  another(): Promise<Database>;
  /** Empties every table, the audit log too. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

async function askBroker(path: string): Promise<string> {
  const answer = await fetch(inject('databaseBroker') + path);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** URL of a new database on the real server. */
export function createPostgresDatabase(contents: 'migrated' | 'empty'): Promise<string> {
  return askBroker(`/postgres/${contents}`);
}

async function openPglite(): Promise<Database> {
  const image = new Blob([await readFile(await askBroker('/pglite'))]);
  return embeddedDatabase(await PGlite.create({ loadDataDir: image, extensions: { pg_trgm } }), 'memory');
}

/** An own migrated database: PGlite in memory, or one on the real server. */
export async function openTestDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  const url = kind === 'postgres' ? await createPostgresDatabase('migrated') : null;
  const db = url === null ? await openPglite() : await openDatabase({ url, dataDir: '' });
  const others: Database[] = [];
  return {
    kind, db, url,
    another: async () => {
      if (kind === 'pglite') return db;
      const other = await openDatabase({ url, dataDir: '' });
      others.push(other);
      return other;
    },
    clear: () => clear(db),
    close: async () => {
      await Promise.all(others.map((other) => other.close()));
      await db.close();
    },
  };
}

/** Empties all tables; those that refuse it (append-only) are made to let it happen. */
async function clear(db: Database): Promise<void> {
  const tables = await rowsOf<{ name: string; refuses: boolean }>(db.orm, sql`
    select c.relname as name, exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) as refuses from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = current_schema() and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'darwaza_migrations'
  `);
  const triggers = (how: string): string => tables.filter((t) => t.refuses).map((t) => `alter table ${t.name} ${how} trigger user`).join('; ');
  const emptied = `${triggers('disable')}; truncate ${tables.map((t) => `"${t.name}"`).join(', ')}; ${triggers('enable')}`;
  // What the test before left running (pairs of journeys, counts) may hold one table and want another: the server ends one of the two, maybe this.
  for (let left = 5; ; left -= 1) {
    const ended = await db.script(emptied).then(() => null, (error: unknown) => error);
    if (ended === null) return;
    if (left === 0 || !(ended instanceof DarwazaError) || ended.details['sqlstate'] !== '40P01') throw ended;
  }
}

/** The same specification against PGlite and against a real PostgreSQL server. `database` is filled in before the first test. */
export function onBothDatabases(title: string, body: (database: () => TestDatabase, kind: DatabaseKind) => void): void {
  describe.each(DATABASE_KINDS)(`${title} (%s)`, (kind) => {
    let open: TestDatabase | null = null;
    beforeAll(async () => {
      open = await openTestDatabase(kind);
    });
    afterAll(() => open?.close());
    body(() => {
      if (open === null) throw new Error('the database is opened by beforeAll');
      return open;
    }, kind);
  });
}
