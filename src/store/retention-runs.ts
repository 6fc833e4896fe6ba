import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { epochMs, inTransaction, instantParameter, rowsOf } from './query.ts';
import type { RetentionReport, RunOutcome } from './retention-report.ts';
import { retentionRuns } from './schema.ts';

/** Times are epoch milliseconds. */
export interface RetentionRun {
  readonly id: number;
  readonly startedAt: number;
  readonly touchedAt: number;
  readonly finishedAt: number | null;
  /** `schedule`, or `cli`. */
  readonly actor: string;
  readonly outcome: RunOutcome;
  /** Code of the error that ended it. */
  readonly fault: string | null;
  /** As far as it came. */
  readonly report: RetentionReport;
}

/** A run whose process is gone says nothing for this long. */
const SILENT_MS = 15 * 60_000;

/**
 * Enters a run and gives its number. One that was under way and fell silent was interrupted: this one goes on where it was.
 * @throws RETENTION_BUSY while another is under way
 */
export function beginRun(db: Database, actor: string, at: number, report: RetentionReport): Promise<number> {
  return inTransaction(db, db.orm, async (tx) => {
    await rowsOf(tx, sql`select pg_advisory_xact_lock(hashtextextended('darwaza retention run', 0))`);
    const [running] = await rowsOf<{ id: string }>(tx, sql`select id from retention_runs where outcome = 'running' and touched_at > ${instantParameter(at - SILENT_MS)} limit 1`);
    if (running !== undefined) throw new DarwazaError('RETENTION_BUSY', { id: Number(running.id) });
    await rowsOf(tx, sql`update retention_runs set outcome = 'interrupted', finished_at = touched_at where outcome = 'running'`);
    const [row] = await tx.insert(retentionRuns).values({ startedAt: at, touchedAt: at, actor, outcome: 'running', report }).returning({ id: retentionRuns.id });
    return (row as { id: number }).id;
  });
}

/** Notes how far a run has come: what a crash leaves says what was deleted until then. */
export async function noteRun(db: Database, id: number, at: number, report: RetentionReport): Promise<void> {
  await atStore(db, () => db.orm.update(retentionRuns).set({ touchedAt: at, report }).where(eq(retentionRuns.id, id)));
}

export async function endRun(db: Database, id: number, at: number, end: { readonly outcome: RunOutcome; readonly fault: string | null; readonly report: RetentionReport }): Promise<void> {
  await atStore(db, () => db.orm.update(retentionRuns).set({ touchedAt: at, finishedAt: at, ...end }).where(eq(retentionRuns.id, id)));
}

export async function findRun(db: Database, id: number): Promise<RetentionRun | null> {
  const [row] = await atStore(db, () => db.orm.select().from(retentionRuns).where(eq(retentionRuns.id, id)).limit(1));
  return row ?? null;
}

/** Newest first; `before`: only runs with a lower number. */
export async function listRuns(db: Database, page: { readonly before?: number | undefined; readonly limit: number }): Promise<RetentionRun[]> {
  return atStore(db, () => db.orm.select().from(retentionRuns).where(page.before === undefined ? undefined : lt(retentionRuns.id, page.before)).orderBy(desc(retentionRuns.id)).limit(page.limit));
}

/**
 * When the last run began after which nothing was left whose time was over; where there was none, when the first run began. Epoch milliseconds;
 * null before the first run.
 */
export async function lastProvenAt(db: Database): Promise<number | null> {
  const proven = sql`outcome = 'complete' and not jsonb_path_exists(report, '$.kinds[*].overdue ? (@ > 0)')`;
  const [row] = await atStore(db, () => rowsOf<{ at: number | null }>(db.orm, sql`
    select ${epochMs(sql`coalesce(max(started_at) filter (where ${proven}), min(started_at))`)} as at from retention_runs where not (report ->> 'dryRun')::boolean
  `));
  return row?.at ?? null;
}

/** When the last run that deleted everything it should began; epoch milliseconds or null. */
export async function lastCompleteRun(db: Database): Promise<number | null> {
  const [row] = await atStore(db, () => db.orm.select({ at: retentionRuns.startedAt }).from(retentionRuns)
    .where(and(eq(retentionRuns.outcome, 'complete'), sql`not (${retentionRuns.report} ->> 'dryRun')::boolean`)).orderBy(desc(retentionRuns.id)).limit(1));
  return row?.at ?? null;
}
