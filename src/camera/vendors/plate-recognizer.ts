import { z } from 'zod';
import type { Movement, PlateBox } from '../../pass/pass.ts';
import type { VendorFormat, VendorMessage, VendorRead, VendorReading } from '../vendor-event.ts';
import { list, number, section, text } from './json-fields.ts';
import { jsonIn, looksLikeJson, picturesAmong, type PictureParts } from './message-parts.ts';
import { Faults, fitting, neverThrowing, readFitting, refused, refusedFor } from './reading-faults.ts';
import { boxBetween, eventWord, plateWord, saidWord, share } from './vehicle-words.ts';
import { calendarTime } from './vendor-time.ts';

const MOST_RESULTS = 50, MOST_CANDIDATES = 20;
const box = section({ xmin: z.number(), ymin: z.number(), xmax: z.number(), ymax: z.number() });
/** Without make, model and colour the plate is a text; with them it is an object with ranked ones; null: a vehicle without a plate. */
const plate = z.union([
  z.string(), z.object({ box, props: section({ plate: list(z.object({ value: text, score: number }), MOST_CANDIDATES) }) }),
], { error: 'must be a text, an object with props, or null' }).nullish();
const Result = z.object({
  plate, box, score: number, direction: number,
  candidates: list(z.object({ plate: text, score: number }), MOST_CANDIDATES),
  color: list(z.object({ color: text, score: number }), MOST_CANDIDATES),
  model_make: list(z.object({ make: text, score: number }), MOST_CANDIDATES),
  vehicle: section({
    type: text,
    props: section({ make_model: list(z.object({ make: text, score: number }), MOST_CANDIDATES), color: list(z.object({ value: text, score: number }), MOST_CANDIDATES) }),
  }),
});
const Recognition = z.object({
  camera_id: text, filename: text,
  timestamp: text, timestamp_local: text, timestamp_camera: text,
  results: z.array(z.unknown()).max(MOST_RESULTS, `must be ${MOST_RESULTS} at most`).pipe(z.array(Result)),
});
type Sent = z.output<typeof Recognition>;
type SentResult = z.output<typeof Result>;

/** Plate Recognizer's webhooks: a form of `json` (hook and data) and `upload` (the frame), or the JSON alone. One message may hold several vehicles. */
export const plateRecognizer: VendorFormat = (message, context) => neverThrowing(() => {
  const json = jsonIn(message.parts.find((part) => part.name === 'json') ?? message.parts.find(looksLikeJson));
  if (json.kind === 'faults') return json;
  const outer = fitting(z.object({ hook: section({ event: text }), data: z.unknown().optional(), results: z.unknown().optional() }), json.value);
  if (outer.kind === 'faults') return outer;
  const event = outer.value.hook?.event ?? null;
  if (event !== null && event !== 'recognition') return { kind: 'other', what: saidWord(event) ?? 'unnamed event' };
  const wrapped = outer.value.data !== undefined;
  if (!wrapped && outer.value.results === undefined) return refusedFor('data', 'it is missing');
  const data = fitting(Recognition, wrapped ? outer.value.data : json.value, wrapped ? 'data' : '');
  return readFitting(data, (sent) => readAll(sent, message, context.utcOffsetMinutes, wrapped ? 'data.' : ''));
});

function readAll(sent: Sent, message: VendorMessage, utcOffsetMinutes: number, prefix: string): VendorReading {
  if (sent.results.length === 0) return { kind: 'other', what: 'no vehicle in the frame' };
  const faults = new Faults(), capturedAt = timeOf(sent, utcOffsetMinutes, prefix, faults), all = picturesAmong(message.parts);
  const pictures: PictureParts = sent.results.length === 1 ? all : { ...all, platePicture: null };
  const reads = sent.results.map((result, i) => readOf(result, `${prefix}results[${i}]`, i, sent, pictures, faults));
  if (capturedAt === null || faults.list.length > 0) return refused(faults.list);
  return { kind: 'reads', reads: reads.map((read) => ({ ...read, capturedAt })) };
}

