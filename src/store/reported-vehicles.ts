import { and, asc, isNotNull, isNull, lte, sql, type SQL } from 'drizzle-orm';
import type { Pass } from '../pass/pass.ts';
import type { Database, Orm } from './database.ts';
import { step } from './delete-journeys.ts';
import type { KeptPicture } from './evidence.ts';
import { atStore } from './failure.ts';
import { array, batchRows, inTransaction, instantParameter, rowsOf, type BatchColumn } from './query.ts';
import { reportedVehicles } from './schema.ts';

/** A pass that another camera's read stands for, complete, until it is recorded. */
export interface PendingPass {
  readonly pass: Pass;
  /** Probability that the camera itself gave, 0..1; null: none. */
  readonly toldConfidence: number | null;
  /** The camera's picture of the plate alone. */
  readonly crop: KeptPicture | null;
  readonly payloadId: string | null;
}

/** A vehicle as its camera reported it; times are epoch milliseconds. */
export interface ReportedVehicle {
  readonly sequence: number;
  readonly cameraId: string;
  readonly vendor: string;
  readonly eventId: string | null;
  /** By the camera's own clock: first and latest report. */
  readonly claimedAt: number;
  readonly lastClaimedAt: number;
  /** Letters and digits alone, capitals. */
  readonly reportedText: string;
  /** When it becomes a pass though its camera tells no end; null: it is decided. */
  readonly dueAt: number | null;
  /** null: it is still in view. */
  readonly passId: string | null;
  readonly recordedAt: number | null;
  /** null once it is recorded. */
  readonly pending: PendingPass | null;
}

/** What a report is known by. */
export type VehicleReport = Pick<ReportedVehicle, 'eventId' | 'claimedAt' | 'reportedText'>;

/** Reports of one camera are taken one after the other, in whatever process: two that say the same must not both be the first. */
export async function lockReports(tx: Orm, cameraIds: readonly string[]): Promise<void> {
  // In one order for all, so that two who lock the same cameras do not wait for each other.
  await rowsOf(tx, sql`
    select pg_advisory_xact_lock(k.key) from (
      select distinct hashtextextended('darwaza reports ' || camera, 0) as key from unnest(${array([...new Set(cameraIds)], 'text')}) as camera order by key
    ) k
  `);
}

type CameraReport = VehicleReport & Pick<ReportedVehicle, 'cameraId'>;

const REPORT_COLUMNS: readonly BatchColumn<CameraReport>[] = [
  { name: 'camera_id', type: 'text', of: (r) => r.cameraId },
  { name: 'event_id', type: 'text', of: (r) => r.eventId },
  { name: 'claimed_at', type: 'timestamptz', of: (r) => r.claimedAt },
  { name: 'reported_text', type: 'text', of: (r) => r.reportedText },
];

/**
 * Vehicles that any of the reports may be of, in the order in which they were reported first: by its event within `withinMs` of its time, or by
 * its very time and text. They are locked: whoever decides them meanwhile is seen, or waits.
 */
export async function vehiclesLike(tx: Orm, reports: readonly CameraReport[], withinMs: number): Promise<ReportedVehicle[]> {
  if (reports.length === 0) return [];
  const within = sql`${withinMs} * interval '1 millisecond'`, near = (column: SQL): SQL => sql`${column} between r.claimed_at - ${within} and r.claimed_at + ${within}`;
  return tx.select().from(reportedVehicles).where(sql`${reportedVehicles.sequence} in (
    select k.sequence from (${batchRows(reports, REPORT_COLUMNS)}) r cross join lateral (
      select v.sequence from reported_vehicles v where v.camera_id = r.camera_id and v.claimed_at = r.claimed_at and v.reported_text = r.reported_text
      union all
      select v.sequence from reported_vehicles v where v.camera_id = r.camera_id and v.event_id = r.event_id and (${near(sql`v.claimed_at`)} or ${near(sql`v.last_claimed_at`)})
    ) k
  )`).orderBy(asc(reportedVehicles.sequence)).for('update');
}

