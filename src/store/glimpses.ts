import { sql } from 'drizzle-orm';
import type { Sighting } from '../journey/journey.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { epochMs, instantParameter, rowsOf } from './query.ts';

/** A sighting without its mark: enough to tell where a key was, in little memory. */
export type StoredGlimpse = Pick<Sighting, 'passId' | 'key' | 'cameraId' | 'siteId' | 'direction' | 'capturedAt'>;

const PAGE = 20_000;

/**
 * All sightings of from ≤ t < to (epoch milliseconds) in order of time, a page at a time; between two pages nothing is held in the database.
 * Passes that were corrected are left out, their corrections are in.
 */
export async function* glimpsesBetween(db: Database, from: number, to: number, pageSize = PAGE): AsyncGenerator<readonly StoredGlimpse[]> {
  let place: { at: number; id: string } | null = null;
  for (;;) {
    const start: number = place?.at ?? from, beyond = place === null ? sql`` : sql`and (p.captured_at, p.id) > (${instantParameter(place.at)}, ${place.id})`;
    const rows: StoredGlimpse[] = await atStore(db, () => rowsOf<StoredGlimpse>(db.bulk, sql`
      select p.id as "passId", p.key, p.camera_id as "cameraId", p.site_id as "siteId", p.direction, ${epochMs(sql`p.captured_at`)} as "capturedAt" from passes p
      where p.captured_at >= ${instantParameter(start)} and p.captured_at < ${instantParameter(to)} ${beyond} and p.key is not null and p.site_id is not null
        and not exists (select from corrections c where c.pass_id = p.id)
      order by p.captured_at, p.id limit ${pageSize}
    `));
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    place = { at: last.capturedAt, id: last.passId };
  }
}
