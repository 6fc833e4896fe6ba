import { sql, type SQL } from 'drizzle-orm';
import type { Database, Orm } from './database.ts';
import { byReason, JOURNEY_ENDED } from './kept-passes.ts';
import { holdsMarkOf } from './legal-holds.ts';
import { inTransaction, instantParameter, rowsOf } from './query.ts';
import { lockRetention } from './retention-floors.ts';
import type { KeptCounts } from './retention-report.ts';

const AT_ONCE = 2000, DAY_MS = 86_400_000;

const HELD_CASE_SAW = (journey: SQL): SQL => sql`exists (
  select from hits h join legal_holds l on l.released_at is null and l.case_reference = h.entry_details ->> 'caseReference'
  where h.key = ${journey}.key and h.status <> 'withdrawn' and h.last_seen_at >= ${journey}.started_at and h.first_seen_at <= greatest(${journey}.last_seen_at, ${journey}.left_at)
)`;
const isHeld = (journey: SQL): SQL => sql`(exists (select from legal_holds l where ${holdsMarkOf(journey)}) or ${HELD_CASE_SAW(journey)})`;
/** The two halves of a probable pair stay together. */
const IS_HELD = sql`(${isHeld(sql`j`)} or exists (select from journeys other where other.id = j.pair_id and ${isHeld(sql`other`)}))`;

/** No journey ends before it begins: the first condition is what an index knows. */
const past = (cutOff: number): SQL => sql`j.started_at < ${instantParameter(cutOff)} and ${JOURNEY_ENDED} < ${instantParameter(cutOff)}`;

/** Deletes journeys whose vehicle was last heard of before `cutOff`, some at a time; tells how many, 0 at the end. */
export function deleteJourneys(db: Database, cutOff: number): Promise<number> {
  return step(db, sql`delete from journeys where id in (select j.id from journeys j where ${past(cutOff)} and not ${IS_HELD} order by j.id limit ${AT_ONCE})`);
}

export async function overdueJourneys(orm: Orm, cutOff: number): Promise<{ readonly overdue: number; readonly kept: KeptCounts }> {
  const [row] = await rowsOf<{ overdue: number; hold: number }>(orm, sql`
    select count(*) filter (where not held)::integer as overdue, count(*) filter (where held)::integer as hold from (select ${IS_HELD} as held from journeys j where ${past(cutOff)}) as past
  `);
  return { overdue: row?.overdue ?? 0, kept: byReason([{ why: 'hold', n: row?.hold ?? 0 }]) };
}

/** Wildcards look for keys here: a row stays as long as there is a pass or a journey of its key. */
const vehicleGone = (cutOff: number): SQL => sql`v.last_seen_at < ${instantParameter(cutOff)}
  and not exists (select from passes p where p.key = v.key) and not exists (select from journeys j where j.key = v.key)`;

/** Deletes vehicles last seen before `cutOff` of which no pass and no journey is left, some at a time. One that is just seen again is passed over. */
export function deleteVehicles(db: Database, cutOff: number): Promise<number> {
  return step(db, sql`delete from vehicles where key in (select v.key from vehicles v where ${vehicleGone(cutOff)} order by v.key limit ${AT_ONCE} for update of v skip locked)`);
}

export async function overdueVehicles(orm: Orm, cutOff: number): Promise<number> {
  return counted(orm, sql`select count(*)::integer as n from vehicles v where ${vehicleGone(cutOff)}`);
}

/** Deletes counts of cameras before `cutOff`, and troubles that had ended by then; they hold nothing of a vehicle and are there to tell when a camera was silent. */
export async function deleteCameraHours(db: Database, cutOff: number): Promise<number> {
  await step(db, sql`delete from camera_days where day < ${instantParameter(cutOff - DAY_MS)}`);
  await step(db, sql`delete from camera_troubles where until < ${instantParameter(cutOff)}`);
  return step(db, sql`delete from camera_hours where (camera_id, hour) in (select camera_id, hour from camera_hours where hour < ${instantParameter(cutOff)} limit ${AT_ONCE})`);
}

export async function overdueCameraHours(orm: Orm, cutOff: number): Promise<number> {
  return counted(orm, sql`select count(*)::integer as n from camera_hours where hour < ${instantParameter(cutOff)}`);
}

export function step(db: Database, deletion: SQL): Promise<number> {
  return inTransaction(db, db.bulk, async (tx) => {
    await lockRetention(tx, 'exclusive');
    return counted(tx, sql`with gone as (${deletion} returning 1) select count(*)::integer as n from gone`);
  });
}

export async function counted(orm: Orm, statement: SQL): Promise<number> {
  const [row] = await rowsOf<{ n: number }>(orm, statement);
  return row?.n ?? 0;
}
