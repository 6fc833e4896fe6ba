import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { IndexStep, ListedCandidate, ListRule } from '../list/list-indexes.ts';
import type { MatchablePass } from '../list/matchable-pass.ts';
import type { IndexAnswer, IndexTask } from './index-thread.ts';

/** Where the indexes live. Steps are taken in the order of the calls. */
export interface IndexHost {
  run(step: IndexStep): Promise<void>;
  find(passes: readonly MatchablePass[], rules: readonly ListRule[]): Promise<ListedCandidate[][]>;
  close(): Promise<void>;
}

/**
 * In a thread of its own, so that a million rows are indexed and look-alikes searched while requests are answered.
 * The thread keeps no process alive. A fault of it is a fault of every step under way and after.
 */
export function createThreadIndexHost(): IndexHost {
  const worker = startThread();
  worker.unref();
  const waiting = new Map<number, { readonly resolve: (found: ListedCandidate[][]) => void; readonly reject: (cause: unknown) => void }>();
  let count = 0, broken: unknown = null;
  const fail = (cause: unknown): void => {
    broken ??= cause;
    for (const { reject } of waiting.values()) reject(cause);
    waiting.clear();
    worker.unref();
  };
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the matching thread has ended')));
  worker.on('message', ({ id, found, fault }: IndexAnswer) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
    if (fault === null) asked?.resolve(found);
    else asked?.reject(new Error(fault));
  });
  const ask = (task: Omit<IndexTask, 'id'>): Promise<ListedCandidate[][]> => new Promise((resolve, reject) => {
    if (broken !== null) return reject(broken);
    const id = ++count;
    waiting.set(id, { resolve, reject });
    // While an answer is awaited the thread must live, or the process would end in the middle of recording.
    worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    worker.postMessage({ id, ...task } satisfies IndexTask);
  });
  return {
    run: async (step) => void (await ask({ step, find: null })),
    find: (passes, rules) => ask({ step: null, find: { passes, rules } }),
    close: async () => void (await worker.terminate()),
  };
}

function startThread(): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./index-thread.js', import.meta.url));
  // Node 20 runs no TypeScript by itself, and a thread does not inherit the loader of a test runner: it gets one before it opens the file.
  const loader = new URL('index.mjs', pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api'))).href, file = new URL('./index-thread.ts', import.meta.url).href;
  return new Worker(`import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(file)}); })`, { eval: true, execArgv: [] });
}