/** The camera's own time where Stream reads it; `timestamp` is UTC with or without its Z. */
function timeOf({ timestamp, timestamp_camera, timestamp_local }: Sent, utcOffsetMinutes: number, prefix: string, faults: Faults): number | null {
  const [name, value, offset] = timestamp_camera !== null ? ['timestamp_camera', timestamp_camera, utcOffsetMinutes] as const
    : timestamp !== null ? ['timestamp', timestamp, 0] as const : ['timestamp_local', timestamp_local, utcOffsetMinutes] as const;
  if (value === null) return faults.add(`${prefix}timestamp`, 'it is missing');
  return calendarTime(value, offset) ?? faults.add(`${prefix}${name}`, `"${value.slice(0, 40)}" is no time`);
}

function readOf(result: SentResult, path: string, index: number, sent: Sent, pictures: PictureParts, faults: Faults): Omit<VendorRead, 'capturedAt'> {
  const ranked = rankedOf(result, path, faults), [best] = ranked, frame = sent.filename;
  return {
    // The frame's name has its time down to the microsecond.
    eventId: frame === null ? null : eventWord(`${frame}#${index}`, 'filename', faults),
    device: saidWord(sent.camera_id),
    text: best?.text ?? '',
    confidence: best?.confidence ?? null,
    alternatives: ranked.slice(1),
    plateBox: pictures.picture === null || best === undefined ? null : boxOf(typeof result.plate === 'object' ? result.plate?.box ?? null : result.box, `${path}.box`, faults),
    direction: 'unknown',
    movement: movementOf(result.direction),
    lane: null,
    vehicle: {
      class: saidWord(result.vehicle?.type),
      make: top(result.vehicle?.props?.make_model ?? result.model_make, ({ make }) => make),
      colour: top(result.vehicle?.props?.color, ({ value }) => value) ?? top(result.color, ({ color }) => color),
    },
    cues: null,
    stage: 'final',
    ...pictures,
  };
}

interface Ranked { readonly text: string; readonly confidence: number | null }

/** Texts, likeliest first; `score` is of the reading, `dscore` only says that there is a plate. */
function rankedOf(result: SentResult, path: string, faults: Faults): readonly Ranked[] {
  const { plate: sentPlate } = result;
  if (sentPlate === null || sentPlate === undefined) return [];
  const first = typeof sentPlate === 'string' ? [{ plate: sentPlate as string | null, score: result.score }] : [];
  const others = typeof sentPlate === 'string' ? result.candidates ?? [] : (sentPlate.props?.plate ?? []).map(({ value, score }) => ({ plate: value, score }));
  const texts = [...first, ...others].slice(0, MOST_CANDIDATES).map((one, i) => ({
    // Written in small letters, which no plate has.
    text: plateWord(one.plate?.toUpperCase(), `${path}.plate`, faults), confidence: share(one.score, 1, i === 0 ? `${path}.score` : `${path}.candidates.score`, faults),
  }));
  return texts.filter(({ text: word }, i) => word !== '' && texts.findIndex((other) => other.text === word) === i);
}

function boxOf(sides: z.output<typeof box>, path: string, faults: Faults): PlateBox | null {
  return sides === null ? null : boxBetween(sides.xmin, sides.ymin, sides.xmax, sides.ymax, path, faults);
}

/** Degrees on the unit circle as the picture shows it: 90 is up, away from the camera; 270 down, towards it. */
function movementOf(degrees: number | null): Movement {
  if (degrees === null) return 'unknown';
  const turned = ((degrees % 360) + 360) % 360;
  return turned > 45 && turned < 135 ? 'away' : turned > 225 && turned < 315 ? 'towards' : 'unknown';
}

function top<T extends { readonly score: number | null }>(ranked: readonly T[] | null | undefined, word: (one: T) => string | null): string | null {
  const best = [...ranked ?? []].sort((a, b) => (b.score ?? 0) - (a.score ?? 0))[0];
  return best === undefined ? null : saidWord(word(best));
}
