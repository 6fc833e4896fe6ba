import type { FrameMemory } from './frame-memory.ts';

/** The frames that a stream may have out at once. */
export interface FrameBuffers {
  /** A buffer of that many bytes; null: all are out. */
  take(bytes: number): Uint8Array | null;
  give(buffer: Uint8Array): void;
}

/** At most `count` buffers are out at any time, of whatever size. */
export function createFrameBuffers(count: number, memory: FrameMemory, onFree: () => void): FrameBuffers {
  let out = 0;
  return {
    take: (bytes) => {
      if (out >= count) return null;
      out += 1;
      return memory.take(bytes);
    },
    give: (buffer) => {
      out -= 1;
      memory.give(buffer);
      onFree();
    },
  };
}
