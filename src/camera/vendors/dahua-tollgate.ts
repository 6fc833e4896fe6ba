import { z } from 'zod';
import type { PlateBox } from '../../pass/pass.ts';
import type { VendorMessage, VendorRead, VendorReading } from '../vendor-event.ts';
import { dahuaClass, relativeBox } from './dahua-lines.ts';
import { list, number, section, text } from './json-fields.ts';
import { base64Picture, picturesAmong, type PictureParts, type SentPicture } from './message-parts.ts';
import { pictureSize } from './picture-size.ts';
import { Faults, fitting, readFitting, refused, refusedFor } from './reading-faults.ts';
import { colourCues, eventWord, inTable, plateWord, saidWord, share } from './vehicle-words.ts';
import { calendarTime } from './vendor-time.ts';

const picture = section({ Content: z.string().nullish(), PicName: text });
const TollgateInfo = z.object({
  PicName: text,
  Picture: z.object({
    Plate: section({ PlateNumber: text, PlateColor: text, Confidence: number, IsExist: z.boolean().nullish(), BoundingBox: list(number, 5) }),
    SnapInfo: z.object({ AccurateTime: text, SnapTime: text, DeviceID: text, Direction: text, LanNo: text, Lane: text }),
    Vehicle: section({ VehicleType: text, VehicleColor: text, VehicleSign: text }),
    NormalPic: picture, VehiclePic: picture, CutoutPic: picture,
  }),
});
type Tollgate = z.output<typeof TollgateInfo>;

/** What an ITC camera pushes for one vehicle, pictures in base64; keep-alives and registrations on the same listener are `other`. */
export function readTollgate(json: unknown, message: VendorMessage, utcOffsetMinutes: number): VendorReading {
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return refusedFor('', 'it must be a JSON object');
  if (!('Picture' in json)) {
    return 'Active' in json || 'DeviceID' in json || 'DeviceInfo' in json ? { kind: 'other', what: 'keep-alive' } : refusedFor('Picture', 'it is missing, and it is no keep-alive');
  }
  return readFitting(fitting(TollgateInfo, json), (sent) => readOf(sent, message, utcOffsetMinutes));
}

function readOf(sent: Tollgate, message: VendorMessage, utcOffsetMinutes: number): VendorReading {
  const { Plate, SnapInfo, Vehicle } = sent.Picture, faults = new Faults();
  const name = SnapInfo.AccurateTime !== null ? 'AccurateTime' : 'SnapTime', time = SnapInfo[name];
  const capturedAt = (time === null ? null : calendarTime(time, utcOffsetMinutes))
    ?? faults.add(`Picture.SnapInfo.${name}`, time === null ? 'it is missing, and so is AccurateTime' : `"${time.slice(0, 40)}" is no time`);
  const plate = Plate?.IsExist === false ? '' : plateWord(Plate?.PlateNumber, 'Picture.Plate.PlateNumber', faults);
  const pictures = picturesOf(sent, message), shown = sent.PicName ?? sent.Picture.NormalPic?.PicName ?? sent.Picture.VehiclePic?.PicName ?? sent.Picture.CutoutPic?.PicName;
  const read: Omit<VendorRead, 'capturedAt'> = {
    // Names of pictures begin anew each day on some firmware.
    eventId: shown === null || shown === undefined ? null : eventWord(`${shown}@${time}`, 'PicName', faults),
    device: saidWord(SnapInfo.DeviceID),
    text: plate,
    confidence: plate === '' ? null : confidenceOf(Plate?.Confidence ?? null, faults),
    alternatives: [],
    plateBox: boxOf(Plate?.BoundingBox ?? null, pictures.scene, faults),
    direction: inTable(DIRECTIONS, SnapInfo.Direction) ?? 'unknown',
    movement: inTable(MOVEMENTS, SnapInfo.Direction) ?? 'unknown',
    lane: saidWord(SnapInfo.LanNo ?? SnapInfo.Lane),
    vehicle: { class: dahuaClass(Vehicle?.VehicleType ?? null), make: saidWord(Vehicle?.VehicleSign), colour: saidWord(Vehicle?.VehicleColor) },
    cues: colourCues(Plate?.PlateColor),
    stage: 'final',
    picture: pictures.picture,
    platePicture: pictures.platePicture,
  };
  return capturedAt === null || faults.list.length > 0 ? refused(faults.list) : { kind: 'reads', reads: [{ ...read, capturedAt }] };
}

const DIRECTIONS: Readonly<Record<string, 'in' | 'out'>> = { in: 'in', entry: 'in', out: 'out', exit: 'out' };
const MOVEMENTS: Readonly<Record<string, 'towards' | 'away'>> = { approach: 'towards', leave: 'away' };

/** Percent by the description; firmware that passes the detector's own figure on goes to 255. 0 with a text is "not told". */
function confidenceOf(value: number | null, faults: Faults): number | null {
  return value === 0 ? null : share(value, value !== null && value > 100 ? 255 : 100, 'Picture.Plate.Confidence', faults);
}

interface ShownPictures extends PictureParts { readonly scene: SentPicture | null }

/** Parts of a form, or base64 in the JSON. Boxes are of the whole scene: on the vehicle cut out of it, which comes in its stead, they lie wrong. */
function picturesOf({ Picture }: Tollgate, message: VendorMessage): ShownPictures {
  const parts = picturesAmong(message.parts), scene = parts.picture ?? base64Picture(Picture.NormalPic?.Content);
  return { scene, picture: scene ?? base64Picture(Picture.VehiclePic?.Content), platePicture: parts.platePicture ?? base64Picture(Picture.CutoutPic?.Content) };
}

function boxOf(sides: readonly (number | null)[] | null, scene: SentPicture | null, faults: Faults): PlateBox | null {
  const size = scene === null ? null : pictureSize(scene.bytes);
  return size === null || sides === null || sides.length === 0 || sides.includes(null) ? null : relativeBox(sides as number[], size, 'Picture.Plate.BoundingBox', faults);
}
