import { grouped } from './grouped.ts';
import type { PictureResult } from './score.ts';

/** Reads whose confidence lies in `from` ≤ c < `to` (the last: ≤ `to`). */
export interface ReliabilityBin { readonly from: number; readonly to: number; readonly n: number; readonly right: number; readonly meanConfidence: number }

/** Does a reader's confidence mean what it says? Over the labelled plates on which it reported something; right = the whole mark. */
export interface Calibration {
  /** Labelled plates that count, read or not. */
  readonly plates: number;
  readonly reads: number;
  readonly bins: readonly ReliabilityBin[];
  /** Mean distance between confidence and share right, weighted by reads (ECE); null without reads. */
  readonly expectedError: number | null;
  /** Reads at or above `SURE`. */
  readonly sure: { readonly n: number; readonly right: number };
  /** Plates reported at or above `SURE` where no label is: false, or a plate that nobody labelled. */
  readonly sureExtra: number;
  /** The most reads, surest first, of which `PRECISION` are right, and the least confidence among them; null where no threshold does. */
  readonly coverage: { readonly n: number; readonly threshold: number } | null;
}

export const SURE = 0.9;
export const PRECISION = 0.99;
const BINS = 10;

interface Judged { readonly confidence: number; readonly right: boolean }

export function calibrationOf(pictures: readonly PictureResult[]): Calibration {
  const plates = pictures.flatMap((p) => p.plates);
  const judged = plates.flatMap((p): Judged[] => (p.read === null ? [] : [{ confidence: within01(p.read.confidence), right: p.full }]));
  const bins = binsOf(judged), sure = judged.filter((j) => j.confidence >= SURE);
  return {
    plates: plates.length, reads: judged.length, bins,
    expectedError: judged.length === 0 ? null : bins.reduce((sum, b) => sum + Math.abs(b.right - b.meanConfidence * b.n), 0) / judged.length,
    sure: { n: sure.length, right: sure.filter((j) => j.right).length },
    sureExtra: pictures.flatMap((p) => p.extra).filter((plate) => plate.confidence >= SURE).length,
    coverage: coverageOf(judged),
  };
}

function binsOf(judged: readonly Judged[]): ReliabilityBin[] {
  const own = grouped(judged, (j) => Math.min(BINS - 1, Math.floor(j.confidence * BINS)));
  return Array.from({ length: BINS }, (_, i) => {
    const inside = own.get(i) ?? [];
    return {
      from: i / BINS, to: (i + 1) / BINS, n: inside.length, right: inside.filter((j) => j.right).length,
      meanConfidence: inside.length === 0 ? 0 : inside.reduce((sum, j) => sum + j.confidence, 0) / inside.length,
    };
  });
}

/** Reads of one confidence stand or fall together: a threshold cannot part them. */
function coverageOf(judged: readonly Judged[]): Calibration['coverage'] {
  const surest = judged.toSorted((a, b) => b.confidence - a.confidence);
  let right = 0, best: Calibration['coverage'] = null;
  for (const [i, read] of surest.entries()) {
    right += Number(read.right);
    if (read.confidence !== surest[i + 1]?.confidence && right >= PRECISION * (i + 1)) best = { n: i + 1, threshold: read.confidence };
  }
  return best;
}

function within01(value: number): number {
  return Math.min(1, Math.max(0, Number.isNaN(value) ? 0 : value));
}

/** Where the true share may lie, 95 times of 100, when `right` of `n` were seen (Wilson). */
export function shareInterval(right: number, n: number): readonly [low: number, high: number] {
  if (n === 0) return [0, 1];
  const z = 1.96, share = right / n, scale = 1 + (z * z) / n;
  const centre = (share + (z * z) / (2 * n)) / scale, half = (z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))) / scale;
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
