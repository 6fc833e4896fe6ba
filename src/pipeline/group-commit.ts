import { DarwazaError, type ErrorCode } from '../core/errors.ts';

/** Work that costs as much for one as for many: while one batch is under way, the next collects. */
export interface GroupCommit<T, R> {
  /** Resolves with what became of this item, when its whole batch is durable. Items are done in the order in which they were added. */
  add(item: T): Promise<R>;
  /** Resolves when nothing is waiting or under way. */
  settled(): Promise<void>;
}

/** Fails for all alike, and trying each alone would only make them wait longer for the same answer. */
const OF_ALL: ReadonlySet<ErrorCode> = new Set(['DATABASE_UNAVAILABLE', 'DATABASE_TIMEOUT', 'DATABASE_FULL', 'DATA_FOLDER_UNWRITABLE']);

interface Waiting<T, R> { readonly item: T; readonly resolve: (result: R) => void; readonly reject: (error: unknown) => void }

/**
 * `work` takes up to `most` items and gives a result for each, in their order; all of it or, when it throws, nothing that may not be done again.
 * A batch that fails is halved until those stand alone that it fails for: they alone are told.
 */
export function createGroupCommit<T, R>(work: (items: readonly T[]) => Promise<readonly R[]>, most: number): GroupCommit<T, R> {
  const waiting: Waiting<T, R>[] = [];
  let running: Promise<void> | null = null;
  const run = async (): Promise<void> => {
    // Those that come in the same turn of the event loop belong together: without this the first of them would go alone.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) await commit(work, waiting.splice(0, most));
    running = null;
  };
  return {
    add: (item) => new Promise<R>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      running ??= run();
    }),
    settled: async () => void await running,
  };
}

async function commit<T, R>(work: (items: readonly T[]) => Promise<readonly R[]>, batch: readonly Waiting<T, R>[]): Promise<void> {
  try {
    const results = await work(batch.map((one) => one.item));
    for (const [i, { resolve }] of batch.entries()) resolve(results[i] as R);
  } catch (error) {
    if (batch.length === 1 || (error instanceof DarwazaError && OF_ALL.has(error.code))) {
      for (const { reject } of batch) reject(error);
      return;
    }
    const half = Math.ceil(batch.length / 2);
    await commit(work, batch.slice(0, half));
    await commit(work, batch.slice(half));
  }
}
