import { asc, sql, type SQL } from 'drizzle-orm';
import type { PlateBox } from '../pass/pass.ts';
import type { Mark } from '../plate/mark.ts';
import type { Database, Orm } from './database.ts';
import { step } from './delete-journeys.ts';
import type { KeptPicture } from './evidence.ts';
import { atStore } from './failure.ts';
import { array, batch, epochMs, inTransaction, instantParameter, rowsOf, type BatchColumn } from './query.ts';
import { passReadings } from './schema.ts';
import { within, type Window } from './kept-passes.ts';

/** What one reader read of a pass. Times are epoch milliseconds. */
export interface PassReading {
  readonly passId: string;
  /** Of the pass. */
  readonly capturedAt: number;
  readonly cameraId: string;
  /** `hikvision`, `darwaza`, … */
  readonly reader: string;
  /** '' when it found nothing to read. */
  readonly readText: string;
  readonly mark: Mark | null;
  /** 0..1; null: not told. */
  readonly confidence: number | null;
  readonly readAt: number;
  /** With the reading that the pass has; null: it is that reading, or was not sure enough to say. */
  readonly agrees: boolean | null;
}

const COLUMNS: readonly BatchColumn<PassReading>[] = [
  { name: 'captured_at', type: 'timestamptz', of: (r) => r.capturedAt },
  { name: 'read_at', type: 'timestamptz', of: (r) => r.readAt },
  { name: 'confidence', type: 'double precision', of: (r) => r.confidence },
  { name: 'agrees', type: 'boolean', of: (r) => r.agrees },
  { name: 'pass_id', type: 'text', of: (r) => r.passId },
  { name: 'camera_id', type: 'text', of: (r) => r.cameraId },
  { name: 'reader', type: 'text', of: (r) => r.reader },
  { name: 'read_text', type: 'text', of: (r) => r.readText },
  { name: 'mark', type: 'jsonb', of: (r) => r.mark },
];

/** Adds readings; one that a reader gave of a pass before stays. */
export async function addReadings(tx: Orm, readings: readonly PassReading[]): Promise<void> {
  if (readings.length > 0) await rowsOf(tx, sql`insert into pass_readings ${batch(readings, COLUMNS)} on conflict do nothing`);
}

/** The readings of passes by their ids, the earliest first; passes that one reader alone has read have none. */
export async function readingsOf(orm: Orm, of: readonly { readonly id: string; readonly capturedAt: number }[]): Promise<Map<string, PassReading[]>> {
  const found = new Map<string, PassReading[]>();
  if (of.length === 0) return found;
  const asked = sql`(${passReadings.capturedAt}, ${passReadings.passId}) in (
    select r.at, r.id collate "C" from unnest(${array(of.map((p) => new Date(p.capturedAt).toISOString()), 'timestamptz')}, ${array(of.map((p) => p.id), 'text')}) as r (at, id))`;
  const rows = await orm.select().from(passReadings).where(asked).orderBy(asc(passReadings.readAt), asc(passReadings.reader));
  for (const row of rows) found.set(row.passId, [...(found.get(row.passId) ?? []), row]);
  return found;
}

/** A picture that our reader has still to read. */
export interface ReadingDue {
  readonly passId: string;
  readonly capturedAt: number;
  readonly cameraId: string;
  readonly picture: KeptPicture;
  /** The picture is the plate alone. */
  readonly crop: boolean;
  /** Where the other camera saw the plate, in pixels of the picture. */
  readonly plateBox: PlateBox | null;
  readonly attempts: number;
}

const DUE_COLUMNS: readonly BatchColumn<ReadingDue & { readonly dueAt: number }>[] = [
  { name: 'captured_at', type: 'timestamptz', of: (d) => d.capturedAt },
  { name: 'due_at', type: 'timestamptz', of: (d) => d.dueAt },
  { name: 'attempts', type: 'integer', of: (d) => d.attempts },
  { name: 'pass_id', type: 'text', of: (d) => d.passId },
  { name: 'camera_id', type: 'text', of: (d) => d.cameraId },
  { name: 'sha256', type: 'text', of: (d) => d.picture.sha256 },
  { name: 'media_type', type: 'text', of: (d) => d.picture.mediaType },
  { name: 'plate_box', type: 'jsonb', of: (d) => d.plateBox },
  { name: 'crop', type: 'boolean', of: (d) => d.crop },
];

