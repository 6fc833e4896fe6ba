import { createHash } from 'node:crypto';
import pool from 'piscina';
import { DarwazaError } from '../core/errors.ts';
import type { ErrorCode, ErrorDetails } from '../core/errors.ts';
import { loadSeries, putSeriesInForce } from '../plate/series.ts';
import type { FrameRead } from './frame-read.ts';
import { jpegOf } from './evidence-jpeg.ts';
import type { Box } from './picture.ts';
import { readLive } from './read-live.ts';
import { readPicture } from './read-picture.ts';
import { openEyes } from './readers.ts';
import type { Eyes } from './readers.ts';
import { RgbScratch, yuvBytes, type YuvPicture } from './yuv-picture.ts';

/** A frame over shared memory: it is read where it lies. */
export interface SharedPicture { readonly width: number; readonly height: number; readonly buffer: SharedArrayBuffer }

export type VisionTask =
  /** Opens the models, so that the first picture does not wait for them. */
  | { readonly kind: 'warm'; readonly reader: string }
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly reader: string; readonly crop: boolean; readonly name: string }
  | { readonly kind: 'live'; readonly picture: SharedPicture; readonly boxes: readonly Box[]; readonly reader: string }
  | { readonly kind: 'encode'; readonly picture: SharedPicture };
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
const scratch = new RgbScratch();

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
    const bytes = await jpegOf(pictureOf(task.picture), scratch);
    return { kind: 'encoded', bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
  eyes ??= openEyes(task.reader, models);
  const { detector, reader } = await eyes;
  if (task.kind === 'warm') return { kind: 'ready' };
  if (task.kind === 'live') return { kind: 'seen', frame: await readLive(pictureOf(task.picture), task.boxes, { detector, reader, scratch }) };
  const frame = await readPicture(task.bytes, { detector, reader, crop: task.crop, name: task.name });
  const sha256 = createHash('sha256').update(task.bytes).digest('hex');
  return { kind: 'read', frame: { ...frame, sha256, mediaType: frame.mediaType ?? 'application/octet-stream' } };
}

function pictureOf({ width, height, buffer }: SharedPicture): YuvPicture {
  return { width, height, planes: new Uint8Array(buffer, 0, yuvBytes(width, height)) };
}
