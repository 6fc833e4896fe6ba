import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type * as schema from './schema.ts';

/** What statements run on: the pool, or a transaction of it. */
export type Orm = PgDatabase<PgQueryResultHKT, typeof schema>;

export interface DatabaseOptions {
  /** PostgreSQL server; undefined or null: PGlite in `<dataDir>/pg`. */
  readonly url?: string | null | undefined;
  readonly dataDir: string;
}

export interface Database {
  readonly kind: 'postgres' | 'pglite';
  /** Server and database, or folder, for messages: never with user or password. */
  readonly host: string;
  readonly orm: Orm;
  /** The same database with time for long work (imports, migrations); everything else has a statement timeout. */
  readonly bulk: Orm;
  /** Asks the database something trivial. @throws DATABASE_UNAVAILABLE */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the database; does not migrate (`migrate`).
 * @throws DATA_FOLDER_UNWRITABLE, DATA_FOLDER_IN_USE, DATABASE_UNAVAILABLE, CONFIG_INVALID
 */
export async function openDatabase(_options: DatabaseOptions): Promise<Database> {
  throw new Error('not built yet');
}
