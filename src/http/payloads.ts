import { z } from 'zod';
import { VENDORS } from '../camera/vendor-event.ts';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { MESSAGE_PARTS, type Taken } from '../pipeline/payloads.ts';
import { listPayloads, type KeptPayload } from '../store/payloads.ts';
import { Instant, pageOf } from './answer-fields.ts';
import { MESSAGE_TYPES } from './message-body.ts';
import { checkPeriod, cursorField, limitField, nameField, periodFields } from './query-fields.ts';
import { route } from './route.ts';

const OUTCOMES = ['accepted', 'other', 'refused', 'repeated'] as const;

const vendorField = z.enum(VENDORS);
const Fault = z.strictObject({ path: z.string().describe('Place in the message; "" = the whole'), message: z.string() });

export const PayloadAnswer = z.strictObject({
  payload: z.string().nullable().describe('Id under which the message is kept; null = not kept, because too many of its kind are'),
  outcome: z.enum(OUTCOMES).describe('`other`: in order, and no vehicle in it. `repeated`: all that it tells had been told before'),
  what: z.string().nullable().describe('What an `other` message is'),
  passes: z.array(z.strictObject({ id: z.string(), repeated: z.boolean() })).describe('Empty for a vehicle that is still in view'),
  Result: z.literal(true).optional().describe('Only to Dahua, whose cameras look for it'),
}).meta({ id: 'PayloadAnswer' });

/** A message is a handful of pictures and a text; one that takes longer than a minute is none that is worth waiting for. */
const WHOLE_MS = 60_000, SILENT_MS = 20_000;
/** Overview, plate and a face or two. */
const PICTURES = 4;

export const takePayload = route({
  method: 'post', path: '/api/v1/cameras/{camera}/payloads/{vendor}', name: 'takePayload', tag: 'Cameras', permission: 'passes:write', purpose: 'none',
  summary: 'A message of a camera that reads plates itself',
  description: 'In the form of its vendor, as the camera pushes it. Taken whole, or refused with what is wrong; answered when its passes are durable. The same vehicle again, in whatever message, is the same pass. '
    + 'The camera may give the key as the password of HTTP Basic. Refused messages are kept, and can be read again by a later program (`darwaza replay`).',
  params: z.strictObject({ camera: nameField('Camera that sends it, as in the register'), vendor: vendorField.describe('Whose form it has') }),
  body: {
    kind: 'message', mediaTypes: MESSAGE_TYPES,
    limits: ({ config }) => {
      const partBytes = config.DARWAZA_MAX_FRAME_MB * 1_000_000;
      return { partBytes, bodyBytes: PICTURES * partBytes, parts: MESSAGE_PARTS, silentMs: SILENT_MS, wholeMs: WHOLE_MS };
    },
  },
  answers: { 200: { description: 'What became of it', schema: PayloadAnswer } },
  errors: ['CAMERA_UNKNOWN', 'PAYLOAD_REFUSED', 'PART_TOO_LARGE', 'REQUEST_TIMEOUT', 'MESSAGES_TOO_MANY', 'DATABASE_FULL', 'DATA_FOLDER_UNWRITABLE'],
  async handle({ params: { camera: cameraId, vendor }, body }, { payloads, clock }) {
    const { mediaType } = body, receivedAt = clock();
    if (body.kind === 'broken') {
      await payloads.refuse({ cameraId, vendor, mediaType, receivedAt, bytes: body.bytes, fault: body.error.message });
      throw body.error;
    }
    const taken = await payloads.take({ cameraId, vendor, mediaType, receivedAt, message: body.message });
    if (taken.outcome === 'refused') throw refusal(taken, cameraId, vendor);
    const { payload, outcome, what, passes } = taken;
    return { status: 200, body: { payload, outcome, what, passes: [...passes], ...(vendor === 'dahua' && { Result: true as const }) } satisfies z.output<typeof PayloadAnswer> };
  },
});

const FAULTS_TOLD = 10;

function refusal({ faults, payload }: Taken, camera: string, vendor: string): DarwazaError {
  const told = faults.slice(0, FAULTS_TOLD).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)), more = faults.length - told.length;
  const kept = payload === null ? 'It is not kept: too many of this camera were refused in this hour.' : `It is kept as ${payload}; "darwaza replay --refused" reads it again.`;
  return new DarwazaError('PAYLOAD_REFUSED', { vendor, camera, faults: [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; '), kept });
}

const KeptPayloadAnswer = z.strictObject({
  id: z.string(), camera: z.string(), vendor: z.string(), outcome: z.enum(OUTCOMES), receivedAt: Instant, lastAt: Instant.describe('When it came last'), deliveries: z.int().describe('How often it came'),
  mediaType: z.string(), topic: z.string().nullable().describe('Of a message broker'), faults: z.array(Fault),
  parts: z.array(z.strictObject({ name: z.string().nullable(), fileName: z.string().nullable(), mediaType: z.string(), sha256: z.string() })), passes: z.array(z.string()).describe('Ids of the passes that it told of'),
}).meta({ id: 'KeptPayload' });

export const listPayloadsRoute = route({
  method: 'get', path: '/api/v1/payloads', name: 'listPayloads', tag: 'Cameras', permission: 'alarms:read', purpose: 'none',
  summary: 'Messages of cameras that read plates themselves, as kept, newest first',
  description: 'What was refused and why. Neither plates nor pictures are shown; the passes are found under their ids, with a purpose.',
  query: z.strictObject({ ...periodFields, camera: nameField('Messages of this camera').optional(), vendor: vendorField.optional().describe('In the form of this vendor'), outcome: z.enum(OUTCOMES).optional(), limit: limitField, cursor: cursorField }),
  body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: pageOf(KeptPayloadAnswer).meta({ id: 'KeptPayloadPage' }) } },
  errors: ['TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'CURSOR_INVALID'],
  async handle({ query: { camera: cameraId, vendor, outcome, from, to, limit, cursor } }, { database, config }) {
    checkPeriod({ from, to });
    const page = await listPayloads(database, { cameraId, vendor, outcome, from, to }, { limit, cursor });
    const items = page.items.map((payload) => keptAnswer(payload, config.DARWAZA_UTC_OFFSET_MINUTES));
    return { status: 200, body: { items, next: page.nextCursor }, count: items.length };
  },
});

function keptAnswer({ id, cameraId, vendor, outcome, receivedAt, lastAt, deliveries, mediaType, topic, faults, parts, passIds }: KeptPayload, offset: number): z.output<typeof KeptPayloadAnswer> {
  return {
    id, camera: cameraId, vendor, outcome, receivedAt: formatInstant(receivedAt, offset), lastAt: formatInstant(lastAt, offset), deliveries, mediaType, topic,
    faults: [...faults], parts: parts.map(({ name, fileName, mediaType: of, sha256 }) => ({ name, fileName, mediaType: of, sha256 })), passes: [...passIds],
  };
}
