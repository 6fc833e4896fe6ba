import { z } from 'zod';
import { DarwazaError, type ErrorCode } from '../core/errors.ts';
import { decideHit, type Decision } from '../hit/decide-hit.ts';
import { parseMark } from '../plate/parse.ts';
import { writeMark } from '../plate/written-form.ts';
import { REJECT_REASONS } from '../store/hit-record.ts';
import { seesCovert, type Caller } from './access.ts';
import { HitDetailAnswer, hitDetail, hitIdField } from './hits.ts';
import { invalidMark, orFault } from './query-fields.ts';
import { parseJson } from './request-body.ts';
import { check } from './request-check.ts';
import { route } from './route.ts';

const BODY_LIMIT = 64 * 1024;

const note = z.string().trim().min(1).max(1000).regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must hold no control character').optional().describe('Free text');
const AcknowledgeBody = z.strictObject({ note }).meta({ id: 'Acknowledgement' });
const AcceptBody = z.strictObject({ enforced: z.boolean().optional().describe('Whether the vehicle was stopped or the tax taken'), note }).meta({ id: 'Acceptance' });
const RejectBody = z.strictObject({
  reason: z.enum(REJECT_REASONS), note,
  trueMark: z.string().max(64).transform((text, ctx) => orFault(() => checkedMark(text), ctx)).optional().describe('What the plate really says; only with the reason `misread`. Matching learns from it'),
}).meta({ id: 'Rejection' });
const EnforceBody = z.strictObject({ enforced: z.boolean(), note }).meta({ id: 'Enforcement' });

function checkedMark(text: string): string {
  const parsed = parseMark(text);
  return parsed.kind === 'mark' ? writeMark(parsed.mark) : invalidMark(parsed.reason);
}

/** A route by which an officer says what he did about a hit. */
function decision<B extends z.ZodObject>(spec: {
  readonly path: string; readonly name: string; readonly summary: string; readonly description?: string; readonly schema: B; readonly example: z.input<B>; readonly errors: readonly ErrorCode[];
  readonly decide: (body: z.output<B>) => Decision;
}) {
  const { path, schema, example, errors, decide, ...texts } = spec;
  return route({
    ...texts, method: 'post', path: `/api/v1/hits/{id}/${path}`, tag: 'Hits', permission: 'hits:decide', purpose: 'needed', audited: true,
    params: hitIdField, body: { kind: 'text', mediaTypes: ['application/json'], limitBytes: BODY_LIMIT, schema, example },
    answers: { 200: { description: 'The hit as it stands now', schema: HitDetailAnswer } },
    errors: ['HIT_NOT_FOUND', ...errors],
    async handle({ params: { id }, body, caller }, services) {
      const { id: actor } = caller as Caller, given = decide(check(schema, parseJson(body.text), 'field'));
      const hit = await decideHit(services.database, id, given, { actor, at: services.clock(), covert: seesCovert(caller) });
      return { status: 200, body: await hitDetail(hit, services), count: 1 };
    },
  });
}

export const acknowledgeHit = decision({
  path: 'acknowledge', name: 'acknowledgeHit', summary: 'I have seen this hit', description: 'Ends its escalation. The first one counts.',
  schema: AcknowledgeBody, example: {}, errors: [], decide: (body) => ({ kind: 'acknowledge', ...body }),
});

export const acceptHit = decision({
  path: 'accept', name: 'acceptHit', summary: 'The vehicle is the listed one', description: 'The same again changes nothing; after a rejection it is refused.',
  schema: AcceptBody, example: { enforced: true }, errors: ['HIT_DECIDED'], decide: (body) => ({ kind: 'accept', ...body }),
});

export const rejectHit = decision({
  path: 'reject', name: 'rejectHit', summary: 'The vehicle is not the listed one, or the entry no longer holds', description: 'The same again changes nothing; after another decision it is refused.',
  schema: RejectBody, example: { reason: 'misread', trueMark: 'LEC-13-8441' }, errors: ['HIT_DECIDED', 'MARK_INVALID'],
  decide({ reason, trueMark, ...rest }) {
    if (trueMark !== undefined && reason !== 'misread') throw new DarwazaError('BODY_INVALID', { reason: 'field "trueMark": only with the reason "misread"' });
    return { kind: 'reject', reason, trueMark, ...rest };
  },
});

export const enforceHit = decision({
  path: 'enforced', name: 'enforceHit', summary: 'Whether the vehicle was stopped or the tax taken', description: 'Of a rejected hit too: that is a wrong stop. May be corrected; each change stays in the history.',
  schema: EnforceBody, example: { enforced: true }, errors: [], decide: (body) => ({ kind: 'enforce', ...body }),
});
