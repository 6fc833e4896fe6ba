import type { StreamState } from '../camera/live-frame.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import type { Register } from '../geo/register.ts';
import { addedWidths, widthStep } from '../pass/plate-widths.ts';
import type { Pass } from '../pass/pass.ts';
import { addCameraFigures, type CameraFigures, type CameraState, type HourFigures } from '../store/camera-figures.ts';
import type { Database } from '../store/database.ts';
import { keptStream } from './camera-picture.ts';
import { createPeriodicWriter } from './periodic-writer.ts';

/**
 * Counts what cameras send, by the hour, and how they stand. What is counted goes to the database every few seconds, where the processes add
 * theirs up; a process that is killed loses the seconds since. Cameras that the register never knew are not counted: anybody may make up names.
 */
export interface CameraHealth {
  /** A single picture that came (`POST /frames`, folder); frames of a stream are counted by its state. `receivedAt`: epoch milliseconds, now when left out. */
  frameSeen(cameraId: string, frame?: { readonly receivedAt?: number }): void;
  /** A pass that was stored for the first time. */
  passRecorded(pass: Pass): void;
  /** A frame, push or pass that was not taken, by the code of its error. */
  refused(cameraId: string, code: string): void;
  /** Frames that were given up because the machine was too slow. */
  dropped(cameraId: string, count: number): void;
  /** The state of a stream, every few seconds and when it changes. Its counts may begin again with a new stream. */
  streamState(cameraId: string, state: StreamState): void;
  /** Frames of this camera that wait to be read. */
  queueDepth(cameraId: string, waiting: number): void;
  /** What was not written yet, beside what the database has: so that an answer shows what came a second ago. */
  unwritten(cameraId: string): { readonly figures: readonly HourFigures[]; readonly state: CameraState | null };
  /** Sums since the start of this process, by camera. */
  totals(): ReadonlyMap<string, CameraFigures>;
  /** @throws DATABASE_UNAVAILABLE; what was not written is written the next time */
  flush(): Promise<void>;
  start(): void;
  close(): Promise<void>;
}

export interface CameraHealthOptions { readonly database: Database; readonly register: Register; readonly clock: Clock; readonly log: Log }

const FLUSHED_EVERY_MS = 15_000, HOUR_MS = 3_600_000, ARCHIVE_MS = 31 * 24 * HOUR_MS;
/** Codes of one camera and hour that are told apart; there are not more in the table of errors that a camera can raise. */
const MOST_CODES = 32;

export function createCameraHealth({ database, register, clock, log }: CameraHealthOptions): CameraHealth {
  const counts = new HealthCounts(clock, new Set(register.cameras.map((c) => c.id)));
  const write = async (): Promise<void> => {
    const { figures, states } = counts.take();
    try {
      await addCameraFigures(database, figures, states);
      counts.written();
    } catch (cause) {
      counts.putBack(figures, states);
      throw cause;
    }
  };
  const writer = createPeriodicWriter({ write, everyMs: FLUSHED_EVERY_MS, failed: (cause) => log.error({ trace: traceOf(cause) }, 'figures of cameras could not be written; they are written later') });
  return {
    frameSeen: (cameraId, { receivedAt = clock() } = {}) => counts.frame(cameraId, receivedAt),
    passRecorded: (pass) => counts.pass(pass),
    refused: (cameraId, code) => counts.refused(cameraId, code),
    dropped: (cameraId, count) => counts.add(cameraId, { dropped: count }),
    streamState: (cameraId, state) => counts.stream(cameraId, state),
    queueDepth: (cameraId, waiting) => counts.state(cameraId, { queueDepth: waiting }),
    unwritten: (cameraId) => counts.unwritten(cameraId),
    totals: () => counts.totals,
    ...writer,
  };
}

export const NO_FIGURES: CameraFigures = { frames: 0, still: 0, decodeErrors: 0, dropped: 0, passes: 0, read: 0, unreadable: 0, noPlate: 0, refused: {}, widths: [] };
type Rising = Pick<StreamState, 'frames' | 'still' | 'dropped' | 'decodeErrors'>;

class HealthCounts {
  readonly #clock: Clock;
  readonly #cameras: ReadonlySet<string>;
  readonly totals = new Map<string, CameraFigures>();
  /** By camera and hour. */
  #figures = new Map<string, HourFigures>();
  #states = new Map<string, CameraState>();
  /** Being written: shown until they are. */
  #underWay: { readonly figures: readonly HourFigures[]; readonly states: readonly CameraState[] } = { figures: [], states: [] };
  /** How far each stream had counted. */
  readonly #streams = new Map<string, Rising>();
  /** Since when pictures are dark or moved must outlive the writing. */
  readonly #kept = new Map<string, NonNullable<CameraState['stream']>>();

  constructor(clock: Clock, cameras: ReadonlySet<string>) {
    this.#clock = clock;
    this.#cameras = cameras;
  }

