/** Writes what a process has gathered: every so often, when asked to, and a last time when it is closed; one write at a time. */
export interface PeriodicWriter {
  /** Writes once those before it are through. @throws what `write` throws */
  flush(): Promise<void>;
  /** Writes by itself until closed; twice is once. */
  start(): void;
  /** Writes a last time; never rejects. */
  close(): Promise<void>;
}

export interface PeriodicWriterOptions {
  /** Puts back what it could not write, so that the next one has it, and throws. */
  readonly write: () => Promise<void>;
  readonly everyMs: number;
  /** Told of a write that nobody asked for and that failed. */
  readonly failed: (cause: unknown) => void;
}

export function createPeriodicWriter({ write, everyMs, failed }: PeriodicWriterOptions): PeriodicWriter {
  let timer: NodeJS.Timeout | null = null, writing: Promise<void> = Promise.resolve();
  const flush = (): Promise<void> => {
    const turn = writing.then(write);
    writing = turn.catch(() => undefined);
    return turn;
  };
  return {
    flush,
    start: () => void (timer ??= setInterval(() => void flush().catch(failed), everyMs).unref()),
    async close() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      await flush().catch(failed);
    },
  };
}
