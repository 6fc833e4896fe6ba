import { and, count, eq, isNotNull, type SQL } from 'drizzle-orm';
import type { MatchKind } from '../list/list-settings.ts';
import type { Mark } from '../plate/mark.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import type { HitAction, HitStatus, RejectReason } from './hit-record.ts';
import { period } from './period.ts';
import { hits } from './schema.ts';

/** Of hits whose vehicle was seen from ≤ t < to. `covert`: whether those of covert lists count. */
export interface ReportPeriod { readonly from?: number | undefined; readonly to?: number | undefined; readonly covert: boolean }

/** How many hits are alike in all of this. */
export interface HitCount {
  readonly list: string;
  readonly matchKind: MatchKind;
  readonly action: HitAction;
  readonly status: HitStatus;
  readonly rejectReason: RejectReason | null;
  /** Whether a finished pass stands behind them. */
  readonly hasPass: boolean;
  readonly count: number;
}

export interface RejectionCount { readonly cameraId: string; readonly siteId: string | null; readonly reason: RejectReason; readonly count: number }
/** A mark as read, and what an officer saw on the plate. */
export interface Misread { readonly read: Mark; readonly truth: string }

/** At most a few hundred rows, however many hits. */
export async function hitCounts(db: Database, asked: ReportPeriod): Promise<HitCount[]> {
  const { list, matchKind, action, status, rejectReason } = hits, hasPass = isNotNull(hits.passId) as SQL<boolean>;
  return atStore(db, () => db.orm.select({ list, matchKind, action, status, rejectReason, hasPass, count: count() }).from(hits).where(within(asked))
    .groupBy(list, matchKind, action, status, rejectReason, hasPass));
}

/** By camera and reason. */
export async function rejectionCounts(db: Database, asked: ReportPeriod): Promise<RejectionCount[]> {
  const rows = await atStore(db, () => db.orm.select({ cameraId: hits.cameraId, siteId: hits.siteId, reason: hits.rejectReason, count: count() }).from(hits)
    .where(and(within(asked), eq(hits.status, 'rejected'))).groupBy(hits.cameraId, hits.siteId, hits.rejectReason));
  return rows.flatMap((row) => (row.reason === null ? [] : [{ ...row, reason: row.reason }]));
}

/** Those for which an officer told the true mark. */
export async function misreads(db: Database, asked: ReportPeriod): Promise<Misread[]> {
  const rows = await atStore(db, () => db.orm.select({ read: hits.passMark, truth: hits.trueMark }).from(hits)
    .where(and(within(asked), eq(hits.rejectReason, 'misread'), isNotNull(hits.trueMark))));
  return rows.flatMap(({ read, truth }) => (truth === null ? [] : [{ read, truth }]));
}

function within({ covert, ...times }: ReportPeriod): SQL | undefined {
  return and(...period(hits.capturedAt, times), covert ? undefined : eq(hits.covert, false));
}
