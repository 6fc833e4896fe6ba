import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import { isDoubted, restoredEstimate, withMeasure, withOffset, type ClockEstimate } from '../pass/clock-offset.ts';
import { addClockReadings, latestClocks, type ClockReading, type ClockSource } from '../store/camera-clocks.ts';
import type { Database } from '../store/database.ts';
import { createPeriodicWriter } from './periodic-writer.ts';

/** A clock that is off by more is wrong in a way that a person must mend, and no speed may be told from its times (`CLOCK_ERROR_MS`). */
export const CLOCK_WRONG_MS = 5_000;
/** Below it, most of what is measured is the way from the camera. */
const CORRECTED_FROM_MS = 2_000;
/** What a time with its correction may be after it was received: the two least delays differ by it. */
const AHEAD_MS = 2_000;
/** A row of history where the offset has changed by as much, but no more often than once a minute: delays vary. */
const NOTED_CHANGE_MS = 250, NOTED_EVERY_MS = 60_000, NOTED_AT_LEAST_MS = 3_600_000;
const FLUSHED_EVERY_MS = 5_000;
/** A clock that was not measured for so long is not known any more: batteries die and cameras are exchanged. */
const KNOWN_FOR_MS = 31 * 86_400_000;
/** Rows that wait for a database that is away. */
const MOST_WAITING = 100_000;

/** How a camera's clock stands. */
export interface CameraClock {
  /** What is to be added to the camera's time, milliseconds: above 0 the clock is slow. */
  readonly offsetMs: number;
  readonly spreadMs: number;
  /** Whether the offset can be relied on; if not, nothing is corrected by it. */
  readonly settled: boolean;
  /** Off by more than 5 s, or not known where it may be. */
  readonly flagged: boolean;
  /** What is added to its times now; null: nothing. */
  readonly correctionMs: number | null;
  /** Epoch milliseconds. */
  readonly measuredAt: number;
  readonly source: ClockSource;
}

/** A capture time as it is to be stored. `correctionMs`: what was added; null: nothing. */
export interface CorrectedTime { readonly capturedAt: number; readonly correctionMs: number | null }

