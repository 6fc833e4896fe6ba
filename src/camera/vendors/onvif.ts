import type { Movement } from '../../pass/pass.ts';
import type { VendorFormat, VendorMessage, VendorRead, VendorReading } from '../vendor-event.ts';
import { base64Picture, jsonIn, looksLikeJson, looksLikeXml, picturesAmong } from './message-parts.ts';
import { Faults, neverThrowing, refused, refusedFor } from './reading-faults.ts';
import { colourCues, eventWord, inTable, numberIn, plateWord, saidWord, share } from './vehicle-words.ts';
import { calendarTime } from './vendor-time.ts';
import { attributeOf, childAt, childrenOf, readXml, textOf, type XmlNode } from './xml.ts';

const DEEPEST = 16, MOST_VEHICLES = 64;
const ABOUT_PLATES = /license.?plate|licence.?plate|\b(?:anpr|lpr)\b/i;

/**
 * ONVIF Profile M: a recognition event as JSON over MQTT (`…/RuleEngine/Recognition/LicensePlate/…`), the same event as XML, and frames
 * of the metadata stream. JSON is the XML with `@` and `#text` (ONVIF Core, JSON over MQTT), so that both are read as one tree. An event
 * is told once; a frame of the stream is one of many of a vehicle that is still in view, whose end is not told.
 */
export const onvif: VendorFormat = (message) => neverThrowing(() => {
  const json = message.parts.find(looksLikeJson), xml = message.parts.find(looksLikeXml);
  if (json !== undefined) {
    const parsed = jsonIn(json);
    return parsed.kind === 'faults' ? parsed : readNotification(asTree(parsed.value, DEEPEST), message.topic, message);
  }
  if (xml === undefined) return refusedFor('', 'it has neither JSON nor XML');
  const read = readXml(xml.bytes);
  return read.kind === 'faults' ? read : readDocument(read.value.name, read.value.node, message);
});

/** JSON in the shape that the XML parser gives, prefixes of namespaces taken off. */
function asTree(json: unknown, depth: number): XmlNode {
  if (depth === 0 || json === null || json === undefined) return '';
  if (typeof json !== 'object') return String(json);
  if (Array.isArray(json)) return asTree(json[0], depth - 1);
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [
    name.replace(/^(@?)[A-Za-z0-9]+:/, '$1'),
    Array.isArray(value) ? value.slice(0, MOST_VEHICLES).map((one) => asTree(one, depth - 1)) : asTree(value, depth - 1),
  ]));
}

function readDocument(name: string, root: XmlNode, message: VendorMessage): VendorReading {
  const frames = name === 'Frame' ? [root] : childrenOf(root, 'VideoAnalytics').flatMap((analytics) => childrenOf(analytics, 'Frame'));
  const notifications = name === 'NotificationMessage' ? [root] : [root, ...childrenOf(root, 'Event')].flatMap((holder) => childrenOf(holder, 'NotificationMessage'));
  if (frames.length > 0 || notifications.length > 0) return readParts(frames, notifications, message);
  if (name === 'MetadataStream') return { kind: 'other', what: 'metadata without a frame' };
  return refusedFor(saidWord(name) ?? '', 'it is neither a MetadataStream nor a NotificationMessage');
}

function readParts(frames: readonly XmlNode[], notifications: readonly XmlNode[], message: VendorMessage): VendorReading {
  const faults = new Faults(), reads = frames.flatMap((frame, i) => readFrame(frame, `Frame[${i}]`, message, faults));
  for (const notification of notifications) {
    const inner = childAt(notification, 'Message', 'Message') ?? childAt(notification, 'Message');
    const reading = readNotification(inner ?? '', textOf(notification, 'Topic'), message);
    if (reading.kind === 'faults') faults.list.push(...reading.faults);
    else if (reading.kind === 'reads') reads.push(...reading.reads);
  }
  if (faults.list.length > 0) return refused(faults.list);
  if (reads.length > 0) return { kind: 'reads', reads };
  return { kind: 'other', what: notifications[0] === undefined ? 'a frame without a plate' : saidWord(textOf(notifications[0], 'Topic')) ?? 'an event without a topic' };
}

