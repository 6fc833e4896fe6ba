import { createHash } from 'node:crypto';
import type { Frame } from '../camera/frame.ts';
import { DarwazaError } from '../core/errors.ts';

/** Frames being read at once, at most `limit`: a camera is told to wait before a frame is taken, so that none taken is dropped. */
export class FrameQueue {
  readonly limit: number;
  #waiting = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** @throws BUSY */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.limit) throw new DarwazaError('BUSY', { waiting: this.#waiting, seconds: RETRY_AFTER_S });
    this.#waiting++;
    try {
      return await work();
    } finally {
      this.#waiting--;
    }
  }
}

/** A frame takes about a quarter of a second; in two seconds a queue of 64 has moved on by half a dozen on two threads. */
const RETRY_AFTER_S = 2;

/** SHA-256 (hex) of the frame's bytes: its identity beside camera and time, and its address as evidence. */
export function frameHash(frame: Frame): string {
  return createHash('sha256').update(frame.bytes).digest('hex');
}
