import { z } from 'zod';
import type { VendorFormat, VendorMessage, VendorRead, VendorReading } from '../vendor-event.ts';
import { text } from './json-fields.ts';
import { jsonIn, looksLikeJson, picturesAmong } from './message-parts.ts';
import { Faults, fitting, neverThrowing, readFitting, refused, refusedFor } from './reading-faults.ts';
import { colourCues, eventWord, plateWord, saidWord, share } from './vehicle-words.ts';
import { calendarTime } from './vendor-time.ts';

const MOST_ENTITIES = 100;
/** A property of a vehicle with its confidence; the JSON-LD examples write the bare name. */
const named = z.union([
  z.string().transform((name) => ({ name, confidence: null })), z.object({ name: text, confidence: z.number().nullish() }),
], { error: 'must be a name, or a name with a confidence' }).nullish();
const plate = z.union([
  z.string().transform((identifier) => ({ identifier, confidence: null })), z.object({ identifier: text, confidence: z.number().nullish() }),
], { error: 'must be a text, or an identifier with a confidence' }).nullish();
const Entity = z.object({
  id: z.string().min(1, 'must not be empty'),
  dateObserved: z.string({ error: 'must be a time' }),
  observedBy: z.string().nullish(), laneId: text,
  vehiclePlateNotRead: z.boolean().nullish(),
  observedVehicle: z.object({
    direction: text, brand: named, color: named, plateColor: named, vehicleType: named,
    licensePlate: plate,
  }).nullish(),
});
type Sent = z.output<typeof Entity>;

/**
 * FIWARE `AnprFlowObserved` (Smart Data Models): one entity, several, or a broker's notification of them; NGSI-v2 and NGSI-LD, with
 * types or as keys and values. Its pictures are only links, which are not followed.
 */
export const fiware: VendorFormat = (message) => neverThrowing(() => {
  const json = jsonIn(message.parts.find(looksLikeJson));
  if (json.kind === 'faults') return json;
  const entities = entitiesIn(json.value);
  if (entities === null) return refusedFor('', 'it must be an entity, a list of them, or a notification with data');
  if (entities.length > MOST_ENTITIES) return refusedFor('data', `it holds ${entities.length} entities; at most ${MOST_ENTITIES} are taken at once`);
  const anpr = entities.flatMap((entity, i) => (isAnpr(entity) ? [{ entity, path: entities.length === 1 ? '' : `data[${i}]` }] : []));
  if (anpr.length > 0) return readAll(anpr, message);
  const other = entities.map(typeOf).find((type) => type !== null) ?? null;
  return other === null && entities.length > 0 ? refusedFor('type', 'it is missing') : { kind: 'other', what: saidWord(other) ?? 'no entity' };
});

function readAll(entities: readonly { readonly entity: unknown; readonly path: string }[], message: VendorMessage): VendorReading {
  const faults = new Faults(), reads: VendorRead[] = [];
  for (const { entity, path } of entities) {
    const fits = fitting(Entity, keyValues(entity), path);
    const reading = readFitting(fits, (sent) => readOf(sent, path === '' ? '' : `${path}.`, message));
    if (reading.kind === 'faults') faults.list.push(...reading.faults);
    else if (reading.kind === 'reads') reads.push(...reading.reads);
  }
  return faults.list.length > 0 ? refused(faults.list) : { kind: 'reads', reads };
}

function readOf(sent: Sent, prefix: string, message: VendorMessage): VendorReading {
  const faults = new Faults();
  const vehicle = sent.observedVehicle ?? null, read = vehicle?.licensePlate ?? null;
  // The model has an offset in all its times: without one it is UTC (ISO 8601 in NGSI).
  const capturedAt = calendarTime(sent.dateObserved, 0) ?? faults.add(`${prefix}dateObserved`, `"${sent.dateObserved.slice(0, 40)}" is no time`);
  if (read === null && sent.vehiclePlateNotRead !== true) {
    faults.add(`${prefix}observedVehicle.licensePlate`, 'it is missing (vehiclePlateNotRead: true stands for a plate that could not be read)');
  }
  const word = sent.vehiclePlateNotRead === true ? '' : plateWord(read?.identifier, `${prefix}observedVehicle.licensePlate.identifier`, faults);
  const confidence = word === '' ? null : share(read?.confidence, 1, `${prefix}observedVehicle.licensePlate.confidence`, faults);
  // An id may be of the camera, with each observation written over the one before: its time tells them apart.
  const eventId = eventWord(`${sent.id}@${sent.dateObserved}`, `${prefix}id`, faults);
  if (capturedAt === null || faults.list.length > 0) return refused(faults.list);
  return { kind: 'reads', reads: [{
    eventId, device: saidWord(sent.observedBy), capturedAt, text: word, confidence,
    alternatives: [],
    plateBox: null,
    direction: 'unknown',
    movement: vehicle?.direction === 'towards' || vehicle?.direction === 'away' ? vehicle.direction : 'unknown',
    lane: saidWord(sent.laneId),
    vehicle: { class: saidWord(vehicle?.vehicleType?.name), make: saidWord(vehicle?.brand?.name), colour: saidWord(vehicle?.color?.name) },
    cues: colourCues(vehicle?.plateColor?.name),
    stage: 'final',
    ...picturesAmong(message.parts),
  }] };
}

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value);

function entitiesIn(json: unknown): readonly unknown[] | null {
  if (Array.isArray(json)) return json;
  if (!isObject(json)) return null;
  return Array.isArray(json.data) ? json.data : [json];
}

const typeOf = (entity: unknown): string | null => {
  const type = isObject(entity) ? entity.type ?? entity['@type'] : null;
  return typeof type === 'string' ? type : null;
};

/** NGSI-LD may write the whole address of a type. */
const isAnpr = (entity: unknown): boolean => /(?:^|[/#:])AnprFlowObserved$/.test(typeOf(entity) ?? '');

/** An entity's attributes as plain values, whichever way they are written; `{"@type": "DateTime", "@value": …}` as well. */
function keyValues(entity: unknown): Record<string, unknown> {
  if (!isObject(entity)) return {};
  return Object.fromEntries(Object.entries(entity).map(([name, attribute]) => [name, name === 'id' || name === 'type' ? attribute : valueOf(attribute)]));
}

function valueOf(attribute: unknown): unknown {
  if (!isObject(attribute)) return attribute;
  if ('@value' in attribute) return attribute['@value'];
  if ('object' in attribute && attribute.type === 'Relationship') return attribute.object;
  if (!('value' in attribute)) return attribute;
  return isObject(attribute.value) && '@value' in attribute.value ? attribute.value['@value'] : attribute.value;
}
