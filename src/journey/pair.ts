import { compareMarks, markKey } from '../plate/key.ts';
import { confusionCost } from '../plate/look-alikes.ts';
import type { Mark } from '../plate/mark.ts';

/** A journey one end of which is still sought: entered and not seen to leave (`exit`), or left and not seen to enter (`entry`). Epoch milliseconds. */
export interface Seeker {
  readonly id: string;
  readonly seeks: 'entry' | 'exit';
  readonly mark: Mark;
  /** Its first and last sighting, and where. */
  readonly startedAt: number;
  readonly lastSeenAt: number;
  readonly firstSite: string | null;
  readonly lastSite: string | null;
  /** A missing exit lies before this, where the vehicle came in again. */
  readonly exitBefore: number | null;
  /** A missing entry lies after this, where the vehicle had left. */
  readonly entryAfter: number | null;
  /** Classes of vehicle that cameras saw. */
  readonly classes: readonly string[];
  /** No whole journey of its vehicle is known around its time: a misread mark hardly ever comes in and goes out. */
  readonly alone: boolean;
}

export interface PairRules {
  /** Look-alikes up to this cost (src/plate/look-alikes.ts: 0.1 hard, 0.25 Punjab's font, 0.4 blur) may be exchanged; 0 pairs nothing. */
  readonly mostCost: number;
  /** Longest stay that is paired. */
  readonly longestStayMs: number;
  /** Least time between two sites, for clocks that may be wrong and no vehicle faster than any: milliseconds. */
  readonly leastTravelMs: (fromSite: string, toSite: string) => number;
}

/** One character off, hard or wide look-alike, within a week. Wider than the lists', which look at what may raise an alarm. */
export const DEFAULT_MOST_COST = 0.4, DEFAULT_LONGEST_STAY_MS = 7 * 86_400_000;

export interface Pair { readonly entryId: string; readonly exitId: string; readonly score: number }

interface Candidate { readonly entry: Seeker; readonly exit: Seeker; readonly cost: number }

/** A second candidate that is not clearly worse makes a pair a guess. */
const CLEARLY_BETTER = 0.1;

/**
 * Pairs of journeys that are probably one: the mark at the exit is one look-alike from that of the entry, the order, the time between the
 * places and the vehicle's class fit, and one of the two marks was not seen to come in and
 * go out otherwise. Only where each is the other's clearly best
 * candidate; none is picked from several. Exact pairs come before: a journey that has its exit seeks none. A pure function of the set of
 * seekers: which of them were there first changes nothing.
 */
export function pairProbable(seekers: readonly Seeker[], rules: PairRules): Pair[] {
  const exits = seekers.filter((s) => s.seeks === 'entry');
  const candidates = seekers.filter((s) => s.seeks === 'exit').flatMap((entry) => exits.flatMap((exit): Candidate[] => {
    const cost = costOf(entry, exit, rules);
    return cost === null ? [] : [{ entry, exit, cost }];
  }));
  return candidates.filter((c) => isClearlyBest(c, candidates)).map(({ entry, exit, cost }) => ({ entryId: entry.id, exitId: exit.id, score: scoreOf(cost) }));
}

/** What the pairing costs; null where the two cannot be one vehicle. */
function costOf(entry: Seeker, exit: Seeker, rules: PairRules): number | null {
  if (!entry.alone && !exit.alone) return null;
  if (exit.lastSeenAt - entry.startedAt > rules.longestStayMs || !fitsInTime(entry, exit, rules)) return null;
  if (entry.classes.length > 0 && exit.classes.length > 0 && !entry.classes.some((c) => exit.classes.includes(c))) return null;
  const cost = oneLookAlike(entry.mark, exit.mark);
  return cost !== null && cost <= rules.mostCost ? cost : null;
}

function fitsInTime(entry: Seeker, exit: Seeker, rules: PairRules): boolean {
  if (entry.exitBefore !== null && exit.lastSeenAt >= entry.exitBefore) return false;
  if (exit.entryAfter !== null && entry.startedAt <= exit.entryAfter) return false;
  const least = entry.lastSite === null || exit.firstSite === null ? 0 : rules.leastTravelMs(entry.lastSite, exit.firstSite);
  return exit.startedAt - entry.lastSeenAt >= least;
}

/**
 * The cost of the one look-alike by which two marks differ: in the letters and number, or in a year that was read on both. null where they
 * differ by more, by none, or contradict otherwise.
 */
export function oneLookAlike(a: Mark, b: Mark): number | null {
  const contradicts = compareMarks(a, b).contradicts, left = markKey(a), right = markKey(b);
  if (left === right) return contradicts.length === 1 && contradicts[0] === 'year' ? oneExchange(a.year ?? '', b.year ?? '') : null;
  return contradicts.length === 0 && a.letters.length === b.letters.length ? oneExchange(left, right) : null;
}

function oneExchange(a: string, b: string): number | null {
  if (a.length !== b.length) return null;
  const differs = [...a].flatMap((char, i) => (char === b[i] ? [] : [i])), [at] = differs;
  return differs.length !== 1 || at === undefined ? null : confusionCost(a.charAt(at), b.charAt(at));
}

function isClearlyBest(candidate: Candidate, all: readonly Candidate[]): boolean {
  const rivals = all.filter((c) => c !== candidate && (c.entry === candidate.entry || c.exit === candidate.exit));
  return rivals.every((rival) => rival.cost - candidate.cost >= CLEARLY_BETTER);
}

/** 0.88 for a hard look-alike down to 0.7 for one of blurred plates. An assumption, and a modest one: on simulated cities 99 of 100 probable pairs were right (docs/benchmarks.md). */
function scoreOf(cost: number): number {
  return Math.round((0.94 - cost * 0.6) * 100) / 100;
}
