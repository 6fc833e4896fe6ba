import type { Direction, Movement, PlateBox } from '../../pass/pass.ts';
import type { VendorFormat, VendorMessage, VendorRead, VendorReading } from '../vendor-event.ts';
import { readJsonTree } from './json-tree.ts';
import { calledOf, looksLikeJson, looksLikeXml, pictureIn, picturesAmong } from './message-parts.ts';
import { pictureSize } from './picture-size.ts';
import { Faults, neverThrowing, refused, refusedFor, type Read } from './reading-faults.ts';
import { boxBetween, colourCues, eventWord, inTable, numberIn, plateWord, saidWord, share } from './vehicle-words.ts';
import { calendarTime } from './vendor-time.ts';
import { childAt, childrenOf, readXml, textOf, type XmlNode } from './xml.ts';

/**
 * Hikvision ISAPI `EventNotificationAlert`: XML, or the same fields as JSON (with that name around them or without), alone or with its pictures as parts of a form or
 * a stream. One that is re-posted because nobody answered (`activePostCount`, `isDataRetransmission`) carries the UUID of the first.
 */
export const hikvision: VendorFormat = (message, context) => neverThrowing(() => {
  const alert = alertIn(message);
  if (alert.kind === 'faults') return alert;
  const node = alert.value, what = textOf(node, 'eventType');
  if (what === null) return refusedFor('eventType', 'it is missing');
  // Videoloss with eventState inactive is the heartbeat of an alert stream; motion and line alarms come to the same listener.
  if (what.toUpperCase() !== 'ANPR') return { kind: 'other', what: `${saidWord(what) ?? 'unnamed'} (${saidWord(textOf(node, 'eventState')) ?? 'no state'})` };
  const kind = textOf(node, 'ANPR', 'vehicleType') ?? '';
  return kind.toLowerCase() === 'pedestrian' ? { kind: 'other', what: 'a pedestrian' } : readAlert(node, message, context.utcOffsetMinutes);
});

function alertIn({ parts }: VendorMessage): Read<XmlNode> {
  const words = parts.filter((p) => pictureIn(p.bytes) === null), inXml = words.find(looksLikeXml), inJson = words.find(looksLikeJson);
  if (inXml === undefined) {
    if (inJson === undefined) return refusedFor('', 'it has no XML part (anpr.xml) and no JSON part');
    const json = readJsonTree(inJson);
    return json.kind === 'faults' ? json : { kind: 'value', value: childAt(json.value, ROOT) ?? json.value };
  }
  const xml = readXml(inXml.bytes);
  if (xml.kind === 'faults') return xml;
  const { name, node } = xml.value;
  return name === ROOT ? { kind: 'value', value: node } : refusedFor(saidWord(name) ?? '', `the root element must be ${ROOT}`);
}

const ROOT = 'EventNotificationAlert';

function readAlert(node: XmlNode, message: VendorMessage, utcOffsetMinutes: number): VendorReading {
  const faults = new Faults(), anpr = childAt(node, 'ANPR');
  if (anpr === null) return refusedFor('ANPR', 'it is missing');
  const time = textOf(node, 'dateTime');
  const capturedAt = time === null ? faults.add('dateTime', 'it is missing') : calendarTime(time, utcOffsetMinutes) ?? faults.add('dateTime', `"${time.slice(0, 40)}" is no time`);
  const { text, original } = plates(anpr, faults);
  const pictures = picturesAmong(message.parts, SCENE), eventId = eventWord(textOf(node, 'UUID') ?? textOf(node, 'uuid'), 'UUID', faults);
  const read: Omit<VendorRead, 'capturedAt'> = {
    eventId,
    device: deviceOf(node),
    text,
    confidence: text === '' ? null : share(numberIn(textOf(anpr, 'confidenceLevel'), 'ANPR.confidenceLevel', faults), 100, 'ANPR.confidenceLevel', faults),
    alternatives: original === '' || original === text ? [] : [{ text: original, confidence: null }],
    plateBox: plateBox(anpr, message, pictures.picture?.bytes ?? null, faults),
    direction: inTable(GATES, textOf(anpr, 'EntranceInfo', 'direction')) ?? 'unknown',
    movement: movementOf(textOf(anpr, 'direction')),
    lane: saidWord(textOf(anpr, 'laneNo') ?? textOf(anpr, 'line')),
    vehicle: {
      class: classOf(anpr),
      make: makeOf(anpr),
      colour: saidWord(textOf(anpr, 'vehicleInfo', 'color')),
    },
    cues: colourCues(textOf(anpr, 'plateColor')),
    // The plate first, and the same event with its pictures after it.
    stage: eventId !== null && textOf(anpr, 'hasMoreData') === 'true' ? 'update' : 'final',
    ...pictures,
  };
  return capturedAt === null || faults.list.length > 0 ? refused(faults.list) : { kind: 'reads', reads: [{ ...read, capturedAt }] };
}

/** `originalLicensePlate` is the text before the camera made its own of it (Latin letters, corrections): one more to vote with. */
function plates(anpr: XmlNode, faults: Faults): { readonly text: string; readonly original: string } {
  const given = textOf(anpr, 'licensePlate') ?? textOf(anpr, 'plateNumber');
  if (given === null && childAt(anpr, 'licensePlate') === null) faults.add('ANPR.licensePlate', 'it is missing ("unknown" stands for a vehicle without a plate)');
  return { text: plateWord(given, 'ANPR.licensePlate', faults), original: plateWord(textOf(anpr, 'originalLicensePlate'), 'ANPR.originalLicensePlate', faults) };
}

