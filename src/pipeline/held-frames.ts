import { createHash } from 'node:crypto';
import type { FrameMemory } from '../camera/frame-memory.ts';
import type { Observation } from '../pass/observation.ts';
import type { Evidence } from '../pass/pass.ts';
import type { EvidenceStore } from '../store/evidence.ts';
import type { Vision } from '../vision/vision-pool.ts';
import type { YuvPicture } from '../vision/yuv-picture.ts';

/** A 1080p frame is 3 MB: so many of one camera are held, then the oldest become JPEGs of half a megabyte. */
const MOST_RAW = 2;

/**
 * A frame of a stream has no bytes of its own, and so no SHA-256, until it is somebody's evidence. Until then this stands for it: SHA-256
 * (hex) of camera and capture time.
 */
export function frameIdentity(cameraId: string, capturedAt: number): string {
  return createHash('sha256').update(`frame ${cameraId} ${capturedAt}`).digest('hex');
}

export interface HeldFrameParts { readonly vision: Pick<Vision, 'encode'>; readonly evidence: Pick<EvidenceStore, 'put'>; readonly memory: FrameMemory }

interface Held { picture: YuvPicture | null; jpeg: Promise<{ readonly bytes: Buffer; readonly sha256: string }> | null; stored: Promise<Evidence> | null; readonly width: number; readonly height: number }

/** Frames of one camera that may become evidence, by identity. They are copied in, because the stream takes its buffers back. */
export class HeldFrames {
  readonly #held = new Map<string, Held>();
  readonly #parts: HeldFrameParts;

  constructor(parts: HeldFrameParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#held.size;
  }

  has(identity: string): boolean {
    return this.#held.has(identity);
  }

  /** Copies the pixels. */
  keep(identity: string, { width, height, planes }: YuvPicture): void {
    if (this.#held.has(identity)) return;
    const copy = this.#parts.memory.take(planes.length);
    copy.set(planes);
    this.#held.set(identity, { picture: { width, height, planes: copy }, jpeg: null, stored: null, width, height });
    const raw = [...this.#held.values()].filter((h) => h.picture !== null);
    for (const oldest of raw.slice(0, Math.max(0, raw.length - MOST_RAW))) void this.#jpegOf(oldest).catch(() => undefined);
  }

  /** Lets all others go. */
  keepOnly(identities: ReadonlySet<string>): void {
    for (const [identity, held] of this.#held) {
      if (identities.has(identity)) continue;
      this.#held.delete(identity);
      // What is being encoded is given back when that is done.
      if (held.jpeg === null) this.#giveBack(held);
    }
  }

  /**
   * The frame as evidence, on disk when this resolves; encoded and written once however often it is asked for. A fault leaves it as it
   * was: ask again. Null: it is not held. @throws DATA_FOLDER_UNWRITABLE
   */
  async evidenceOf(identity: string): Promise<Evidence | null> {
    const held = this.#held.get(identity);
    if (held === undefined) return null;
    held.stored ??= this.#store(held).catch((cause: unknown) => {
      held.stored = null;
      throw cause;
    });
    return held.stored;
  }

  /** Of a vehicle's frames the one that shows it best among those that are held; null: none is. `best`: as the vote chose. */
  bestHeld(best: string | null, observations: readonly Observation[]): Observation | null {
    const held = observations.filter((o) => this.has(o.frame.evidence.sha256));
    return held.find((o) => o.frame.evidence.sha256 === best) ?? held.reduce<Observation | null>((strongest, o) => (strongest === null || weightOf(o) > weightOf(strongest) ? o : strongest), null);
  }

  async #store(held: Held): Promise<Evidence> {
    const { bytes, sha256 } = await this.#jpegOf(held);
    await this.#parts.evidence.put(bytes, 'image/jpeg');
    return { sha256, mediaType: 'image/jpeg', width: held.width, height: held.height };
  }

  #jpegOf(held: Held): Promise<{ readonly bytes: Buffer; readonly sha256: string }> {
    if (held.jpeg !== null) return held.jpeg;
    const { picture } = held;
    if (picture === null) throw new Error('a held frame has neither pixels nor a JPEG');
    held.jpeg = this.#parts.vision.encode(picture).then((encoded) => {
      this.#giveBack(held);
      return encoded;
    });
    held.jpeg.catch(() => {
      held.jpeg = null;
      if (!this.#isHeld(held)) this.#giveBack(held);
    });
    return held.jpeg;
  }

  #isHeld(held: Held): boolean {
    return [...this.#held.values()].includes(held);
  }

  #giveBack(held: Held): void {
    if (held.picture !== null) this.#parts.memory.give(held.picture.planes);
    held.picture = null;
  }
}

function weightOf({ read: { confidence, box } }: Observation): number {
  return confidence * box.width * box.height;
}
