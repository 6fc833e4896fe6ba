import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { headsUpOf } from '../geo/reachable.ts';
import { LIST_KINDS } from '../list/entry.ts';
import { MATCH_KINDS } from '../list/list-settings.ts';
import { findHit } from '../store/find-hit.ts';
import { eventsOfHit } from '../store/hit-events.ts';
import { HIT_STATUSES, type HitRecord } from '../store/hit-record.ts';
import { listHits } from '../store/list-hits.ts';
import { seesCovert } from './access.ts';
import { pageOf } from './answer-fields.ts';
import { checkPlace } from './camera-scope.ts';
import { headsUpAnswer, HeadsUpAnswer, HIT_ACTIONS, hitAnswer, HitAnswer, hitEventAnswer, HitEventAnswer } from './hit-answer.ts';
import { checkPeriod, cursorField, limitField, nameField, periodFields } from './query-fields.ts';
import { route } from './route.ts';
import type { Services } from './services.ts';

export { hitAnswer, HitAnswer } from './hit-answer.ts';

/** Beyond this a vehicle may be anywhere. */
const NEXT_WITHIN_MS = 2 * 3_600_000;

export const HitDetailAnswer = HitAnswer.extend({
  history: z.array(HitEventAnswer).describe('What happened to it, oldest first; the newest 1000'),
  next: z.array(HeadsUpAnswer).describe('Where the vehicle may be next, soonest first; empty when it was seen too long ago to tell'),
}).meta({ id: 'HitDetail' });

const truth = (description: string) => z.enum(['true', 'false']).transform((text) => text === 'true').optional().describe(description);
const share = z.string().regex(/^(0(\.\d{1,6})?|1(\.0{1,6})?)$/, 'must be 0 to 1').transform(Number).optional().describe('Hits at least as probable as this, 0 to 1');

export const listHitsRoute = route({
  method: 'get', path: '/api/v1/hits', name: 'listHits', tag: 'Hits', permission: 'hits:read', purpose: 'needed',
  summary: 'Passes that matched an entry of a list, newest first',
  query: z.strictObject({
    ...periodFields,
    list: nameField('Hits of this list').optional(),
    status: z.enum(HIT_STATUSES).optional(),
    site: nameField('Hits at this site').optional(),
    camera: nameField('Hits at this camera').optional(),
    pass: z.string().max(100).optional().describe('Hits of this pass'),
    kind: z.enum(LIST_KINDS).optional(),
    action: z.enum(HIT_ACTIONS).optional().describe('As shown to the officer'),
    matchKind: z.enum(MATCH_KINDS).optional().describe('How the mark matched'),
    late: truth('Hits that came long after the vehicle was seen, or those that did not'),
    open: truth('`true`: those on which nobody decided yet; `false`: all others'),
    leastScore: share,
    limit: limitField, cursor: cursorField,
  }),
  body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: pageOf(HitAnswer).meta({ id: 'HitPage' }) } },
  errors: ['TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'CURSOR_INVALID', 'CAMERA_UNKNOWN'],
  async handle({ query, caller }, { database, register, config }) {
    checkPeriod(query);
    checkPlace(query, register);
    const { site: siteId, camera: cameraId, pass: passId, limit, cursor, ...filter } = query;
    const page = await listHits(database, { ...filter, siteId, cameraId, passId, covert: seesCovert(caller) }, { limit, cursor });
    const items = page.items.map((h) => hitAnswer(h, config.DARWAZA_UTC_OFFSET_MINUTES));
    return { status: 200, body: { items, next: page.nextCursor }, count: items.length };
  },
});

export const hitIdField = z.strictObject({ id: z.string().max(100).describe('Id of a hit') });

export const showHit = route({
  method: 'get', path: '/api/v1/hits/{id}', name: 'showHit', tag: 'Hits', permission: 'hits:read', purpose: 'needed',
  summary: 'One hit with its history and where the vehicle may be next',
  params: hitIdField, body: { kind: 'none' },
  answers: { 200: { description: 'The hit', schema: HitDetailAnswer } },
  errors: ['HIT_NOT_FOUND'],
  async handle({ params: { id }, caller }, services) {
    const hit = await findHit(services.database, id, seesCovert(caller));
    if (hit === null) throw new DarwazaError('HIT_NOT_FOUND', { id });
    return { status: 200, body: await hitDetail(hit, services), count: 1 };
  },
});

export async function hitDetail(hit: HitRecord, { database, register, clock, config }: Services): Promise<z.output<typeof HitDetailAnswer>> {
  const offset = config.DARWAZA_UTC_OFFSET_MINUTES, history = await eventsOfHit(database, hit.id);
  const fresh = clock() - hit.lastSeenAt <= NEXT_WITHIN_MS && hit.status !== 'withdrawn';
  const next = fresh ? headsUpOf(register, { ...hit, capturedAt: hit.lastSeenAt }, NEXT_WITHIN_MS) : [];
  return { ...hitAnswer(hit, offset), history: history.map((event) => hitEventAnswer(event, offset)), next: next.map((site) => headsUpAnswer(site, offset)) };
}
