import { inArray, sql } from 'drizzle-orm';
import type { Orm } from './database.ts';
import type { HitRecord } from './hit-record.ts';
import { array, rowsOf } from './query.ts';
import { hits } from './schema.ts';

/** A hit, and the passes behind it: the one that raised it and those that were counted into it. */
export interface HitOfPasses { readonly hit: HitRecord; readonly passIds: readonly string[] }

/** Hits that one of these passes raised, confirmed or was counted into, also those withdrawn. Under the lock of the history. */
export async function hitsOfPasses(tx: Orm, passIds: readonly string[]): Promise<HitOfPasses[]> {
  const wanted = array([...passIds], 'text');
  const rows = await rowsOf<{ id: string; passes: string[] }>(tx, sql`
    with found as (
      select id from hits where pass_id = any(${wanted})
      union select hit_id from hit_events where (detail ->> 'passId') collate "C" = any(${wanted}) and detail ->> 'passId' is not null
    )
    select f.id, array(
      select h.pass_id from hits h where h.id = f.id and h.pass_id is not null
      union select e.detail ->> 'passId' from hit_events e where e.hit_id = f.id and e.detail ->> 'passId' is not null
    ) as passes from found f
  `);
  if (rows.length === 0) return [];
  const found = new Map((await tx.select().from(hits).where(inArray(hits.id, rows.map((row) => row.id)))).map((hit) => [hit.id, hit]));
  return rows.flatMap(({ id, passes }) => {
    const hit = found.get(id);
    return hit === undefined ? [] : [{ hit, passIds: passes }];
  });
}