/** Clocks of all cameras that this process hears of, and their history. All times are epoch milliseconds. */
export interface CameraClocks {
  /** A message that came live, or late: `claimedAt` is the time in it, as the camera has it. Before `correct` of the same message. */
  measured(cameraId: string, claimedAt: number, receivedAt: number, source: ClockSource): void;
  /** As the stream's protocol tells it; no delay is in it. */
  measuredOffset(cameraId: string, offsetMs: number, spreadMs: number, source: ClockSource): void;
  /** When it really was: corrected only where the offset is well known and 2 s or more. The same message gives the same time as long as the offset stays within 250 ms. */
  correct(cameraId: string, claimedAt: number, receivedAt: number): CorrectedTime;
  /** null: never measured by this process, nor by those before it in a month. */
  of(cameraId: string): CameraClock | null;
  all(): ReadonlyMap<string, CameraClock>;
  /** Goes on from the history, so that a restart corrects alike. @throws DATABASE_UNAVAILABLE */
  load(): Promise<void>;
  /** Writes the history every few seconds until closed. */
  start(): void;
  /** @throws DATABASE_UNAVAILABLE; what was not written is written the next time */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface CameraClocksOptions { readonly database: Database; readonly clock: Clock; readonly log: Log }

export function createCameraClocks({ database, clock, log }: CameraClocksOptions): CameraClocks {
  const clocks = new Clocks(clock);
  const write = async (): Promise<void> => {
    const due = clocks.takeDue();
    try {
      await addClockReadings(database, due);
    } catch (cause) {
      clocks.putBack(due);
      throw cause;
    }
  };
  const writer = createPeriodicWriter({ write, everyMs: FLUSHED_EVERY_MS, failed: (cause) => log.error({ trace: traceOf(cause) }, 'measures of clocks could not be written; they are written later') });
  return {
    measured: (cameraId, claimedAt, receivedAt, source) => clocks.take(cameraId, source, (before) => withMeasure(before, receivedAt, receivedAt - claimedAt)),
    measuredOffset: (cameraId, offsetMs, spreadMs, source) => clocks.take(cameraId, source, (before) => withOffset(before, clock(), offsetMs, spreadMs)),
    correct: (cameraId, claimedAt, receivedAt) => clocks.correct(cameraId, claimedAt, receivedAt),
    of: (cameraId) => clocks.of(cameraId),
    all: () => clocks.all(),
    load: async () => clocks.restore(await latestClocks(database, clock() - KNOWN_FOR_MS)),
    ...writer,
  };
}

interface Known {
  readonly estimate: ClockEstimate;
  readonly source: ClockSource;
  /** The last reading of the history: what is corrected by, so that it changes in steps and is the same after a restart. */
  readonly noted: ClockReading;
}

class Clocks {
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  #due: ClockReading[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(cameraId: string, source: ClockSource, change: (before: ClockEstimate | null) => ClockEstimate): void {
    const before = this.#known.get(cameraId), estimate = change(before?.estimate ?? null);
    const reading = readingOf(estimate, { cameraId, source, at: Math.max(this.#clock(), (before?.noted.at ?? 0) + 1) });
    const isNoted = before === undefined || isWorthNoting(before.noted, reading);
    if (isNoted) this.putBack([reading]);
    this.#known.set(cameraId, { estimate, source, noted: isNoted ? reading : before.noted });
  }

  correct(cameraId: string, claimedAt: number, receivedAt: number): CorrectedTime {
    const known = this.#known.get(cameraId), correctionMs = known?.noted.correctionMs ?? null;
    // With a correction by which it would be seen after it came, the clock has been set meanwhile.
    if (correctionMs === null || claimedAt + correctionMs > receivedAt + AHEAD_MS) return { capturedAt: claimedAt, correctionMs: null };
    return { capturedAt: claimedAt + correctionMs, correctionMs };
  }

  of(cameraId: string): CameraClock | null {
    const known = this.#known.get(cameraId);
    return known === undefined ? null : cameraClock(known);
  }

  all(): ReadonlyMap<string, CameraClock> {
    return new Map([...this.#known].map(([cameraId, known]) => [cameraId, cameraClock(known)]));
  }

  restore(readings: readonly ClockReading[]): void {
    for (const noted of readings) if (!this.#known.has(noted.cameraId)) this.#known.set(noted.cameraId, { estimate: restoredEstimate({ ...noted, settled: noted.settled || noted.correctionMs !== null }), source: noted.source, noted });
  }

  takeDue(): ClockReading[] {
    return this.#due.splice(0);
  }

  putBack(readings: readonly ClockReading[]): void {
    this.#due = [...readings, ...this.#due].slice(-MOST_WAITING);
  }
}

/** While it is doubted whether messages are late or the clock was set, late is the likelier: the correction stays, and no speed is told. */
function readingOf(estimate: ClockEstimate, of: Pick<ClockReading, 'cameraId' | 'source' | 'at'>): ClockReading {
  const offsetMs = Math.round(estimate.offsetMs), correctionMs = estimate.settled && Math.abs(offsetMs) >= CORRECTED_FROM_MS ? offsetMs : null;
  return { ...of, offsetMs, spreadMs: Math.round(estimate.spreadMs), correctionMs, settled: estimate.settled && !isDoubted(estimate) };
}

/** A change that matters is noted at once, a small one once a minute, none once an hour. */
function isWorthNoting(noted: ClockReading, now: ClockReading): boolean {
  const changed = Math.abs(now.offsetMs - noted.offsetMs), sinceMs = now.at - noted.at;
  if (now.settled !== noted.settled || (now.correctionMs === null) !== (noted.correctionMs === null) || changed > CLOCK_WRONG_MS) return true;
  return changed > NOTED_CHANGE_MS ? sinceMs >= NOTED_EVERY_MS : sinceMs >= NOTED_AT_LEAST_MS;
}

function cameraClock({ estimate, source, noted }: Known): CameraClock {
  const { offsetMs, spreadMs, measuredAt } = estimate, doubted = isDoubted(estimate);
  return { offsetMs, spreadMs, settled: estimate.settled && !doubted, flagged: Math.abs(offsetMs) > CLOCK_WRONG_MS || doubted, correctionMs: noted.correctionMs, measuredAt, source };
}
