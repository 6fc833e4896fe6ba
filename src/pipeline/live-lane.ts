import type { FrameMemory } from '../camera/frame-memory.ts';
import type { LiveFrame } from '../camera/live-frame.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import type { Camera } from '../geo/register.ts';
import { buildPasses, type PassContext } from '../pass/build.ts';
import { createFollower, type Follower } from '../pass/follow.ts';
import { KnownPlates } from '../pass/known-plates.ts';
import type { Observation, SeenFrame, Track } from '../pass/observation.ts';
import { passId } from '../pass/pass-id.ts';
import type { Pass } from '../pass/pass.ts';
import type { Database } from '../store/database.ts';
import type { EvidenceStore } from '../store/evidence.ts';
import { keepFrameOf } from '../store/frames.ts';
import { removeProvisional, saveProvisional } from '../store/provisional-passes.ts';
import type { FrameRead } from '../vision/frame-read.ts';
import type { Vision } from '../vision/vision-pool.ts';
import { EarlyHits, type EarlyHitParts } from './early-hits.ts';
import { frameIdentity, HeldFrames } from './held-frames.ts';
import type { ProvisionalHit, RecordResult } from './record.ts';

export interface LiveLaneParts {
  readonly cameraId: string;
  /** null for a stream that no camera of the register gives. */
  readonly camera: Camera | null;
  readonly passGapMs: number;
  readonly database: Database;
  readonly evidence: EvidenceStore;
  readonly vision: Vision;
  readonly memory: FrameMemory;
  readonly clock: Clock;
  readonly log: Log;
  readonly record: (passes: readonly Pass[], provisional: ReadonlyMap<string, readonly ProvisionalHit[]>) => Promise<RecordResult>;
  readonly early: Omit<EarlyHitParts, 'cameraId'>;
  /** Told of each vehicle once, when its first sure read is there. */
  readonly onProvisional?: (pass: Pass) => void;
}

/** A pass that is made, and what it still waits for. */
interface Unstored { readonly track: Track; readonly pass: Pass; readonly hits: readonly ProvisionalHit[]; tries: number }

/** With a full disk a pass waits for its picture so often, a second apart, and is then recorded without: the passage counts more than its picture. */
const TRIES_FOR_EVIDENCE = 60;
const RETRY_MS = 1000;

/** One camera's way from the frames of its stream to stored passes. Frames come in order of time; one step at a time. */
export class LiveLane {
  readonly #parts: LiveLaneParts;
  readonly #follower: Follower;
  readonly #held: HeldFrames;
  readonly #early: EarlyHits;
  #unstored: Unstored[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #turnsAhead = 0;
  #newestAt = 0;
  #idleSince = 0;
  #retryAt = 0;
  /** What of the view is read well enough. */
  readonly known = new KnownPlates();

  constructor(parts: LiveLaneParts) {
    this.#parts = parts;
    // A stream shows what is between vehicles too, whatever the register says of a camera that pushes bursts.
    this.#follower = createFollower({ trigger: 'continuous', passGapMs: parts.passGapMs, reorderMs: 0 });
    this.#held = new HeldFrames(parts);
    this.#early = new EarlyHits({ cameraId: parts.cameraId, ...parts.early });
  }

  get cameraId(): string {
    return this.#parts.cameraId;
  }

  /** Passes made that are not stored yet. */
  get unstored(): number {
    return this.#unstored.length;
  }

  /** Whether a frame in which nothing moves is worth reading: a vehicle is in view and may be waiting. */
  get watches(): boolean {
    return this.#follower.heldFrames().size > 0;
  }

