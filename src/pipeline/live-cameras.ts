import type { FrameStream, StreamState } from '../camera/live-frame.ts';
import { describeSource, type CameraSource, type FolderSource, type StreamSource } from '../camera/stream-sources.ts';
import { measureStreamClock } from '../camera/stream-clock.ts';
import { createVideoStream } from '../camera/video-stream.ts';
import { createWatchedFolder, type WatchedFolder } from '../camera/watched-folder.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import type { Pass } from '../pass/pass.ts';
import type { Database } from '../store/database.ts';
import { leftProvisional, removeProvisional } from '../store/provisional-passes.ts';
import type { FrameRead } from '../vision/frame-read.ts';
import type { Vision } from '../vision/vision-pool.ts';
import type { CameraClocks } from './camera-clocks.ts';
import type { Engine } from './engine-interface.ts';
import type { LiveLane } from './live-lane.ts';
import { LiveScheduler, type LiveFigures } from './live-scheduler.ts';

/** Who keeps count of how cameras do. */
export interface LiveWatcher {
  /** A frame came from its stream; before anything is done with it. */
  frameCame?(cameraId: string, capturedAt: number): void;
  frameRead(cameraId: string, read: FrameRead, at: number): void;
  dropped(cameraId: string, frames: number): void;
  failed(cameraId: string, cause: unknown): void;
  streamState(cameraId: string, state: StreamState, figures: LiveFigures): void;
}

export interface LiveCameraParts {
  readonly engine: Engine;
  readonly database: Database;
  readonly vision: Vision;
  readonly clock: Clock;
  readonly log: Log;
  readonly watcher?: LiveWatcher;
  /** Told how the clocks of streams' cameras stand; without it they are not measured. */
  readonly clocks?: Pick<CameraClocks, 'measuredOffset'>;
  /** Told of each vehicle of a stream once, at its first sure read; `latencyMs`: since the frame was taken. */
  readonly onProvisional?: (pass: Pass, latencyMs: number) => void;
  readonly folderOptions?: Omit<Parameters<typeof createWatchedFolder>[1], 'submit' | 'log'>;
}

/** One camera's stream and where it stands. */
export interface LiveCamera { readonly cameraId: string; readonly source: string; readonly stream: StreamState; readonly figures: LiveFigures; readonly passesWaiting: number }

export interface LiveCameras {
  /** Opens a source. Resolves at once; a stream that cannot be reached is tried for ever. */
  open(source: StreamSource | FolderSource): void;
  /** Ends one camera's stream and completes the vehicles in its view. */
  stop(cameraId: string): Promise<void>;
  /** Records what a process that was killed left in view. Before the first `open`. @throws DATABASE_UNAVAILABLE */
  recover(sources: readonly CameraSource[]): Promise<number>;
  cameras(): readonly LiveCamera[];
  /** Resolves when every video file has been read to its end and its passes are stored. */
  finished(): Promise<void>;
  /** Ends the streams, reads what waits, and completes the vehicles in view. */
  close(): Promise<void>;
}

interface Open { readonly source: StreamSource; readonly stream: FrameStream; readonly finished: Promise<void>; stop(): Promise<void>; readonly waiting: () => number }

/** Longer than any vehicle stays in view before its pass is recorded: whoever held it is gone. */
const ABANDONED_MS = 600_000;
const WATCHED_EVERY_MS = 5_000;
/** A clock that drifts by a second a day is off by a hundredth of a second after it; a camera that was started again tells within it. */
const CLOCK_EVERY_MS = 900_000;

/** The streams, folders and files of cameras, on their way into the engine. */
export function createLiveCameras(parts: LiveCameraParts): LiveCameras {
  return new OpenCameras(parts);
}

class OpenCameras implements LiveCameras {
  readonly #parts: LiveCameraParts;
  readonly #scheduler: LiveScheduler;
  readonly #open = new Map<string, Open>();
  readonly #folders: WatchedFolder[] = [];
  #watching: NodeJS.Timeout | null = null;

