import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { array, batch, epochMs, instantParameter, rowsOf, type BatchColumn } from './query.ts';

/** What a clock was measured by: time in a picture's or pass's own message, or the stream's own protocol. */
export type ClockSource = 'frame' | 'push' | 'stream';

/** How wrong a camera's clock was found to be, and when. */
export interface ClockReading {
  readonly cameraId: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** What is to be added to the camera's time, milliseconds. */
  readonly offsetMs: number;
  readonly spreadMs: number;
  /** What is added to its times from now on; null: nothing. */
  readonly correctionMs: number | null;
  /** Whether it can be relied on, and is not doubted just now. */
  readonly settled: boolean;
  readonly source: ClockSource;
}

const COLUMNS: readonly BatchColumn<ClockReading>[] = [
  { name: 'at', type: 'timestamptz', of: (r) => r.at },
  { name: 'offset_ms', type: 'double precision', of: (r) => r.offsetMs },
  { name: 'spread_ms', type: 'double precision', of: (r) => r.spreadMs },
  { name: 'correction_ms', type: 'double precision', of: (r) => r.correctionMs },
  { name: 'settled', type: 'boolean', of: (r) => r.settled },
  { name: 'camera_id', type: 'text', of: (r) => r.cameraId },
  { name: 'source', type: 'text', of: (r) => r.source },
];

const columns = sql`camera_id as "cameraId", ${epochMs(sql`at`)} as at, offset_ms as "offsetMs", spread_ms as "spreadMs", correction_ms as "correctionMs", settled, source`;

/** Several processes may measure one camera at once; of the same millisecond one reading is enough. */
export async function addClockReadings(db: Database, readings: readonly ClockReading[]): Promise<void> {
  if (readings.length === 0) return;
  await atStore(db, () => rowsOf(db.orm, sql`insert into camera_clocks ${batch(readings, COLUMNS)} on conflict do nothing`));
}

/** The latest reading of each camera that was measured since then; of all cameras, or of these. */
export function latestClocks(db: Database, since: number, cameraIds?: readonly string[]): Promise<ClockReading[]> {
  const asked = cameraIds === undefined ? sql`true` : sql`camera_id = any(${array(cameraIds, 'text')})`;
  return atStore(db, () => rowsOf<ClockReading>(db.orm, sql`
    select distinct on (camera_id) ${columns} from camera_clocks where ${asked} and at >= ${instantParameter(since)} order by camera_id, camera_clocks.at desc
  `));
}

/** How wrong the clock of each camera was at the worst since then, milliseconds; null: it is in doubt now. What was in doubt and proved itself later counts by the proof. */
export async function worstClocks(db: Database, since: number): Promise<ReadonlyMap<string, number | null>> {
  const rows = await atStore(db, () => rowsOf<{ camera: string; worst: number | null; settled: boolean }>(db.orm, sql`
    select camera_id as camera, max(abs(offset_ms)) filter (where settled) as worst, (array_agg(settled order by at desc))[1] as settled from camera_clocks where at >= ${instantParameter(since)} group by 1
  `));
  return new Map(rows.map(({ camera, worst, settled }) => [camera, settled ? worst : null]));
}

/** Readings of one camera, latest first. */
export function clockHistory(db: Database, cameraId: string, { from, to }: { readonly from: number; readonly to: number }, limit: number): Promise<ClockReading[]> {
  return atStore(db, () => rowsOf<ClockReading>(db.orm, sql`
    select ${columns} from camera_clocks where camera_id = ${cameraId} and at >= ${instantParameter(from)} and at < ${instantParameter(to)} order by camera_clocks.at desc limit ${limit}
  `));
}
