/**
 * How far a camera's clock is off, from the times of what it sends: received − claimed = offset + delay, and no delay is below zero. So the
 * least of a window comes nearest to the offset (the minimum filter of NTP, RFC 5905 §10). What that alone does not tell is a slow clock from
 * a late delivery: a site that was cut off for hours delivers what it kept, and every time in it is hours old. The two differ in how they go
 * on: a wrong clock stays equally wrong, while a backlog catches up.
 */

/** Half a minute of measures: the least of them stands for all. */
interface Measured { readonly at: number; readonly least: number }

/** What is known of one clock. Values, never changed in place. */
export interface ClockEstimate {
  /** What must be added to the camera's time, milliseconds: above 0 its clock is slow. */
  readonly offsetMs: number;
  /** How much the measures of the window vary: their median above the least, milliseconds. The offset is known no better. */
  readonly spreadMs: number;
  /** Whether the offset can be relied on: measured often and long enough, and still so at the latest measure. */
  readonly settled: boolean;
  /** When it was measured last; epoch milliseconds. */
  readonly measuredAt: number;
  readonly window: readonly Measured[];
  /** Measures above the offset that no delay of a live camera explains: a backlog, or a clock that was set back. */
  readonly above: readonly Measured[];
  /** Measures below the offset, which no delay explains: the clock was set forward, or one time was nonsense. */
  readonly below: readonly Measured[];
}

const BUCKET_MS = 30_000;
/** A clock of 200 ppm drifts by less than half a second within it. */
const WINDOW_MS = 30 * 60_000;
/** Of a camera that sends less often than that, so many measures count whatever their age. */
const FEWEST = 8;
/** A picture of 1 MB over a poor line takes no longer; what takes longer is looked at as late. */
const LIVE_DELAY_MS = 3_000;
/** No delay is below zero; the two clocks' own readings may differ by this. */
const BELOW_MS = 1_000;
/** Half of the measures lie this near to the least where a clock is wrong, not the line slow. */
const LEVEL_SPREAD_MS = 2_000;
/** A backlog that catches up by a quarter of a second a minute, and all that are faster, are told from a wrong clock. */
const LEVEL_CHANGE_MS = 1_500;
/** For how long a time that may be a delay must stay equally late, and for how long one that cannot be. */
const SLOW_PROOF_MS = 10 * 60_000, QUICK_PROOF_MS = 60_000;
/** Three measures at least: one alone may be nonsense. */
const LEAST_MEASURES = 3;
/** Nothing is kept for longer at a site that is cut off; a time that is older is a clock in 1970. */
const LATEST_DELIVERY_MS = 31 * 86_400_000;
/** A delay that needs no proof, because it is too small to be corrected. */
const UNDOUBTED_MS = 2_000;
/** Measures that tell a trouble from one odd message. */
const ODD_AT_LEAST_MS = 10_000;
/** Half-minutes that are kept of what is doubted. */
const MOST_DOUBTED = 120;

/** A measure more: `differenceMs` = received − claimed at `at` (received, epoch milliseconds). `before`: null for a clock never measured. */
export function withMeasure(before: ClockEstimate | null, at: number, differenceMs: number): ClockEstimate {
  const measure = { at, least: differenceMs };
  if (before === null) return estimateOf([measure]);
  const { offsetMs } = before;
  if (differenceMs < offsetMs - BELOW_MS) return fallen(before, measure);
  if (differenceMs > offsetMs + LIVE_DELAY_MS) return risen(before, measure);
  const estimate = estimateOf(recent(withBucket(before.window, measure)));
  return { ...estimate, settled: estimate.settled || (before.settled && estimate.spreadMs <= LEVEL_SPREAD_MS) };
}

/** The offset as the camera's own protocol tells it (RTCP sender reports), which needs no guess at delays. */
export function withOffset(before: ClockEstimate | null, at: number, offsetMs: number, spreadMs: number): ClockEstimate {
  const near = before !== null && Math.abs(before.offsetMs - offsetMs) <= LIVE_DELAY_MS;
  const settled = spreadMs <= LEVEL_SPREAD_MS && (near || before === null || before.above.length + before.below.length > 0 || Math.abs(offsetMs) <= UNDOUBTED_MS);
  return { offsetMs, spreadMs, settled, measuredAt: at, window: [{ at, least: offsetMs }], above: [], below: near || before === null ? [] : [{ at, least: offsetMs }] };
}

/** An estimate of an earlier run of the program, to go on from. */
export function restoredEstimate({ offsetMs, spreadMs, settled, at }: { readonly offsetMs: number; readonly spreadMs: number; readonly settled: boolean; readonly at: number }): ClockEstimate {
  return { offsetMs, spreadMs, settled, measuredAt: at, window: [{ at, least: offsetMs }], above: [], below: [] };
}

