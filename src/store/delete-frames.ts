import { sql } from 'drizzle-orm';
import type { Database, Orm } from './database.ts';
import { HIT_IS_OPEN, passesWithKeptPicture, within, type Window } from './kept-passes.ts';
import { takeMonth, type MonthPartition, type TakenMonth } from './month-partitions.ts';
import { inTransaction, instantParameter, rowsOf } from './query.ts';
import { lockRetention } from './retention-floors.ts';

// A row of frames stands for its picture. It goes after the passes of its time, so that each is kept whose pass is kept.

const PASS_STANDS = sql`exists (select from passes p where p.captured_at = r.captured_at and p.camera_id = r.camera_id and p.evidence_sha256 = r.sha256)`;
/** Of a hit whose pass is not stored yet, the frame is all there is. */
const OPEN_HIT_STANDS = sql`r.sha256 in (select h.provisional_frame from hits h where ${HIT_IS_OPEN} and h.provisional_frame is not null)`;
/** Frames whose picture is there. */
export const PICTURED = sql`picture_deleted_at is null`;
const IS_KEPT = sql`(${PASS_STANDS} or ${OPEN_HIT_STANDS})`;

/** Deletes frames of a window whose passes are gone; their pictures are due. Tells how many. */
export function deleteFrames(db: Database, window: Window, at: number): Promise<number> {
  return inTransaction(db, db.bulk, async (tx) => {
    await lockRetention(tx, 'exclusive');
    const [row] = await rowsOf<{ n: number }>(tx, sql`
      with gone as (delete from frames r where ${within(sql`r.captured_at`, window)} and not ${IS_KEPT} returning sha256, media_type),
      due as (insert into pictures_due (sha256, media_type, at) select distinct on (sha256) sha256, media_type, ${instantParameter(at)} from gone on conflict do nothing)
      select count(*)::integer as n from gone
    `);
    return row?.n ?? 0;
  });
}

/** Notes the pictures of a window's frames as due before the month is taken away. Those for which a row still stands are passed over later. */
export async function notePictures(db: Database, window: Window, at: number): Promise<void> {
  await inTransaction(db, db.bulk, (tx) => rowsOf(tx, sql`
    insert into pictures_due (sha256, media_type, at)
    select distinct on (sha256) sha256, media_type, ${instantParameter(at)} from frames r where ${within(sql`r.captured_at`, window)} and not ${IS_KEPT} on conflict do nothing
  `));
}

/** Takes a whole month of frames whose pictures were noted. @throws DATABASE_TIMEOUT */
export function takeFramesMonth(db: Database, month: MonthPartition): Promise<TakenMonth> {
  return takeMonth(db, 'frames', month, IS_KEPT);
}

/** Frames of the window whose pass is gone, and those whose pass is kept. */
export async function overdueFrames(orm: Orm, window: Window): Promise<{ readonly overdue: number; readonly kept: number }> {
  const [row] = await rowsOf<{ overdue: number; kept: number }>(orm, sql`
    select count(*) filter (where not ${IS_KEPT})::integer as overdue, count(*) filter (where ${IS_KEPT})::integer as kept from frames r where ${within(sql`r.captured_at`, window)}
  `);
  return row ?? { overdue: 0, kept: 0 };
}

/** In a window whose pictures' own time is over: rows say so from now on, and the pictures are due. An open hit or a hold keeps one. */
export function expirePictures(db: Database, window: Window, at: number): Promise<void> {
  return inTransaction(db, db.bulk, async (tx) => {
    await lockRetention(tx, 'exclusive');
    await rowsOf(tx, sql`
      with ${keptPictures(window)},
      gone as (
        update frames r set picture_deleted_at = ${instantParameter(at)} where ${within(sql`r.captured_at`, window)} and r.picture_deleted_at is null and not ${PICTURE_IS_KEPT}
        returning sha256, media_type
      )
      insert into pictures_due (sha256, media_type, at) select distinct on (sha256) sha256, media_type, ${instantParameter(at)} from gone on conflict do nothing
    `);
  });
}

/** Rows of the window whose picture is there though its time is over: kept ones, and those that nothing keeps. */
export async function overduePictures(orm: Orm, window: Window): Promise<{ readonly overdue: number; readonly open: number; readonly hold: number }> {
  const [row] = await rowsOf<{ overdue: number; open: number; hold: number }>(orm, sql`
    with ${keptPictures(window)}
    select count(*) filter (where why is null)::integer as overdue, count(*) filter (where why = 'open')::integer as open, count(*) filter (where why not in ('open'))::integer as hold
    from (
      select coalesce((select min(case k.why when 'open' then 'open' else 'was held' end) from kept k where k.captured_at = r.captured_at and k.camera_id = r.camera_id and k.sha256 = r.sha256),
        case when ${OPEN_HIT_STANDS} then 'open' end) as why
      from frames r where ${within(sql`r.captured_at`, window)} and r.picture_deleted_at is null
    ) as reasons
  `);
  return row ?? { overdue: 0, open: 0, hold: 0 };
}

function keptPictures(window: Window) {
  return sql`kept as materialized (
    select p.captured_at, p.camera_id, p.evidence_sha256 as sha256, k.why from ${passesWithKeptPicture(window)} as k
    join passes p on p.id = k.id and ${within(sql`p.captured_at`, window)} where p.evidence_sha256 is not null
  )`;
}
const PICTURE_IS_KEPT = sql`(exists (select from kept k where k.captured_at = r.captured_at and k.camera_id = r.camera_id and k.sha256 = r.sha256) or ${OPEN_HIT_STANDS})`;
