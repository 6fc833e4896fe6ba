/** Memory for the frames of all cameras of a process, shared between its threads. */
export interface FrameMemory {
  /** Bytes that nobody else has until they are given back; what was in them before is still there. */
  take(bytes: number): Uint8Array;
  give(memory: Uint8Array): void;
  /** Bytes made and not let go. */
  readonly made: number;
}

/** Frames of so many sizes may lie free; of a camera that changes its size for ever the oldest go. */
const MOST_SIZES = 4;

/**
 * Gives out again what was given back, whichever camera had it, and makes more only when nothing is free: V8 does not count shared memory as garbage,
 * so that a process which drops a frame of 3 MB now and then grows by hundreds of them (1.3 GB, measured) before they are collected.
 */
export function createFrameMemory(): FrameMemory {
  // In the order in which sizes were last wanted.
  const free = new Map<number, Uint8Array[]>();
  let made = 0;
  return {
    take: (bytes) => {
      const lying = free.get(bytes) ?? [];
      free.delete(bytes);
      free.set(bytes, lying);
      if (free.size > MOST_SIZES) {
        const [oldest, gone] = free.entries().next().value as [number, Uint8Array[]];
        free.delete(oldest);
        made -= oldest * gone.length;
      }
      const memory = lying.pop();
      if (memory !== undefined) return memory;
      made += bytes;
      return new Uint8Array(new SharedArrayBuffer(bytes));
    },
    give: (memory) => {
      const lying = free.get(memory.length);
      if (lying === undefined) made -= memory.length;
      else lying.push(memory);
    },
    get made() {
      return made;
    },
  };
}
