import { sql, type SQL } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import type { Database, Orm } from './database.ts';
import { atStore, sqlstateOf } from './failure.ts';

/** Rows of a hand-written statement. Times come as text, bigint as text or number: cast in the statement or convert. */
export async function rowsOf<T extends object>(orm: Orm, statement: SQL): Promise<T[]> {
  return ((await orm.execute(statement)) as unknown as { readonly rows: T[] }).rows;
}

/** An array as one parameter: `unnest(${array(ids, 'text')})` sends a whole batch in one statement of fixed shape. */
export function array(values: readonly (string | number | boolean | null)[], type: 'text' | 'integer' | 'double precision' | 'boolean' | 'timestamptz'): SQL {
  return sql`${sql.param(values)}::${sql.raw(type)}[]`;
}

export interface BatchColumn<R> {
  /** Name of the column in the table. */
  readonly name: string;
  readonly type: 'text' | 'text[]' | 'integer[]' | 'integer' | 'double precision' | 'boolean' | 'timestamptz' | 'jsonb' | 'date';
  readonly of: (row: R) => unknown;
}

/** `(a, b) select … from unnest($1, $2)`: what follows `insert into t` for a batch of rows. jsonb, date and arrays travel as text. */
export function batch<R>(rows: readonly R[], columns: readonly BatchColumn<R>[]): SQL {
  return sql`(${columnNames(columns)}) ${batchRows(rows, columns)}`;
}

/** `select … as a, … as b from unnest($1, $2) as r (a, b)`: a batch of rows to join with. */
export function batchRows<R>(rows: readonly R[], columns: readonly BatchColumn<R>[]): SQL {
  const carried = columns.map((c) => (c.type === 'jsonb' || c.type === 'date' || c.type === 'text[]' || c.type === 'integer[]' ? 'text' : c.type));
  const arrays = sql.join(columns.map((c, i) => array(rows.map((row) => carriedValue(c, row)), carried[i] ?? 'text')), sql`, `);
  const picked = sql.join(columns.map((c, i) => (carried[i] === c.type ? sql`r.${sql.identifier(c.name)}` : sql`r.${sql.identifier(c.name)}::${sql.raw(c.type)} as ${sql.identifier(c.name)}`)), sql`, `);
  return sql`select ${picked} from unnest(${arrays}) as r(${columnNames(columns)})`;
}

function columnNames<R>(columns: readonly BatchColumn<R>[]): SQL {
  return sql.join(columns.map((c) => sql.identifier(c.name)), sql`, `);
}

function carriedValue<R>(column: BatchColumn<R>, row: R): string | number | boolean | null {
  const value = column.of(row);
  if (value === null || value === undefined) return null;
  if (column.type === 'jsonb') return checkedText(JSON.stringify(value), column.name);
  if (column.type === 'integer[]') return `{${(value as readonly number[]).join()}}`;
  if (column.type === 'text[]') return checkedText(arrayLiteral(value as readonly string[]), column.name);
  if (column.type === 'timestamptz') return new Date(value as number).toISOString();
  return typeof value === 'string' ? checkedText(value, column.name) : (value as number | boolean);
}

/** `{"a","b"}`: an array inside an array of rows has no other way, because arrays of arrays must be rectangular. */
function arrayLiteral(values: readonly string[]): string {
  return `{${values.map((v) => `"${v.replaceAll(/["\\]/g, '\\$&')}"`).join()}}`;
}

/** PostgreSQL text cannot hold the character NUL: said here with the name of the field, because the server says it without. */
function checkedText(text: string, name: string): string {
  if (text.includes('\0') || text.includes(String.raw`\u0000`)) throw new DarwazaError('ARGUMENT_INVALID', { name, reason: 'it holds the character U+0000' });
  return text;
}

/** Two transactions that wait for each other, or a month that was taken away between making and using it: running again is right. */
const WORTH_REPEATING = new Set(['40001', '40P01', '23514']);
const ATTEMPTS = 4;

/** Runs work in one transaction; all of it or nothing. Repeats when the server ended it only because of others. */
export function inTransaction<T>(db: Database, orm: Orm, work: (tx: Orm) => Promise<T>, beforeAttempt: () => Promise<void> = async () => undefined): Promise<T> {
  const attempt = async (left: number): Promise<T> => {
    await beforeAttempt();
    try {
      return await orm.transaction((tx) => work(tx as Orm));
    } catch (error) {
      if (left > 1 && WORTH_REPEATING.has(sqlstateOf(error) ?? '')) return attempt(left - 1);
      throw error;
    }
  };
  return atStore(db, () => attempt(ATTEMPTS));
}

/** Epoch milliseconds as a parameter of type timestamptz. */
export function instantParameter(at: number): SQL {
  return sql`${new Date(at).toISOString()}::timestamptz`;
}

/** A time column as epoch milliseconds; drivers give a number for it. */
export function epochMs(column: SQL): SQL {
  return sql`(extract(epoch from ${column}) * 1000)::double precision`;
}

/** Epoch milliseconds as an array of timestamptz; null stands for `bound`. */
export function instants(times: readonly (number | null)[], bound: '-infinity' | 'infinity' = 'infinity'): SQL {
  return array(times.map((at) => (at === null ? bound : new Date(at).toISOString())), 'timestamptz');
}
