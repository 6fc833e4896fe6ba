import { sql } from 'drizzle-orm';
import { USUAL_PASSES } from '../geo/downtime.ts';
import type { Orm } from './database.ts';
import { array, epochMs, rowsOf } from './query.ts';
import type { StoredPass } from './stored-pass.ts';

const HOUR_MS = 3_600_000, DAY_MS = 24 * HOUR_MS;

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
  const counted = await rowsOf<{ camera: string; hour: number; passes: number }>(tx, sql`
    insert into camera_hours (camera_id, hour, passes, marks)
    select * from unnest(${array(rows.map((r) => r.camera), 'text')}, ${array(rows.map((r) => new Date(r.hour).toISOString()), 'timestamptz')}, ${array(rows.map((r) => r.passes), 'integer')},
      ${array(rows.map((r) => r.marks), 'integer')}) as r (camera_id, hour, passes, marks) order by r.camera_id collate "C", r.hour
    on conflict (camera_id, hour) do update set passes = camera_hours.passes + excluded.passes, marks = camera_hours.marks + excluded.marks
    returning camera_id as camera, ${epochMs(sql`hour`)} as hour, passes
  `);
  const changed = counted.filter(({ camera, hour, passes: now }) => {
    const before = now - (counts.get(`${hour} ${camera}`)?.passes ?? 0);
    return before === 0 || (before < USUAL_PASSES && now >= USUAL_PASSES);
  });
  await noteDays(tx, changed);
}

/** Notes hours that have their first pass, or as many as are usual: twice an hour of a camera, so that batches hardly ever pay for it. */
async function noteDays(tx: Orm, hours: readonly { readonly camera: string; readonly hour: number; readonly passes: number }[]): Promise<void> {
  const days = new Map<string, { camera: string; day: number; hours: number; busy: number }>();
  for (const { camera, hour, passes } of hours) {
    const day = Math.floor(hour / DAY_MS) * DAY_MS, id = `${day} ${camera}`, bit = 1 << ((hour - day) / HOUR_MS), known = days.get(id) ?? { camera, day, hours: 0, busy: 0 };
    days.set(id, { ...known, hours: known.hours | bit, busy: known.busy | (passes >= USUAL_PASSES ? bit : 0) });
  }
  const rows = [...days.values()];
  if (rows.length === 0) return;
  await rowsOf(tx, sql`
    insert into camera_days (camera_id, day, hours, busy_hours)
    select * from unnest(${array(rows.map((r) => r.camera), 'text')}, ${array(rows.map((r) => new Date(r.day).toISOString()), 'timestamptz')}, ${array(rows.map((r) => r.hours), 'integer')},
      ${array(rows.map((r) => r.busy), 'integer')}) as r (camera_id, day, hours, busy_hours) order by r.camera_id collate "C", r.day
    on conflict (camera_id, day) do update set hours = camera_days.hours | excluded.hours, busy_hours = camera_days.busy_hours | excluded.busy_hours
  `);
}
