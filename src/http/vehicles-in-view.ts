import { z } from 'zod';
import { vehiclesInView } from '../store/provisional-passes.ts';
import { NOTHING_YET } from '../store/pass-facts.ts';
import { cameraAt } from '../geo/register.ts';
import { passAnswer, PassAnswer } from './pass-answer.ts';
import { limitField, nameField } from './query-fields.ts';
import { route } from './route.ts';

export const listVehiclesInView = route({
  method: 'get', path: '/api/v1/vehicles-in-view', name: 'listVehiclesInView', tag: 'Passes', permission: 'passes:read', purpose: 'needed',
  summary: 'Vehicles in view of a stream now',
  description: 'Each from its first sure read on, longest in view first. When it has gone by, its pass has the same id, and what all reads say together.',
  query: z.strictObject({ camera: nameField('In view of this camera').optional(), limit: limitField }),
  body: { kind: 'none' },
  answers: { 200: { description: 'Longest in view first', schema: z.strictObject({ items: z.array(PassAnswer) }).meta({ id: 'VehiclesInView' }) } },
  errors: [],
  async handle({ query: { camera, limit } }, { database, register, config }) {
    const items = (await vehiclesInView(database, camera ?? null, limit ?? 100)).map((pass) => {
      const at = cameraAt(register, pass.cameraId, pass.capturedAt);
      return passAnswer({ ...pass, siteId: at?.siteId ?? null, boundary: at?.boundary ?? false }, config.DARWAZA_UTC_OFFSET_MINUTES, NOTHING_YET);
    });
    return { status: 200, body: { items }, count: items.length };
  },
});
