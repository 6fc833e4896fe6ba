import type { Clock } from '../core/clock.ts';
import { DarwazaError } from '../core/errors.ts';
import type { Pass } from '../pass/pass.ts';
import type { Database } from '../store/database.ts';
import { noteEvidence } from '../store/frames.ts';
import { addReadings, addReadingsDue, type PassReading, type ReadingDue } from '../store/pass-readings.ts';
import { linkPasses } from '../store/payloads.ts';
import { inTransaction } from '../store/query.ts';
import { vehiclesRecorded, type PendingPass, type ReportedVehicle } from '../store/reported-vehicles.ts';
import type { Engine } from './engine-interface.ts';

export interface ReportRecorderParts {
  readonly database: Database;
  readonly engine: Pick<Engine, 'recordPasses'>;
  readonly clock: Clock;
  /** Told when there is a picture for our own reader. */
  readonly onReadingDue: () => void;
}

export interface ReportRecorder {
  /**
   * Records the passes of decided vehicles; those that are recorded, or still in view, are passed over. Whatever ends it between, the same rows
   * given again end the same: the pass stands in them with its id before anything is stored.
   */
  record(vehicles: readonly Partial<ReportedVehicle>[]): Promise<void>;
}

export function createReportRecorder(parts: ReportRecorderParts): ReportRecorder {
  /** By row: fifty repetitions of one message at once wait for one recording. */
  const underWay = new Map<number, Promise<void>>();
  const recordOnce = (sequence: number, pending: PendingPass): Promise<void> => {
    const running = underWay.get(sequence) ?? recordOne(parts, sequence, pending).finally(() => underWay.delete(sequence));
    underWay.set(sequence, running);
    return running;
  };
  return {
    async record(vehicles) {
      await Promise.all(vehicles.map(({ sequence, passId, recordedAt, pending }) => (sequence === undefined || !passId || recordedAt || !pending ? undefined : recordOnce(sequence, pending))));
    },
  };
}

/** First the row that stands for the picture, then the pass, then the note that both are there: only that is acknowledged. */
async function recordOne({ database, engine, clock, onReadingDue }: ReportRecorderParts, sequence: number, { pass, toldConfidence, crop, payloadId }: PendingPass): Promise<void> {
  const isKept = await noteEvidenceOf(database, pass);
  await engine.recordPasses([pass]);
  const due = isKept ? dueOf(pass, crop) : [];
  await inTransaction(database, database.orm, async (tx) => {
    await addReadings(tx, [ownReading(pass, toldConfidence)]);
    await addReadingsDue(tx, due, clock());
    if (payloadId !== null) await linkPasses(tx, payloadId, [pass]);
    await vehiclesRecorded(tx, [sequence], clock());
  });
  if (due.length > 0) onReadingDue();
}

/** False: the pass is older than anything that is kept; it is set aside, and its picture with it. */
async function noteEvidenceOf(database: Database, { id, evidence, cameraId, capturedAt, timeSource, receivedAt }: Pass): Promise<boolean> {
  if (evidence === null) return true;
  try {
    await noteEvidence(database, { cameraId, capturedAt, timeSource, receivedAt, sha256: evidence.sha256, mediaType: evidence.mediaType, name: id });
    return true;
  } catch (error) {
    if (error instanceof DarwazaError && error.code === 'PASS_EXPIRED') return false;
    throw error;
  }
}

/** The camera's own reading, which is the one that the pass has. */
function ownReading({ id, capturedAt, cameraId, source, rawText, mark, receivedAt }: Pass, toldConfidence: number | null): PassReading {
  return { passId: id, capturedAt, cameraId, reader: source, readText: rawText, mark, confidence: toldConfidence, readAt: receivedAt, agrees: null };
}

/** The plate alone says most; else where the camera saw it. */
function dueOf({ id, capturedAt, cameraId, evidence, plateBox }: Pass, crop: PendingPass['crop']): ReadingDue[] {
  const picture = crop ?? evidence;
  return picture === null ? [] : [{ passId: id, capturedAt, cameraId, picture: { sha256: picture.sha256, mediaType: picture.mediaType }, crop: crop !== null, plateBox, attempts: 0 }];
}

