import type { SeenFrame, Track } from './observation.ts';

/** Frames kept of a burst: enough to know the middle one. */
const MOST_FRAMES = 32;

/** The frames that a camera sends for one vehicle, while they come. One of them with a plate is that plate's pass. */
export class Burst {
  #frames: { readonly frame: SeenFrame; readonly order: number }[] = [];
  #hasPlate = false;
  #count = 0;
  readonly #firstAt: number;
  #lastAt: number;

  constructor(frame: SeenFrame) {
    this.#firstAt = this.#lastAt = frame.capturedAt;
  }

  get lastAt(): number {
    return this.#lastAt;
  }

  get frames(): readonly SeenFrame[] {
    return this.#frames.map((f) => f.frame);
  }

  take(frame: SeenFrame, order: number): void {
    this.#lastAt = Math.max(this.#lastAt, frame.capturedAt);
    this.#hasPlate ||= frame.reads.length > 0;
    this.#count += 1;
    if (this.#hasPlate) this.#frames = [];
    else if (this.#frames.length < MOST_FRAMES) this.#frames.push({ frame, order });
  }

  /** The vehicle without a plate that it shows; null: there was a plate, or fewer frames than the camera sends for a vehicle. */
  vehicle(leastFrames: number): Track | null {
    if (this.#hasPlate || this.#count < leastFrames) return null;
    return { observations: [], plateless: this.middle, firstAt: this.#firstAt, lastAt: this.#lastAt };
  }

  get middle(): { readonly frame: SeenFrame; readonly order: number } | null {
    return this.#frames[Math.floor((this.#frames.length - 1) / 2)] ?? null;
  }
}
