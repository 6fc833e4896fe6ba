import { createHash } from 'node:crypto';
import pool from 'piscina';
import { DarwazaError } from '../core/errors.ts';
import type { ErrorCode, ErrorDetails } from '../core/errors.ts';
import { loadSeries, putSeriesInForce } from '../plate/series.ts';
import type { FrameRead } from './frame-read.ts';
import { jpegOf } from './evidence-jpeg.ts';
import type { Box, Picture } from './picture.ts';
import { readLive } from './read-live.ts';
import { readPicture } from './read-picture.ts';
import { openEyes } from './readers.ts';
import type { Eyes } from './readers.ts';

/** Pixels over shared memory: they are read where they lie. */
export interface SharedPixels { readonly width: number; readonly height: number; readonly buffer: SharedArrayBuffer }

export type VisionTask =
  /** Opens the models, so that the first picture does not wait for them. */
  | { readonly kind: 'warm'; readonly reader: string }
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly reader: string; readonly crop: boolean; readonly name: string }
  | { readonly kind: 'live'; readonly pixels: SharedPixels; readonly boxes: readonly Box[]; readonly reader: string }
  | { readonly kind: 'encode'; readonly pixels: SharedPixels };
export interface FrameVision extends FrameRead { readonly sha256: string; readonly mediaType: string }

/** Errors lose their class and fields between threads, so an expected one travels as a value. */
export type VisionAnswer =
  | { readonly kind: 'read'; readonly frame: FrameVision }
  | { readonly kind: 'seen'; readonly frame: FrameRead }
  | { readonly kind: 'encoded'; readonly bytes: Uint8Array; readonly sha256: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly details: ErrorDetails };

export interface VisionWorkerData { readonly series: unknown; readonly models: string | undefined }

const { series, models } = pool.workerData as VisionWorkerData;
const loaded = series === undefined ? null : loadSeries(series);
if (loaded?.kind === 'loaded') putSeriesInForce(loaded.table);

let eyes: Promise<Eyes> | undefined;

/** One task in a worker thread. */
export default async function work(task: VisionTask): Promise<VisionAnswer> {
  try {
    return await answerOf(task);
  } catch (error) {
    if (error instanceof DarwazaError) return { kind: 'error', code: error.code, details: error.details };
    throw error;
  }
}

async function answerOf(task: VisionTask): Promise<VisionAnswer> {
  if (task.kind === 'encode') {
    const bytes = await jpegOf(pictureOf(task.pixels));
    return { kind: 'encoded', bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
  eyes ??= openEyes(task.reader, models);
  const { detector, reader } = await eyes;
  if (task.kind === 'warm') return { kind: 'ready' };
  if (task.kind === 'live') return { kind: 'seen', frame: await readLive(pictureOf(task.pixels), task.boxes, { detector, reader }) };
  const frame = await readPicture(task.bytes, { detector, reader, crop: task.crop, name: task.name });
  const sha256 = createHash('sha256').update(task.bytes).digest('hex');
  return { kind: 'read', frame: { ...frame, sha256, mediaType: frame.mediaType ?? 'application/octet-stream' } };
}

function pictureOf({ width, height, buffer }: SharedPixels): Picture {
  return { width, height, data: new Uint8Array(buffer, 0, 3 * width * height) };
}
