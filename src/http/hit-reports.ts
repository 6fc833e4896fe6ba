import { z } from 'zod';
import { hitFigures, rejectionFigures, type NamedPrecision, type Outcomes, type Precision } from '../hit/hit-figures.ts';
import { REJECT_REASONS } from '../store/hit-record.ts';
import { hitCounts, misreads, rejectionCounts } from '../store/hit-report.ts';
import { seesCovert } from './access.ts';
import { checkPeriod, periodFields } from './query-fields.ts';
import { route } from './route.ts';

const reasons = z.strictObject(Object.fromEntries(REJECT_REASONS.map((reason) => [reason, z.int()])));

const OutcomesAnswer = z.strictObject({
  raised: z.int(), confirmed: z.int().describe('A finished pass stands behind them'), withdrawn: z.int(), accepted: z.int(), rejected: z.int(), rejectedBy: reasons,
  closed: z.int(), open: z.int().describe('Nobody decided yet'),
}).meta({ id: 'HitOutcomes' });
const PrecisionAnswer = z.strictObject({
  share: z.number().nullable().describe('Accepted of those decided; null where nobody decided'),
  low: z.number(), high: z.number().describe('The true share lies between `low` and `high` 95 times of 100 (Wilson)'),
  decided: z.int().describe('Accepted and rejected'),
}).meta({ id: 'Precision' });
const NamedPrecisionAnswer = z.strictObject({ name: z.string(), precision: PrecisionAnswer });

const HitReportAnswer = z.strictObject({
  rows: z.array(z.strictObject({ list: z.string(), match: z.string(), outcomes: OutcomesAnswer, precision: PrecisionAnswer })).describe('By list and class of match'),
  all: z.strictObject({ outcomes: OutcomesAnswer, precision: PrecisionAnswer }),
  byList: z.array(NamedPrecisionAnswer), byMatch: z.array(NamedPrecisionAnswer), byAction: z.array(NamedPrecisionAnswer),
}).meta({ id: 'HitReport' });

const RejectionReportAnswer = z.strictObject({
  byCamera: z.array(z.strictObject({ camera: z.string(), site: z.string().nullable(), rejected: z.int(), reasons })).describe('Most rejected first'),
  byPair: z.array(z.strictObject({ read: z.string(), truth: z.string(), count: z.int() })).describe('Characters read for others, from misreads whose true mark was told; most frequent first'),
}).meta({ id: 'RejectionReport' });

const query = z.strictObject(periodFields);
const common = { method: 'get', tag: 'Reports', permission: 'reports:read', purpose: 'none', query, body: { kind: 'none' }, errors: ['TIME_INVALID', 'TIME_WITHOUT_OFFSET'] } as const;
const description = 'By the time at which the vehicle was seen. It holds no marks and no persons. Hits of covert lists count only for keys with hits:covert.';

const outcomes = (o: Outcomes): z.output<typeof OutcomesAnswer> => ({ ...o, rejectedBy: { ...o.rejectedBy } });
const precision = (p: Precision): z.output<typeof PrecisionAnswer> => ({ ...p });
const named = (rows: readonly NamedPrecision[]) => rows.map((row) => ({ name: row.name, precision: precision(row.precision) }));

export const reportHits = route({
  ...common, path: '/api/v1/reports/hits', name: 'reportHits', summary: 'What became of hits, and how many were right', description,
  answers: { 200: { description: 'Counts and precision', schema: HitReportAnswer } },
  async handle({ query: asked, caller }, { database }) {
    checkPeriod(asked);
    const figures = hitFigures(await hitCounts(database, { ...asked, covert: seesCovert(caller) }));
    const body: z.output<typeof HitReportAnswer> = {
      rows: figures.rows.map((row) => ({ list: row.list, match: row.match, outcomes: outcomes(row.outcomes), precision: precision(row.precision) })),
      all: { outcomes: outcomes(figures.all.outcomes), precision: precision(figures.all.precision) },
      byList: named(figures.byList), byMatch: named(figures.byMatch), byAction: named(figures.byAction),
    };
    return { status: 200, body };
  },
});

export const reportRejections = route({
  ...common, path: '/api/v1/reports/rejections', name: 'reportRejections', summary: 'Why hits were rejected, by camera and by misread character', description,
  answers: { 200: { description: 'Counts', schema: RejectionReportAnswer } },
  async handle({ query: asked, caller }, { database }) {
    checkPeriod(asked);
    const period = { ...asked, covert: seesCovert(caller) };
    const [counts, misread] = await Promise.all([rejectionCounts(database, period), misreads(database, period)]), figures = rejectionFigures(counts, misread);
    const body: z.output<typeof RejectionReportAnswer> = {
      byCamera: figures.byCamera.map((row) => ({ ...row, reasons: { ...row.reasons } })), byPair: figures.byPair.map(({ read, truth, count }) => ({ read, truth, count })),
    };
    return { status: 200, body };
  },
});
