import { sql } from 'drizzle-orm';
import type { Orm } from '../../src/store/database.ts';
import { rowsOf } from '../../src/store/query.ts';

/** Runs statements one after the other. */
export async function run(orm: Orm, ...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await rowsOf(orm, sql.raw(statement));
}

export async function ask<T extends object>(orm: Orm, statement: string): Promise<T[]> {
  return rowsOf<T>(orm, sql.raw(statement));
}

/** `insert into target (…) select … from source`: every column of the table as it stands, but for those that `changed` names. Columns that the database makes itself are left to it. */
export async function copyStatement(orm: Orm, table: string, target: string, changed: Readonly<Record<string, string>>, source: string): Promise<string> {
  const columns = (await ask<{ name: string }>(orm, `
    select column_name as name from information_schema.columns where table_schema = current_schema() and table_name = '${table}' and is_generated = 'NEVER' order by ordinal_position
  `)).map((row) => row.name);
  const unknown = Object.keys(changed).filter((name) => !columns.includes(name));
  if (unknown.length > 0) throw new Error(`${table} has no column ${unknown.join(', ')}: the bench is older than the schema`);
  return `insert into ${target} (${columns.join(', ')}) select ${columns.map((name) => changed[name] ?? `s.${name}`).join(', ')} from ${source}`;
}

/** Makes the indexes of a table after it was filled: one sort for each, in place of a descent for each row. */
export async function withoutIndexes(orm: Orm, table: string, fill: () => Promise<void>): Promise<void> {
  const indexes = await ask<{ name: string; definition: string; key: string | null }>(orm, `
    select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition, c.conname as key
    from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.contype = 'p' where i.indrelid = '${table}'::regclass
  `);
  for (const { name, key } of indexes) await run(orm, key === null ? `drop index ${name}` : `alter table ${table} drop constraint ${key}`);
  await fill();
  for (const { definition, key } of indexes) {
    await run(orm, key === null ? definition : `alter table ${table} add constraint ${key} primary key ${definition.slice(definition.indexOf('(', definition.indexOf(' USING ')))}`);
  }
}
