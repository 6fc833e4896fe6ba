import { createHash } from 'node:crypto';
import { pictureSize } from '../camera/vendors/picture-size.ts';
import type { VendorRead } from '../camera/vendor-event.ts';
import type { Camera } from '../geo/register.ts';
import { markOf } from '../pass/build.ts';
import { passFromReport } from '../pass/external.ts';
import type { Direction, Evidence, Pass } from '../pass/pass.ts';
import { parsePlate } from '../plate/parse.ts';
import { writeMark } from '../plate/written-form.ts';
import type { KeptPicture } from '../store/evidence.ts';
import type { PayloadFault } from '../store/payloads.ts';
import type { CorrectedTime } from './camera-clocks.ts';

/** Cameras that tell no confidence are right nine times in ten on plates of their size; what lists ask for must not shut them out. */
const UNTOLD_CONFIDENCE = 0.8;
const MOST_ALTERNATIVES = 5;
const TEXT_LENGTH = 64, WORD_LENGTH = 64, EVENT_LENGTH = 200;

/** Letters and digits of a text alone, in capitals: two ways of writing one plate are one. */
export const bareText = (text: string): string => text.toUpperCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

/** What of a read could not be stored; none: it can. */
export function readFaults({ text, capturedAt, eventId }: VendorRead, path: string): PayloadFault[] {
  const faults: PayloadFault[] = [];
  if (text.length > TEXT_LENGTH || UNUSABLE.test(text)) faults.push({ path: `${path}text`, message: `must be a plate: at most ${TEXT_LENGTH} characters, none of them a control character` });
  if (!Number.isInteger(capturedAt)) faults.push({ path: `${path}time`, message: 'is no time' });
  if (eventId !== null && (eventId.length > EVENT_LENGTH || UNUSABLE.test(eventId))) faults.push({ path: `${path}event`, message: `must be at most ${EVENT_LENGTH} characters, none of them a control character` });
  return faults;
}
const UNUSABLE = /[\p{Cc}\p{Cs}]/u;

/** Address and size of a picture whose bytes are kept under `sha256`; null where its header tells no size, and it could not be shown. */
export function evidenceOf(picture: NonNullable<VendorRead['picture']>, { sha256 }: Pick<KeptPicture, 'sha256'>): Evidence | null {
  const size = pictureSize(picture.bytes);
  return size === null ? null : { sha256, mediaType: picture.mediaType, ...size };
}

export interface ReadContext {
  readonly cameraId: string;
  /** null: the register did not know it at that time; its passes have no place. */
  readonly camera: Camera | null;
  readonly vendor: string;
  readonly time: CorrectedTime;
  readonly receivedAt: number;
  readonly processedAt: number;
  readonly evidence: Evidence | null;
}

/** The pass that another camera's read of a vehicle stands for. Its text is kept as given; nothing is corrected but the time, which says so. */
export function passOfRead(read: VendorRead, context: ReadContext): Pass {
  const { cameraId, camera, vendor, time, receivedAt, processedAt, evidence } = context;
  const report = {
    cameraId, capturedAt: time.capturedAt, text: read.text, confidence: read.confidence ?? UNTOLD_CONFIDENCE, sequence: sequenceOf(read), direction: directionOf(read, camera), evidence,
    plateBox: read.plateBox, vehicle: { class: word(read.vehicle.class), make: word(read.vehicle.make), colour: word(read.vehicle.colour) }, ...(read.cues !== null && { cues: read.cues }),
  };
  return {
    ...passFromReport(report, { receivedAt, processedAt, cameraDirection: camera?.direction ?? 'unknown', source: vendor }),
    alternatives: alternativesOf(read), ...(read.movement !== 'unknown' && { movement: read.movement }), ...(time.correctionMs !== null && { clockCorrectionMs: time.correctionMs }),
  };
}

/** 1 to 1,000,000, clear of the small numbers of plates in one picture: by event and text, so that no two vehicles of one instant are one. */
function sequenceOf({ eventId, text, lane }: VendorRead): number {
  return 1 + (createHash('sha256').update(JSON.stringify([eventId, bareText(text), lane])).digest().readUInt32BE(0) % 1_000_000);
}

/** The camera's own word; else by the way that it moved, where the register says where that leads; else the register's. */
function directionOf({ direction, movement }: VendorRead, camera: Camera | null): Direction {
  if (direction !== 'unknown') return direction;
  const towards = camera?.towards ?? null;
  if (movement === 'unknown' || towards === null) return camera?.direction ?? 'unknown';
  return (movement === 'towards') === (towards === 'in') ? 'in' : 'out';
}

/** Other texts that are marks of their own. */
function alternativesOf({ text, alternatives, cues }: VendorRead): Pass['alternatives'] {
  return alternatives.filter((a) => bareText(a.text) !== bareText(text) && a.text.length <= TEXT_LENGTH).slice(0, MOST_ALTERNATIVES).flatMap((a) => {
    const mark = markOf(parsePlate(a.text, cues ?? undefined));
    return mark === null ? [] : [{ mark: writeMark(mark), confidence: a.confidence ?? 0 }];
  });
}

function word(text: string | null): string | null {
  const clean = text?.replaceAll(/[\p{Cc}\p{Cs}]/gu, '').trim().slice(0, WORD_LENGTH) ?? '';
  return clean === '' ? null : clean;
}