export type NewVehicle = Omit<ReportedVehicle, 'sequence' | 'recordedAt'> & { readonly receivedAt: number };

/** Adds vehicles and gives them in the order given, with their numbers. */
export async function addVehicles(tx: Orm, vehicles: readonly NewVehicle[]): Promise<ReportedVehicle[]> {
  if (vehicles.length === 0) return [];
  const rows = await tx.insert(reportedVehicles).values([...vehicles]).returning();
  // Numbers are given out in the order of the values; that rows come back in it is not promised.
  return rows.toSorted((a, b) => a.sequence - b.sequence);
}

const CHANGED_COLUMNS: readonly BatchColumn<ReportedVehicle>[] = [
  { name: 'sequence', type: 'double precision', of: (v) => v.sequence },
  { name: 'last_claimed_at', type: 'timestamptz', of: (v) => v.lastClaimedAt },
  { name: 'reported_text', type: 'text', of: (v) => v.reportedText },
  { name: 'due_at', type: 'timestamptz', of: (v) => v.dueAt },
  { name: 'pass_id', type: 'text', of: (v) => v.passId },
  { name: 'pending', type: 'jsonb', of: (v) => v.pending },
];

/** Vehicles as they stand after further reports of them; `vehiclesLike` has locked them. */
export async function changeVehicles(tx: Orm, vehicles: readonly ReportedVehicle[]): Promise<void> {
  if (vehicles.length === 0) return;
  await rowsOf(tx, sql`
    update reported_vehicles v set last_claimed_at = r.last_claimed_at, reported_text = r.reported_text, due_at = r.due_at, pass_id = r.pass_id, pending = r.pending
    from (${batchRows(vehicles, CHANGED_COLUMNS)}) r where v.sequence = r.sequence::bigint
  `);
}

/** Vehicles whose end their camera did not tell in time: from here on nothing changes their pass. Tells how many. */
export async function decideOverdue(db: Database, now: number): Promise<number> {
  return inTransaction(db, db.orm, async (tx) => {
    const rows = await tx.update(reportedVehicles).set({ passId: sql`pending #>> '{pass,id}'`, dueAt: null }).where(and(isNull(reportedVehicles.passId), lte(reportedVehicles.dueAt, now)))
      .returning({ sequence: reportedVehicles.sequence });
    return rows.length;
  });
}

/** Decided vehicles whose pass is still to be recorded, the oldest first. */
export function unrecordedVehicles(db: Database, limit: number): Promise<ReportedVehicle[]> {
  return atStore(db, () => db.orm.select().from(reportedVehicles).where(and(isNull(reportedVehicles.recordedAt), isNotNull(reportedVehicles.passId))).orderBy(asc(reportedVehicles.sequence)).limit(limit));
}

/** From here on the pass is in `passes`, or set aside, and the report may be acknowledged. */
export async function vehiclesRecorded(tx: Orm, sequences: readonly number[], at: number): Promise<void> {
  // Locked in the order in which `vehiclesLike` locks them.
  await rowsOf(tx, sql`
    update reported_vehicles v set recorded_at = ${instantParameter(at)}, pending = null from (
      select sequence from reported_vehicles where sequence = any(${array(sequences, 'double precision')}::bigint[]) and recorded_at is null order by sequence for update
    ) r where v.sequence = r.sequence
  `);
}

const AT_ONCE = 5000;
/** What came before; a pass that came again later than that is refused as too old anyway. */
const past = (cutOff: number): SQL => sql`received_at < ${instantParameter(cutOff)} and recorded_at is not null`;

/** Deletes what is known of vehicles reported before `cutOff`, some at a time. */
export function deleteReportedVehicles(db: Database, cutOff: number): Promise<number> {
  return step(db, sql`delete from reported_vehicles where sequence in (select sequence from reported_vehicles where ${past(cutOff)} limit ${AT_ONCE})`);
}
