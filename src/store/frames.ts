import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { TimeSource } from '../pass/pass.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { ensurePartitions, forgetPartitions } from './partitions.ts';
import { array, batch, inTransaction, rowsOf, type BatchColumn } from './query.ts';
import { frames } from './schema.ts';

/** A frame that was taken, by camera, capture time and SHA-256 of its bytes. Its bytes are in the evidence folder until its pass is stored. */
export interface FrameRecord {
  readonly cameraId: string;
  readonly capturedAt: number;
  readonly sha256: string;
  readonly timeSource: TimeSource;
  readonly mediaType: string;
  readonly name: string;
  readonly receivedAt: number;
}

type FrameKey = Pick<FrameRecord, 'cameraId' | 'capturedAt' | 'sha256'>;

const COLUMNS: readonly BatchColumn<FrameRecord>[] = [
  { name: 'captured_at', type: 'timestamptz', of: (f) => f.capturedAt },
  { name: 'received_at', type: 'timestamptz', of: (f) => f.receivedAt },
  { name: 'camera_id', type: 'text', of: (f) => f.cameraId },
  { name: 'sha256', type: 'text', of: (f) => f.sha256 },
  { name: 'time_source', type: 'text', of: (f) => f.timeSource },
  { name: 'media_type', type: 'text', of: (f) => f.mediaType },
  { name: 'name', type: 'text', of: (f) => f.name },
];

/** Notes a frame as taken but not done. 'repeated': it was taken before. @throws TIME_IMPLAUSIBLE */
export async function takeFrame(db: Database, frame: FrameRecord): Promise<'new' | 'repeated'> {
  let first = true;
  const ensure = async (): Promise<void> => {
    if (!first) forgetPartitions(db);
    first = false;
    await ensurePartitions(db, 'frames', [frame.capturedAt]);
  };
  const rows = await inTransaction(db, db.orm, (tx) => rowsOf(tx, sql`insert into frames ${batch([frame], COLUMNS)} on conflict do nothing returning 1 as one`), ensure);
  return rows.length > 0 ? 'new' : 'repeated';
}

/** Whether the frame was taken before. */
export async function knowsFrame(db: Database, frame: FrameKey): Promise<boolean> {
  const same = and(eq(frames.capturedAt, frame.capturedAt), eq(frames.cameraId, frame.cameraId), eq(frames.sha256, frame.sha256));
  return (await atStore(db, () => db.orm.select({ sha256: frames.sha256 }).from(frames).where(same).limit(1))).length > 0;
}

/** Frames taken whose passes are not stored yet (a crash came between), oldest first: they are read again at start. */
export async function openFrames(db: Database, limit = 1000): Promise<FrameRecord[]> {
  return atStore(db, () => db.orm.select({
    cameraId: frames.cameraId, capturedAt: frames.capturedAt, sha256: frames.sha256, timeSource: frames.timeSource, mediaType: frames.mediaType, name: frames.name, receivedAt: frames.receivedAt,
  }).from(frames).where(isNull(frames.doneAt)).orderBy(asc(frames.capturedAt), asc(frames.cameraId), asc(frames.sha256)).limit(limit));
}

/** All that came of these frames is stored. */
export async function frameDone(db: Database, done: readonly FrameKey[]): Promise<void> {
  if (done.length === 0) return;
  const times = array(done.map((f) => new Date(f.capturedAt).toISOString()), 'timestamptz');
  await atStore(db, () => rowsOf(db.orm, sql`
    update frames f set done_at = now()
    from unnest(${times}, ${array(done.map((f) => f.cameraId), 'text')}, ${array(done.map((f) => f.sha256), 'text')}) as d (captured_at, camera_id, sha256)
    where f.captured_at = d.captured_at and f.camera_id = d.camera_id and f.sha256 = d.sha256 and f.done_at is null
  `));
}