  constructor(parts: LiveCameraParts) {
    const { watcher, vision, clock, log } = parts;
    this.#parts = parts;
    this.#scheduler = new LiveScheduler({
      vision, clock, log,
      onRead: (frame, read) => watcher?.frameRead(frame.cameraId, read, frame.capturedAt),
      onDropped: (cameraId) => watcher?.dropped(cameraId, 1),
      onFailed: (cameraId, cause) => watcher?.failed(cameraId, cause),
    });
  }

  open(source: StreamSource | FolderSource): void {
    if (source.kind === 'folder') this.#openFolder(source);
    else this.#openStream(source);
    this.#watching ??= setInterval(() => this.#watch(), WATCHED_EVERY_MS).unref();
  }

  async stop(cameraId: string): Promise<void> {
    await this.#open.get(cameraId)?.stop();
    this.#open.delete(cameraId);
  }

  async recover(sources: readonly CameraSource[]): Promise<number> {
    const { database, engine, clock, log } = this.#parts;
    const own = sources.flatMap((source) => (source.kind === 'rtsp' || source.kind === 'video' ? [source.camera] : []));
    const left = await leftProvisional(database, own, clock() - ABANDONED_MS);
    if (left.length === 0) return 0;
    // Those whose pass was recorded just before the end are known by their ids.
    const { stored } = await engine.recordPasses(left);
    await removeProvisional(database, left.map((pass) => pass.id));
    log.warn({ vehicles: left.length, passes: stored.length }, 'vehicles that were in view when the program was ended are recorded as they were seen until then');
    return stored.length;
  }

  cameras(): readonly LiveCamera[] {
    return [...this.#open].map(([cameraId, { source, stream, waiting }]) => ({
      cameraId, source: describeSource(source), stream: stream.state(), figures: this.#scheduler.figures(cameraId) ?? { read: 0, idle: 0, dropped: 0, failed: 0, waiting: 0 }, passesWaiting: waiting(),
    }));
  }

  async finished(): Promise<void> {
    await Promise.all([...this.#open.values()].map((open) => open.finished));
  }

  async close(): Promise<void> {
    if (this.#watching !== null) clearInterval(this.#watching);
    this.#watching = null;
    await Promise.all(this.#folders.splice(0).map((folder) => folder.close()));
    await Promise.all([...this.#open.values()].map((open) => open.stop()));
    this.#open.clear();
  }

  #openStream(source: StreamSource): void {
    const { engine, clock, log, watcher, onProvisional } = this.#parts, cameraId = source.camera;
    const { lane, close } = engine.openLane(cameraId, (pass) => onProvisional?.(pass, clock() - pass.capturedAt));
    this.#scheduler.add(lane, { lossless: source.kind === 'video' && source.pace === 'free' });
    const stream = createVideoStream(source, {
      clock, log, memory: engine.frameMemory,
      onFrame: (frame) => {
        watcher?.frameCame?.(cameraId, frame.capturedAt);
        this.#scheduler.offer(frame);
      },
    });
    const stopMeasuring = this.#measureClock(source);
    const finished = this.#finish(stream, lane);
    const stop = async (): Promise<void> => {
      stopMeasuring();
      await stream.close();
      await finished;
      this.#scheduler.remove(cameraId);
      await close();
    };
    this.#open.set(cameraId, { source, stream, finished, stop, waiting: () => lane.unstored });
  }

  async #finish(stream: FrameStream, lane: LiveLane): Promise<void> {
    await stream.ended;
    await this.#scheduler.idle(lane.cameraId);
    try {
      await lane.flush();
    } catch (cause) {
      this.#parts.log.error({ trace: traceOf(cause), camera: lane.cameraId }, 'the last vehicles of a stream could not be completed');
    }
  }

  /** A stream's frames are timed by this machine; its camera's clock, which writes the time into the picture and into pushes, is measured beside it. */
  #measureClock(source: StreamSource): () => void {
    const { clocks, log } = this.#parts;
    if (clocks === undefined || source.kind !== 'rtsp') return () => undefined;
    const measure = async (): Promise<void> => {
      const measured = await measureStreamClock(source, { clock: this.#parts.clock });
      if (measured !== null) clocks.measuredOffset(source.camera, -measured.offsetMs, measured.spreadMs, 'stream');
    };
    const soon = (): void => void measure().catch((cause: unknown) => log.error({ trace: traceOf(cause), camera: source.camera }, 'the clock of a camera could not be measured'));
    const timer = setInterval(soon, CLOCK_EVERY_MS).unref();
    soon();
    return () => clearInterval(timer);
  }

  #openFolder(source: FolderSource): void {
    const { engine, log, folderOptions } = this.#parts;
    if (folderOptions === undefined) throw new Error('no options for watched folders');
    const folder = createWatchedFolder(source, { ...folderOptions, log, submit: (frame) => engine.submitFrame(frame) });
    this.#folders.push(folder);
  }

  #watch(): void {
    const { watcher } = this.#parts;
    for (const { cameraId, stream, figures } of watcher === undefined ? [] : this.cameras()) watcher?.streamState(cameraId, stream, figures);
  }
}