  add(cameraId: string, counted: Partial<CameraFigures>): void {
    if (!this.#cameras.has(cameraId)) return;
    const hour = Math.floor(this.#clock() / HOUR_MS) * HOUR_MS, id = `${hour} ${cameraId}`;
    const figures = { ...NO_FIGURES, ...counted };
    this.#figures.set(id, { ...addedFigures(this.#figures.get(id) ?? NO_FIGURES, figures), cameraId, hour });
    this.totals.set(cameraId, addedFigures(this.totals.get(cameraId) ?? NO_FIGURES, figures));
  }

  state(cameraId: string, changed: Partial<CameraState>): void {
    if (!this.#cameras.has(cameraId)) return;
    const before = this.#states.get(cameraId) ?? { cameraId, frameAt: null, passAt: null, queueDepth: null, stream: null, updatedAt: 0 };
    this.#states.set(cameraId, joinedState(before, { ...before, ...changed, updatedAt: this.#clock() }));
  }

  frame(cameraId: string, receivedAt: number): void {
    this.add(cameraId, { frames: 1 });
    this.state(cameraId, { frameAt: receivedAt });
  }

  pass({ cameraId, outcome, plateBox, source, capturedAt }: Pass): void {
    // What a person corrects was seen once; what is older than any delivery is an archive that is read in.
    if (source === 'correction' || this.#clock() - capturedAt > ARCHIVE_MS) return;
    const widths = plateBox === null ? [] : Array.from({ length: widthStep(plateBox.width) + 1 }, (_, i) => (i === widthStep(plateBox.width) ? 1 : 0));
    const kind = outcome === 'no-plate' ? 'noPlate' : outcome === 'unreadable' ? 'unreadable' : 'read';
    this.add(cameraId, { passes: 1, [kind]: 1, widths });
    this.state(cameraId, { passAt: this.#clock() });
  }

  refused(cameraId: string, code: string): void {
    this.add(cameraId, { refused: { [code]: 1 } });
  }

  stream(cameraId: string, now: StreamState): void {
    if (!this.#cameras.has(cameraId)) return;
    const before = this.#streams.get(cameraId), isNew = before === undefined || now.frames < before.frames || now.still < before.still || now.dropped < before.dropped || now.decodeErrors < before.decodeErrors;
    const from: Rising = isNew ? { frames: 0, still: 0, dropped: 0, decodeErrors: 0 } : before, still = now.still - from.still, dropped = now.dropped - from.dropped;
    const counted = { frames: now.frames - from.frames + still + dropped, still, dropped, decodeErrors: now.decodeErrors - from.decodeErrors };
    this.#streams.set(cameraId, { frames: now.frames, still: now.still, dropped: now.dropped, decodeErrors: now.decodeErrors });
    if (counted.frames + counted.decodeErrors > 0) this.add(cameraId, counted);
    const kept = keptStream(this.#kept.get(cameraId) ?? null, now, this.#clock());
    this.#kept.set(cameraId, kept);
    this.state(cameraId, { frameAt: now.lastFrameAt, stream: kept });
  }

  take(): { readonly figures: readonly HourFigures[]; readonly states: readonly CameraState[] } {
    this.#underWay = { figures: [...this.#figures.values()], states: [...this.#states.values()] };
    this.#figures = new Map();
    this.#states = new Map();
    return this.#underWay;
  }

  written(): void {
    this.#underWay = { figures: [], states: [] };
  }

  putBack(figures: readonly HourFigures[], states: readonly CameraState[]): void {
    for (const f of figures) {
      const id = `${f.hour} ${f.cameraId}`, since = this.#figures.get(id);
      this.#figures.set(id, since === undefined ? f : { ...addedFigures(f, since), cameraId: f.cameraId, hour: f.hour });
    }
    for (const s of states) {
      const since = this.#states.get(s.cameraId);
      this.#states.set(s.cameraId, since === undefined ? s : joinedState(s, since));
    }
    this.written();
  }

  unwritten(cameraId: string): { readonly figures: readonly HourFigures[]; readonly state: CameraState | null } {
    const figures = [...this.#underWay.figures, ...this.#figures.values()].filter((f) => f.cameraId === cameraId);
    const before = this.#underWay.states.find((s) => s.cameraId === cameraId), since = this.#states.get(cameraId);
    return { figures, state: before === undefined || since === undefined ? since ?? before ?? null : joinedState(before, since) };
  }
}

export function addedFigures(a: CameraFigures, b: CameraFigures): CameraFigures {
  return {
    frames: a.frames + b.frames, still: a.still + b.still, decodeErrors: a.decodeErrors + b.decodeErrors, dropped: a.dropped + b.dropped,
    passes: a.passes + b.passes, read: a.read + b.read, unreadable: a.unreadable + b.unreadable, noPlate: a.noPlate + b.noPlate,
    refused: addedCodes(a.refused, b.refused), widths: addedWidths(a.widths, b.widths),
  };
}

function addedCodes(a: CameraFigures['refused'], b: CameraFigures['refused']): CameraFigures['refused'] {
  const sum = { ...a };
  for (const [code, n] of Object.entries(b)) if (code in sum || Object.keys(sum).length < MOST_CODES) sum[code] = (sum[code] ?? 0) + n;
  return sum;
}

const later = (x: number | null, y: number | null): number | null => (x === null || y === null ? x ?? y : Math.max(x, y));

/** Two states of one camera, the earlier first. */
export function joinedState(a: CameraState, b: CameraState): CameraState {
  return {
    cameraId: a.cameraId, frameAt: later(a.frameAt, b.frameAt), passAt: later(a.passAt, b.passAt), queueDepth: b.queueDepth ?? a.queueDepth, stream: b.stream ?? a.stream,
    updatedAt: Math.max(a.updatedAt, b.updatedAt),
  };
}
