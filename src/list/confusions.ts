import { confusionCost } from '../plate/look-alikes.ts';

/** How often each character was read for another, from accepted hits and corrected reads. */
export interface ConfusionCount { readonly read: string; readonly truth: string; readonly count: number }

/** Which character stands on the plate when `read` was read wrongly. */
export interface Confusions {
  /** Share of the wrong reads of `read` in which `truth` stood there, 0..1; over all other characters they sum to 1. */
  share(read: string, truth: string): number;
}

const CHARACTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'];

/**
 * Assumed until counted. Of the wrong reads of a character that has look-alikes four in five are one of them, by these weights: a hard
 * look-alike (cost 0.1) is three times as likely as one of Punjab's font (0.25), and six times one of blur (0.4).
 */
const SHARE_OF_LOOK_ALIKES = 0.8;
const WEIGHT_BY_COST = [[0.1, 6], [0.25, 2], [0.4, 1]] as const;
/** The prior counts as much as this many wrong reads of the character. */
const PRIOR_COUNTS = 50;

/**
 * The posterior of counts over a prior from the look-alike classes, which fades as counts grow. Right reads, characters that no mark has,
 * and counts that are no positive number say nothing. The order of the counts does not matter.
 */
export function confusionsFrom(counts: Iterable<ConfusionCount>): Confusions {
  const counted = new Map<string, Map<string, number>>();
  for (const { read, truth, count } of counts) {
    if (read === truth || !PRIOR.has(read) || !PRIOR.has(truth) || !(count > 0) || !Number.isFinite(count)) continue;
    const row = counted.get(read) ?? new Map<string, number>();
    counted.set(read, row.set(truth, (row.get(truth) ?? 0) + count));
  }
  const totals = new Map([...counted].map(([read, row]) => [read, [...row.values()].reduce((sum, n) => sum + n, 0)]));
  return {
    share: (read, truth) => {
      const prior = PRIOR.get(read)?.get(truth) ?? 0, seen = counted.get(read)?.get(truth) ?? 0;
      return (PRIOR_COUNTS * prior + seen) / (PRIOR_COUNTS + (totals.get(read) ?? 0));
    },
  };
}

const PRIOR: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map(CHARACTERS.map((read) => [read, priorOf(read)]));

function priorOf(read: string): Map<string, number> {
  const others = CHARACTERS.filter((char) => char !== read), weights = others.map((truth) => weightOf(read, truth));
  const alike = weights.reduce((sum, weight) => sum + weight, 0), unlike = weights.filter((weight) => weight === 0).length;
  const toOthers = alike === 0 ? 1 : 1 - SHARE_OF_LOOK_ALIKES;
  return new Map(others.map((truth, i) => {
    const weight = weights[i] ?? 0;
    return [truth, weight > 0 ? (SHARE_OF_LOOK_ALIKES * weight) / alike : toOthers / unlike];
  }));
}

function weightOf(read: string, truth: string): number {
  const cost = confusionCost(read, truth);
  return WEIGHT_BY_COST.find(([most]) => cost <= most)?.[1] ?? 0;
}
