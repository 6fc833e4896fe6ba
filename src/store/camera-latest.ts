import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { passesByIds } from './find-pass.ts';
import { array, instantParameter, rowsOf } from './query.ts';
import type { StoredPass } from './stored-pass.ts';

export interface CameraLatest {
  readonly cameraId: string;
  readonly latest: StoredPass | null;
  /** Passes that the camera captured in the 24 h before `now`; what persons corrected of them is not counted again. */
  readonly lastDay: number;
}

const DAY_MS = 86_400_000;

/** For each camera asked about, in that order. `now`: epoch milliseconds. */
export async function cameraLatest(db: Database, cameraIds: readonly string[], now: number): Promise<CameraLatest[]> {
  if (cameraIds.length === 0) return [];
  const asked = array(cameraIds, 'text');
  const { ends, latest } = await atStore(db, async () => {
    // One look at the end of the index for each camera, whatever the number of passes.
    const found = await rowsOf<{ camera: string; pass: string | null; count: number }>(db.orm, sql`
      select c.id as camera, l.id as pass,
        (select count(*)::integer from passes where camera_id = c.id collate "C" and captured_at > ${instantParameter(now - DAY_MS)} and captured_at <= ${instantParameter(now)} and corrects is null) as count
      from unnest(${asked}) as c(id)
      left join lateral (
        select id, captured_at from passes where camera_id = c.id collate "C" order by captured_at desc, id desc limit 1
      ) as l on true
    `);
    const ids = found.flatMap((row) => row.pass ?? []);
    return { ends: new Map(found.map((row) => [row.camera, row])), latest: await passesByIds(db.orm, ids) };
  });
  return cameraIds.map((cameraId) => {
    const end = ends.get(cameraId);
    return { cameraId, latest: latest.get(end?.pass ?? '') ?? null, lastDay: end?.count ?? 0 };
  });
}
