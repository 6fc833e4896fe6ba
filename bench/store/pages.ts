import type { Database } from '../../src/store/database.ts';
import { ask, run } from './columns.ts';
import type { Drawn, Question } from './questions.ts';

/**
 * Pages of 8 kB that each asking looked at, in memory or on the disk, one looked at twice counted twice: unlike its time that does not depend on what
 * else the machine does. Needs pg_stat_statements, and nothing else may use the database meanwhile.
 */
export async function pagesOf(db: Database, { ask: asking, atMost }: Question, drawn: readonly Drawn[]): Promise<number[]> {
  const pages: number[] = [];
  await run(db.bulk, 'create extension if not exists pg_stat_statements');
  for (const [i, of] of drawn.slice(0, atMost).entries()) {
    await run(db.bulk, 'select pg_stat_statements_reset()');
    await asking(db, of, i);
    const [row] = await ask<{ n: number }>(db.bulk, `
      select coalesce(sum(shared_blks_hit + shared_blks_read), 0)::double precision as n from pg_stat_statements where query !~ 'pg_stat_statements' and dbid = (select oid from pg_database where datname = current_database())
    `);
    pages.push(row?.n ?? 0);
  }
  return pages;
}
