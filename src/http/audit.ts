import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { listAudit, verifyAudit, type AuditRow } from '../store/audit-log.ts';
import { Instant, pageOf } from './answer-fields.ts';
import { cursorField, limitField } from './query-fields.ts';
import { route } from './route.ts';

const AuditAnswer = z.strictObject({
  sequence: z.int().describe('1, 2, 3 … without gaps'),
  at: Instant,
  actor: z.string().describe('Id of the API key, or `cli`'),
  action: z.string().describe('Name of the route or command'),
  purpose: z.string().nullable(), caseReference: z.string().nullable(),
  question: z.record(z.string(), z.unknown()).describe('What was asked'),
  resultCount: z.int().nullable().describe('How many records the answer showed'),
  requestId: z.string().nullable(),
  previousHash: z.string(), hash: z.string().describe('SHA-256 over the row before and this one'),
}).meta({ id: 'AuditRow' });

const VerdictAnswer = z.strictObject({
  status: z.enum(['intact', 'broken']),
  begins: z.int().nullable().describe('Number of the first row; those before it were deleted when their time was over, and a row of the chain tells of it'),
  rows: z.int().nullable(),
  head: z.string().nullable().describe('Hash of the newest row: note it elsewhere, and a cut-off end is noticed too'),
  sequence: z.int().nullable().describe('Row at which the chain breaks'),
  reason: z.string().nullable(),
}).meta({ id: 'AuditVerdict' });

const DEFAULT_LIMIT = 100;

function rowAnswer(row: AuditRow, offset: number): z.output<typeof AuditAnswer> {
  const { sequence, actor, action, purpose, caseReference, resultCount, requestId, previousHash, hash } = row;
  return { sequence, at: formatInstant(row.at, offset), actor, action, purpose, caseReference, question: { ...row.question }, resultCount, requestId, previousHash, hash };
}

function sequenceOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(cursor)) throw new DarwazaError('CURSOR_INVALID');
  return Number(cursor);
}

export const listAuditRoute = route({
  method: 'get', path: '/api/v1/audit', name: 'listAudit', tag: 'Audit', permission: 'audit:read', purpose: 'needed',
  summary: 'Who searched for what and why, newest first',
  query: z.strictObject({ limit: limitField, cursor: cursorField }), body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: pageOf(AuditAnswer).meta({ id: 'AuditPage' }) } },
  errors: ['CURSOR_INVALID'],
  async handle({ query }, { database, config }) {
    const limit = query.limit ?? DEFAULT_LIMIT;
    const rows = await listAudit(database, { before: sequenceOf(query.cursor), limit });
    const last = rows.at(-1);
    const items = rows.map((r) => rowAnswer(r, config.DARWAZA_UTC_OFFSET_MINUTES));
    return { status: 200, body: { items, next: rows.length === limit && last && last.sequence > 1 ? String(last.sequence) : null }, count: items.length };
  },
});

export const verifyAuditRoute = route({
  method: 'get', path: '/api/v1/audit/verification', name: 'verifyAudit', tag: 'Audit', permission: 'audit:read', purpose: 'needed',
  summary: 'Whether the chain of the audit log is whole',
  body: { kind: 'none' },
  answers: { 200: { description: 'Every row was recomputed', schema: VerdictAnswer } },
  errors: [],
  async handle(_input, { database }) {
    const verdict = await verifyAudit(database);
    const body: z.output<typeof VerdictAnswer> = verdict.kind === 'intact'
      ? { status: 'intact', begins: verdict.begins, rows: verdict.rows, head: verdict.head, sequence: null, reason: null }
      : { status: 'broken', begins: null, rows: null, head: null, sequence: verdict.sequence, reason: verdict.reason };
    return { status: 200, body };
  },
});
