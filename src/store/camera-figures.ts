import { sql, type SQL } from 'drizzle-orm';
import type { WidthCounts } from '../pass/plate-widths.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { array, batch, epochMs, inTransaction, instantParameter, rowsOf, type BatchColumn } from './query.ts';

/** What one camera sent in an hour. */
export interface CameraFigures {
  /** Frames that came; `still` of them showed nothing that moved and were not looked at. */
  readonly frames: number;
  readonly still: number;
  readonly decodeErrors: number;
  /** Frames that were given up because the machine was too slow. */
  readonly dropped: number;
  /** Passes, and what their plates gave: a mark or another text; nothing that could be read; no plate. */
  readonly passes: number;
  readonly read: number;
  readonly unreadable: number;
  readonly noPlate: number;
  /** Frames, pushes and passes that were refused, by the code of their error. */
  readonly refused: Readonly<Record<string, number>>;
  readonly widths: WidthCounts;
}
/** `hour`: beginning of the hour in which it came, epoch milliseconds. */
export interface HourFigures extends CameraFigures { readonly cameraId: string; readonly hour: number }

/** What is kept of a stream, so that any process can tell it. Times: epoch milliseconds. */
export interface KeptStream {
  readonly state: 'connecting' | 'running' | 'waiting' | 'ended' | 'closed';
  readonly fault: string | null;
  readonly reconnects: number;
  readonly brightness: number | null;
  readonly sameScene: number | null;
  /** Since when its picture is too dark, too bright, or shows another scene, by the names of `camera-picture.ts`; null: it does not. */
  readonly darkSince: number | null;
  readonly glaringSince: number | null;
  readonly movedSince: number | null;
}

/** How a camera stands now, as the processes that hear of it wrote it last. */
export interface CameraState {
  readonly cameraId: string;
  /** When its newest frame and pass came; null: none ever did. */
  readonly frameAt: number | null;
  readonly passAt: number | null;
  readonly queueDepth: number | null;
  readonly stream: KeptStream | null;
  readonly updatedAt: number;
}

const FIGURES: readonly BatchColumn<HourFigures>[] = [
  { name: 'hour', type: 'timestamptz', of: (f) => f.hour },
  { name: 'frames', type: 'integer', of: (f) => f.frames },
  { name: 'still', type: 'integer', of: (f) => f.still },
  { name: 'decode_errors', type: 'integer', of: (f) => f.decodeErrors },
  { name: 'dropped', type: 'integer', of: (f) => f.dropped },
  { name: 'passes', type: 'integer', of: (f) => f.passes },
  { name: 'read', type: 'integer', of: (f) => f.read },
  { name: 'unreadable', type: 'integer', of: (f) => f.unreadable },
  { name: 'no_plate', type: 'integer', of: (f) => f.noPlate },
  { name: 'camera_id', type: 'text', of: (f) => f.cameraId },
  { name: 'refused', type: 'jsonb', of: (f) => f.refused },
  { name: 'widths', type: 'integer[]', of: (f) => f.widths },
];

const STATES: readonly BatchColumn<CameraState>[] = [
  { name: 'updated_at', type: 'timestamptz', of: (s) => s.updatedAt },
  { name: 'frame_at', type: 'timestamptz', of: (s) => s.frameAt },
  { name: 'pass_at', type: 'timestamptz', of: (s) => s.passAt },
  { name: 'queue_depth', type: 'integer', of: (s) => s.queueDepth },
  { name: 'camera_id', type: 'text', of: (s) => s.cameraId },
  { name: 'stream', type: 'jsonb', of: (s) => s.stream },
];

const added = (name: string): SQL => sql`${sql.identifier(name)} = camera_figures.${sql.identifier(name)} + excluded.${sql.identifier(name)}`;

const inOrder = <T extends { readonly cameraId: string }>(rows: readonly T[], second: (row: T) => number): T[] =>
  rows.toSorted((a, b) => (a.cameraId < b.cameraId ? -1 : a.cameraId > b.cameraId ? 1 : second(a) - second(b)));

/**
 * Adds to the hours of cameras and brings their states up to date, in one transaction. Sorted, because several processes add to the same
 * cameras. One row for each camera and hour, and one state for each camera.
 */
export async function addCameraFigures(db: Database, figures: readonly HourFigures[], states: readonly CameraState[]): Promise<void> {
  if (figures.length + states.length === 0) return;
  await inTransaction(db, db.orm, async (tx) => {
    if (figures.length > 0) await rowsOf(tx, sql`
      insert into camera_figures ${batch(inOrder(figures, (f) => f.hour), FIGURES)} on conflict (camera_id, hour) do update set
        ${sql.join(['frames', 'still', 'decode_errors', 'dropped', 'passes', 'read', 'unreadable', 'no_plate'].map(added), sql`, `)},
        refused = case when excluded.refused = '{}' then camera_figures.refused else (
          select jsonb_object_agg(code, n) from (select code, sum(count::integer) as n
            from (select * from jsonb_each_text(camera_figures.refused) union all select * from jsonb_each_text(excluded.refused)) as both_of (code, count) group by code) as sums) end,
        widths = case when excluded.widths = '{}' then camera_figures.widths else array(
          select coalesce(a, 0) + coalesce(b, 0) from unnest(camera_figures.widths, excluded.widths) with ordinality as w (a, b, place) order by place) end
    `);
    if (states.length > 0) await rowsOf(tx, sql`
      insert into camera_states ${batch(inOrder(states, () => 0), STATES)} on conflict (camera_id) do update set
        updated_at = greatest(camera_states.updated_at, excluded.updated_at), frame_at = greatest(camera_states.frame_at, excluded.frame_at), pass_at = greatest(camera_states.pass_at, excluded.pass_at),
        queue_depth = coalesce(excluded.queue_depth, camera_states.queue_depth), stream = coalesce(excluded.stream, camera_states.stream)
    `);
  });
}

