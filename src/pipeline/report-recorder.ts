import type { Clock } from '../core/clock.ts';
import type { Pass } from '../pass/pass.ts';
import type { Database } from '../store/database.ts';
import { noteEvidence } from '../store/frames.ts';
import { addReadings, addReadingsDue, type PassReading, type ReadingDue } from '../store/pass-readings.ts';
import { linkPasses } from '../store/payloads.ts';
import { inTransaction } from '../store/query.ts';
import { vehiclesRecorded, type PendingPass, type ReportedVehicle } from '../store/reported-vehicles.ts';
import type { Engine } from './engine-interface.ts';
import { createGroupCommit } from './group-commit.ts';

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
  record(vehicles: readonly Pick<ReportedVehicle, 'sequence' | 'passId' | 'recordedAt' | 'pending'>[]): Promise<void>;
  /** Waits for what is under way. */
  settled(): Promise<void>;
}

/** As many as make the cost of a transaction vanish; more would only make the first of them wait. */
const MOST = 200;

interface Due { readonly sequence: number; readonly pending: PendingPass }

/** `together`: how many are recorded in one go at most. */
export function createReportRecorder(parts: ReportRecorderParts, together = MOST): ReportRecorder {
  const batches = createGroupCommit<Due, null>(async (batch) => {
    await recordAll(parts, batch);
    return batch.map(() => null);
  }, together);
  /** By row: fifty repetitions of one message at once wait for one recording. */
  const underWay = new Map<number, Promise<unknown>>();
  const recordOnce = (sequence: number, pending: PendingPass): Promise<unknown> => {
    const running = underWay.get(sequence) ?? batches.add({ sequence, pending }).finally(() => underWay.delete(sequence));
    underWay.set(sequence, running);
    return running;
  };
  return {
    async record(vehicles) {
      const waits = vehicles.map(({ sequence, passId, recordedAt, pending }) => (!passId || recordedAt || !pending ? undefined : recordOnce(sequence, pending)));
      // All are waited for: who gave many must not go on while some are under way.
      const failed = (await Promise.allSettled(waits)).find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
    settled: () => batches.settled(),
  };
}

/** First the rows that stand for the pictures, then the passes, then the note that both are there: only that is acknowledged. */
async function recordAll({ database, engine, clock, onReadingDue }: ReportRecorderParts, all: readonly Due[]): Promise<void> {
  const expired = await noteEvidenceOf(database, all);
  await engine.recordPasses(all.map(({ pending }) => pending.pass));
  const due = all.flatMap(({ pending: { pass, crop } }) => (expired.has(pass.id) ? [] : dueOf(pass, crop)));
  await inTransaction(database, database.orm, async (tx) => {
    await addReadings(tx, all.map(({ pending: { pass, toldConfidence } }) => ownReading(pass, toldConfidence)));
    await addReadingsDue(tx, due, clock());
    await linkPasses(tx, all.flatMap(({ pending: { pass: { id, capturedAt }, payloadId } }) => (payloadId === null ? [] : [{ payload: payloadId, id, capturedAt }])));
    await vehiclesRecorded(tx, all.map((one) => one.sequence), clock());
  });
  if (due.length > 0) onReadingDue();
}

/** Ids of the passes with a picture that are older than anything that is kept: they are set aside, and their pictures with them. */
async function noteEvidenceOf(database: Database, all: readonly Due[]): Promise<Set<string>> {
  const frames = all.flatMap(({ pending: { pass: { id, evidence, cameraId, capturedAt, timeSource, receivedAt } } }) =>
    (evidence === null ? [] : [{ cameraId, capturedAt, timeSource, receivedAt, sha256: evidence.sha256, mediaType: evidence.mediaType, name: id }]));
  const kept = await noteEvidence(database, frames);
  return new Set(frames.flatMap((frame, i) => (kept[i] === true ? [] : [frame.name])));
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