/** Vehicles without a plate are in every frame of the stream until one is read; only objects with a plate are told. */
function readFrame(frame: XmlNode, path: string, message: VendorMessage, faults: Faults): VendorRead[] {
  const seen = childrenOf(frame, 'Object').filter((object) => plateInfo(childAt(object, 'Appearance')) !== null).slice(0, MOST_VEHICLES);
  if (seen.length === 0) return [];
  const capturedAt = timeOf(attributeOf(frame, 'UtcTime'), `${path}.UtcTime`, faults);
  const reads = seen.map((object, i) => ({
    ...readVehicle(childAt(object, 'Appearance') ?? '', object, `${path}.Object[${i}]`, message, faults),
    eventId: eventWord(attributeOf(object, 'ObjectId'), `${path}.Object[${i}].ObjectId`, faults), device: saidWord(attributeOf(frame, 'Source')), stage: 'update' as const,
  })).filter((read) => read.text !== '');
  return capturedAt === null ? [] : reads.map((read) => ({ ...read, capturedAt }));
}

/** `{UtcTime, Source, Data}`, with items by name (JSON) or as `SimpleItem`s and `ElementItem`s (XML). */
function readNotification(node: XmlNode, topic: string | null, message: VendorMessage): VendorReading {
  const time = attributeOf(node, 'UtcTime') ?? textOf(node, 'UtcTime');
  const data = itemsOf(childAt(node, 'Data')), source = itemsOf(childAt(node, 'Source')), key = itemsOf(childAt(node, 'Key'));
  const holder = [data, childAt(data, 'Object', 'Appearance'), childAt(data, 'Appearance')].find((one) => one !== null && plateInfo(one) !== null) ?? null;
  if (holder === null && !ABOUT_PLATES.test(topic ?? '')) {
    return time === null ? refusedFor('UtcTime', 'it is missing: this is no event') : { kind: 'other', what: saidWord(topic) ?? 'an event without a plate' };
  }
  const operation = attributeOf(node, 'PropertyOperation') ?? textOf(node, 'PropertyOperation');
  if (operation === 'Deleted') return { kind: 'other', what: 'end of an event' };
  if (holder === null) return refusedFor('Data.LicensePlateInfo.PlateNumber', 'it is missing');
  const faults = new Faults(), capturedAt = timeOf(time, 'UtcTime', faults);
  const read: Omit<VendorRead, 'capturedAt'> = {
    ...readVehicle(holder, childAt(data, 'Object') ?? data, 'Data', message, faults),
    eventId: eventWord(textOf(key, 'ObjectId') ?? textOf(data, 'ObjectId') ?? attributeOf(childAt(data, 'Object'), 'ObjectId'), 'Data.ObjectId', faults),
    device: saidWord(deviceOf(source, message.topic)), stage: 'final',
  };
  return capturedAt === null || faults.list.length > 0 ? refused(faults.list) : { kind: 'reads', reads: [{ ...read, capturedAt }] };
}

/** Over MQTT the camera's name stands before `onvif-ej`. */
function deviceOf(source: XmlNode, topic: string | null): string | null {
  const prefix = topic === null ? null : /^(.+?)\/onvif-ej\//.exec(topic)?.[1] ?? null;
  return prefix ?? textOf(source, 'VideoSource') ?? textOf(source, 'VideoSourceToken') ?? textOf(source, 'Source');
}

