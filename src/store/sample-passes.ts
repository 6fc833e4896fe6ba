import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { instantParameter, rowsOf } from './query.ts';
import { passes } from './schema.ts';
import { standing } from './standing.ts';
import { storedPassOf, type StoredPass } from './stored-pass.ts';

/** Some passes of a period, chosen by chance, and how many there were for each of them. */
export interface PassSample {
  readonly passes: readonly StoredPass[];
  readonly total: number;
}

/** Passes with a mark of from ≤ capturedAt < to: all of them up to about `wanted`, else an even part chosen by the hash of their ids, the same ones each time. */
export async function samplePasses(db: Database, from: number, to: number, wanted: number): Promise<PassSample> {
  const period = sql`key is not null and ${standing(sql`passes.id`)} and captured_at >= ${instantParameter(from)} and captured_at < ${instantParameter(to)}`;
  const [counted] = await atStore(db, () => rowsOf<{ total: string }>(db.orm, sql`select count(*)::text as total from passes where ${period}`));
  const total = Number(counted?.total ?? 0), every = Math.max(1, Math.ceil(total / wanted));
  const rows = await atStore(db, () => db.orm.select().from(passes).where(sql`${period} and abs(hashtext(id)::bigint) % ${every} = 0`));
  return { passes: rows.map(storedPassOf), total };
}
