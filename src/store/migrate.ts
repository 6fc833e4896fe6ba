import type { Database } from './database.ts';

export interface MigrationReport {
  /** Schema version after. */
  readonly version: number;
  /** Names of the migrations that were applied now. */
  readonly applied: readonly string[];
}

/**
 * Brings the schema to this program's version. Safe with several starters at once; a failed migration leaves nothing behind.
 * @throws DATABASE_NEWER, MIGRATION_CHANGED, DATABASE_UNAVAILABLE
 */
export async function migrate(_db: Database): Promise<MigrationReport> {
  throw new Error('not built yet');
}
