/** Buffers that frames lie in: shared between threads, made once and used again. */
export interface FrameBuffers {
  /** A buffer of that many bytes; null: all are out. */
  take(bytes: number): Uint8Array | null;
  give(buffer: Uint8Array): void;
}

/** At most `count` buffers are out at any time, of whatever size; those of another size than the one wanted last are let go. */
export function createFrameBuffers(count: number, onFree: () => void): FrameBuffers {
  const free: Uint8Array[] = [];
  let out = 0, size = 0;
  return {
    take: (bytes) => {
      if (bytes !== size) free.length = 0;
      size = bytes;
      if (out >= count) return null;
      out += 1;
      return free.pop() ?? new Uint8Array(new SharedArrayBuffer(bytes));
    },
    give: (buffer) => {
      out -= 1;
      if (buffer.length === size) free.push(buffer);
      onFree();
    },
  };
}