const sums = sql`sum(frames)::integer as frames, sum(still)::integer as still, sum(decode_errors)::integer as "decodeErrors", sum(dropped)::integer as dropped,
  sum(passes)::integer as passes, sum(read)::integer as read, sum(unreadable)::integer as unreadable, sum(no_plate)::integer as "noPlate"`;

/** Hours of these cameras in from ≤ hour < to, by camera and time. */
export function hourFigures(db: Database, cameraIds: readonly string[], { from, to }: { readonly from: number; readonly to: number }): Promise<HourFigures[]> {
  return atStore(db, () => rowsOf<HourFigures>(db.orm, sql`
    select camera_id as "cameraId", ${epochMs(sql`hour`)} as hour, frames, still, decode_errors as "decodeErrors", dropped, passes, read, unreadable, no_plate as "noPlate", refused, widths
    from camera_figures where camera_id = any(${array(cameraIds, 'text')}) and hour >= ${instantParameter(from)} and hour < ${instantParameter(to)} order by camera_id, camera_figures.hour
  `));
}

export type ReadShare = Pick<CameraFigures, 'passes' | 'read'>;

/** Passes and how many of them were read, of each camera in a time; cameras without a pass are left out. */
export async function readShares(db: Database, { from, to }: { readonly from: number; readonly to: number }, cameraIds?: readonly string[]): Promise<ReadonlyMap<string, ReadShare>> {
  const asked = cameraIds === undefined ? sql`true` : sql`camera_id = any(${array(cameraIds, 'text')})`;
  const rows = await atStore(db, () => rowsOf<ReadShare & { cameraId: string }>(db.orm, sql`
    select camera_id as "cameraId", ${sums} from camera_figures where ${asked} and hour >= ${instantParameter(from)} and hour < ${instantParameter(to)} group by 1 having sum(passes) > 0
  `));
  return new Map(rows.map(({ cameraId, passes, read }) => [cameraId, { passes, read }]));
}

/** How these cameras, or all, stand. Before a camera was first written down here, its newest pass is the newest hour that it has passes in. */
export async function cameraStates(db: Database, cameraIds: readonly string[]): Promise<ReadonlyMap<string, CameraState>> {
  const rows = await atStore(db, () => rowsOf<CameraState>(db.orm, sql`
    select c.id as "cameraId", ${epochMs(sql`s.frame_at`)} as "frameAt", ${epochMs(sql`coalesce(s.pass_at, h.hour)`)} as "passAt", s.queue_depth as "queueDepth", s.stream,
      ${epochMs(sql`coalesce(s.updated_at, h.hour)`)} as "updatedAt"
    from unnest(${array(cameraIds, 'text')}) as c (id) left join camera_states s on s.camera_id = c.id collate "C"
    left join lateral (select hour from camera_hours where camera_id = c.id collate "C" and s.pass_at is null order by hour desc limit 1) as h on true
    where s.camera_id is not null or h.hour is not null
  `));
  return new Map(rows.map((row) => [row.cameraId, row]));
}

/** Passes by camera in these hours (epoch milliseconds, full hours); an hour without one is left out. */
export async function passesInHours(db: Database, hours: readonly number[], cameraIds?: readonly string[]): Promise<readonly { readonly cameraId: string; readonly hour: number; readonly passes: number }[]> {
  if (hours.length === 0) return [];
  const asked = cameraIds === undefined ? sql`true` : sql`camera_id = any(${array(cameraIds, 'text')})`;
  return atStore(db, () => rowsOf<{ cameraId: string; hour: number; passes: number }>(db.orm, sql`
    select camera_id as "cameraId", ${epochMs(sql`hour`)} as hour, passes from camera_hours where ${asked} and hour = any(${array(hours.map((h) => new Date(h).toISOString()), 'timestamptz')})
  `));
}

/** How often our reader and a camera's own agreed since then: `compared` passes, of which `disagreed` differ. */
export async function disagreements(db: Database, cameraIds: readonly string[], since: number): Promise<ReadonlyMap<string, { readonly compared: number; readonly disagreed: number }>> {
  const rows = await atStore(db, () => rowsOf<{ cameraId: string; compared: number; disagreed: number }>(db.orm, sql`
    select camera_id as "cameraId", count(*)::integer as compared, count(*) filter (where not agrees)::integer as disagreed from pass_readings
    where camera_id = any(${array(cameraIds, 'text')}) and captured_at >= ${instantParameter(since)} and agrees is not null group by 1
  `));
  return new Map(rows.map((row) => [row.cameraId, row]));
}

/** Deletes hours and measures of clocks from before then; they say nothing of persons, only take room. */
export async function deleteOldFigures(db: Database, before: number): Promise<void> {
  await atStore(db, async () => {
    await rowsOf(db.orm, sql`delete from camera_figures where hour < ${instantParameter(before)}`);
    await rowsOf(db.orm, sql`delete from camera_clocks where at < ${instantParameter(before)}`);
  });
}
