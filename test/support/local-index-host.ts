import type { IndexHost } from '../../src/hit/index-host.ts';
import { createListIndexes, takeStep } from '../../src/list/list-indexes.ts';

/** Indexes in this thread: what the one of the product does in its own, without the start of a thread for every test. */
export function createLocalIndexHost(): IndexHost {
  const indexes = createListIndexes();
  return {
    run: async (step) => takeStep(indexes, step),
    find: async (passes, rules) => indexes.find(passes, rules),
    close: async () => undefined,
  };
}
