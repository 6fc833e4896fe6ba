import { UNPLACED_CAMERA } from '../camera/picture-folder.ts';
import type { Clock } from '../core/clock.ts';
import type { Camera } from '../geo/register.ts';
import type { Hit } from '../hit/hit.ts';
import { buildPasses } from '../pass/build.ts';
import { createFollower, type Follower } from '../pass/follow.ts';
import type { SeenFrame, Track } from '../pass/observation.ts';
import { passId } from '../pass/pass-id.ts';
import type { Pass } from '../pass/pass.ts';
import type { Database } from '../store/database.ts';
import { frameDone, type FrameRecord } from '../store/frames.ts';
import type { FrameRead } from '../vision/frame-read.ts';
import { EarlyHits, type EarlyHitParts } from './early-hits.ts';
import type { ProvisionalHit, RecordResult } from './record.ts';

/** What became durable by one step of a lane. */
export interface Settled { readonly passes: readonly Pass[]; readonly hits: readonly Hit[] }

export interface LaneParts {
  readonly cameraId: string;
  /** null for pictures that no camera of the register took. */
  readonly camera: Camera | null;
  readonly passGapMs: number;
  readonly database: Database;
  readonly clock: Clock;
  readonly record: (passes: readonly Pass[], provisional: ReadonlyMap<string, readonly ProvisionalHit[]>) => Promise<RecordResult>;
  readonly early: Omit<EarlyHitParts, 'cameraId'>;
  /** Frames that come this long after they were taken raise no hit before their vehicle's pass is finished; milliseconds. */
  readonly lateAfterMs: number;
}

/** Beyond the pass gap, so that frames under way from the camera still count. */
const LATE_FRAME_MS = 1000;
/** Places in one picture kept free for its plates, when pictures without a camera are numbered by their content. */
const PLATES_A_PICTURE = 32;

/** One camera's way from reads to stored passes, one step at a time. */
export class CameraLane {
  readonly #parts: LaneParts;
  readonly #follower: Follower;
  /** Frames taken whose passes are not stored yet. */
  #open = new Map<string, FrameRecord>();
  /** Passes made but not stored, because the database was away. */
  #unstored: Pass[] = [];
  readonly #early: EarlyHits;
  /** By the id of the pass that takes them over. */
  #provisional = new Map<string, readonly ProvisionalHit[]>();
  #turn: Promise<unknown> = Promise.resolve();
  #turnsAhead = 0;
  #newestAt = 0;
  #idleSince = 0;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#follower = this.#newFollower();
    this.#early = new EarlyHits({ cameraId: parts.cameraId, ...parts.early });
  }

  get cameraId(): string {
    return this.#parts.cameraId;
  }

  /** Runs the work after everything that entered before it, whether that went well or not. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#turnsAhead++;
    const done = this.#turn.then(work, work).finally(() => {
      this.#turnsAhead--;
      this.#idleSince = this.#parts.clock();
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Takes in one frame; call it in turn. */
  async take(record: FrameRecord, read: FrameRead): Promise<Settled> {
    this.#open.set(record.sha256, record);
    const seen = seenFrame(record, read);
    this.#newestAt = Math.max(this.#newestAt, seen.capturedAt);
    if (this.cameraId === UNPLACED_CAMERA) return this.#settle(this.#passesOfSinglePicture(seen));
    if (this.#parts.clock() - seen.capturedAt <= this.#parts.lateAfterMs) await this.#early.take({ ...record, capturedAt: seen.capturedAt }, read);
    return this.#settle(this.#passesOf(this.#follower.add(seen)));
  }

  /** Completes every vehicle in view. */
  flush(): Promise<Settled> {
    return this.inTurn(() => this.#settle(this.#passesOf(this.#follower.flush())));
  }

  /**
   * Completes vehicles that have gone by though no frame came after them, and stores what could not be stored before. Time counts from
   * when nothing was being read any more: on a busy machine the next frame of a vehicle may be under way for seconds.
   */
  async timePasses(): Promise<void> {
    const idleMs = this.#parts.clock() - this.#idleSince;
    if (this.#turnsAhead > 0 || (this.#open.size === 0 && this.#unstored.length === 0) || idleMs < this.#parts.passGapMs + LATE_FRAME_MS) return;
    await this.inTurn(() => this.#settle(this.#passesOf(this.#follower.advance(this.#newestAt + idleMs))));
  }

  async #settle(passes: readonly Pass[]): Promise<Settled> {
    this.#unstored.push(...passes);
    const result = this.#unstored.length > 0 ? await this.#parts.record(this.#unstored, this.#provisional) : { stored: [], hits: [] };
    this.#unstored = [];
    this.#provisional.clear();
    const held = this.#follower.heldFrames();
    await this.#early.settleRest(held, this.#newestAt);
    const done = [...this.#open.values()].filter((f) => !held.has(f.sha256));
    if (done.length > 0) await frameDone(this.#parts.database, done);
    for (const frame of done) this.#open.delete(frame.sha256);
    return { passes: result.stored, hits: result.hits };
  }

  #passesOf(tracks: readonly Track[]): Pass[] {
    const { cameraId, camera, clock } = this.#parts, context = { cameraId, direction: camera?.direction ?? 'unknown', towards: camera?.towards ?? null, processedAt: clock(), source: 'pipeline' } as const;
    return tracks.flatMap((track) => {
      const passes = buildPasses([track], context), provisional = this.#early.claim(track);
      for (const pass of passes) if (provisional.length > 0) this.#provisional.set(pass.id, provisional);
      return passes;
    }).toSorted((a, b) => a.capturedAt - b.capturedAt || a.sequence - b.sequence);
  }

  /**
   * Pictures from anywhere have nothing to do with one another, and their file dates may be all the same: they are not followed, and
   * their content takes the place of the order in which a camera saw them, so that two pictures are never taken for one.
   */
  #passesOfSinglePicture(seen: SeenFrame): Pass[] {
    const single = this.#newFollower();
    const passes = this.#passesOf([...single.add(seen), ...single.flush()]);
    const first = Number.parseInt(seen.evidence.sha256.slice(0, 6), 16) * PLATES_A_PICTURE;
    return passes.map((pass) => ({ ...pass, sequence: first + pass.sequence, id: passId(pass.cameraId, pass.capturedAt, first + pass.sequence) }));
  }

  #newFollower(): Follower {
    const { camera, passGapMs } = this.#parts;
    return createFollower({ trigger: camera?.trigger ?? 'continuous', burstFrames: camera?.burstFrames ?? 1, passGapMs, reorderMs: LATE_FRAME_MS });
  }
}

function seenFrame(record: FrameRecord, read: FrameRead): SeenFrame {
  const { sha256, mediaType, timeSource, receivedAt, clockCorrectionMs = null } = record;
  return { capturedAt: record.capturedAt + (clockCorrectionMs ?? 0), clockCorrectionMs, timeSource, receivedAt, evidence: { sha256, mediaType, width: read.width, height: read.height }, reads: read.reads };
}
