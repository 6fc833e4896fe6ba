import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Box } from '../vision/picture.ts';
import { HEARTBEAT_MS } from './ffmpeg-command.ts';
import { FfmpegConnection, type ConnectionEnd } from './ffmpeg-connection.ts';
import { secretCover } from './ffmpeg-lines.ts';
import type { FrameHeader } from './frame-assembly.ts';
import { createFrameBuffers } from './frame-buffers.ts';
import { createFrameMemory, type FrameMemory } from './frame-memory.ts';
import { createFileTimes, createFrameTimes, type FrameTimes } from './frame-times.ts';
import type { FrameStream, LiveFrame, StreamState } from './live-frame.ts';
import { createMotion } from './motion.ts';
import { createBackOff, type BackOffSettings } from './reconnect.ts';
import { describeSource, type StreamSource } from './stream-sources.ts';
import { startOfFilm } from './video-file-start.ts';

export interface VideoStreamParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Called for each frame that is given on, in the order of their times. It must not throw, and must release the frame at some time. */
  readonly onFrame: (frame: LiveFrame) => void;
  /** 0..1, for the jitter of reconnecting. */
  readonly random?: () => number;
  readonly backOff?: BackOffSettings;
  /** A connection that gives no frame for this long is cut and made anew. */
  readonly stallMs?: number;
  /** Frames that may be with the receiver at once. 4 (one comes in, two wait, one is read) of 1080p take 12 MB. */
  readonly buffers?: number;
  /** Where they lie. Default: memory of its own. */
  readonly memory?: FrameMemory;
  readonly ffmpeg?: string;
}

/** A file is begun anew this often after ffmpeg died over it: what kills it once by chance will not do so again. */
const FILE_TRIES = 3;

/**
 * Frames of an RTSP camera or a video file, through ffmpeg. It never throws: what goes wrong stands in `state()`. A camera is tried again until it is
 * closed; a file ends, and a file that ffmpeg died over is begun anew without giving a frame twice.
 */
