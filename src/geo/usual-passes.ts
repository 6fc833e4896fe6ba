import { HOUR_MS } from './downtime.ts';

const DAY_MS = 24 * HOUR_MS;
/** The same hour of the week, four weeks back. */
const WEEKS_BACK = [7, 14, 21, 28] as const;
/** Of a camera that is new: the days before. */
const DAYS_BACK = [1, 2, 3] as const;

/** The hours, epoch milliseconds at full hours, by which an hour's usual number of passes goes. */
export function comparedHours(hour: number): { readonly weeks: readonly number[]; readonly days: readonly number[] } {
  return { weeks: WEEKS_BACK.map((days) => hour - days * DAY_MS), days: DAYS_BACK.map((days) => hour - days * DAY_MS) };
}

/**
 * Passes that an hour usually has: the median over the same hour of the four weeks before, the higher of two middle ones because a camera is
 * oftener down than the city is full; of a camera that worked in fewer than two of them, over the three days before. An hour without a pass is 0.
 */
export function usualPasses(weeks: readonly number[], days: readonly number[]): number {
  return weeks.filter((n) => n > 0).length >= 2 ? higherMedian(weeks) : higherMedian(days);
}

function higherMedian(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** How many passes were to be expected in from ≤ t < to, by the usual number of each hour. `usualOf`: by the beginning of the hour. */
export function expectedPasses(from: number, to: number, usualOf: (hour: number) => number): number {
  let expected = 0;
  for (let hour = Math.floor(from / HOUR_MS) * HOUR_MS; hour < to; hour += HOUR_MS) expected += (usualOf(hour) * (Math.min(to, hour + HOUR_MS) - Math.max(from, hour))) / HOUR_MS;
  return expected;
}
