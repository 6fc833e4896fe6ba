import { and, eq, inArray } from 'drizzle-orm';
import { capturedAtOfPassId } from '../pass/pass-id.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { passes } from './schema.ts';
import { storedPassOf, type StoredPass } from './stored-pass.ts';

/** One pass by its id, or null. A text that is no pass id finds nothing. */
export async function findPass(db: Database, id: string): Promise<StoredPass | null> {
  const capturedAt = capturedAtOfPassId(id);
  if (capturedAt === null) return null;
  const [row] = await atStore(db, () => db.orm.select().from(passes).where(and(eq(passes.capturedAt, capturedAt), eq(passes.id, id))).limit(1));
  return row === undefined ? null : storedPassOf(row);
}

/** Several passes by their ids. The capture times that the ids carry lead to the partitions. */
export async function passesByIds(orm: Orm, ids: readonly string[]): Promise<Map<string, StoredPass>> {
  const times = ids.flatMap((id) => capturedAtOfPassId(id) ?? []);
  if (times.length === 0) return new Map();
  const rows = await orm.select().from(passes).where(and(inArray(passes.capturedAt, [...new Set(times)]), inArray(passes.id, [...ids])));
  return new Map(rows.map((row) => [row.id, storedPassOf(row)]));
}
