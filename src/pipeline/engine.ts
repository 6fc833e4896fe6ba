import { createFrameMemory } from '../camera/frame-memory.ts';
import { UNPLACED_CAMERA } from '../camera/picture-folder.ts';
import type { Frame } from '../camera/frame.ts';
import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import { cameraAt, type Register } from '../geo/register.ts';
import type { Matcher } from '../hit/matcher.ts';
import type { Pass } from '../pass/pass.ts';
import type { Database } from '../store/database.ts';
import type { EvidenceStore } from '../store/evidence.ts';
import { checkInTime, knowsFrame, openFrames, takeFrame, type FrameRecord } from '../store/frames.ts';
import type { SetAsidePass } from '../store/set-aside.ts';
import type { Vision } from '../vision/vision-pool.ts';
import { backMatch } from './back-match.ts';
import type { CameraClocks } from './camera-clocks.ts';
import type { CameraHealth } from './camera-health.ts';
import { CameraLane } from './camera-lane.ts';
import { correctPass, type Corrected, type Correction } from './correct-pass.ts';
import type { Engine, FrameResult } from './engine-interface.ts';
import { EngineCounters } from './engine-counters.ts';
import { expectedHits } from './expected-hits.ts';
import { FrameQueue, frameHash } from './frame-intake.ts';
import { createImports } from './imports.ts';
import { LiveLane, type LiveLaneParts } from './live-lane.ts';
import { createDerivation, PAIRING_COSTS, type Derivation } from './derivation.ts';
import { createRecorder, type EarlyRead, type ProvisionalHit, type Recorder, type RecordResult } from './record.ts';
import { chooseSetAside, type SetAsideChoice } from './set-aside.ts';

export interface EngineParts {
  readonly config: Config;
  readonly register: Register;
  readonly database: Database;
  readonly evidence: EvidenceStore;
  readonly vision: Vision;
  readonly clock: Clock;
  readonly log: Log;
  readonly matcher: Matcher;
  /** Without it no clock is measured and no time corrected. */
  readonly clocks?: CameraClocks;
  /** Told of every frame and pass. */
  readonly health?: CameraHealth;
}

/** How often cameras are asked whether a vehicle has gone by: well under the pass gap, so that a pass is late by no more than this. */
const TICK_MS = 250;
const DAY_MS = 86_400_000;

/** The engine over the given parts; frames that a crash left unfinished are read again before it resolves. */
export async function createEngine(parts: EngineParts): Promise<Engine> {
  const engine = new FrameEngine(parts);
  // Nothing is recorded before the lists are there to match it against.
  await parts.matcher.caughtUp();
  await engine.recover();
  engine.startClock();
  return engine;
}

