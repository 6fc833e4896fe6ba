import type { Clock } from '../core/clock.ts';
import { DarwazaError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import { appendAudit } from '../store/audit-log.ts';
import type { Database } from '../store/database.ts';
import { countDueJourneys } from '../store/due-journeys.ts';
import type { EvidenceStore } from '../store/evidence.ts';
import { ensurePartitions } from '../store/partitions.ts';
import type { KindReport, RetentionReport } from '../store/retention-report.ts';
import { beginRun, endRun, findRun, lastCompleteRun, noteRun, type RetentionRun } from '../store/retention-runs.ts';
import { cutOffsAt, type KeepDays } from './keep-days.ts';
import { RETENTION_STEPS, type RetentionStep } from './retention-steps.ts';

export interface RetentionParts {
  readonly database: Database;
  readonly evidence: EvidenceStore;
  readonly keep: KeepDays;
  readonly clock: Clock;
  readonly log: Log;
  /** Minutes east of UTC of the city: the job runs when it sleeps. */
  readonly utcOffsetMinutes: number;
  /** Called before each transaction with the name of its step. */
  readonly onStep?: (name: string) => void;
}

export interface Retention {
  /**
   * Makes the months ahead and deletes what is past its time, kind by kind, in transactions each of which leaves everything whole: a run that
   * ended anywhere is taken up by the next. `dryRun`: counts what would go and changes nothing.
   * @throws RETENTION_BUSY, RETENTION_UNREADY, DATABASE_UNAVAILABLE, DATA_FOLDER_UNWRITABLE
   */
  run(how: { readonly actor: string; readonly dryRun?: boolean }): Promise<RetentionRun>;
  /** Runs every night until closed, and soon after a night in which the program did not run. */
  start(): void;
  /** Waits for a run under way. */
  close(): Promise<void>;
}

const DAY_MS = 86_400_000, HOUR_MS = 3_600_000, LOOK_EVERY_MS = 10 * 60_000;
/** Least traffic: after the trucks of the late evening, before the morning. */
const NIGHT_HOUR = 3;
const MONTHS_AHEAD = 3;
/** A night that failed is tried again after this long. */
const AGAIN_AFTER_MS = HOUR_MS;

export function createRetention(parts: RetentionParts): Retention {
  const startedAt = parts.clock();
  let timer: NodeJS.Timeout | null = null, running: Promise<unknown> | null = null, triedAt = Number.NEGATIVE_INFINITY;
  const nightly = async (): Promise<void> => {
    const now = parts.clock();
    if (now - triedAt < AGAIN_AFTER_MS || (await lastCompleteRun(parts.database) ?? startedAt) >= lastNight(now, parts.utcOffsetMinutes)) return;
    triedAt = now;
    await run(parts, 'schedule', false);
  };
  const look = (): void => {
    running ??= nightly().catch((cause: unknown) => parts.log.error({ trace: traceOf(cause) }, 'what is past its time could not all be deleted; trying again'))
      .finally(() => {
        running = null;
      });
  };
  return {
    run: ({ actor, dryRun = false }) => run(parts, actor, dryRun),
    start: () => void (timer ??= setInterval(look, LOOK_EVERY_MS)),
    async close() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      await running;
    },
  };
}

/** The last time that it was `NIGHT_HOUR` in the city; epoch milliseconds. */
export function lastNight(now: number, utcOffsetMinutes: number): number {
  const shift = utcOffsetMinutes * 60_000 - NIGHT_HOUR * HOUR_MS;
  return Math.floor((now + shift) / DAY_MS) * DAY_MS - shift;
}

async function run(parts: RetentionParts, actor: string, dryRun: boolean): Promise<RetentionRun> {
  const { database, clock } = parts, at = clock();
  const waiting = await countDueJourneys(database);
  // Journeys that are still to be built need the passes.
  if (waiting > 0 && !dryRun) throw new DarwazaError('RETENTION_UNREADY', { waiting });
  const id = await beginRun(database, actor, at, { dryRun, kinds: [], ahead: [] });
  const done = { kinds: [] as KindReport[], ahead: [] as string[] };
  const report = (): RetentionReport => ({ dryRun, ...done });
  try {
    if (!dryRun) done.ahead.push(...await makeAhead(database, at));
    for (const step of RETENTION_STEPS) {
      done.kinds.push(await perform(parts, step, { at, dryRun, alive: () => noteRun(database, id, clock(), report()) }));
      await noteRun(database, id, clock(), report());
    }
    await account(database, { id, actor, at: clock(), report: report() });
    await endRun(database, id, clock(), { outcome: 'complete', fault: null, report: report() });
  } catch (cause) {
    const fault = cause instanceof DarwazaError ? cause.code : 'INTERNAL';
    // The database may be what failed: the run then counts as interrupted when the next one begins.
    await endRun(database, id, clock(), { outcome: 'failed', fault, report: report() }).catch(() => undefined);
    throw cause;
  }
  return await findRun(database, id) as RetentionRun;
}

function perform(parts: RetentionParts, step: RetentionStep, run: { readonly at: number; readonly dryRun: boolean; readonly alive: () => Promise<void> }): Promise<KindReport> {
  const { database, evidence, keep, onStep = () => undefined } = parts;
  return step({ database, evidence, keep, cutOffs: cutOffsAt(run.at, keep), at: run.at, dryRun: run.dryRun, alive: run.alive, onStep });
}

/** The partitions of this month and the next ones. */
async function makeAhead(database: Database, at: number): Promise<string[]> {
  const now = new Date(at), months = Array.from({ length: MONTHS_AHEAD + 1 }, (_, i) => Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + i));
  for (const table of ['passes', 'frames'] as const) await ensurePartitions(database, table, months);
  return months.map((month) => new Date(month).toISOString().slice(0, 7));
}

/** Who deleted how much stands in the audit log beside who looked at what. */
async function account(database: Database, { id, actor, at, report }: { readonly id: number; readonly actor: string; readonly at: number; readonly report: RetentionReport }): Promise<void> {
  const deleted = Object.fromEntries(report.kinds.map(({ kind, deleted: n }) => [kind, n])), total = report.kinds.reduce((sum, kind) => sum + kind.deleted, 0);
  await appendAudit(database, { at, actor, action: 'runRetention', purpose: null, caseReference: null, question: { run: id, dryRun: report.dryRun, deleted }, resultCount: total, requestId: null });
}
