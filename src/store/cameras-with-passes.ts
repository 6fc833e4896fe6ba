import { and, exists, gte, lt, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { passes } from './schema.ts';

/** Which of these cameras recorded any pass at all in from ≤ capturedAt < to (epoch milliseconds). One look into an index for each camera. */
export async function camerasWithPasses(
  db: Database, cameraIds: readonly string[], period: { readonly from?: number | undefined; readonly to?: number | undefined },
): Promise<Set<string>> {
  if (cameraIds.length === 0) return new Set();
  const one = db.orm.select({ one: sql`1` }).from(passes).where(and(
    sql`${passes.cameraId} = asked.id collate "C"`,
    period.from === undefined ? undefined : gte(passes.capturedAt, period.from),
    period.to === undefined ? undefined : lt(passes.capturedAt, period.to),
  ));
  const rows = await atStore(db, () =>
    db.orm.select({ id: sql<string>`asked.id` }).from(sql`json_array_elements_text(${JSON.stringify(cameraIds)}::json) as asked(id)`).where(exists(one)));
  return new Set(rows.map((row) => row.id));
}
