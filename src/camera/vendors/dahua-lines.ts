import type { Direction, Movement, PlateBox } from '../../pass/pass.ts';
import type { VendorMessage, VendorRead, VendorReading } from '../vendor-event.ts';
import { picturesAmong, type PictureParts } from './message-parts.ts';
import { pictureSize } from './picture-size.ts';
import { Faults, refused, refusedFor } from './reading-faults.ts';
import { boxBetween, colourCues, eventWord, inTable, numberIn, plateWord, saidWord, share } from './vehicle-words.ts';
import { calendarTime, epochSeconds } from './vendor-time.ts';

const LONGEST = 256 * 1024, MOST_LINES = 10_000, MOST_EVENTS = 16;
/** Confidences of Dahua's objects (NetSDK, `nConfidence`), and the sides of a picture in its boxes. */
const FULL_CONFIDENCE = 255, FULL_SIDE = 8192;

type Fields = ReadonlyMap<string, string>;

/** `Events[0].TrafficCar.PlateNumber=LEC1384` and its like: one part of `snapManager.cgi?action=attachFileProc`, with its pictures. */
export function readSnapLines(body: string, message: VendorMessage, utcOffsetMinutes: number): VendorReading {
  const text = body.trim();
  if (/^heartbeat$/i.test(text)) return { kind: 'other', what: 'heartbeat' };
  if (text.length > LONGEST) return refusedFor('', `the event has ${text.length} characters; at most ${LONGEST} are read`);
  const events = eventsIn(text);
  if (events.size === 0) return refusedFor('', 'it has no line like Events[0].Code=TrafficJunction');
  if (events.size > MOST_EVENTS) return refusedFor('Events', `it holds ${events.size} events; at most ${MOST_EVENTS} are read`);
  const faults = new Faults(), pictures = picturesAmong(message.parts);
  const vehicles = [...events].filter(([, fields]) => isVehicle(fields));
  // A plate's picture among several vehicles is nobody's: it does not say whose it is.
  const shared: PictureParts = vehicles.length === 1 ? pictures : { ...pictures, platePicture: null };
  const reads = vehicles.flatMap(([index, fields]) => readOf(fields, `Events[${index}]`, shared, utcOffsetMinutes, faults) ?? []);
  if (faults.list.length > 0) return refused(faults.list);
  const [first] = events.values();
  return reads.length > 0 ? { kind: 'reads', reads } : { kind: 'other', what: saidWord(first?.get('Code')) ?? 'an event without a code' };
}

function eventsIn(text: string): ReadonlyMap<number, Fields> {
  const events = new Map<number, Map<string, string>>();
  for (const line of text.split('\n', MOST_LINES)) {
    const match = /^\s*(?:Return)?Events\[(\d{1,3})\]\.([^=]{1,200})=(.*)$/.exec(line.replace(/\r$/, ''));
    if (match === null) continue;
    const index = Number(match[1]), fields = events.get(index) ?? new Map<string, string>();
    if (!fields.has(match[2] as string)) fields.set(match[2] as string, (match[3] as string).trim());
    events.set(index, fields);
  }
  return events;
}

/** Traffic counts and jams are `Traffic…` too, but know of no car. */
const isVehicle = (fields: Fields): boolean => [...fields.keys()].some((key) => key.startsWith('TrafficCar.')) || fields.get('Object.ObjectType') === 'Plate';

function readOf(fields: Fields, event: string, pictures: PictureParts, utcOffsetMinutes: number, faults: Faults): VendorRead | null {
  const at = (key: string): string | null => fields.get(key) ?? null;
  const capturedAt = timeOf(fields, event, utcOffsetMinutes, faults);
  const ofPlate = at('Object.ObjectType') === 'Plate';
  const text = plateWord(at('TrafficCar.PlateNumber') ?? (ofPlate ? at('Object.Text') : null), `${event}.TrafficCar.PlateNumber`, faults);
  const path = `${event}.Object.Confidence`, confidence = !ofPlate || text === '' ? null : share(numberIn(at('Object.Confidence'), path, faults), FULL_CONFIDENCE, path, faults);
  if (capturedAt === null) return null;
  return {
    eventId: eventWord(at('GroupID') ?? at('EventID'), `${event}.GroupID`, faults),
    device: saidWord(at('TrafficCar.MachineName') ?? at('MachineName') ?? at('TrafficCar.DeviceAddress')),
    capturedAt,
    text,
    // A plate that was read is never right with certainty zero: such firmware does not tell.
    confidence: confidence === 0 ? null : confidence,
    alternatives: [],
    plateBox: ofPlate ? boxOf(fields, `${event}.Object.BoundingBox`, pictures, faults) : null,
    direction: inTable(DIRECTIONS, at('CommInfo.ParkType')) ?? 'unknown',
    movement: inTable(MOVEMENTS, at('TrafficCar.DrivingDirection[0]')) ?? 'unknown',
    lane: saidWord(at('Lane') ?? at('TrafficCar.Lane')),
    vehicle: {
      class: dahuaClass(at('Vehicle.Category') ?? at('NonMotor.Category') ?? at('CommInfo.SnapCategory')),
      make: saidWord(at('TrafficCar.VehicleSign') ?? at('Vehicle.Text')),
      colour: saidWord(at('TrafficCar.VehicleColor') ?? at('NonMotor.Color')),
    },
    cues: colourCues(at('TrafficCar.PlateColor')),
    stage: 'final',
    ...pictures,
  };
}