const deviceOf = (node: XmlNode): string | null => {
  const device = saidWord(textOf(node, 'deviceID') ?? textOf(node, 'macAddress') ?? textOf(node, 'ipAddress')), channel = saidWord(textOf(node, 'channelID'));
  return saidWord([device, channel].filter((part) => part !== null).join('/'));
};

/** The picture in which the boxes lie. Beside it a camera may send the panorama, and a composite of several, which is larger. */
const SCENE = /detectionpicture/;

/** At a gate whose camera knows the road: in or out. */
const GATES: Readonly<Record<string, Direction>> = { enter: 'in', leave: 'out' };

/** `forward` is a vehicle that shows its front (ISAPI): it comes towards the camera. */
function movementOf(direction: string | null): Movement {
  const word = direction?.toLowerCase();
  return word === 'forward' || word === 'approach' ? 'towards' : word === 'reverse' || word === 'leave' || word === 'away' ? 'away' : 'unknown';
}

/** `vehicleLogoRecog` is a number out of a table of 500 makes that differs by firmware: only a name is taken. */
function makeOf(anpr: XmlNode): string | null {
  const word = saidWord(textOf(anpr, 'vehicleInfo', 'vehicleLogo') ?? textOf(anpr, 'vehicleInfo', 'vehicleLogoRecog') ?? textOf(anpr, 'brand'));
  return word !== null && /\p{L}/u.test(word) ? word : null;
}

/**
 * A side of the picture is 1000 by the description (or 1, written with a fraction); some firmware gives pixels, which shows where the
 * shape would be no plate's otherwise. Without a picture there is nothing to draw a box on.
 */
function plateBox(anpr: XmlNode, message: VendorMessage, picture: Buffer | null, faults: Faults): PlateBox | null {
  const size = picture === null ? null : pictureSize(picture);
  if (picture === null || size === null) return null;
  const rect = childAt(anpr, 'plateRect') ?? childAt(anpr, 'plateRectInfo') ?? rectOfPicture(anpr, message, picture);
  if (rect === null) return null;
  const side = (name: string): number | null => numberIn(textOf(rect, name) ?? textOf(rect, name.toLowerCase()), `ANPR.plateRect.${name}`, faults);
  const x = side('X'), y = side('Y'), width = side('width'), height = side('height');
  if (x === null || y === null || width === null || height === null) return null;
  const full = x + width <= 1 && y + height <= 1 ? 1 : 1000;
  const isShare = x + width <= full && y + height <= full && (full === 1 || looksLikePlate(width * size.width, height * size.height) || !looksLikePlate(width, height));
  const across = isShare ? size.width / full : 1, down = isShare ? size.height / full : 1;
  return boxBetween(x * across, y * down, (x + width) * across, (y + height) * down, 'ANPR.plateRect', faults);
}

/** Cameras put the box beside the picture in which it lies (`pictureInfo`, the one of the scene); in that of the plate alone it says nothing. */
function rectOfPicture(anpr: XmlNode, { parts }: VendorMessage, picture: Buffer): XmlNode | null {
  const infos = childrenOf(anpr, 'pictureInfoList').flatMap((list) => (childAt(list, 'pictureInfo') === null ? [list] : childrenOf(list, 'pictureInfo')));
  const shown = parts.find((part) => part.bytes === picture), called = shown === undefined ? '' : calledOf(shown);
  const boxed = infos.filter((info) => childAt(info, 'plateRect') !== null && !/plate/i.test(textOf(info, 'type') ?? textOf(info, 'fileName') ?? ''));
  const named = boxed.find((info) => called.includes((textOf(info, 'fileName') ?? '?').toLowerCase()));
  return childAt(named ?? (boxed.length === 1 ? boxed[0] ?? null : null), 'plateRect');
}

/** From a motorcycle's square plate to a European one, with some slant. */
const looksLikePlate = (width: number, height: number): boolean => height > 0 && width / height > 0.7 && width / height < 7;

/** The camera's word, or the kind of its other field, which some write as a number (ISAPI: 1 small, 2 large, 4 with two wheels, 5 with three). */
function classOf(anpr: XmlNode): string | null {
  const word = textOf(anpr, 'vehicleType') ?? textOf(anpr, 'vehicleInfo', 'vehicleType'), known = inTable(CLASSES, word);
  return known ?? (word !== null && /\p{L}/u.test(word) ? saidWord(word) : null);
}

/** ISAPI's words for kinds of vehicles, to the plain ones that reconciliation compares. */
const CLASSES: Readonly<Record<string, string>> = {
  vehicle: 'car', smallcar: 'car', minicar: 'car', car: 'car', suvmpv: 'suv', suv: 'suv', mpv: 'van', van: 'van', buggy: 'van', minitruck: 'pickup', pickuptruck: 'pickup',
  truck: 'truck', heavytruck: 'truck', lighttruck: 'truck', mediumtruck: 'truck', largebus: 'bus', bus: 'bus', mediumbus: 'bus', twowheelvehicle: 'motorcycle',
  motorcycle: 'motorcycle', threewheelvehicle: 'rickshaw', nonmotor: 'motorcycle', nonmotorvehicle: 'motorcycle', coupe: 'car', saloon: 'car', hatchback: 'car', minibus: 'bus', mediumheavytruck: 'truck',
  concretemixer: 'truck', slagtruck: 'truck', containertruck: 'truck', platformtrailer: 'truck', oiltanktruck: 'truck', 1: 'car', 2: 'truck', 4: 'motorcycle', 5: 'rickshaw',
};

