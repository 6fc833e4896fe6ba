import { parentPort } from 'node:worker_threads';
import { createListIndexes, takeStep, type IndexStep, type ListedCandidate, type ListRule } from '../list/list-indexes.ts';
import type { MatchablePass } from '../list/matchable-pass.ts';

export interface IndexTask {
  readonly id: number;
  readonly step: IndexStep | null;
  readonly find: { readonly passes: readonly MatchablePass[]; readonly rules: readonly ListRule[] } | null;
}

/** `fault`: what went wrong, in our words; errors lose their class between threads. */
export interface IndexAnswer { readonly id: number; readonly found: ListedCandidate[][]; readonly fault: string | null }

const indexes = createListIndexes();

parentPort?.on('message', ({ id, step, find }: IndexTask) => {
  try {
    if (step !== null) takeStep(indexes, step);
    const found = find === null ? [] : indexes.find(find.passes, find.rules);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    parentPort?.postMessage({ id, found, fault: null } satisfies IndexAnswer);
  } catch (cause) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    parentPort?.postMessage({ id, found: [], fault: cause instanceof Error ? cause.message : 'unknown fault' } satisfies IndexAnswer);
  }
});