/** Of the entry and the exit of a car park; 0 tells neither (HTTP API, `CommInfo.ParkType`). */
const DIRECTIONS: Readonly<Record<string, Direction>> = { 1: 'in', 2: 'out' };
/** `JunctionDirection` is about the lane, not the camera: going the wrong way on it is not going away. */
const MOVEMENTS: Readonly<Record<string, Movement>> = { approach: 'towards', leave: 'away' };

/**
 * `RealUTC` is the true one. `UTC` is the wall clock counted as if it were UTC on firmware that also sends `LocaleTime`, which is why that
 * goes before it.
 */
function timeOf(fields: Fields, event: string, utcOffsetMinutes: number, faults: Faults): number | null {
  const ms = numberIn(fields.get('UTCMS') ?? null, `${event}.UTCMS`, faults) ?? 0;
  const real = numberIn(fields.get('RealUTC') ?? null, `${event}.RealUTC`, faults);
  if (real !== null && real > 0) return epochSeconds(real, ms) ?? faults.add(`${event}.RealUTC`, `${real} is no time`);
  const local = fields.get('LocaleTime') ?? fields.get('LocalTime');
  if (local !== undefined) {
    const at = calendarTime(local, utcOffsetMinutes);
    return at === null ? faults.add(`${event}.LocaleTime`, `"${local.slice(0, 40)}" is no time`) : at + (ms >= 0 && ms < 1000 ? Math.round(ms) : 0);
  }
  const utc = numberIn(fields.get('UTC') ?? fields.get('TrafficCar.UTC') ?? null, `${event}.UTC`, faults);
  return utc === null ? faults.add(`${event}.UTC`, 'it is missing, and so are RealUTC and LocaleTime') : epochSeconds(utc, ms) ?? faults.add(`${event}.UTC`, `${utc} is no time`);
}

function boxOf(fields: Fields, path: string, { picture }: PictureParts, faults: Faults): PlateBox | null {
  const size = picture === null ? null : pictureSize(picture.bytes);
  const sides = [0, 1, 2, 3].map((i) => numberIn(fields.get(`Object.BoundingBox[${i}]`) ?? null, `${path}[${i}]`, faults));
  return size === null || sides.includes(null) ? null : relativeBox(sides as number[], size, path, faults);
}

/** Left, top, right, bottom in 8192ths of the picture. */
export function relativeBox(sides: readonly number[], size: { readonly width: number; readonly height: number }, path: string, faults: Faults): PlateBox | null {
  if (sides.length !== 4 || sides.some((side) => side < 0 || side > FULL_SIDE)) return faults.add(path, `it must be left, top, right, bottom of 0 to ${FULL_SIDE}`);
  const [left, top, right, bottom] = sides as [number, number, number, number];
  const across = size.width / FULL_SIDE, down = size.height / FULL_SIDE;
  return boxBetween(left * across, top * down, right * across, bottom * down, path, faults);
}

const CLASSES: Readonly<Record<string, string>> = {
  salooncar: 'car', car: 'car', motor: 'car', microcar: 'car', minicar: 'car', passengercar: 'car', suv: 'suv', mpv: 'van', van: 'van', microbus: 'van', minicarriage: 'van',
  pickup: 'pickup', motorcycle: 'motorcycle', twowheelvehicle: 'motorcycle', nonmotor: 'motorcycle', tricycle: 'rickshaw', nomannedconvertibletricycle: 'rickshaw',
  convertibletricycle: 'rickshaw', bus: 'bus', largebus: 'bus', midbus: 'bus', truck: 'truck', largetruck: 'truck', midtruck: 'truck', lighttruck: 'truck', heavytruck: 'truck',
};

/** Dahua's words for kinds of vehicles, to the plain ones that reconciliation compares; one that is not known is kept as it is. */
export function dahuaClass(word: string | null): string | null {
  return inTable(CLASSES, word?.replaceAll(/[^a-z]/gi, '')) ?? saidWord(word);
}
