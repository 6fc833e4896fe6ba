import { quantile } from '../../src/accuracy/figures.ts';
import type { Database } from '../../src/store/database.ts';
import type { Drawn, Question } from './questions.ts';

/** Milliseconds of each asking: just after a start with nothing in memory; for the first time with a cache as it happens to be; the very same once more; and the pages it looks at. */
export interface Times { readonly name: string; readonly cold: readonly number[]; readonly first: readonly number[]; readonly again: readonly number[]; readonly pages: readonly number[] }

export async function timesOf(db: Database, { ask, atMost }: Question, drawn: readonly Drawn[]): Promise<number[]> {
  const times: number[] = [];
  for (const [i, of] of drawn.slice(0, atMost).entries()) {
    const from = performance.now();
    await ask(db, of, i);
    times.push(performance.now() - from);
  }
  return times;
}

export const p95 = (times: readonly number[]): number => quantile(times, 0.95) ?? Number.NaN;

/** A line of a table: name, then p50, p95 and p99 of each column. */
export function timesLine({ name, cold, first, again, pages }: Times): string {
  const cell = (times: readonly number[]): string => (times.length === 0 ? ['-', '-', '-'] : [0.5, 0.95, 0.99].map((q) => (quantile(times, q) ?? 0).toFixed(1))).map((text) => text.padStart(8)).join('');
  const looked = pages.length === 0 ? ['-', '-'] : [0.5, 0.95].map((q) => (quantile(pages, q) ?? 0).toFixed(0));
  return `${name.padEnd(20)}${cell(again)}  |${cell(first)}  |${cell(cold)}  |${looked.map((text) => text.padStart(8)).join('')}`;
}

export const TIMES_HEAD = `${'ms'.padEnd(20)}${['again', 'first', 'cold'].map((column) => ['p50', 'p95', 'p99'].map((q, i) => (i === 0 ? `${column} p50` : q).padStart(i === 0 ? 10 : 7)).join('')).join('  |')}  |   pages     p95`;