class FrameEngine implements Engine {
  readonly #parts: EngineParts;
  readonly #derivation: Derivation;
  readonly #recorder: Recorder;
  readonly #queue: FrameQueue;
  readonly #counters = new EngineCounters();
  readonly #lanes = new Map<string, CameraLane>();
  readonly #liveLanes = new Set<LiveLane>();
  readonly frameMemory = createFrameMemory();
  readonly #listeners = new Set<(result: RecordResult) => void>();
  #ticker: NodeJS.Timeout | undefined;
  readonly importList: Engine['importList'];
  readonly importRegister: Engine['importRegister'];

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#queue = new FrameQueue(parts.config.DARWAZA_QUEUE);
    this.#derivation = createDerivation({ ...parts, mostCost: PAIRING_COSTS[parts.config.DARWAZA_PAIRING] });
    this.#recorder = createRecorder({ ...parts, derivation: this.#derivation, lateAfterMs: parts.config.DARWAZA_LATE_AFTER_SECONDS * 1000 });
    const imports = createImports(parts.database, parts.clock, parts.config.DARWAZA_DATA_DIR);
    this.importList = imports.importList;
    this.importRegister = imports.importRegister;
  }

  async submitFrame(frame: Frame): Promise<FrameResult> {
    try {
      const result = await this.#queue.hold(async () => this.#submit(frame));
      if (!result.repeated) this.#parts.health?.frameSeen(frame.cameraId);
      return result;
    } catch (cause) {
      this.#counters.failed(cause);
      this.#parts.health?.refused(frame.cameraId, cause instanceof DarwazaError ? cause.code : 'INTERNAL');
      throw cause;
    }
  }

  async recordPasses(passes: readonly Pass[], provisional?: ReadonlyMap<string, readonly ProvisionalHit[]>): Promise<RecordResult> {
    const result = await this.#recorder.record(passes, provisional);
    this.#counters.recorded(result);
    for (const pass of result.stored) this.#parts.health?.passRecorded(pass);
    for (const listener of this.#listeners) listener(result);
    return result;
  }

  async correctPass(correction: Correction): Promise<Corrected> {
    const corrected = await correctPass(this.#parts, correction), { pass, raised, journeysChanged } = corrected;
    for (const listener of this.#listeners) listener({ stored: [pass], repeated: 0, hits: raised, journeysChanged, setAside: [] });
    return corrected;
  }

  chooseSetAside(choice: SetAsideChoice): Promise<SetAsidePass> {
    return chooseSetAside({ ...this.#parts, recordHeld: (pass) => this.#recorder.recordHeld(pass) }, choice);
  }

  onRecorded(listener: (result: RecordResult) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  backMatch: Engine['backMatch'] = (entry, settings, { days, limit }) => {
    const { database, register, clock } = this.#parts;
    return backMatch(database, entry, { since: clock() - days * DAY_MS, limit, settings, timeZone: register.city.timeZone });
  };

  expectedHits: Engine['expectedHits'] = (list, settings, days) => expectedHits(this.#parts, list, settings, { now: this.#parts.clock(), days });

  openLane(cameraId: string, onProvisional?: (pass: Pass) => void): { readonly lane: LiveLane; close(): Promise<void> } {
    const { register, config, clock } = this.#parts;
    const lane = new LiveLane({
      ...this.#parts, memory: this.frameMemory, cameraId, camera: cameraAt(register, cameraId, clock()), passGapMs: config.DARWAZA_PASS_GAP_MS, ...(onProvisional !== undefined && { onProvisional }), ...this.#recording(),
    });
    this.#liveLanes.add(lane);
    return {
      lane,
      close: async () => {
        await lane.flush();
        this.#liveLanes.delete(lane);
      },
    };
  }

  async drain(): Promise<void> {
    await Promise.all([...this.#lanes.values(), ...this.#liveLanes].map((lane) => lane.flush()));
  }

  queue(): { waiting: number; limit: number } {
    return { waiting: this.#queue.waiting, limit: this.#queue.limit };
  }

  statistics = () => this.#counters.sums();

  async close(): Promise<void> {
    clearInterval(this.#ticker);
    await this.drain();
    await this.#recorder.settled();
    await this.#derivation.close();
  }

  startClock(): void {
    this.#ticker = setInterval(() => void this.#tick(), TICK_MS).unref();
  }

  /** Reads the frames again that were taken but whose passes were not stored: the process ended in between. */
  async recover(): Promise<void> {
    const { database, evidence, vision, log } = this.#parts;
    for (const record of await openFrames(database)) {
      try {
        const lane = this.#lane(record.cameraId, record.capturedAt);
        await lane.inTurn(async () => {
          const bytes = await evidence.get(record, `of frame ${record.name}`);
          return lane.take(record, await vision.read(bytes, { name: record.name }));
        });
      } catch (cause) {
        log.error({ trace: traceOf(cause), frame: record.sha256, camera: record.cameraId }, 'a frame taken before the last stop cannot be read again');
      }
    }
  }

  #submit(frame: Frame): Promise<FrameResult> {
    const { database, evidence, vision, clock, clocks } = this.#parts;
    const lane = this.#lane(frame.cameraId, frame.capturedAt), sha256 = frameHash(frame), receivedAt = clock();
    const repeated: FrameResult = { sha256, repeated: true, read: null, passes: [], hits: [] };
    const reading = knowsFrame(database, { ...frame, sha256 }).then(async (known) => {
      if (known) return null;
      await checkInTime(database, frame);
      return vision.read(frame.bytes, { name: frame.name });
    });
    // Awaited in turn; until then a fault of it is not an unhandled one.
    reading.catch(() => undefined);
    // The turn is taken now, before anything is awaited: frames of one camera are followed in the order they came, though two are read at once.
    return lane.inTurn(async () => {
      const read = await reading;
      if (read === null) return this.#counters.repeated(repeated);
      if (frame.live === true) clocks?.measured(frame.cameraId, frame.capturedAt, receivedAt, 'frame');
      const clockCorrectionMs = frame.live === true ? clocks?.correct(frame.cameraId, frame.capturedAt, receivedAt).correctionMs ?? null : null;
      const record: FrameRecord = { cameraId: frame.cameraId, capturedAt: frame.capturedAt, timeSource: frame.timeSource, name: frame.name, sha256, mediaType: read.mediaType, receivedAt, clockCorrectionMs };
      await evidence.put(frame.bytes, read.mediaType);
      if ((await takeFrame(database, record)) === 'repeated') return this.#counters.repeated(repeated);
      this.#counters.read(read);
      return { sha256, repeated: false, read, ...(await lane.take(record, read)) };
    });
  }

  /** @throws CAMERA_UNKNOWN when the register knew no such camera at that time */
  #lane(cameraId: string, at: number): CameraLane {
    const { register, config, database, clock } = this.#parts;
    const camera = cameraAt(register, cameraId, at);
    if (camera === null && cameraId !== UNPLACED_CAMERA) throw new DarwazaError('CAMERA_UNKNOWN', { camera: cameraId });
    const known = this.#lanes.get(cameraId);
    if (known) return known;
    const lane = new CameraLane({
      camera, cameraId, passGapMs: config.DARWAZA_PASS_GAP_MS, lateAfterMs: config.DARWAZA_LATE_AFTER_SECONDS * 1000, database, clock,
      ...this.#recording(),
    });
    this.#lanes.set(cameraId, lane);
    return lane;
  }

  #recording(): Pick<LiveLaneParts, 'record' | 'early'> {
    return {
      record: (passes, provisional) => this.recordPasses(passes, provisional),
      early: { raise: (read) => this.#raiseEarly(read), withdraw: (hitIds) => this.#recorder.withdraw(hitIds) },
    };
  }

  /** When the database is away the frame is followed all the same, and the finished pass raises the hit. */
  async #raiseEarly(read: EarlyRead): Promise<readonly ProvisionalHit[]> {
    try {
      const { raised, hits } = await this.#recorder.recordEarly(read);
      if (hits.length > 0) for (const listener of this.#listeners) listener({ stored: [], repeated: 0, hits, journeysChanged: 0, setAside: [] });
      return raised;
    } catch (cause) {
      this.#counters.failed(cause);
      this.#parts.log.error({ trace: traceOf(cause), camera: read.cameraId }, 'a provisional hit could not be raised; the finished pass raises it');
      return [];
    }
  }

  /** A vehicle goes by also when no further frame says so. */
  async #tick(): Promise<void> {
    await Promise.all([...this.#lanes.values(), ...this.#liveLanes].map(async (lane) => {
      try {
        await lane.timePasses();
      } catch (cause) {
        this.#counters.failed(cause);
        this.#parts.log.error({ trace: traceOf(cause), camera: lane.cameraId }, 'passes wait to be stored; trying again');
      }
    }));
  }
}

