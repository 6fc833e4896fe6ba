import { z } from 'zod';
import { formatInstant } from '../core/instant.ts';
import { writeMark } from '../plate/written-form.ts';
import { listSetAside, type SetAsidePass } from '../store/set-aside.ts';
import type { Caller } from './access.ts';
import { Instant, instantOrNull, pageOf } from './answer-fields.ts';
import { reasonField } from './person-fields.ts';
import { cursorField, limitField, switchField } from './query-fields.ts';
import { parseJson } from './request-body.ts';
import { check } from './request-check.ts';
import { route } from './route.ts';

const BODY_LIMIT = 64 * 1024;

const SetAsideAnswer = z.strictObject({
  id: z.string().describe('The id that the pass has'), setAsideAt: Instant, camera: z.string(), capturedAt: Instant, direction: z.enum(['in', 'out', 'unknown']), text: z.string().describe('As read'),
  mark: z.string().nullable(), confidence: z.number(), source: z.string(),
  decision: z.enum(['taken', 'discarded']).nullable(), decidedAt: Instant.nullable(), decidedBy: z.string().nullable().describe('Id of the API key'), reason: z.string().nullable(),
}).meta({ id: 'PassSetAside' });

const DecisionBody = z.strictObject({
  decision: z.enum(['take', 'discard']).describe('`take` needs a legal hold on the mark: nothing else allows to keep what is so old'), reason: reasonField('Why'),
}).meta({ id: 'SetAsideDecision' });

function setAsideAnswer({ id, at, pass, decision, decidedAt, decidedBy, reason }: SetAsidePass, offset: number): z.output<typeof SetAsideAnswer> {
  return {
    id, setAsideAt: formatInstant(at, offset), camera: pass.cameraId, capturedAt: formatInstant(pass.capturedAt, offset), direction: pass.direction, text: pass.rawText, mark: pass.mark && writeMark(pass.mark),
    confidence: pass.confidence, source: pass.source, decision, decidedAt: instantOrNull(decidedAt, offset), decidedBy, reason,
  };
}

export const listSetAsideRoute = route({
  method: 'get', path: '/api/v1/set-aside', name: 'listSetAside', tag: 'Retention', permission: 'passes:read', purpose: 'needed', summary: 'Passes that came when their time was over, newest first',
  description: 'Kept for DARWAZA_KEEP_SET_ASIDE_DAYS. They count nowhere until a person takes them.',
  query: z.strictObject({ open: switchField('Only those on which nobody has decided'), limit: limitField, cursor: cursorField }), body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: pageOf(SetAsideAnswer).meta({ id: 'SetAsidePage' }) } }, errors: ['CURSOR_INVALID'],
  async handle({ query: { open, limit, cursor } }, { database, config }) {
    const page = await listSetAside(database, { open }, { limit, cursor });
    return { status: 200, body: { items: page.items.map((item) => setAsideAnswer(item, config.DARWAZA_UTC_OFFSET_MINUTES)), next: page.nextCursor }, count: page.items.length };
  },
});

export const decideSetAsideRoute = route({
  method: 'post', path: '/api/v1/set-aside/{id}/decision', name: 'decideSetAside', tag: 'Retention', permission: 'holds:manage', purpose: 'needed', audited: true, summary: 'Take or discard a pass that was set aside',
  description: 'Taken, it is a pass like any other for as long as a hold covers its mark: lists are matched (late, so nothing rings); journeys of its time stay as they are.',
  params: z.strictObject({ id: z.string().max(100).describe('Id of the pass') }),
  body: { kind: 'text', mediaTypes: ['application/json'], limitBytes: BODY_LIMIT, schema: DecisionBody, example: { decision: 'take', reason: 'Held under ATC order 41/2026' } },
  answers: { 200: { description: 'What was decided', schema: SetAsideAnswer } }, errors: ['SET_ASIDE_NOT_FOUND', 'SET_ASIDE_DECIDED', 'SET_ASIDE_UNHELD'],
  async handle({ params: { id }, body, caller }, { engine, config }) {
    const { decision, reason } = check(DecisionBody, parseJson(body.text), 'field'), { id: by } = caller as Caller;
    const decided = await engine.chooseSetAside({ id, decision, reason, by });
    return { status: 200, body: setAsideAnswer(decided, config.DARWAZA_UTC_OFFSET_MINUTES), count: 1, noted: { decision, reason } };
  },
});
