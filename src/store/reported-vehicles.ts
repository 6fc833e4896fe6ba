import { and, asc, between, eq, inArray, isNotNull, isNull, lte, or, sql, type SQL } from 'drizzle-orm';
import type { Pass } from '../pass/pass.ts';
import type { Database, Orm } from './database.ts';
import { step } from './delete-journeys.ts';
import type { KeptPicture } from './evidence.ts';
import { atStore } from './failure.ts';
import { inTransaction, instantParameter, rowsOf } from './query.ts';
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
export async function lockReports(tx: Orm, cameraId: string): Promise<void> {
  await rowsOf(tx, sql`select pg_advisory_xact_lock(hashtextextended(${`darwaza reports ${cameraId}`}, 0))`);
}

/** Vehicles that a report of this camera may be of: by its event within `withinMs` of its time, or by its very time and text. */
export function vehiclesLike(orm: Orm, cameraId: string, { eventId, claimedAt, reportedText }: VehicleReport, withinMs: number): Promise<ReportedVehicle[]> {
  const byTime = and(eq(reportedVehicles.claimedAt, claimedAt), eq(reportedVehicles.reportedText, reportedText));
  const near = (column: typeof reportedVehicles.claimedAt | typeof reportedVehicles.lastClaimedAt) => between(column, claimedAt - withinMs, claimedAt + withinMs);
  const byEvent = eventId === null ? undefined : and(eq(reportedVehicles.eventId, eventId), or(near(reportedVehicles.claimedAt), near(reportedVehicles.lastClaimedAt)));
  return orm.select().from(reportedVehicles).where(and(eq(reportedVehicles.cameraId, cameraId), or(byTime, byEvent))).orderBy(asc(reportedVehicles.sequence));
}

export type NewVehicle = Omit<ReportedVehicle, 'sequence' | 'recordedAt'> & { readonly receivedAt: number };

export async function addVehicle(tx: Orm, vehicle: NewVehicle): Promise<ReportedVehicle> {
  const [row] = await tx.insert(reportedVehicles).values(vehicle).returning();
  return row as ReportedVehicle;
}

/** A further report of a vehicle. One that is decided keeps its pass. */
export async function changeVehicle(tx: Orm, sequence: number, change: Partial<Pick<ReportedVehicle, 'lastClaimedAt' | 'reportedText' | 'dueAt' | 'passId' | 'pending'>>): Promise<void> {
  await tx.update(reportedVehicles).set(change).where(eq(reportedVehicles.sequence, sequence));
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
  await tx.update(reportedVehicles).set({ recordedAt: at, pending: null }).where(and(inArray(reportedVehicles.sequence, [...sequences]), isNull(reportedVehicles.recordedAt)));
}

const AT_ONCE = 5000;
/** What came before; a pass that came again later than that is refused as too old anyway. */
const past = (cutOff: number): SQL => sql`received_at < ${instantParameter(cutOff)} and recorded_at is not null`;

/** Deletes what is known of vehicles reported before `cutOff`, some at a time. */
export function deleteReportedVehicles(db: Database, cutOff: number): Promise<number> {
  return step(db, sql`delete from reported_vehicles where sequence in (select sequence from reported_vehicles where ${past(cutOff)} limit ${AT_ONCE})`);
}
