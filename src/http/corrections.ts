import { z } from 'zod';
import { NOTHING_YET } from '../store/pass-facts.ts';
import type { HitRecord } from '../store/hit-record.ts';
import { may, seesCovert, type Caller } from './access.ts';
import { passAnswer, PassAnswer } from './pass-answer.ts';
import { markField, reasonField } from './person-fields.ts';
import { parseJson } from './request-body.ts';
import { check } from './request-check.ts';
import { route } from './route.ts';

const BODY_LIMIT = 64 * 1024;

const CorrectionBody = z.strictObject({
  mark: markField('What the plate really says').optional(),
  unreadable: z.literal(true).optional().describe('Nobody can read the plate'),
  reason: reasonField('How the person knows'),
}).refine((body) => (body.mark === undefined) !== (body.unreadable === undefined), 'give "mark" or "unreadable": true, one of the two').meta({ id: 'Correction' });

const CorrectedAnswer = z.strictObject({
  pass: PassAnswer.describe('The correction: a pass of its own, which counts from now on'),
  corrects: z.string().describe('The pass as it was read; it stays'),
  journeysChanged: z.int(),
  hits: z.strictObject({
    withdrawn: z.array(z.string()).describe('Hits of the pass that the corrected mark does not bear out'),
    raised: z.array(z.string()).describe('Hits that it raised or was counted into; late, so they never ring'),
  }).nullable().describe('null for a key that may not see hits'),
}).meta({ id: 'CorrectedPass' });

export const correctPassRoute = route({
  method: 'post', path: '/api/v1/passes/{id}/corrections', name: 'correctPass', tag: 'Passes', permission: 'passes:correct', purpose: 'needed', audited: true,
  summary: 'Say that a pass was read wrongly',
  description: 'The pass stays as it was read. A new one takes its place, with author and reason, and journeys, hits and what is known of the marks follow in the same moment. A correction may be corrected in turn.',
  params: z.strictObject({ id: z.string().max(100).describe('Id of the pass') }),
  body: { kind: 'text', mediaTypes: ['application/json'], limitBytes: BODY_LIMIT, schema: CorrectionBody, example: { mark: 'LEB-17-4201', reason: 'The picture shows a B, the bolt hides its middle' } },
  answers: { 201: { description: 'What it made of it', schema: CorrectedAnswer } },
  errors: ['MARK_INVALID', 'PASS_NOT_FOUND', 'PASS_CORRECTED'],
  async handle({ params: { id }, body, caller }, { engine, config }) {
    const given = check(CorrectionBody, parseJson(body.text), 'field'), by = caller as Caller;
    const { pass, withdrawn, raised, journeysChanged } = await engine.correctPass({ passId: id, mark: given.mark ?? null, reason: given.reason, author: by.id });
    const shown = passAnswer(pass, config.DARWAZA_UTC_OFFSET_MINUTES, NOTHING_YET);
    const visible = (hits: readonly HitRecord[]): string[] => hits.filter((hit) => !hit.covert || seesCovert(by)).map((hit) => hit.id);
    const answer: z.output<typeof CorrectedAnswer> = { pass: shown, corrects: id, journeysChanged, hits: may(by, 'hits:read') ? { withdrawn: visible(withdrawn), raised: visible(raised) } : null };
    return { status: 201, body: answer, count: 1, noted: { mark: shown.mark, reason: given.reason, correction: pass.id }, headers: { Location: `/api/v1/passes/${pass.id}` } };
  },
});
