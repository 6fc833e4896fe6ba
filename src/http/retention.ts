import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { RETENTION_KINDS, type KindReport } from '../store/retention-report.ts';
import { findRun, listRuns, type RetentionRun } from '../store/retention-runs.ts';
import { Instant, instantOrNull, pageOf } from './answer-fields.ts';
import { cursorField, limitField } from './query-fields.ts';
import { route } from './route.ts';

const DEFAULT_LIMIT = 100;

const KindAnswer = z.strictObject({
  kind: z.enum(RETENTION_KINDS), days: z.int().describe('As the settings have it'), cutOff: Instant.describe('What is older was to go'),
  partitions: z.array(z.string()).describe('Months taken away whole; what had to be kept of them stands in a small one of the same name'),
  deleted: z.int().describe('Rows, or picture files; in a dry run those that would go'), bytes: z.int().describe('Given back to the disk by months and pictures'),
  kept: z.strictObject({
    open: z.int(), hold: z.int(), hit: z.int(), journey: z.int(), correction: z.int(), pass: z.int(),
  }).describe('Older than the cut-off and kept: by an open hit, a legal hold, the longer time of a hit, a journey under way, a correction that is kept, a pass that is kept'),
  overdue: z.int().describe('Counted after the deletion: older than the cut-off, and nothing keeps it. 0 proves the deletion'),
  putOff: z.string().nullable().describe('What could not be done now; the next run does it'),
}).meta({ id: 'RetentionKind' });

export const RunAnswer = z.strictObject({
  id: z.int(), startedAt: Instant, finishedAt: Instant.nullable(), actor: z.string().describe('`schedule`, or `cli`'),
  outcome: z.enum(['running', 'complete', 'failed', 'interrupted']).describe('`interrupted`: its process ended; the next run went on from there'), fault: z.string().nullable().describe('Code of the error that ended it'),
  dryRun: z.boolean().describe('It only counted'), proven: z.boolean().describe('Complete, and nothing overdue is left of any kind'),
  kinds: z.array(KindAnswer), ahead: z.array(z.string()).describe('Months that stand ready for what is to come'),
}).meta({ id: 'RetentionRun' });

const common = { tag: 'Retention', permission: 'retention:read', purpose: 'none' } as const;

function kindAnswer({ kind, days, cutOff, partitions, deleted, bytes, kept, overdue, putOff }: KindReport, offset: number): z.output<typeof KindAnswer> {
  const none = { open: 0, hold: 0, hit: 0, journey: 0, correction: 0, pass: 0 };
  return { kind, days, cutOff: formatInstant(cutOff, offset), partitions: [...partitions], deleted, bytes, kept: { ...none, ...kept }, overdue, putOff };
}

/** Whether a run shows that everything past its time is gone. */
export function isProven({ outcome, report }: RetentionRun): boolean {
  return outcome === 'complete' && !report.dryRun && report.kinds.every((kind) => kind.overdue === 0);
}

export function runAnswer(run: RetentionRun, offset: number): z.output<typeof RunAnswer> {
  const { id, startedAt, finishedAt, actor, outcome, fault, report } = run;
  return {
    id, startedAt: formatInstant(startedAt, offset), finishedAt: instantOrNull(finishedAt, offset), actor, outcome, fault, dryRun: report.dryRun, proven: isProven(run),
    kinds: report.kinds.map((kind) => kindAnswer(kind, offset)), ahead: [...report.ahead],
  };
}

export const listRunsRoute = route({
  ...common, method: 'get', path: '/api/v1/retention/runs', name: 'listRetentionRuns', summary: 'What was deleted because its time was over, newest run first',
  query: z.strictObject({ limit: limitField, cursor: cursorField }), body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: pageOf(RunAnswer).meta({ id: 'RetentionRunPage' }) } }, errors: ['CURSOR_INVALID'],
  async handle({ query: { limit = DEFAULT_LIMIT, cursor } }, { database, config }) {
    if (cursor !== undefined && !/^[1-9]\d{0,14}$/.test(cursor)) throw new DarwazaError('CURSOR_INVALID');
    const runs = await listRuns(database, { before: cursor === undefined ? undefined : Number(cursor), limit }), last = runs.at(-1);
    const items = runs.map((run) => runAnswer(run, config.DARWAZA_UTC_OFFSET_MINUTES));
    return { status: 200, body: { items, next: runs.length === limit && last !== undefined && last.id > 1 ? String(last.id) : null }, count: items.length };
  },
});

export const showRun = route({
  ...common, method: 'get', path: '/api/v1/retention/runs/{id}', name: 'showRetentionRun', summary: 'The report of one retention run',
  params: z.strictObject({ id: z.string().regex(/^\d{1,15}$/, 'must be a whole number').transform(Number).describe('Number of the run') }), body: { kind: 'none' },
  answers: { 200: { description: 'The report', schema: RunAnswer } }, errors: ['RETENTION_RUN_NOT_FOUND'],
  async handle({ params: { id } }, { database, config }) {
    const run = await findRun(database, id);
    if (run === null) throw new DarwazaError('RETENTION_RUN_NOT_FOUND', { id });
    return { status: 200, body: runAnswer(run, config.DARWAZA_UTC_OFFSET_MINUTES), count: 1 };
  },
});
