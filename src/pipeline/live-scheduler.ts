import type { LiveFrame } from '../camera/live-frame.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import type { FrameRead } from '../vision/frame-read.ts';
import type { Vision } from '../vision/vision-pool.ts';
import type { LiveLane } from './live-lane.ts';

/** What became of the frames of one camera. */
export interface LiveFigures {
  readonly read: number;
  /** Nothing moved but what is read well enough, and nobody waited: not worth a look. */
  readonly idle: number;
  /** The machine was too slow: the oldest that waited went. */
  readonly dropped: number;
  readonly failed: number;
  readonly waiting: number;
}

export interface SchedulerParts {
  readonly vision: Vision;
  readonly clock: Clock;
  readonly log: Log;
  /** Frames of one camera that wait for a reader at most; the rest of its buffers are the stream's to fill. */
  readonly waitingPerCamera?: number;
  readonly onRead?: (frame: LiveFrame, read: FrameRead) => void;
  readonly onDropped?: (cameraId: string) => void;
  readonly onFailed?: (cameraId: string, cause: unknown) => void;
}

interface CameraLine {
  readonly lane: LiveLane;
  readonly waiting: LiveFrame[];
  /** A file loses no frame: its stream waits for buffers instead. */
  readonly lossless: boolean;
  busy: boolean;
  lookedAt: number;
  /** Who waits until it is idle. */
  readonly idle: (() => void)[];
  figures: { read: number; idle: number; dropped: number; failed: number };
}

/** The newest frames count: a queue of more would only show vehicles later. */
const WAITING = 2;
/** Whatever the motion says, the whole view is looked at so often; milliseconds. A vehicle that stood there at the start never moves. */
const WHOLE_LOOK_MS = 10_000;

/**
 * Shares the reading threads among the cameras: each camera in turn, one frame of a camera at a time, so that its frames are followed in
 * order. When the machine is too slow the oldest waiting frame of the camera goes, and is counted; passes never go.
 */
export class LiveScheduler {
  readonly #parts: SchedulerParts;
  readonly #lines = new Map<string, CameraLine>();
  #free: number;
  #turn = 0;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#free = parts.vision.threads;
  }

  add(lane: LiveLane, { lossless = false }: { readonly lossless?: boolean } = {}): void {
    this.#lines.set(lane.cameraId, { lane, lossless, waiting: [], busy: false, lookedAt: 0, idle: [], figures: { read: 0, idle: 0, dropped: 0, failed: 0 } });
  }

  /** Lets a camera's waiting frames go; those under way are finished. */
  remove(cameraId: string): void {
    const line = this.#lines.get(cameraId);
    this.#lines.delete(cameraId);
    for (const frame of line?.waiting.splice(0) ?? []) frame.release();
    if (line !== undefined && isIdle(line)) for (const resolve of line.idle.splice(0)) resolve();
  }

  figures(cameraId: string): LiveFigures | null {
    const line = this.#lines.get(cameraId);
    return line === undefined ? null : { ...line.figures, waiting: line.waiting.length };
  }

  /** Takes a frame over; it is released when it has been read or dropped. */
  offer(given: LiveFrame): void {
    const frame = releasedOnce(given), line = this.#lines.get(frame.cameraId);
    if (line === undefined) return frame.release();
    if (!this.#isWorthALook(line, frame)) {
      line.figures.idle++;
      return frame.release();
    }
    line.waiting.push(frame);
    while (!line.lossless && line.waiting.length > (this.#parts.waitingPerCamera ?? WAITING)) {
      line.waiting.shift()?.release();
      line.figures.dropped++;
      this.#parts.onDropped?.(frame.cameraId);
    }
    this.#start();
  }

  /** Resolves when no frame of the camera waits or is under way, whatever the others do; without a camera when none of any is. */
  async idle(cameraId?: string): Promise<void> {
    const lines = [...this.#lines.values()].filter((line) => cameraId === undefined || line.lane.cameraId === cameraId);
    await Promise.all(lines.map((line) => (isIdle(line) ? undefined : new Promise<void>((resolve) => line.idle.push(resolve)))));
  }

  #isWorthALook(line: CameraLine, frame: LiveFrame): boolean {
    const { moving, capturedAt } = frame, { lane } = line;
    if (capturedAt - line.lookedAt >= WHOLE_LOOK_MS) return true;
    return moving.length === 0 ? lane.watches : moving.some((box) => !lane.known.isKnown(box, capturedAt));
  }

  #start(): void {
    while (this.#free > 0) {
      const line = this.#next();
      if (line === null) break;
      this.#free--;
      line.busy = true;
      void this.#read(line).finally(() => {
        line.busy = false;
        this.#free++;
        if (isIdle(line)) for (const resolve of line.idle.splice(0)) resolve();
        this.#start();
      });
    }
  }

  /** The next camera after the one served last that has a frame waiting and none under way. */
  #next(): CameraLine | null {
    const lines = [...this.#lines.values()];
    for (let i = 1; i <= lines.length; i++) {
      const at = (this.#turn + i) % lines.length, line = lines[at];
      if (line === undefined || line.busy || line.waiting.length === 0) continue;
      this.#turn = at;
      return line;
    }
    return null;
  }

  async #read(line: CameraLine): Promise<void> {
    const frame = line.waiting.shift();
    if (frame === undefined) return;
    try {
      const whole = frame.moving.length === 0 || frame.capturedAt - line.lookedAt >= WHOLE_LOOK_MS;
      const boxes = whole ? (frame.region === null ? [] : [frame.region]) : [...frame.moving.filter((box) => !line.lane.known.isKnown(box, frame.capturedAt)), ...line.lane.known.placesBefore(frame.capturedAt)];
      if (whole) line.lookedAt = frame.capturedAt;
      const read = await this.#parts.vision.readLive(frame.picture, boxes);
      line.figures.read++;
      this.#parts.onRead?.(frame, read);
      await line.lane.take(frame, read);
    } catch (cause) {
      line.figures.failed++;
      frame.release();
      this.#parts.onFailed?.(frame.cameraId, cause);
      this.#parts.log.error({ trace: traceOf(cause), camera: frame.cameraId }, 'a frame of a stream could not be read; the next one is');
    }
  }
}

function isIdle({ busy, waiting }: CameraLine): boolean {
  return !busy && waiting.length === 0;
}

/** A lane gives the pixels back as early as it can; whoever handles a fault cannot know whether it has. */
function releasedOnce(frame: LiveFrame): LiveFrame {
  let held = true;
  return {
    ...frame,
    release: () => {
      if (held) frame.release();
      held = false;
    },
  };
}
