import { sql } from 'drizzle-orm';
import type { Pass } from '../pass/pass.ts';
import { correctionsOf, type CorrectionRecord } from './corrections.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { readingsOf, type PassReading } from './pass-readings.ts';
import { array, epochMs, rowsOf } from './query.ts';

/** What became of passes after they were stored, by their ids. */
export interface PassFacts {
  readonly corrections: ReadonlyMap<string, CorrectionRecord>;
  /** When the pictures of some were deleted because their time was over; epoch milliseconds. */
  readonly picturesDeleted: ReadonlyMap<string, number>;
  /** What each reader read, of passes that another camera read itself. */
  readonly readings: ReadonlyMap<string, readonly PassReading[]>;
}

/** Of passes that were stored just now. */
export const NOTHING_YET: PassFacts = { corrections: new Map(), picturesDeleted: new Map(), readings: new Map() };

export function passFacts(db: Database, passes: readonly Pass[]): Promise<PassFacts> {
  return atStore(db, async () => ({ corrections: await correctionsOf(db.orm, passes.map((pass) => pass.id)), picturesDeleted: await picturesDeleted(db.orm, passes), readings: await readingsOf(db.orm, passes) }));
}

async function picturesDeleted(orm: Orm, passes: readonly Pass[]): Promise<Map<string, number>> {
  const pictured = passes.filter((pass) => pass.evidence !== null);
  if (pictured.length === 0) return new Map();
  const rows = await rowsOf<{ id: string; at: number }>(orm, sql`
    select asked.id, ${epochMs(sql`f.picture_deleted_at`)} as at
    from unnest(${array(pictured.map((p) => p.id), 'text')}, ${array(pictured.map((p) => new Date(p.capturedAt).toISOString()), 'timestamptz')}, ${array(pictured.map((p) => p.cameraId), 'text')},
      ${array(pictured.map((p) => p.evidence?.sha256 ?? ''), 'text')}) as asked (id, captured_at, camera_id, sha256)
    join frames f on f.captured_at = asked.captured_at and f.camera_id = asked.camera_id collate "C" and f.sha256 = asked.sha256 collate "C" where f.picture_deleted_at is not null
  `);
  return new Map(rows.map((row) => [row.id, row.at]));
}
