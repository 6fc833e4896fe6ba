import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { VEHICLE_CLASSES } from '../plate/mark.ts';
import { findPass } from '../store/find-pass.ts';
import { listPasses, type PassFilter } from '../store/list-passes.ts';
import { passFacts } from '../store/pass-facts.ts';
import { pageOf } from './answer-fields.ts';
import { cameraScope, cameraScopeFields, camerasInScope, checkPlace } from './camera-scope.ts';
import { passAnswer, PassAnswer } from './pass-answer.ts';
import { checkPeriod, cursorField, likeField, limitField, markPatternField, nameField, namesField, periodFields, switchField, vehicleClassField } from './query-fields.ts';
import { route } from './route.ts';
import type { Services } from './services.ts';

export const PassPage = pageOf(PassAnswer).extend(cameraScopeFields).meta({ id: 'PassPage' });

const passId = z.strictObject({ id: z.string().max(100).describe('Id of a pass') });
const tag = 'Passes';

/** What passes can be asked for by; exports take the same. */
export const passFilterFields = {
  ...periodFields,
  site: nameField('Passes at this site').optional(),
  camera: namesField('Passes at this camera', 50).optional(),
  direction: z.enum(['in', 'out', 'unknown']).optional().describe('Into the city or out of it'),
  outcome: z.enum(['mark', 'applied-for', 'fancy', 'official', 'unreadable', 'no-plate']).optional().describe('What the plate gave'),
  class: vehicleClassField.optional(),
  markClass: z.enum(VEHICLE_CLASSES).optional().describe('What the plate says that the vehicle is used as'),
  mark: markPatternField.optional(),
  disagree: switchField('Only passes that two readers read differently: a camera that reads plates itself, and ours on its picture'),
};
export type PassQuery = z.output<z.ZodObject<typeof passFilterFields>>;

/** @throws REQUEST_INVALID, CAMERA_UNKNOWN */
export function passFilterOf(query: PassQuery, { register }: Pick<Services, 'register'>): PassFilter {
  checkPeriod(query);
  checkPlace(query, register);
  const { from, to, site: siteId, camera: cameraId, direction, outcome, class: vehicleClass, markClass, mark, disagree } = query;
  return { from, to, siteId, cameraId, direction, outcome, vehicleClass, markClass, mark, ...(disagree && { disagree }) };
}

export const listPassesRoute = route({
  method: 'get', path: '/api/v1/passes', name: 'listPasses', tag, permission: 'passes:read', purpose: 'needed',
  summary: 'Passes, newest first',
  description: 'Look at `camerasWithoutPasses` and `camerasDown` before you say that a vehicle was not there.',
  query: z.strictObject({ ...passFilterFields, like: likeField, limit: limitField, cursor: cursorField }),
  body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: PassPage } },
  errors: ['TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'MARK_INVALID', 'CURSOR_INVALID', 'CAMERA_UNKNOWN'],
  async handle({ query }, services) {
    const { limit, cursor, like, site } = query, filter = { ...passFilterOf(query, services), ...(like && { lookAlikes: true }) };
    const page = await listPasses(services.database, filter, { limit, cursor }, site === undefined ? undefined : camerasInScope(services.register, { site }));
    const offset = services.config.DARWAZA_UTC_OFFSET_MINUTES, facts = await passFacts(services.database, page.items);
    const body: z.output<typeof PassPage> = {
      items: page.items.map((p) => passAnswer(p, offset, facts)), next: page.nextCursor,
      ...(await cameraScope(services, query)),
    };
    return { status: 200, body, count: body.items.length };
  },
});

export const showPass = route({
  method: 'get', path: '/api/v1/passes/{id}', name: 'showPass', tag, permission: 'passes:read', purpose: 'needed',
  summary: 'One pass',
  params: passId, body: { kind: 'none' },
  answers: { 200: { description: 'The pass', schema: PassAnswer } },
  errors: ['PASS_NOT_FOUND'],
  async handle({ params: { id } }, { database, config }) {
    const pass = await findPass(database, id);
    if (pass === null) throw new DarwazaError('PASS_NOT_FOUND', { id });
    return { status: 200, body: passAnswer(pass, config.DARWAZA_UTC_OFFSET_MINUTES, await passFacts(database, [pass])), count: 1 };
  },
});

export const showEvidence = route({
  method: 'get', path: '/api/v1/passes/{id}/evidence', name: 'showEvidence', tag, permission: 'passes:read', purpose: 'needed',
  summary: 'The picture that the plate was read from',
  description: 'The very bytes that the camera sent; their SHA-256 is checked before they leave and is the ETag.',
  params: passId, body: { kind: 'none' },
  answers: {
    200: { description: 'The unaltered picture', mediaTypes: ['image/jpeg', 'image/png', 'image/webp', 'image/tiff', 'image/gif'] },
    304: { description: 'The picture is the one of If-None-Match' },
  },
  errors: ['PASS_NOT_FOUND', 'EVIDENCE_NOT_FOUND', 'EVIDENCE_EXPIRED', 'EVIDENCE_DAMAGED'],
  async handle({ params: { id }, ifNoneMatch }, { database, evidence, config }) {
    const pass = await findPass(database, id);
    if (pass === null) throw new DarwazaError('PASS_NOT_FOUND', { id });
    if (pass.evidence === null) throw new DarwazaError('EVIDENCE_NOT_FOUND', { id });
    const deletedAt = (await passFacts(database, [pass])).picturesDeleted.get(id);
    if (deletedAt !== undefined) throw new DarwazaError('EVIDENCE_EXPIRED', { id, at: formatInstant(deletedAt, config.DARWAZA_UTC_OFFSET_MINUTES), days: config.DARWAZA_KEEP_EVIDENCE_DAYS });
    const etag = `"${pass.evidence.sha256}"`;
    const bytes = await evidence.get(pass.evidence, id);
    const headers = { ETag: etag, 'Cache-Control': 'private, no-cache', 'Content-Disposition': `inline; filename="${id}"` };
    if (ifNoneMatch?.split(',').some((tagGiven) => tagGiven.trim().replace(/^W\//, '') === etag)) return { status: 304, body: null, count: 1, headers };
    return { status: 200, bytes, mediaType: pass.evidence.mediaType, count: 1, headers };
  },
});
