import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { findHold, listHolds, placeHold, releaseHold, type HeldSubject, type LegalHold } from '../store/legal-holds.ts';
import type { Caller } from './access.ts';
import { Instant, pageOf } from './answer-fields.ts';
import { markAnswer, MarkAnswer } from './pass-answer.ts';
import { markField, reasonField } from './person-fields.ts';
import { cursorField, limitField, switchField } from './query-fields.ts';
import { parseJson } from './request-body.ts';
import { check } from './request-check.ts';
import { route } from './route.ts';
import type { Services } from './services.ts';

const BODY_LIMIT = 64 * 1024, CASE_LIMIT = 100;

const NewHoldBody = z.strictObject({
  mark: markField('Everything of this mark is held. A part that it leaves open (year, jurisdiction) fits any; one that it states does not fit another').optional(),
  caseReference: z.string().trim().min(1).max(CASE_LIMIT).regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must hold no control character').optional()
    .describe('The hits of entries with this case are held, their passes, pictures and journeys, and what was searched under it'),
  reason: reasonField('Order of the court, letter of the prosecutor'),
}).refine((body) => (body.mark === undefined) !== (body.caseReference === undefined), 'give "mark" or "caseReference", one of the two').meta({ id: 'NewLegalHold' });

const ReleaseBody = z.strictObject({ reason: reasonField('Why it ends').optional() }).meta({ id: 'LegalHoldRelease' });

const HoldAnswer = z.strictObject({
  id: z.string(), mark: MarkAnswer.nullable(), caseReference: z.string().nullable(), reason: z.string(), placedAt: Instant, placedBy: z.string().describe('Id of the API key'),
  released: z.strictObject({ at: Instant, by: z.string(), reason: z.string().nullable() }).nullable().describe('null = in force. What it held goes with the next retention run, where its time is over'),
}).meta({ id: 'LegalHold' });

const withId = z.strictObject({ id: z.string().max(64).describe('Id of the hold') });
const common = { tag: 'Retention', permission: 'holds:manage', purpose: 'needed', audited: true } as const;

function holdAnswer({ id, subject, reason, at, author, released }: LegalHold, offset: number): z.output<typeof HoldAnswer> {
  return {
    id, mark: subject.kind === 'mark' ? markAnswer(subject.mark) : null, caseReference: subject.kind === 'case' ? subject.caseReference : null, reason, placedAt: formatInstant(at, offset), placedBy: author,
    released: released && { at: formatInstant(released.at, offset), by: released.by, reason: released.reason },
  };
}

/** What the audit log says of a hold beside its id. */
function noted({ id, subject, reason }: LegalHold): Readonly<Record<string, unknown>> {
  return { hold: id, ...(subject.kind === 'mark' ? { mark: markAnswer(subject.mark).mark } : { heldCase: subject.caseReference }), reason };
}

async function stored(id: string, { database }: Services): Promise<LegalHold> {
  const hold = await findHold(database, id);
  if (hold === null) throw new DarwazaError('HOLD_NOT_FOUND', { id });
  return hold;
}

export const addHold = route({
  ...common, method: 'post', path: '/api/v1/legal-holds', name: 'addLegalHold', summary: 'Hold a mark or a case: nothing of it is deleted by time',
  description: 'Holds what is there when it is answered, and what comes. It is never erased; its release ends it.',
  body: { kind: 'text', mediaTypes: ['application/json'], limitBytes: BODY_LIMIT, schema: NewHoldBody, example: { mark: 'LEB-17-4201', reason: 'Anti-Terrorism Court Quetta, order 41/2026' } },
  answers: { 201: { description: 'The hold', schema: HoldAnswer } }, errors: ['MARK_INVALID'],
  async handle({ body, caller }, { database, clock, config }) {
    const given = check(NewHoldBody, parseJson(body.text), 'field'), { id: author } = caller as Caller;
    const subject: HeldSubject = given.mark === undefined ? { kind: 'case', caseReference: given.caseReference ?? '' } : { kind: 'mark', mark: given.mark };
    const hold: LegalHold = { id: `lh_${randomBytes(8).toString('hex')}`, subject, reason: given.reason, author, at: clock(), released: null };
    await placeHold(database, hold);
    return { status: 201, body: holdAnswer(hold, config.DARWAZA_UTC_OFFSET_MINUTES), noted: noted(hold), headers: { Location: `/api/v1/legal-holds/${hold.id}` } };
  },
});

export const listHoldsRoute = route({
  ...common, method: 'get', path: '/api/v1/legal-holds', name: 'listLegalHolds', summary: 'Legal holds, newest first',
  query: z.strictObject({ inForce: switchField('Only those that were not released'), limit: limitField, cursor: cursorField }), body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: pageOf(HoldAnswer).meta({ id: 'LegalHoldPage' }) } }, errors: ['CURSOR_INVALID'],
  async handle({ query: { inForce, limit, cursor } }, { database, config }) {
    const page = await listHolds(database, { inForce }, { limit, cursor });
    return { status: 200, body: { items: page.items.map((hold) => holdAnswer(hold, config.DARWAZA_UTC_OFFSET_MINUTES)), next: page.nextCursor }, count: page.items.length };
  },
});

export const showHold = route({
  ...common, method: 'get', path: '/api/v1/legal-holds/{id}', name: 'showLegalHold', summary: 'One legal hold', params: withId, body: { kind: 'none' },
  answers: { 200: { description: 'The hold', schema: HoldAnswer } }, errors: ['HOLD_NOT_FOUND'],
  async handle({ params: { id } }, services) {
    return { status: 200, body: holdAnswer(await stored(id, services), services.config.DARWAZA_UTC_OFFSET_MINUTES), count: 1 };
  },
});

export const releaseHoldRoute = route({
  ...common, method: 'post', path: '/api/v1/legal-holds/{id}/release', name: 'releaseLegalHold', summary: 'End a legal hold',
  description: 'Its row stays. What it held and whose time is over is deleted by the next retention run.', params: withId,
  body: { kind: 'text', mediaTypes: ['application/json'], limitBytes: BODY_LIMIT, schema: ReleaseBody, example: { reason: 'Acquitted; letter of the court of 3 November' } },
  answers: { 200: { description: 'The hold, released', schema: HoldAnswer } }, errors: ['HOLD_NOT_FOUND', 'HOLD_RELEASED'],
  async handle({ params: { id }, body, caller }, services) {
    const { reason = null } = check(ReleaseBody, parseJson(body.text), 'field'), { id: by } = caller as Caller;
    await stored(id, services);
    if (!(await releaseHold(services.database, id, { at: services.clock(), by, reason }))) throw new DarwazaError('HOLD_RELEASED', { id });
    const hold = await stored(id, services);
    return { status: 200, body: holdAnswer(hold, services.config.DARWAZA_UTC_OFFSET_MINUTES), noted: noted(hold), count: 1 };
  },
});
