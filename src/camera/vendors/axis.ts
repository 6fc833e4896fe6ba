import { z } from 'zod';
import type { PlateBox, Movement } from '../../pass/pass.ts';
import type { VendorFormat, VendorMessage, VendorRead, VendorReading } from '../vendor-event.ts';
import { list, number, section, text } from './json-fields.ts';
import { base64Picture, jsonIn, looksLikeJson, picturesAmong, type PictureParts } from './message-parts.ts';
import { Faults, fitting, neverThrowing, readFitting, refused } from './reading-faults.ts';
import { boxBetween, eventWord, inTable, plateWord, saidWord, share } from './vehicle-words.ts';
import { compactTime, epochMs } from './vendor-time.ts';

const images = list(z.object({ ImageType: text, BinaryImage: z.string().nullish() }), 8);
const LicensePlateEvent = z.object({
  carID: text,
  carState: z.string().transform((state) => state.toLowerCase()).pipe(z.enum(['new', 'update', 'lost'], { error: 'must be new, update or lost' })).nullish(),
  carMoveDirection: text,
  plateUTF8: text, plateASCII: text, plateText: text,
  plateConfidence: number,
  capture_timestamp: text, datetime: text,
  plateCoordinates: list(number, 5),
  vehicle_info: section({ type: text, brand: text, make: text, color: text }),
  camera_info: section({ SerialNumber: text, MACAddress: text, IPAddress: text }),
  sensorProviderID: text,
  ImageArray: images,
});
type Sent = z.output<typeof LicensePlateEvent>;

/**
 * AXIS License Plate Verifier: one car is pushed as `new`, as `update` whenever its plate or direction changes, and as `lost` ten seconds
 * after it was last seen. Only `lost` is final. Set to push `new` alone it never ends: whoever keeps the updates ends them by time. An
 * event without `carState` comes from a version that sends one for each car.
 */
export const axis: VendorFormat = (message, context) => neverThrowing(() => {
  const json = jsonIn(message.parts.find(looksLikeJson));
  if (json.kind === 'faults') return json;
  const heart = heartbeat(json.value);
  if (heart !== null) return heart;
  return readFitting(fitting(LicensePlateEvent, json.value), (sent) => readOf(sent, message, context.utcOffsetMinutes));
});

function heartbeat(json: unknown): VendorReading | null {
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return null;
  const names = Object.keys(json);
  return names.some((name) => /^(?:car|plate)/i.test(name)) || !names.some((name) => /heartbeat|alive|status/i.test(name)) ? null : { kind: 'other', what: 'heartbeat' };
}

function readOf(sent: Sent, message: VendorMessage, utcOffsetMinutes: number): VendorReading {
  const faults = new Faults(), capturedAt = timeOf(sent, utcOffsetMinutes, faults);
  const plate = sent.plateUTF8 ?? sent.plateASCII ?? sent.plateText;
  if (plate === null) faults.add('plateUTF8', 'it is missing ("" stands for a vehicle without a plate)');
  const word = plateWord(plate?.replaceAll(/^[-/]+$/g, ''), 'plateUTF8', faults);
  const read: Omit<VendorRead, 'capturedAt'> = {
    eventId: eventWord(sent.carID, 'carID', faults),
    device: saidWord(sent.camera_info?.SerialNumber ?? sent.camera_info?.MACAddress ?? sent.sensorProviderID ?? sent.camera_info?.IPAddress),
    text: word,
    // 0..1 in the description; older versions say percent.
    confidence: word === '' ? null : share(sent.plateConfidence, sent.plateConfidence !== null && sent.plateConfidence > 1 ? 100 : 1, 'plateConfidence', faults),
    alternatives: [],
    plateBox: boxOf(sent.plateCoordinates ?? null, faults),
    direction: 'unknown',
    movement: inTable(MOVEMENTS, sent.carMoveDirection) ?? 'unknown',
    lane: null,
    vehicle: { class: saidWord(sent.vehicle_info?.type), make: saidWord(sent.vehicle_info?.make ?? sent.vehicle_info?.brand), colour: saidWord(sent.vehicle_info?.color) },
    cues: null,
    stage: sent.carState === 'new' || sent.carState === 'update' ? 'update' : 'final',
    ...picturesOf(sent, message),
  };
  return capturedAt === null || faults.list.length > 0 ? refused(faults.list) : { kind: 'reads', reads: [{ ...read, capturedAt }] };
}

/** The camera's `in` is a plate that grows: it knows its own view and nothing of the city. Which way that is, its entry in the register says. */
const MOVEMENTS: Readonly<Record<string, Movement>> = { in: 'towards', out: 'away' };

function timeOf({ capture_timestamp, datetime }: Sent, utcOffsetMinutes: number, faults: Faults): number | null {
  if (capture_timestamp !== null) return epochMs(capture_timestamp) ?? faults.add('capture_timestamp', `"${capture_timestamp.slice(0, 40)}" is no time in epoch milliseconds`);
  if (datetime !== null) return compactTime(datetime, utcOffsetMinutes) ?? faults.add('datetime', `"${datetime.slice(0, 40)}" is no time; YYYYMMDD HHmmssSSS is needed`);
  return faults.add('capture_timestamp', 'it is missing, and so is datetime');
}

/** Left, top, width, height in pixels. */
function boxOf(sides: readonly (number | null)[] | null, faults: Faults): PlateBox | null {
  if (sides === null || sides.length === 0) return null;
  const [left, top, width, height] = sides;
  if (sides.length !== 4 || left === null || top === null || width === null || height === null) return faults.add('plateCoordinates', 'it must be left, top, width, height');
  return boxBetween(left as number, top as number, (left as number) + (width as number), (top as number) + (height as number), 'plateCoordinates', faults);
}

/** Parts of the form, or base64 in the JSON. */
function picturesOf({ ImageArray }: Sent, message: VendorMessage): PictureParts {
  const parts = picturesAmong(message.parts);
  const of = (plate: boolean): string | null | undefined => ImageArray?.find(({ ImageType }) => (ImageType?.toLowerCase().includes('plate') === true) === plate)?.BinaryImage;
  return { picture: parts.picture ?? base64Picture(of(false)), platePicture: parts.platePicture ?? base64Picture(of(true)) };
}
