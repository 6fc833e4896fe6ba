import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { Piscina } from 'piscina';
import { DarwazaError } from '../core/errors.ts';
import { checkReaderName, defaultReader } from './readers.ts';
import type { FrameRead } from './frame-read.ts';
import type { Box } from './picture.ts';
import type { FrameVision, SharedPicture, VisionAnswer, VisionTask, VisionWorkerData } from './vision-worker.ts';
import type { YuvPicture } from './yuv-picture.ts';

export type { FrameVision } from './vision-worker.ts';

export interface VisionOptions {
  /** Worker threads, each with models of its own (about 90 MB when the program is started as `darwaza` starts itself, 170 MB without its settings of memory). Default: one a core, at most 2. */
  readonly threads?: number;
  /** Name of a reader (`readers.ts`). */
  readonly reader?: string;
  /** Folder of the weights of the reader `darwaza`. Default: the shipped ones. */
  readonly models?: string | undefined;
  /** A department's own series file, parsed JSON that `loadSeries` took: a thread has its own tables. */
  readonly series?: unknown;
}
export interface ReadOptions {
  /** The picture is already one plate. */
  readonly crop?: boolean;
  /** What messages call the picture. */
  readonly name?: string;
}

export interface Vision {
  readonly threads: number;
  /**
   * Reads one picture file in a worker thread; the bytes are copied, not taken. Throws the errors of `decodePicture`. How many
   * pictures wait at once is the caller's to bound: `threads` of them are worked on, the rest lie in memory.
   */
  read(bytes: Uint8Array, options?: ReadOptions): Promise<FrameVision>;
  /** Reads one frame of a stream, which lies over shared memory; `boxes`: where something moves, empty: everywhere. It is not copied: keep it until it is answered. */
  readLive(picture: YuvPicture, boxes: readonly Box[]): Promise<FrameRead>;
  /** The whole frame as a JPEG, which is then the evidence, and its SHA-256 (hex). */
  encode(picture: YuvPicture): Promise<{ readonly bytes: Buffer; readonly sha256: string }>;
  /** Ends the threads once every picture that was asked for is answered. */
  close(): Promise<void>;
}

/** New objects of a thread, megabytes; V8 would let them be 48. The pixels behind them are freed as often as these are looked through: 25 MB less a thread, at the same speed. */
const YOUNG_MB = 6;

/** Starts the threads and opens their models (about a second). Throws DarwazaError READER_UNKNOWN, MODEL_INVALID or MODEL_UNUSABLE. */
export async function createVision(options: VisionOptions = {}): Promise<Vision> {
  const reader = checkReaderName(options.reader ?? defaultReader), threads = options.threads ?? Math.min(2, availableParallelism());
  const pool = new Piscina({ filename: workerFile(), execArgv: workerArguments(), resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB }, minThreads: threads, maxThreads: threads, idleTimeout: Number.POSITIVE_INFINITY, workerData: { series: options.series, models: options.models } satisfies VisionWorkerData });
  const underWay = new Set<Promise<VisionAnswer>>();
  let closed = false;
  const run = async (task: VisionTask): Promise<VisionAnswer> => {
    if (closed) throw new Error('vision is closed'); // the pool would start its threads again
    const asked = pool.run(task) as Promise<VisionAnswer>;
    underWay.add(asked);
    const answer = await asked.finally(() => underWay.delete(asked));
    if (answer.kind === 'error') throw new DarwazaError(answer.code, answer.details);
    return answer;
  };
  // A thread that is ended in the middle of native work (opening a network, reading) aborts the whole process: let it finish first.
  const close = async (): Promise<void> => {
    closed = true;
    await Promise.allSettled(underWay);
    await pool.destroy();
  };
  try {
    // As many empty tasks as threads: each thread takes one and opens its models.
    await Promise.all(Array.from({ length: threads }, () => run({ kind: 'warm', reader })));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    threads,
    async read(bytes, { crop = false, name = 'picture' } = {}) {
      const answer = await run({ kind: 'file', bytes, reader, crop, name });
      if (answer.kind !== 'read') throw new DarwazaError('INTERNAL', { requestId: name });
      return answer.frame;
    },
    async readLive(picture, boxes) {
      const answer = await run({ kind: 'live', picture: shared(picture), boxes, reader });
      if (answer.kind !== 'seen') throw new DarwazaError('INTERNAL', { requestId: 'frame of a stream' });
      return answer.frame;
    },
    async encode(picture) {
      const answer = await run({ kind: 'encode', picture: shared(picture) });
      if (answer.kind !== 'encoded') throw new DarwazaError('INTERNAL', { requestId: 'frame of a stream' });
      const { bytes, sha256 } = answer;
      return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), sha256 };
    },
    close,
  };
}

/** A frame that does not lie over shared memory from its beginning is copied there. */
function shared({ width, height, planes }: YuvPicture): SharedPicture {
  if (planes.buffer instanceof SharedArrayBuffer && planes.byteOffset === 0) return { width, height, buffer: planes.buffer };
  const buffer = new SharedArrayBuffer(planes.length);
  new Uint8Array(buffer).set(planes);
  return { width, height, buffer };
}

const fromSource = import.meta.url.endsWith('.ts');

function workerFile(): string {
  return new URL(fromSource ? './vision-worker.ts' : './vision-worker.js', import.meta.url).href;
}

/** Node 20 runs no TypeScript by itself, and a thread does not inherit the loader of a test runner. */
function workerArguments(): string[] {
  return fromSource ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : [];
}