/** `SimpleItem Name="Likelihood" Value="0.9"` as `Likelihood`, and what stands in an `ElementItem` as if it stood free. */
function itemsOf(node: XmlNode | null): XmlNode {
  if (node === null || typeof node === 'string') return '';
  const simple = childrenOf(node, 'SimpleItem').flatMap((item) => [[attributeOf(item, 'Name') ?? '', attributeOf(item, 'Value') ?? ''] as const]);
  const elements = childrenOf(node, 'ElementItem').flatMap((item) => (typeof item === 'string' ? [] : Object.entries(item).filter(([name]) => !name.startsWith('@'))));
  return { ...node, ...Object.fromEntries(simple), ...Object.fromEntries(elements) };
}

type Vehicle = Pick<VendorRead, 'text' | 'confidence' | 'alternatives' | 'plateBox' | 'direction' | 'movement' | 'lane' | 'vehicle' | 'cues' | 'picture' | 'platePicture'>;

function readVehicle(holder: XmlNode, around: XmlNode, path: string, message: VendorMessage, faults: Faults): Vehicle {
  const plate = plateInfo(holder) ?? '', car = within(holder, 'VehicleInfo'), parts = picturesAmong(message.parts);
  const number = typeof plate === 'string' ? plate : textOf(plate, 'PlateNumber') ?? textOf(plate, 'PlateNumber', 'Item') ?? textOf(plate);
  const word = plateWord(number, `${path}.PlateNumber`, faults);
  const likelihood = attributeOf(childAt(plate, 'PlateNumber'), 'Likelihood') ?? attributeOf(plate, 'Likelihood') ?? textOf(plate, 'Likelihood') ?? textOf(holder, 'Likelihood');
  return {
    text: word,
    confidence: word === '' ? null : share(numberIn(likelihood, `${path}.Likelihood`, faults), 1, `${path}.Likelihood`, faults),
    alternatives: [],
    // Boxes are shares of a frame that is not sent: what comes are cuttings of the vehicle and the plate.
    plateBox: null,
    direction: 'unknown',
    movement: inTable(MOVEMENTS, propertyOf(around, 'Direction') ?? textOf(holder, 'Direction')) ?? 'unknown',
    lane: saidWord(propertyOf(around, 'Lane') ?? textOf(holder, 'Lane')),
    vehicle: { class: saidWord(textOf(car, 'Type')), make: saidWord(textOf(car, 'Brand')), colour: saidWord(textOf(car, 'Color')) },
    cues: colourCues(textOf(plate, 'Color')),
    picture: parts.picture ?? base64Picture(textOf(car, 'Image')),
    platePicture: parts.platePicture ?? base64Picture(textOf(plate, 'Image')),
  };
}

const MOVEMENTS: Readonly<Record<string, Movement>> = { approaching: 'towards', approach: 'towards', towards: 'towards', leaving: 'away', leave: 'away', away: 'away' };

/** `Extension/Properties/Property name="Direction"`, as cameras write what the schema has no place for. */
function propertyOf(object: XmlNode, name: string): string | null {
  const found = childrenOf(childAt(object, 'Extension', 'Properties'), 'Property').find((property) => attributeOf(property, 'name') === name);
  return found === undefined ? null : textOf(found);
}

/** Some cameras wrap an element in another of its name. */
function within(node: XmlNode | null, name: string): XmlNode | null {
  const outer = childAt(node, name);
  return childAt(outer, name) ?? outer;
}

/** The element with the plate, or its bare text where a camera gives that alone; null: nothing of a plate. */
function plateInfo(holder: XmlNode | null): XmlNode | null {
  return within(holder, 'LicensePlateInfo') ?? childAt(holder, 'Extension', 'LicensePlateInfo')
    ?? ['PlateNumber', 'LicensePlate', 'Plate'].map((name) => childAt(holder, name)).find((one) => one !== null) ?? null;
}

function timeOf(text: string | null, path: string, faults: Faults): number | null {
  if (text === null) return faults.add(path, 'it is missing');
  return calendarTime(text, 0) ?? faults.add(path, `"${text.slice(0, 40)}" is no time`);
}
