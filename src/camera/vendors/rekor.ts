import { z } from 'zod';
import type { PlateBox } from '../../pass/pass.ts';
import type { VendorFormat, VendorRead, VendorReading } from '../vendor-event.ts';
import { list, number, section, text } from './json-fields.ts';
import { base64Picture, jsonIn, looksLikeJson, type SentPicture } from './message-parts.ts';
import { pictureSize } from './picture-size.ts';
import { Faults, fitting, neverThrowing, readFitting, refused } from './reading-faults.ts';
import { boxBetween, eventWord, plateWord, saidWord, share } from './vehicle-words.ts';
import { epochMs } from './vendor-time.ts';

const MOST_CANDIDATES = 20;
const guesses = list(z.object({ name: text, confidence: number }), 50);
const Group = z.object({
  epoch_start: z.union([z.number(), z.string()], { error: 'must be epoch milliseconds' }),
  agent_uid: text, camera_id: text, best_uuid: text, best_plate_number: text, best_confidence: number,
  best_image_width: number, best_image_height: number,
  is_preview: z.boolean().nullish(),
  candidates: list(z.object({ plate: text, confidence: number }), MOST_CANDIDATES),
  best_plate: section({
    plate: text, confidence: number, plate_index: number, plate_crop_jpeg: z.string().nullish(),
    coordinates: list(z.object({ x: z.number(), y: z.number() }), 16),
    vehicle_region: section({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }),
  }),
  vehicle: section({ color: guesses, make: guesses, body_type: guesses }),
  vehicle_crop_jpeg: z.string().nullish(), overview_jpeg: z.string().nullish(),
});
type Sent = z.output<typeof Group>;

/**
 * Rekor Scout (OpenALPR) webhooks: a `alpr_group` is one vehicle, told when it has gone; `vehicle` is one without a plate; `alpr_alert`
 * carries the group that a list was matched by. Single frames (`alpr_results`) come again in their group, previews as well: neither is read.
 */
export const rekor: VendorFormat = (message) => neverThrowing(() => {
  const json = jsonIn(message.parts.find(looksLikeJson));
  if (json.kind === 'faults') return json;
  const typed = fitting(z.object({ data_type: z.string() }), json.value);
  if (typed.kind === 'faults') return typed;
  const kind = typed.value.data_type.toLowerCase(), alert = kind === 'alpr_alert';
  if (!alert && kind !== 'alpr_group' && kind !== 'vehicle') return { kind: 'other', what: saidWord(kind) ?? 'no data_type' };
  const group = fitting(Group, alert ? (json.value as { group?: unknown }).group : json.value, alert ? 'group' : '');
  return readFitting(group, (sent) => (sent.is_preview === true ? { kind: 'other', what: 'preview of a group' } : readOf(sent)));
});

function readOf(sent: Sent): VendorReading {
  const faults = new Faults(), best = sent.best_plate;
  const capturedAt = epochMs(sent.epoch_start) ?? faults.add('epoch_start', `${String(sent.epoch_start).slice(0, 40)} is no time in epoch milliseconds`);
  const plate = plateWord(best?.plate ?? sent.best_plate_number, 'best_plate.plate', faults);
  const overview = base64Picture(sent.overview_jpeg), crop = base64Picture(sent.vehicle_crop_jpeg);
  const read: Omit<VendorRead, 'capturedAt'> = {
    // Two plates of one frame share its UUID.
    eventId: sent.best_uuid === null ? null : eventWord(`${sent.best_uuid}/${best?.plate_index ?? 0}`, 'best_uuid', faults),
    device: saidWord([sent.agent_uid, sent.camera_id].filter((part) => part !== null).join('/')),
    text: plate,
    confidence: plate === '' ? null : share(best?.confidence ?? sent.best_confidence, 100, 'best_plate.confidence', faults),
    alternatives: alternativesOf(sent, plate, faults),
    plateBox: overview === null ? boxInCrop(sent, crop, faults) : boxInOverview(sent, overview, faults),
    direction: 'unknown',
    // `travel_direction` is an angle, and its zero is not told.
    movement: 'unknown',
    lane: null,
    vehicle: { class: saidWord(likeliest(sent.vehicle?.body_type)?.split('-')[0]), make: likeliest(sent.vehicle?.make), colour: likeliest(sent.vehicle?.color) },
    cues: null,
    stage: 'final',
    picture: overview ?? crop,
    platePicture: base64Picture(best?.plate_crop_jpeg),
  };
  return capturedAt === null || faults.list.length > 0 ? refused(faults.list) : { kind: 'reads', reads: [{ ...read, capturedAt }] };
}

function alternativesOf({ candidates }: Sent, plate: string, faults: Faults): VendorRead['alternatives'] {
  return (candidates ?? []).map((candidate, i) => ({
    text: plateWord(candidate.plate, `candidates[${i}].plate`, faults), confidence: share(candidate.confidence, 100, `candidates[${i}].confidence`, faults),
  })).filter((candidate) => candidate.text !== '' && candidate.text !== plate);
}

function likeliest(names: z.output<typeof guesses>): string | null {
  const [best] = [...names ?? []].sort((a, b) => (b.confidence ?? 0) - (a.confidence ?? 0));
  return saidWord(best?.name?.replaceAll('_', ' '));
}

/** The corners' upright box in the frame that was read, pixels. */
function boxInFrame({ best_plate }: Sent, faults: Faults): PlateBox | null {
  const corners = best_plate?.coordinates ?? [];
  if (corners.length < 2) return null;
  const across = corners.map(({ x }) => x), down = corners.map(({ y }) => y);
  return boxBetween(Math.min(...across), Math.min(...down), Math.max(...across), Math.max(...down), 'best_plate.coordinates', faults);
}

/** The overview is the frame, mostly made smaller. */
function boxInOverview(sent: Sent, overview: SentPicture, faults: Faults): PlateBox | null {
  const box = boxInFrame(sent, faults), size = pictureSize(overview.bytes);
  if (box === null || size === null || !sent.best_image_width || !sent.best_image_height) return null;
  return moved(box, 0, 0, size.width / sent.best_image_width, size.height / sent.best_image_height, faults);
}

/** The vehicle cut out of the frame, at `vehicle_region`. */
function boxInCrop(sent: Sent, crop: SentPicture | null, faults: Faults): PlateBox | null {
  const box = boxInFrame(sent, faults), region = sent.best_plate?.vehicle_region ?? null, size = crop === null ? null : pictureSize(crop.bytes);
  if (box === null || region === null || size === null || region.width <= 0 || region.height <= 0) return null;
  return moved(box, region.x, region.y, size.width / region.width, size.height / region.height, faults);
}

function moved({ x, y, width, height }: PlateBox, left: number, top: number, across: number, down: number, faults: Faults): PlateBox | null {
  return boxBetween((x - left) * across, (y - top) * down, (x - left + width) * across, (y - top + height) * down, 'best_plate.coordinates', faults);
}