export function createVideoStream(source: StreamSource, parts: VideoStreamParts): FrameStream {
  const stream = new VideoStream(source, parts);
  return { cameraId: source.camera, ended: stream.ended, state: () => stream.state(), close: () => stream.close() };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class VideoStream {
  readonly ended: Promise<void>;
  readonly #source: StreamSource;
  readonly #parts: VideoStreamParts;
  readonly #state: Mutable<StreamState> = { state: 'connecting', lastFrameAt: null, frames: 0, still: 0, dropped: 0, decodeErrors: 0, reconnects: 0, fault: null, brightness: null, sameScene: null };
  readonly #motion = createMotion();
  readonly #cover: (text: string) => string;
  readonly #backOff;
  readonly #buffers;
  #times: FrameTimes | null = null;
  #connection: FfmpegConnection | null = null;
  #retry: NodeJS.Timeout | undefined;
  #givenAt = -Infinity;
  #seenSeconds = -Infinity;
  #tries = 0;
  #end: () => void = () => undefined;

  constructor(source: StreamSource, parts: VideoStreamParts) {
    this.#source = source;
    this.#parts = parts;
    this.#cover = secretCover(source);
    this.#backOff = createBackOff(parts.random ?? Math.random, parts.backOff);
    this.#buffers = createFrameBuffers(parts.buffers ?? 4, parts.memory ?? createFrameMemory(), () => this.#connection?.next());
    this.ended = new Promise((resolve) => { this.#end = resolve; });
    void this.#start();
  }

  state(): StreamState {
    return { ...this.#state };
  }

  async close(): Promise<void> {
    if (this.#state.state !== 'ended') this.#state.state = 'closed';
    clearTimeout(this.#retry);
    await this.#connection?.stop();
    this.#end();
  }

  async #start(): Promise<void> {
    try {
      this.#times = this.#source.kind === 'rtsp' ? createFrameTimes() : createFileTimes(await startOfFilm(this.#source));
    } catch (cause) {
      this.#finish(cause instanceof Error ? cause.message : 'the file cannot be read');
      return;
    }
    if (this.#state.state !== 'closed') this.#connect();
  }

  #connect(): void {
    const startedAt = this.#parts.clock();
    this.#state.state = 'connecting';
    this.#tries += 1;
    this.#times?.restart();
    this.#connection = new FfmpegConnection(this.#source, {
      log: this.#parts.log, ffmpeg: this.#parts.ffmpeg, stallMs: this.#parts.stallMs,
      buffer: (bytes) => this.#buffers.take(bytes) ?? (this.#waits() ? 'wait' : null),
      unused: (buffer) => this.#buffers.give(buffer),
      onFrame: (header, data) => this.#take(header, data),
      onError: () => { this.#state.decodeErrors += 1; },
      cover: this.#cover,
      onEnd: (end) => this.#disconnected(end, this.#parts.clock() - startedAt),
    });
  }

  /** Does the film wait for its receiver, or the receiver miss frames of it? */
  #waits(): boolean {
    return this.#source.kind === 'video' && this.#source.pace === 'free';
  }

  #take(header: FrameHeader, data: Uint8Array | null): void {
    const now = this.#parts.clock();
    this.#state.lastFrameAt = now;
    if (this.#state.state !== 'closed') this.#state.state = 'running';
    this.#state.fault = null;
    if (this.#source.kind === 'video' && this.#isRepeated(header)) {
      if (data !== null) this.#buffers.give(data);
      return;
    }
    const capturedAt = (this.#times as FrameTimes).at(header.seconds, now);
    if (data === null) this.#state.dropped += 1;
    else if (capturedAt === null) this.#passOver(data);
    else this.#look(header, data, capturedAt);
  }

  /** Of a file that was begun anew, what was seen before. */
  #isRepeated({ seconds }: FrameHeader): boolean {
    if (seconds === null || seconds > this.#seenSeconds) {
      this.#seenSeconds = seconds ?? this.#seenSeconds;
      return false;
    }
    return this.#tries > 1;
  }

  #look({ width, height }: FrameHeader, data: Uint8Array, capturedAt: number): void {
    const picture = { width, height, planes: data }, region = regionOf(this.#source.region, width, height);
    const { moving, brightness, sameScene } = this.#motion.see(picture, capturedAt, region);
    this.#state.brightness = brightness;
    this.#state.sameScene = sameScene;
    if (this.#state.state === 'closed' || (moving.length === 0 && capturedAt - this.#givenAt < HEARTBEAT_MS)) {
      this.#passOver(data);
      return;
    }
    this.#givenAt = capturedAt;
    this.#state.frames += 1;
    this.#give({ cameraId: this.#source.camera, capturedAt, picture, moving, region, release: once(() => this.#buffers.give(data)) });
  }

  #passOver(data: Uint8Array): void {
    this.#state.still += 1;
    this.#buffers.give(data);
  }

  #give(frame: LiveFrame): void {
    try {
      this.#parts.onFrame(frame);
    } catch (cause) {
      frame.release();
      this.#parts.log.error({ camera: frame.cameraId, error: cause instanceof Error ? cause.name : 'unknown' }, 'a frame was refused by its receiver');
    }
  }

  #disconnected({ fault, whole }: ConnectionEnd, ranMs: number): void {
    this.#connection = null;
    if (this.#state.state === 'closed') return this.#end();
    if (this.#source.kind === 'video' && (whole || fault.permanent || this.#tries >= FILE_TRIES)) return this.#finish(whole ? null : fault.message);
    const waitMs = this.#backOff.next(ranMs);
    // One line when it is lost, not one for each try of a night.
    if (this.#state.state === 'running' || this.#tries === 1) this.#parts.log.warn({ camera: this.#source.camera, source: describeSource(this.#source), fault: fault.message }, 'the stream is lost; trying again');
    Object.assign(this.#state, { state: 'waiting', fault: fault.message, reconnects: this.#state.reconnects + 1 });
    this.#retry = setTimeout(() => this.#connect(), waitMs);
  }

  #finish(fault: string | null): void {
    if (this.#state.state !== 'closed') Object.assign(this.#state, { state: 'ended', fault });
    this.#end();
  }
}

function regionOf(region: StreamSource['region'], width: number, height: number): Box | null {
  if (region === null) return null;
  const x = Math.floor(region.x * width), y = Math.floor(region.y * height);
  return { x, y, width: Math.max(1, Math.min(width - x, Math.round(region.width * width))), height: Math.max(1, Math.min(height - y, Math.round(region.height * height))) };
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}