/** Whether measures of late are doubted: the clock may have been set, or what comes is late. No speed may be told from its times then. */
export function isDoubted({ above, below }: ClockEstimate): boolean {
  return [above, below].some((run) => run.length > 0 && spanOf(run) >= ODD_AT_LEAST_MS);
}

/** Below the offset: proof at once that the offset is wrong. Of a settled clock one measure alone may be nonsense, three are not. */
function fallen(before: ClockEstimate, measure: Measured): ClockEstimate {
  if (!before.settled) return estimateOf([measure]);
  // The measures so far may each have been late by as much as a live one can be.
  if (before.offsetMs - measure.least <= LIVE_DELAY_MS) return estimateOf(recent(withBucket(before.window, measure)));
  const alike = before.below.length === 0 || Math.abs(measure.least - leastOf(before.below)) <= LIVE_DELAY_MS, below = alone(alike ? before.below : [], measure);
  if (below.length >= LEAST_MEASURES && spanOf(below) >= ODD_AT_LEAST_MS) return estimateOf(recent(below));
  return { ...before, below, measuredAt: measure.at };
}

function risen(before: ClockEstimate, measure: Measured): ClockEstimate {
  const above = withBucket(before.above, measure).slice(-MOST_DOUBTED), level = levelOf(above);
  if (isLevel(level, leastOf(level) - before.offsetMs)) return { ...estimateOf(recent(level)), settled: true };
  // Of a clock that is not known yet, late is as likely as not: it counts for how much the measures vary.
  const estimate = before.settled ? before : estimateOf(recent(withBucket(before.window, measure)));
  return { ...estimate, above, measuredAt: measure.at };
}

/** The latest measures that are about equally late. One that stands out by itself was held up; two in a row are of a backlog. */
function levelOf(run: readonly Measured[]): readonly Measured[] {
  const least = leastOf(run.slice(-FEWEST)), isOut = (m: Measured | undefined): boolean => m !== undefined && Math.abs(m.least - least) > LIVE_DELAY_MS;
  const from = run.findLastIndex((m, i) => isOut(m) && (i === run.length - 1 || isOut(run[i + 1])));
  return run.slice(from + 1).filter((m) => !isOut(m));
}

function estimateOf(window: readonly Measured[]): ClockEstimate {
  const offsetMs = leastOf(window);
  return { offsetMs, spreadMs: spreadOf(window), settled: Math.abs(offsetMs) <= UNDOUBTED_MS || isLevel(window, offsetMs), measuredAt: window.at(-1)?.at ?? 0, window, above: [], below: [] };
}

/** Whether the measures stay equally wrong for long enough, if `doubtMs` of them may be a delay. */
function isLevel(run: readonly Measured[], doubtMs: number): boolean {
  const proofMs = doubtMs > 0 && doubtMs < LATEST_DELIVERY_MS ? SLOW_PROOF_MS : QUICK_PROOF_MS, half = Math.ceil(run.length / 2);
  if (run.length < LEAST_MEASURES || spanOf(run) < proofMs || spreadOf(run) > LEVEL_SPREAD_MS) return false;
  return Math.abs(medianOf(run.slice(0, half)) - medianOf(run.slice(half))) <= LEVEL_CHANGE_MS;
}

/** Messages of several connections come out of order by a little: a measure joins the bucket that is there. */
function withBucket(run: readonly Measured[], measure: Measured): readonly Measured[] {
  const last = run.at(-1);
  if (last === undefined || measure.at >= last.at + BUCKET_MS) return [...run, measure];
  return measure.least >= last.least ? run : [...run.slice(0, -1), { at: last.at, least: measure.least }];
}

/** The first few stand alone, so that three of them are three; then by the half-minute. */
function alone(run: readonly Measured[], measure: Measured): readonly Measured[] {
  return run.length < LEAST_MEASURES ? [...run, measure] : withBucket(run, measure).slice(-MOST_DOUBTED);
}

function recent(window: readonly Measured[]): readonly Measured[] {
  const since = (window.at(-1)?.at ?? 0) - WINDOW_MS, from = window.findIndex((m) => m.at >= since);
  return window.slice(Math.max(0, Math.min(from, window.length - FEWEST)));
}

function spanOf(run: readonly Measured[]): number {
  return (run.at(-1)?.at ?? 0) - (run[0]?.at ?? 0);
}

function leastOf(run: readonly Measured[]): number {
  return run.reduce((least, m) => Math.min(least, m.least), Infinity);
}

function medianOf(run: readonly Measured[]): number {
  return run.map((m) => m.least).toSorted((a, b) => a - b)[Math.floor((run.length - 1) / 2)] ?? 0;
}

function spreadOf(run: readonly Measured[]): number {
  return medianOf(run) - leastOf(run);
}
