import { z } from 'zod';
import { cameraAt } from '../geo/register.ts';
import { cameraLatest } from '../store/camera-latest.ts';
import { Instant, instantOrNull, pageOf } from './answer-fields.ts';
import { checkPlace } from './camera-scope.ts';
import { nameField } from './query-fields.ts';
import { route } from './route.ts';

const CameraAnswer = z.strictObject({
  id: z.string(), site: z.string(), siteName: z.string(), siteKind: z.enum(['boundary', 'checkpoint', 'city']),
  lane: z.string().nullable(), direction: z.enum(['in', 'out', 'unknown']),
  trigger: z.enum(['vehicle', 'continuous']), grade: z.enum(['anpr', 'opportunistic']), bearing: z.number().nullable(),
  lat: z.number(), lon: z.number(), boundary: z.boolean(),
  inService: z.boolean().describe('In the register as of now'),
  validFrom: Instant.nullable(), validTo: Instant.nullable(),
  latestPassAt: Instant.nullable().describe('Capture time of its newest pass; null = it never recorded one'),
  passesLastDay: z.int().describe('0 = it showed nothing for a day: that a vehicle was not seen there means nothing'),
}).meta({ id: 'Camera' });

export const listCameras = route({
  method: 'get', path: '/api/v1/cameras', name: 'listCameras', tag: 'Cameras', permission: 'cameras:read', purpose: 'none',
  summary: 'Cameras, and when each last showed a vehicle',
  description: 'All of the register at once; of a camera that was moved or turned, the version in force, or its last one.',
  query: z.strictObject({ site: nameField('Cameras of this site').optional() }), body: { kind: 'none' },
  answers: { 200: { description: 'The cameras, by id', schema: pageOf(CameraAnswer).meta({ id: 'CameraPage' }) } },
  errors: [],
  async handle({ query }, { register, database, clock, config }) {
    checkPlace(query, register);
    const now = clock(), offset = config.DARWAZA_UTC_OFFSET_MINUTES;
    const ids = [...new Set(register.cameras.filter((c) => (query.site ?? c.siteId) === c.siteId).map((c) => c.id))].sort();
    const latest = new Map((await cameraLatest(database, ids, now)).map((l) => [l.cameraId, l]));
    const items = ids.flatMap((id): z.output<typeof CameraAnswer>[] => {
      const inForce = cameraAt(register, id, now);
      const c = inForce ?? register.cameras.findLast((version) => version.id === id);
      const seen = latest.get(id);
      return c === undefined ? [] : [{
        id, site: c.siteId, siteName: c.site.name, siteKind: c.site.kind, lane: c.lane, direction: c.direction, trigger: c.trigger, grade: c.grade, bearing: c.bearing,
        lat: c.lat, lon: c.lon, boundary: c.boundary, inService: inForce !== null, validFrom: instantOrNull(c.validFrom, offset), validTo: instantOrNull(c.validTo, offset),
        latestPassAt: instantOrNull(seen?.latest?.capturedAt ?? null, offset), passesLastDay: seen?.lastDay ?? 0,
      }];
    });
    return { status: 200, body: { items, next: null } };
  },
});