  /** Takes in one frame with its reads, in the order of calls. The frame's pixels are not needed any more when this resolves. */
  take(frame: LiveFrame, read: FrameRead): Promise<void> {
    return this.#inTurn(async () => {
      // Time counts from when a frame was done: on a busy machine the next one may be under way for seconds.
      await this.#take(frame, read).finally(() => void (this.#idleSince = this.#parts.clock()));
    });
  }

  /** Completes vehicles that have gone by though no frame came after them, and stores what could not be stored before. */
  async timePasses(): Promise<void> {
    const now = this.#parts.clock(), idleMs = now - this.#idleSince, due = this.#unstored.length > 0 && now >= this.#retryAt;
    const gone = this.#newestAt > 0 && this.#turnsAhead === 0 && idleMs >= this.#parts.passGapMs && this.watches;
    if (due || gone) await this.#inTurn(() => this.#settle(gone ? this.#follower.advance(this.#newestAt + idleMs) : []));
  }

  /** Completes every vehicle in view. */
  flush(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#settle(this.#follower.flush());
      this.#newestAt = 0;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#turnsAhead++;
    const done = this.#turn.then(work, work).finally(() => void this.#turnsAhead--);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #take(frame: LiveFrame, read: FrameRead): Promise<void> {
    const { cameraId, camera, clock } = this.#parts, { capturedAt, picture, moving } = frame, { width, height } = picture;
    const identity = frameIdentity(cameraId, capturedAt);
    const seen: SeenFrame = { capturedAt, timeSource: 'camera', receivedAt: clock(), evidence: { sha256: identity, mediaType: 'image/jpeg', width, height }, reads: read.reads, moving };
    this.#newestAt = Math.max(this.#newestAt, capturedAt);
    this.known.note(read.reads, capturedAt);
    const gone = this.#follower.add(seen);
    // Of a vehicle that this frame ends it may itself be the evidence.
    const isEvidence = gone.some((track) => observationsOf(track).some((o) => o.frame.evidence.sha256 === identity) || track.plateless?.frame.evidence.sha256 === identity);
    if (isEvidence || this.#follower.wanted().has(identity)) this.#held.keep(identity, picture);
    frame.release();
    await this.#early.take({ cameraId, capturedAt, sha256: identity, timeSource: 'camera', mediaType: 'image/jpeg', name: cameraId, receivedAt: seen.receivedAt }, read);
    await this.#provisional(this.#follower.provisional(), camera);
    await this.#settle(gone);
  }

  /** The first sure read of a vehicle: its pass, with the best frame so far, is known to all and survives a crash. */
  async #provisional(tracks: readonly Track[], camera: Camera | null): Promise<void> {
    const { database, clock, log, onProvisional } = this.#parts;
    for (const track of tracks) {
      for (const pass of buildPasses([track], this.#context(camera))) {
        try {
          const shown = await this.#withEvidence(pass, track);
          await saveProvisional(database, shown, clock());
          // What is told must outlive a crash.
          onProvisional?.(shown);
        } catch (cause) {
          log.error({ trace: traceOf(cause), camera: this.cameraId }, 'a vehicle in view could not be noted; its finished pass will be');
        }
      }
    }
    const withdrawn = this.#follower.withdrawn().map((o) => passId(this.cameraId, o.frame.capturedAt, o.order));
    await removeProvisional(database, withdrawn).catch((cause: unknown) => log.error({ trace: traceOf(cause), camera: this.cameraId }, 'a vehicle in view that is part of another could not be forgotten yet'));
  }

  async #settle(gone: readonly Track[]): Promise<void> {
    for (const track of gone) {
      const hits = this.#early.claim(track);
      this.#unstored.push(...buildPasses([track], this.#context(this.#parts.camera)).map((pass) => ({ track, pass, hits, tries: 0 })));
    }
    if (this.#unstored.length > 0 && (gone.length > 0 || this.#parts.clock() >= this.#retryAt)) await this.#store();
    await this.#early.settleRest(this.#follower.heldFrames(), this.#newestAt);
    // What is not stored yet still needs its frames.
    this.#held.keepOnly(new Set([...this.#follower.wanted(), ...this.#unstored.flatMap(({ track, pass }) => [pass.evidence?.sha256 ?? '', ...observationsOf(track).map((o) => o.frame.evidence.sha256)])]));
  }

  /** Records what can be; the rest is tried again. Nothing that was seen is given up because a disk is full or a database away. */
  async #store(): Promise<void> {
    const { record, database, log } = this.#parts, ready: { readonly of: Unstored; readonly pass: Pass }[] = [];
    try {
      for (const of of this.#unstored) {
        const pass = await this.#withEvidence(of.pass, of.track).catch((cause: unknown) => {
          if (++of.tries < TRIES_FOR_EVIDENCE) throw cause;
          log.error({ trace: traceOf(cause), camera: this.cameraId, pass: of.pass.id }, 'a pass is recorded without its picture, which could not be written for a minute');
          return { ...of.pass, evidence: null };
        });
        ready.push({ of, pass });
      }
    } catch (cause) {
      this.#retryAt = this.#parts.clock() + RETRY_MS;
      log.error({ trace: traceOf(cause), camera: this.cameraId, waiting: this.#unstored.length }, 'pictures of passes cannot be written; trying again');
    }
    if (ready.length === 0) return;
    try {
      for (const { pass } of ready) await keepFrameOf(database, pass);
      await record(ready.map(({ pass }) => pass), new Map(ready.map(({ pass, of }) => [pass.id, of.hits])));
      const stored = new Set(ready.map(({ of }) => of));
      this.#unstored = this.#unstored.filter((of) => !stored.has(of));
      await removeProvisional(database, ready.map(({ pass }) => pass.id));
    } catch (cause) {
      this.#retryAt = this.#parts.clock() + RETRY_MS;
      log.error({ trace: traceOf(cause), camera: this.cameraId, waiting: this.#unstored.length }, 'passes wait to be stored; trying again');
    }
  }

  /** With the frame it was read from on disk. The vote may choose a frame that was let go; then the best of those held stands for it. */
  async #withEvidence(pass: Pass, track: Track): Promise<Pass> {
    const chosen = pass.evidence?.sha256 ?? null, plain = track.plateless?.frame.evidence.sha256;
    if (plain !== undefined) return { ...pass, evidence: await this.#held.evidenceOf(plain) };
    const shown = this.#held.bestHeld(chosen, observationsOf(track));
    if (shown === null) return { ...pass, evidence: null };
    const evidence = await this.#held.evidenceOf(shown.frame.evidence.sha256);
    return shown.frame.evidence.sha256 === chosen ? { ...pass, evidence } : { ...pass, evidence, evidenceAt: shown.frame.capturedAt, plateBox: shown.read.box, corners: shown.read.corners };
  }

  #context(camera: Camera | null): PassContext {
    return { cameraId: this.cameraId, direction: camera?.direction ?? 'unknown', towards: camera?.towards ?? null, processedAt: this.#parts.clock(), source: 'stream' };
  }
}

function observationsOf({ observations, evidence = [] }: Track): readonly Observation[] {
  return [...observations, ...evidence];
}
