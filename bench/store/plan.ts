/** Hours of a day and days of a week repeat; everything beyond that is a copy of one simulated week. */
export const WEEK = 7 * 86_400_000;
/** Monday 5 January 2026 in Quetta (UTC+5, no summer time). */
const FIRST_MONDAY = Date.parse('2026-01-05T00:00:00+05:00');
const LEAST_WEEK = 5_000, WEEKS_OF_A_YEAR = 52;

/** How N passes come to be: one week of a simulated city, `weeks` times. Times are epoch milliseconds. */
export interface Plan {
  readonly passes: number;
  readonly weeks: number;
  readonly startsAt: number;
  /** End of the last week: what is recorded next goes on from here. */
  readonly endsAt: number;
}

/** A year; less where a week would be too few passes to be a city's. @throws RangeError for less than four weeks of those */
export function planFor(passes: number): Plan {
  const weeks = Math.min(WEEKS_OF_A_YEAR, Math.floor(passes / LEAST_WEEK));
  if (weeks < 4) throw new RangeError(`--passes must be at least ${4 * LEAST_WEEK}`);
  return { passes, weeks, startsAt: FIRST_MONDAY, endsAt: FIRST_MONDAY + weeks * WEEK };
}
