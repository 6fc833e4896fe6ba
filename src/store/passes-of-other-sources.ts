import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { rowsOf } from './query.ts';

/** Whether any pass was made by another source than this one. Where none was, every pass is looked at: with time for it. */
export async function holdsPassesOfOthers(db: Database, source: string): Promise<boolean> {
  const rows = await atStore(db, () => rowsOf(db.bulk, sql`select 1 from passes where source <> ${source} limit 1`));
  return rows.length > 0;
}
