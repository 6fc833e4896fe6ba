import { sql } from 'drizzle-orm';
import type { Database, Orm } from '../../src/store/database.ts';
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

/** Works off tasks, two at a time where the database has more than one connection. */
export async function twoAtOnce(db: Database, tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const queue = [...tasks];
  const work = async (): Promise<void> => {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) await task();
  };
  await Promise.all(Array.from({ length: db.kind === 'postgres' ? 2 : 1 }, work));
}

/** Makes the indexes of a table after it was filled: one sort for each, in place of a descent for each row. */
export async function withoutIndexes(db: Database, table: string, fill: () => Promise<void>): Promise<void> {
  const indexes = await ask<{ name: string; definition: string; key: string | null }>(db.bulk, `
    select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition, c.conname as key
    from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.contype = 'p' where i.indrelid = '${table}'::regclass order by c.conname
  `);
  for (const { name, key } of indexes) await run(db.bulk, key === null ? `drop index ${name}` : `alter table ${table} drop constraint ${key}`);
  await fill();
  // CREATE INDEX lets others do the same beside it; the primary key does not.
  await twoAtOnce(db, indexes.flatMap(({ definition, key }) => (key === null ? [() => run(db.bulk, definition)] : [])));
  for (const { definition, key } of indexes) {
    if (key !== null) await run(db.bulk, `alter table ${table} add constraint ${key} primary key ${definition.slice(definition.indexOf('(', definition.indexOf(' USING ')))}`);
  }
}
