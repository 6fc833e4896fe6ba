import { sql } from 'drizzle-orm';
import type { Orm } from './database.ts';
import { array, rowsOf } from './query.ts';
import type { StoredPass } from './stored-pass.ts';

const HOUR_MS = 3_600_000;

/** Counts new passes into the hours (UTC) of their cameras. Last in its transaction and sorted: cameras are shared by all who record. */
export async function countCameraHours(tx: Orm, passes: readonly StoredPass[]): Promise<void> {
  const counts = new Map<string, { camera: string; hour: number; passes: number; marks: number }>();
  for (const { cameraId: camera, capturedAt, mark } of passes) {
    const hour = Math.floor(capturedAt / HOUR_MS) * HOUR_MS, id = `${hour} ${camera}`;
    const count = counts.get(id) ?? { camera, hour, passes: 0, marks: 0 };
    counts.set(id, { ...count, passes: count.passes + 1, marks: count.marks + (mark === null ? 0 : 1) });
  }
  const rows = [...counts.values()];
  if (rows.length === 0) return;
  await rowsOf(tx, sql`
    insert into camera_hours (camera_id, hour, passes, marks)
    select * from unnest(${array(rows.map((r) => r.camera), 'text')}, ${array(rows.map((r) => new Date(r.hour).toISOString()), 'timestamptz')}, ${array(rows.map((r) => r.passes), 'integer')},
      ${array(rows.map((r) => r.marks), 'integer')}) as r (camera_id, hour, passes, marks) order by r.camera_id collate "C", r.hour
    on conflict (camera_id, hour) do update set passes = camera_hours.passes + excluded.passes, marks = camera_hours.marks + excluded.marks
  `);
}
