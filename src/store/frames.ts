import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { Pass, TimeSource } from '../pass/pass.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { ensurePartitions, forgetPartitions } from './partitions.ts';
import { array, batch, inTransaction, rowsOf, type BatchColumn } from './query.ts';
import { expired, lockedPassesFloor, lockRetention, passesFloor } from './retention-floors.ts';
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
  /** What is added to `capturedAt`, the camera's own time, for its passes; milliseconds. Null or absent: nothing. */
  readonly clockCorrectionMs?: number | null;
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
  { name: 'clock_correction_ms', type: 'integer', of: (f) => f.clockCorrectionMs },
];

const DONE_COLUMNS: readonly BatchColumn<FrameRecord>[] = [...COLUMNS, { name: 'done_at', type: 'timestamptz', of: (f) => f.receivedAt }];

/** Notes a frame as taken but not done. 'repeated': it was taken before. @throws TIME_IMPLAUSIBLE, PASS_EXPIRED when it is older than anything that is kept */
export async function takeFrame(db: Database, frame: FrameRecord): Promise<'new' | 'repeated'> {
  return insertFrame(db, frame, async (tx) => refuseExpired(frame, await lockedPassesFloor(tx)), () => checkInTime(db, frame));
}

/** Before anything is done with a frame. @throws PASS_EXPIRED when it is older than anything that is kept */
export async function checkInTime(db: Database, frame: Pick<FrameRecord, 'cameraId' | 'capturedAt'>): Promise<void> {
  refuseExpired(frame, await passesFloor(db));
}

function refuseExpired({ cameraId, capturedAt }: Pick<FrameRecord, 'cameraId' | 'capturedAt'>, floor: number | null): void {
  if (floor !== null && capturedAt < floor) throw expired(cameraId, capturedAt, floor);
}

/** The row that stands for the picture of a pass which a person took though its time was over. */
export async function keepFrameOf(db: Database, pass: Pass): Promise<void> {
  const { evidence, cameraId, timeSource, receivedAt, id } = pass;
  if (evidence === null) return;
  const frame = { cameraId, capturedAt: pass.evidenceAt ?? pass.capturedAt, timeSource, receivedAt, sha256: evidence.sha256, mediaType: evidence.mediaType, name: id };
  await insertFrame(db, frame, (tx) => lockRetention(tx, 'shared'));
  await frameDone(db, [frame]);
}

/**
 * The rows that stand for pictures of passes that another system read: they are done from the start, because nobody here has to read them. False for
 * one that is older than anything that is kept: it has no row.
 */
export async function noteEvidence(db: Database, all: readonly FrameRecord[]): Promise<boolean[]> {
  if (all.length === 0) return [];
  let first = true;
  const isKept = ({ capturedAt }: FrameRecord, floor: number | null): boolean => floor === null || capturedAt >= floor;
  const ensure = async (): Promise<void> => {
    if (!first) forgetPartitions(db);
    first = false;
    const floor = await passesFloor(db);
    await ensurePartitions(db, 'frames', all.flatMap((frame) => (isKept(frame, floor) ? [frame.capturedAt] : [])));
  };
  return inTransaction(db, db.orm, async (tx) => {
    const floor = await lockedPassesFloor(tx), kept = all.filter((frame) => isKept(frame, floor));
    // Sorted, so that two with the same rows wait for each other instead of ending in a deadlock.
    if (kept.length > 0) await rowsOf(tx, sql`insert into frames ${batch(kept, DONE_COLUMNS)} order by r.captured_at, r.camera_id, r.sha256 on conflict do nothing`);
    return all.map((frame) => isKept(frame, floor));
  }, ensure);
}

async function insertFrame(db: Database, frame: FrameRecord, lock: (tx: Orm) => Promise<void>, before: () => Promise<void> = async () => undefined): Promise<'new' | 'repeated'> {
  let first = true;
  const ensure = async (): Promise<void> => {
    if (!first) forgetPartitions(db);
    first = false;
    await before();
    await ensurePartitions(db, 'frames', [frame.capturedAt]);
  };
  const rows = await inTransaction(db, db.orm, async (tx) => {
    await lock(tx);
    return rowsOf(tx, sql`insert into frames ${batch([frame], COLUMNS)} on conflict do nothing returning 1 as one`);
  }, ensure);
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
    cameraId: frames.cameraId, capturedAt: frames.capturedAt, sha256: frames.sha256, timeSource: frames.timeSource, mediaType: frames.mediaType, name: frames.name, receivedAt: frames.receivedAt, clockCorrectionMs: frames.clockCorrectionMs,
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
