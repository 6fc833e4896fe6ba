import { and, eq } from 'drizzle-orm';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import type { HitRecord } from './hit-record.ts';
import { hits } from './schema.ts';

/** One hit by its id, or null. `covert`: whether those of covert lists may be seen. */
export async function findHit(db: Database, id: string, covert: boolean): Promise<HitRecord | null> {
  return atStore(db, () => hitById(db.orm, id, covert));
}

/** The same within a transaction. */
export async function hitById(orm: Orm, id: string, covert: boolean): Promise<HitRecord | null> {
  // PostgreSQL knows no NUL, so no hit can be called by one.
  if (id.includes('\0')) return null;
  const [hit] = await orm.select().from(hits).where(and(eq(hits.id, id), covert ? undefined : eq(hits.covert, false))).limit(1);
  return hit ?? null;
}
