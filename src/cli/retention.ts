import { systemClock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { createLog } from '../core/log.ts';
import { isProven, runAnswer } from '../http/retention.ts';
import { keepDaysOf } from '../pipeline/keep-days.ts';
import { createRetention } from '../pipeline/retention.ts';
import type { Database } from '../store/database.ts';
import { openEvidence } from '../store/evidence.ts';
import type { KindReport } from '../store/retention-report.ts';
import { findRun, listRuns, type RetentionRun } from '../store/retention-runs.ts';
import { openStore } from './instance.ts';
import { columns, type Output } from './output.ts';

export interface RetentionRunOptions { readonly dryRun?: boolean }

const RUNS_SHOWN = 20;

/** `darwaza retention run`. Answers 1 when something past its time is left. */
export async function runRetentionCommand({ dryRun = false }: RetentionRunOptions, config: Config, output: Output): Promise<number> {
  return withStore(config, async (database) => {
    const evidence = await openEvidence(config.DARWAZA_DATA_DIR), log = createLog(config.DARWAZA_LOG);
    const retention = createRetention({ database, evidence, log, keep: keepDaysOf(config), clock: systemClock, utcOffsetMinutes: config.DARWAZA_UTC_OFFSET_MINUTES });
    const run = await retention.run({ actor: 'cli', dryRun });
    show(run, config, output);
    return dryRun || isProven(run) ? 0 : 1;
  });
}

/** `darwaza retention show`: the settings and the latest runs, or the report of one. */
export async function showRetentionCommand(number: string | undefined, config: Config, output: Output): Promise<number> {
  return withStore(config, async (database) => {
    if (number !== undefined) {
      show(await runNumbered(database, number), config, output);
      return 0;
    }
    const runs = await listRuns(database, { limit: RUNS_SHOWN });
    if (output.json) output.object({ keepDays: keepDaysOf(config), runs: runs.map((run) => runAnswer(run, config.DARWAZA_UTC_OFFSET_MINUTES)) });
    for (const [kind, days] of Object.entries(keepDaysOf(config))) output.line(`${kind.padEnd(9)} kept for ${days} days`);
    output.line();
    const cells = runs.map((run) => [String(run.id), time(run.startedAt, config), run.actor, run.report.dryRun ? `${run.outcome}, dry` : run.outcome, String(deletedOf(run)), isProven(run) ? 'yes' : 'no']);
    for (const line of columns([['run', 'started', 'by', 'outcome', 'deleted', 'nothing left'], ...cells])) output.line(line);
    return 0;
  });
}

async function runNumbered(database: Database, number: string): Promise<RetentionRun> {
  const run = /^\d{1,15}$/.test(number) ? await findRun(database, Number(number)) : null;
  if (run === null) throw new DarwazaError('RETENTION_RUN_NOT_FOUND', { id: number });
  return run;
}

function show(run: RetentionRun, config: Config, output: Output): void {
  if (output.json) output.object(runAnswer(run, config.DARWAZA_UTC_OFFSET_MINUTES));
  const { dryRun, kinds, ahead } = run.report;
  output.line(`Run ${run.id}, ${time(run.startedAt, config)}, by ${run.actor}: ${run.outcome}${run.fault === null ? '' : ` (${run.fault})`}${dryRun ? '; a dry run: nothing was deleted' : ''}`);
  const cells = kinds.map((kind) => [kind.kind, String(kind.days), time(kind.cutOff, config), String(kind.deleted), megabytes(kind.bytes), keptWords(kind), String(dryRun ? '-' : kind.overdue)]);
  for (const line of columns([['kind', 'days', 'older than', dryRun ? 'would go' : 'deleted', 'freed', 'kept', 'left'], ...cells])) output.line(line);
  for (const { kind, partitions } of kinds) if (partitions.length > 0) output.line(`Whole months of ${kind}: ${partitions.join(', ')}`);
  for (const { putOff } of kinds) if (putOff !== null) output.line(putOff);
  if (ahead.length > 0) output.line(`Months ready for what comes: ${ahead.join(', ')}`);
}

function keptWords({ kept }: KindReport): string {
  const words = Object.entries(kept).map(([why, n]) => `${n} ${why}`);
  return words.length === 0 ? '0' : words.join(', ');
}

function deletedOf(run: RetentionRun): number {
  return run.report.kinds.reduce((sum, kind) => sum + kind.deleted, 0);
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const time = (at: number, config: Config): string => formatInstant(at, config.DARWAZA_UTC_OFFSET_MINUTES);

async function withStore<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openStore(config);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