export async function addReadingsDue(tx: Orm, due: readonly ReadingDue[], at: number): Promise<void> {
  if (due.length > 0) await rowsOf(tx, sql`insert into readings_due ${batch(due.map((one) => ({ ...one, dueAt: at })), DUE_COLUMNS)} on conflict do nothing`);
}

/** The oldest picture that is due, taken for `leaseMs`: when its reader ends without a word, it is due again after that. */
export async function takeReadingDue(db: Database, now: number, leaseMs: number): Promise<ReadingDue | null> {
  const rows = await inTransaction(db, db.orm, (tx) => rowsOf<{ pass_id: string; captured_at: number; camera_id: string; sha256: string; media_type: string; plate_box: PlateBox | null; crop: boolean; attempts: number }>(tx, sql`
    update readings_due d set due_at = ${instantParameter(now + leaseMs)}, attempts = d.attempts + 1
    where d.pass_id = (select o.pass_id from readings_due o where o.due_at <= ${instantParameter(now)} order by o.due_at, o.pass_id limit 1 for update skip locked)
    returning d.pass_id, ${epochMs(sql`d.captured_at`)} as captured_at, d.camera_id, d.sha256, d.media_type, d.plate_box, d.crop, d.attempts
  `));
  const [row] = rows;
  if (row === undefined) return null;
  return { passId: row.pass_id, capturedAt: row.captured_at, cameraId: row.camera_id, picture: { sha256: row.sha256, mediaType: row.media_type }, crop: row.crop, plateBox: row.plate_box, attempts: row.attempts };
}

/** What was due is read. The picture of a plate alone was kept for this only; the next retention run deletes it where nothing else stands for it. */
export async function readingDone(tx: Orm, due: ReadingDue, at: number): Promise<void> {
  await rowsOf(tx, sql`delete from readings_due where pass_id = ${due.passId}`);
  if (due.crop) await notePictures(tx, [due.picture], at);
}

async function notePictures(tx: Orm, pictures: readonly KeptPicture[], at: number): Promise<void> {
  if (pictures.length === 0) return;
  await rowsOf(tx, sql`
    insert into pictures_due ${batch(pictures, [{ name: 'sha256', type: 'text', of: (p) => p.sha256 }, { name: 'media_type', type: 'text', of: (p) => p.mediaType }, { name: 'at', type: 'timestamptz', of: () => at }])}
    on conflict do nothing
  `);
}

/** Gives up the oldest beyond the newest `most`; tells how many. */
export function trimReadingsDue(db: Database, most: number, at: number): Promise<number> {
  return inTransaction(db, db.orm, async (tx) => {
    const rows = await rowsOf<{ sha256: string; media_type: string; crop: boolean }>(tx, sql`
      delete from readings_due where pass_id in (select pass_id from readings_due order by captured_at desc, pass_id desc offset ${most}) returning sha256, media_type, crop
    `);
    await notePictures(tx, rows.filter((row) => row.crop).map((row) => ({ sha256: row.sha256, mediaType: row.media_type })), at);
    return rows.length;
  });
}

export async function countReadingsDue(db: Database): Promise<number> {
  const [row] = await atStore(db, () => rowsOf<{ n: number }>(db.orm, sql`select count(*)::integer as n from readings_due`));
  return row?.n ?? 0;
}

const AT_ONCE = 5000;

/** Deletes readings of passes that are gone, some at a time. */
export function deleteOrphanedReadings(db: Database, window: Window): Promise<number> {
  const orphaned: SQL = sql`${within(sql`g.captured_at`, window)} and not exists (select from passes p where p.captured_at = g.captured_at and p.id = g.pass_id)`;
  return step(db, sql`delete from pass_readings where (captured_at, pass_id, reader) in (select g.captured_at, g.pass_id, g.reader from pass_readings g where ${orphaned} limit ${AT_ONCE})`);
}
