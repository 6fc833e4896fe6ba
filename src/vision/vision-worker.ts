import { createHash } from 'node:crypto';
import pool from 'piscina';
import { DarwazaError } from '../core/errors.ts';
import type { ErrorCode, ErrorDetails } from '../core/errors.ts';
import { loadSeries, putSeriesInForce } from '../plate/series.ts';
import type { FrameRead } from './frame-read.ts';
import { readPicture } from './read-picture.ts';
import { openEyes } from './readers.ts';
import type { Eyes } from './readers.ts';

export interface VisionTask { readonly bytes: Uint8Array | null; readonly reader: string; readonly crop: boolean; readonly name: string }
export interface FrameVision extends FrameRead { readonly sha256: string; readonly mediaType: string }

/** Errors lose their class and fields between threads, so an expected one travels as a value. */
export type VisionAnswer =
  | { readonly kind: 'read'; readonly frame: FrameVision }
  | { readonly kind: 'ready' }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly details: ErrorDetails };

export interface VisionWorkerData { readonly series: unknown; readonly models: string | undefined }

const { series, models } = pool.workerData as VisionWorkerData;
const loaded = series === undefined ? null : loadSeries(series);
if (loaded?.kind === 'loaded') putSeriesInForce(loaded.table);

let eyes: Promise<Eyes> | undefined;

/** One picture in a worker thread. Without bytes it only opens the models, so that the first picture does not wait for them. */
export default async function work(task: VisionTask): Promise<VisionAnswer> {
  try {
    eyes ??= openEyes(task.reader, models);
    const { detector, reader } = await eyes;
    if (task.bytes === null) return { kind: 'ready' };
    const frame = await readPicture(task.bytes, { detector, reader, crop: task.crop, name: task.name });
    const sha256 = createHash('sha256').update(task.bytes).digest('hex');
    return { kind: 'read', frame: { ...frame, sha256, mediaType: frame.mediaType ?? 'application/octet-stream' } };
  } catch (error) {
    if (error instanceof DarwazaError) return { kind: 'error', code: error.code, details: error.details };
    throw error;
  }
}
