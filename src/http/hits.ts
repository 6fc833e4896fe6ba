import { z } from 'zod';
import { formatInstant } from '../core/instant.ts';
import { LIST_KINDS } from '../list/entry.ts';
import { HIT_STATUSES, type HitRecord } from '../store/hit-record.ts';
import { listHits } from '../store/list-hits.ts';
import { Instant, pageOf } from './answer-fields.ts';
import { checkPlace } from './camera-scope.ts';
import { markAnswer, MarkAnswer } from './pass-answer.ts';
import { checkPeriod, cursorField, limitField, nameField, periodFields } from './query-fields.ts';
import { route } from './route.ts';

export const HitAnswer = z.strictObject({
  id: z.string(),
  pass: z.string().nullable().describe('Id of the pass; null while the vehicle is still in view'),
  camera: z.string(), site: z.string().nullable(),
  capturedAt: Instant.describe('When the vehicle was seen'),
  raisedAt: Instant,
  list: z.string(), listVersion: z.int(),
  listAgeHours: z.number().describe('How old the list was when the hit was raised'),
  mark: MarkAnswer.describe('As the camera read it'),
  entry: z.string().describe('Id of the entry'),
  entryMark: MarkAnswer.nullable().describe('As the list has it; null for a pattern'),
  kind: z.enum(LIST_KINDS),
  match: z.string().describe('How the mark matched: exactly, or how not'),
  agreement: z.string().describe('What agrees, and what is unread or differs: compare the picture before you act'),
  action: z.enum(['stop', 'inform', 'silent', 'check']).describe('`check`: compare first; the match is not exact'),
  reason: z.string(), owner: z.string(),
  status: z.enum(HIT_STATUSES),
}).meta({ id: 'Hit' });

export function hitAnswer(h: HitRecord, offset: number): z.output<typeof HitAnswer> {
  return {
    id: h.id, pass: h.passId, camera: h.cameraId, site: h.siteId, capturedAt: formatInstant(h.capturedAt, offset), raisedAt: formatInstant(h.at, offset),
    list: h.list, listVersion: h.listVersion, listAgeHours: Math.max(0, Math.round((h.at - h.listImportedAt) / 360_000) / 10), mark: markAnswer(h.passMark), entry: h.entryId, entryMark: h.entryMark && markAnswer(h.entryMark),
    kind: h.kind, match: h.matchKind, agreement: h.agreement, action: h.action, reason: h.reason, owner: h.owner, status: h.status,
  };
}

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
    limit: limitField, cursor: cursorField,
  }),
  body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: pageOf(HitAnswer).meta({ id: 'HitPage' }) } },
  errors: ['TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'CURSOR_INVALID', 'CAMERA_UNKNOWN'],
  async handle({ query }, { database, register, config }) {
    checkPeriod(query);
    checkPlace(query, register);
    const { from, to, list, status, site: siteId, camera: cameraId, pass: passId, limit, cursor } = query;
    const page = await listHits(database, { from, to, list, status, siteId, cameraId, passId }, { limit, cursor });
    const items = page.items.map((h) => hitAnswer(h, config.DARWAZA_UTC_OFFSET_MINUTES));
    return { status: 200, body: { items, next: page.nextCursor }, count: items.length };
  },
});
