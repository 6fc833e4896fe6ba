import { edits } from './edit-distance.ts';
import type { PictureResult } from './score.ts';

/** `truth` null: a character read that is not there; `read` null: one that was not read. */
export interface Confusion { readonly truth: string | null; readonly read: string | null; readonly n: number }

export interface ConfusionMatrix {
  /** Every pair that occurs, right ones (`truth === read`) too, most frequent first. */
  readonly pairs: readonly Confusion[];
  /** Reads that were laid against their marks. */
  readonly reads: number;
  /** Reads with more than half of the characters wrong: nothing tells which of them stands for which. */
  readonly leftOut: number;
}

/** Which characters are read as which, over the reads of labelled plates. */
export function confusionOf(pictures: readonly PictureResult[]): ConfusionMatrix {
  const read = pictures.flatMap((p) => p.plates).filter((p) => p.got !== '');
  const alike = read.filter((p) => edits(p.alignment) <= p.truth.length / 2);
  const counts = new Map<string, Confusion>();
  for (const { truth, read: got } of alike.flatMap((p) => p.alignment)) {
    const pair = `${truth ?? ''}>${got ?? ''}`;
    counts.set(pair, { truth, read: got, n: (counts.get(pair)?.n ?? 0) + 1 });
  }
  const byPlace = (a: Confusion, b: Confusion): number => b.n - a.n || (nameOf(a) < nameOf(b) ? -1 : 1);
  return { pairs: [...counts.values()].toSorted(byPlace), reads: alike.length, leftOut: read.length - alike.length };
}

export function mistakes(matrix: ConfusionMatrix): Confusion[] {
  return matrix.pairs.filter((pair) => pair.truth !== pair.read);
}

const nameOf = (pair: Confusion): string => `${pair.truth ?? '~'}${pair.read ?? '~'}`;
