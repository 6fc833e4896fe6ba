import type { Clock } from '../core/clock.ts';
import { DarwazaError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import { markOf } from '../pass/build.ts';
import type { PlateBox } from '../pass/pass.ts';
import { compareMarks } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';
import { passesByIds } from '../store/find-pass.ts';
import type { Database } from '../store/database.ts';
import type { EvidenceStore } from '../store/evidence.ts';
import { atStore } from '../store/failure.ts';
import { addReadings, countReadingsDue, readingDone, takeReadingDue, trimReadingsDue, type PassReading, type ReadingDue } from '../store/pass-readings.ts';
import { inTransaction } from '../store/query.ts';
import type { FrameRead, Read } from '../vision/frame-read.ts';
import type { Vision } from '../vision/vision-pool.ts';
import type { Engine } from './engine-interface.ts';

export interface SecondReadingParts {
  readonly database: Database;
  readonly evidence: EvidenceStore;
  readonly vision: Pick<Vision, 'read'>;
  readonly engine: Pick<Engine, 'queue'>;
  /** Name of our reader. */
  readonly reader: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Our reader on pictures that other cameras read themselves. What is due stands in the database, so that it goes on after a crash. */
export interface SecondReadings {
  /** There is something new to read. */
  poke(): void;
  /** Reads what is due until nothing is, one at a time, and only while no frame of our own waits. */
  settled(): Promise<void>;
  start(): void;
  close(): Promise<void>;
}

const LOOK_EVERY_MS = 2_000;
/** Longer than any picture takes; a process that ended with one leaves it to others after that. */
const LEASE_MS = 60_000;
/** A picture that our reader fails on three times is not read. */
const ATTEMPTS = 3;
/** An hour of a city's ANPR cameras. When the machine is that far behind, the newest are of more use than the oldest. */
const MOST_DUE = 20_000;
/** Below it our reader is not sure enough to contradict anybody. */
const SURE = 0.5;

export function createSecondReadings(parts: SecondReadingParts): SecondReadings {
  let timer: NodeJS.Timeout | null = null, running: Promise<void> | null = null, closed = false;
  const run = (): Promise<void> => running ??= readDue(parts, () => closed)
    .catch((cause: unknown) => parts.log.error({ trace: traceOf(cause) }, 'pictures of other cameras wait to be read; trying again'))
    .finally(() => {
      running = null;
    });
  return {
    poke: () => void (timer !== null && run()),
    settled: run,
    start: () => void (timer ??= setInterval(() => void run(), LOOK_EVERY_MS).unref()),
    async close() {
      closed = true;
      if (timer !== null) clearInterval(timer);
      timer = null;
      await running;
    },
  };
}

async function readDue(parts: SecondReadingParts, closed: () => boolean): Promise<void> {
  const { database, engine, clock, log } = parts;
  if (await countReadingsDue(database) > MOST_DUE) {
    const given = await trimReadingsDue(database, MOST_DUE, clock());
    log.warn({ passes: given }, 'pictures of other cameras came faster than they could be read; the oldest keep the camera\'s reading alone');
  }
  while (!closed() && engine.queue().waiting === 0) {
    const due = await takeReadingDue(database, clock(), LEASE_MS);
    if (due === null) return;
    await readOne(parts, due);
  }
}

async function readOne(parts: SecondReadingParts, due: ReadingDue): Promise<void> {
  const { database, clock, log } = parts;
  try {
    const reading = await readingOf(parts, due);
    await inTransaction(database, database.orm, async (tx) => {
      await addReadings(tx, [reading]);
      await readingDone(tx, due, clock());
    });
  } catch (cause) {
    // A picture that cannot be read, or is gone, stays unread; a database or disk that is away comes back.
    const isOfPicture = cause instanceof DarwazaError && cause.status < 500;
    if (!isOfPicture && due.attempts < ATTEMPTS) throw cause;
    log.warn({ trace: traceOf(cause), pass: due.passId }, 'the picture of another camera cannot be read');
    await inTransaction(database, database.orm, (tx) => readingDone(tx, due, clock()));
  }
}

async function readingOf({ database, evidence, vision, reader, clock }: SecondReadingParts, due: ReadingDue): Promise<PassReading> {
  const { passId, capturedAt, cameraId, picture, crop, plateBox } = due;
  const bytes = await evidence.get(picture, passId), frame = await vision.read(bytes, { crop, name: passId });
  const read = nearest(frame, plateBox), pass = (await atStore(database, () => passesByIds(database.orm, [passId]))).get(passId);
  return {
    passId, capturedAt, cameraId, reader, readText: read?.text ?? '', mark: read === null ? null : markOf(read.parse), confidence: read?.confidence ?? null, readAt: clock(),
    agrees: read === null || pass === undefined ? null : agreement(pass.mark, read),
  };
}

/** The read whose plate lies nearest to where the other camera saw it; the surest where it did not say. */
function nearest({ reads }: FrameRead, plateBox: PlateBox | null): Read | null {
  const rank = (read: Read): number => (plateBox === null ? -read.confidence : Math.hypot(...middlesApart(read.box, plateBox)));
  return reads.toSorted((a, b) => rank(a) - rank(b))[0] ?? null;
}

function middlesApart(a: PlateBox, b: PlateBox): [number, number] {
  return [a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2];
}

/** Whether our read is of the vehicle that the pass is of; null: it is not sure enough, or neither has a mark. */
export function agreement(mark: Mark | null, { parse, confidence }: Pick<Read, 'parse' | 'confidence'>): boolean | null {
  const read = markOf(parse);
  if (read !== null && mark !== null && compareMarks(mark, read).same) return true;
  return read === null || confidence < SURE ? null : false;
}
