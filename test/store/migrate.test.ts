import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getTableColumns, getTableName, is, sql } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { migrate, migrationState, shippedMigrations, type Migration } from '../../src/store/migrate.ts';
import { rowsOf } from '../../src/store/query.ts';
import * as schema from '../../src/store/schema.ts';
import { createPostgresDatabase, onBothDatabases } from '../support/databases.ts';

const step = (version: number, text: string, sha256 = `${version}`.repeat(64)): Migration => ({ version, name: `000${version}_step`, sha256, text });
const tableExists = async (db: Database, name: string): Promise<boolean> =>
  (await rowsOf<{ there: boolean }>(db.orm, sql`select to_regclass(${name}) is not null as there`))[0]?.there ?? false;

describe('the shipped migrations', () => {
  let folder: string;
  beforeAll(async () => {
    folder = `${await mkdtemp(join(tmpdir(), 'darwaza-migrations-'))}/`;
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('count from 1 without gaps and have the hash of their text', async () => {
    const migrations = await shippedMigrations();
    expect(migrations.map((m) => m.version)).toEqual(migrations.map((_, i) => i + 1));
    expect(new Set(migrations.map((m) => m.sha256)).size).toBe(migrations.length);
  });

  test('are the same whatever line ends git gave them', async () => {
    await writeFile(join(folder, '0001_a.sql'), 'select 1;\nselect 2;\n');
    const [unix] = await shippedMigrations(folder);
    await writeFile(join(folder, '0001_a.sql'), 'select 1;\r\nselect 2;\r\n');
    expect(await shippedMigrations(folder)).toEqual([unix]);
  });

  test('a gap in the numbers is a fault of the program', async () => {
    await writeFile(join(folder, '0003_c.sql'), 'select 1;');
    await expect(shippedMigrations(folder)).rejects.toThrow('0003_c');
  });
});

onBothDatabases('migrating', (database) => {
  test('again changes nothing', async () => {
    const migrations = await shippedMigrations();
    expect(await migrate(database().db)).toEqual({ version: migrations.length, applied: [] });
    expect(await migrationState(database().db)).toEqual({ databaseVersion: migrations.length, programVersion: migrations.length });
  });

  test('applies what is new, in order, once', async () => {
    const shipped = await shippedMigrations(), next = shipped.length + 1;
    const more = [...shipped, step(next, 'create table step_one (a integer); insert into step_one values (1)'), step(next + 1, 'alter table step_one add b text')];
    expect(await migrate(database().db, more)).toEqual({ version: next + 1, applied: [`000${next}_step`, `000${next + 1}_step`] });
    expect(await migrate(database().db, more)).toEqual({ version: next + 1, applied: [] });
    expect(await rowsOf(database().db.orm, sql`select a, b from step_one`)).toEqual([{ a: 1, b: null }]);
    await database().db.script(`drop table step_one; delete from darwaza_migrations where version >= ${next}`);
  });

  test('a failed one leaves nothing behind and the one before it in place', async () => {
    const { db } = database(), shipped = await shippedMigrations(), next = shipped.length + 1;
    const broken = [...shipped, step(next, 'create table half_made (a integer); insert into half_made values (1); select 1 / 0')];
    await expect(migrate(db, broken)).rejects.toMatchObject({ code: 'DATABASE_REFUSED', details: { sqlstate: '22012' } });
    expect(await tableExists(db, 'half_made')).toBe(false);
    expect(await migrate(db)).toEqual({ version: shipped.length, applied: [] });
  });

  test('a database newer than the program is refused with both versions', async () => {
    const { db } = database(), shipped = await shippedMigrations(), version = shipped.length + 1;
    await migrate(db, [...shipped, step(version, 'select 1')]);
    const refusal = { code: 'DATABASE_NEWER', details: { databaseVersion: version, programVersion: shipped.length } };
    await expect(migrate(db)).rejects.toMatchObject(refusal);
    await expect(migrationState(db)).rejects.toMatchObject(refusal);
    await db.script(`delete from darwaza_migrations where version = ${version}`);
  });

  test('a migration that was changed after it was applied is refused by its number', async () => {
    const { db } = database(), shipped = await shippedMigrations(), next = shipped.length + 1;
    await migrate(db, [...shipped, step(next, 'select 1', 'a'.repeat(64))]);
    await expect(migrate(db, [...shipped, step(next, 'select 1', 'b'.repeat(64))])).rejects.toMatchObject({ code: 'MIGRATION_CHANGED', details: { version: next } });
    await db.script(`delete from darwaza_migrations where version = ${next}`);
  });
});

describe('several starters at once on an empty server', () => {
  test('apply each migration once', async () => {
    const url = await createPostgresDatabase('empty');
    const starters = await Promise.all(Array.from({ length: 4 }, () => openDatabase({ url, dataDir: '' })));
    const reports = await Promise.all(starters.map((db) => migrate(db)));
    const shipped = await shippedMigrations();
    expect(reports.flatMap((r) => r.applied).toSorted()).toEqual(shipped.map((m) => m.name));
    expect(reports.map((r) => r.version)).toEqual(starters.map(() => shipped.length));
    await Promise.all(starters.map((db) => db.close()));
  });
});

/** Words of information_schema for the types that drizzle writes. */
const TYPES: Readonly<Record<string, string>> = {
  'timestamp (3) with time zone': 'timestamp with time zone(3)', 'text[]': 'ARRAY', 'integer[]': 'ARRAY',
};

const tables = Object.values<unknown>(schema).filter((value): value is PgTable => is(value, PgTable));

onBothDatabases('the tables in the code and in the database', (database) => {
  test('are the same ones', async () => {
    const rows = await rowsOf<{ name: string }>(database().db.orm, sql`
      select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = current_schema() and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'darwaza_migrations'
    `);
    expect(rows.map((r) => r.name).toSorted()).toEqual(tables.map((t) => getTableName(t)).toSorted());
  });

  test.each(tables.map((table) => [getTableName(table), table] as const))('%s has the same columns, types and nullability', async (name, table) => {
    const rows = await rowsOf<{ name: string; type: string; digits: number | null; nullable: string }>(database().db.orm, sql`
      select column_name as name, data_type as type, datetime_precision as digits, is_nullable as nullable
      from information_schema.columns where table_schema = current_schema() and table_name = ${name}
    `);
    const inDatabase = rows.map((r) => `${r.name} ${r.type}${r.type.startsWith('timestamp') ? `(${r.digits})` : ''} ${r.nullable === 'YES' ? 'null' : 'not null'}`);
    const inCode = Object.values(getTableColumns(table)).map((c) => `${c.name} ${TYPES[c.getSQLType()] ?? c.getSQLType()} ${c.notNull || c.primary ? 'not null' : 'null'}`);
    expect(inDatabase.toSorted()).toEqual(inCode.toSorted());
  });

  test.each(tables.map((table) => [getTableName(table), table] as const))('%s has the same indexes', async (name, table) => {
    const rows = await rowsOf<{ name: string }>(database().db.orm, sql`
      select i.relname as name from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = ${name}::regclass and not x.indisprimary
    `);
    const { indexes, columns } = getTableConfig(table);
    const inCode = [...indexes.map((i) => i.config.name), ...columns.flatMap((c) => (c.isUnique ? `${name}_${c.name}_key` : []))];
    // Trigrams have no words in drizzle and are left out where the extension may not be made.
    expect(rows.map((r) => r.name).filter((n) => n !== 'vehicles_trigram').toSorted()).toEqual(inCode.toSorted());
  });

  test('no index is descending: ORDER BY … DESC could not use NULLS LAST, and reads ascending ones backwards', async () => {
    const rows = await rowsOf(database().db.orm, sql`select indexdef from pg_indexes where schemaname = current_schema() and indexdef ilike '% desc%'`);
    expect(rows).toEqual([]);
  });
});
