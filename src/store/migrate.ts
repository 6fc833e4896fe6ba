import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { rowsOf } from './query.ts';

/** One step of the schema. `version` counts from 1 without gaps. */
export interface Migration { readonly version: number; readonly name: string; readonly sha256: string; readonly text: string }

export interface MigrationReport {
  /** Schema version after. */
  readonly version: number;
  /** Names of the migrations that were applied now. */
  readonly applied: readonly string[];
}

export interface MigrationState { readonly databaseVersion: number; readonly programVersion: number }

interface AppliedRow { readonly version: number; readonly name: string; readonly sha256: string }

/** The same place from src/store and from dist/store. */
const FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url));

/** The migrations that this program ships. The hash is over the text with LF line ends, because git may change those. */
export async function shippedMigrations(folder: string = FOLDER): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).toSorted();
  const migrations = await Promise.all(files.map(async (file) => {
    const text = (await readFile(new URL(file, `file://${folder}`), 'utf8')).replaceAll('\r\n', '\n');
    return { version: Number(file.slice(0, 4)), name: file.slice(0, -4), sha256: createHash('sha256').update(text).digest('hex'), text };
  }));
  const gap = migrations.findIndex((m, i) => m.version !== i + 1);
  if (gap >= 0) throw new Error(`migrations must count from 0001 without gaps: ${migrations[gap]?.name}`);
  return migrations;
}

/**
 * Brings the schema to this program's version. Safe with several starters at once; a failed migration leaves nothing behind.
 * @throws DATABASE_NEWER, MIGRATION_CHANGED, DATABASE_UNAVAILABLE
 */
export async function migrate(db: Database, migrations?: readonly Migration[]): Promise<MigrationReport> {
  const known = migrations ?? (await shippedMigrations());
  const applied: string[] = [];
  for (;;) {
    const present = await appliedMigrations(db);
    checkHistory(present, known);
    const next = known[present.length];
    if (next === undefined) return { version: present.length, applied };
    if (await apply(db, next)) applied.push(next.name);
  }
}

/** Versions without changing anything. @throws DATABASE_NEWER, MIGRATION_CHANGED, DATABASE_UNAVAILABLE */
export async function migrationState(db: Database, migrations?: readonly Migration[]): Promise<MigrationState> {
  const known = migrations ?? (await shippedMigrations()), present = await appliedMigrations(db);
  checkHistory(present, known);
  return { databaseVersion: present.length, programVersion: known.length };
}

async function appliedMigrations(db: Database): Promise<AppliedRow[]> {
  return atStore(db, async () => {
    const [table] = await rowsOf<{ exists: boolean }>(db.orm, sql`select to_regclass('darwaza_migrations') is not null as exists`);
    return table?.exists ? rowsOf<AppliedRow>(db.orm, sql`select version, name, sha256 from darwaza_migrations order by version`) : [];
  });
}

function checkHistory(present: readonly AppliedRow[], known: readonly Migration[]): void {
  const last = present.at(-1);
  if (last !== undefined && last.version > known.length) throw new DarwazaError('DATABASE_NEWER', { databaseVersion: last.version, programVersion: known.length });
  const changed = present.find((row, i) => row.version !== i + 1 || row.sha256 !== known[i]?.sha256);
  if (changed !== undefined) throw new DarwazaError('MIGRATION_CHANGED', { version: changed.version });
}

/**
 * The whole migration is one transaction. It begins with the lock and the row of the version, so that a second starter waits and then
 * fails on that row before it has done anything. False: another starter was first.
 */
async function apply(db: Database, migration: Migration): Promise<boolean> {
  const head = `
    select pg_advisory_xact_lock(hashtextextended('darwaza migration', 0));
    create table if not exists darwaza_migrations (
      version integer primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now()
    );
    insert into darwaza_migrations (version, name, sha256) values (${migration.version}, '${migration.name}', '${migration.sha256}');
  `;
  try {
    await db.script(head + migration.text);
    return true;
  } catch (error) {
    const present = await appliedMigrations(db);
    if (present.some((row) => row.version === migration.version)) return false;
    throw error;
  }
}
