/** What a camera recorded at one hour of the day, over the days before: `days` with any pass in it, `busy` of them with enough to miss it. */
export interface HourHabit {
  /** Hour of the day in the city, 0 to 23. */
  readonly hour: number;
  readonly days: number;
  readonly busy: number;
}

/** Times without a pass, epoch milliseconds at full hours: from ≤ t < to. */
export interface Stretch { readonly from: number; readonly to: number }

/** A camera that showed nothing for at least an hour in which it usually shows vehicles. `to` null: nothing came after it. */
export interface Downtime {
  readonly cameraId: string;
  readonly from: number;
  readonly to: number | null;
}

/** Hours of the day, each the bit of its number: 1,400 cameras and many days are kept in memory. */
export type HoursOfDay = number;
export const hasHour = (hours: HoursOfDay, hour: number): boolean => (hours & (1 << hour)) !== 0;

export const HOUR_MS = 3_600_000;
/**
 * Passes that an hour usually has before a silent one says anything: at 4, a camera that works shows nothing by chance in one such hour out
 * of e⁴ = 55, and half of the days had more.
 */
export const USUAL_PASSES = 4;
/** Days on which a camera was at work before anything is usual for it. */
const FEWEST_DAYS = 3;

/**
 * Hours of the day in which a camera usually records at least `USUAL_PASSES`: the median over the days on which it worked. A day on which it
 * was down tells nothing of what is usual; the hour that has passes on most days tells how many days it worked.
 */
export function usualHours(habits: readonly HourHabit[]): HoursOfDay {
  const worked = Math.max(0, ...habits.map((h) => h.days));
  if (worked < FEWEST_DAYS) return 0;
  return habits.reduce((hours, h) => (h.busy * 2 > worked ? hours | (1 << h.hour) : hours), 0);
}

/** The stretches that hold an hour in which the camera usually shows vehicles; all others prove nothing. `hourOf`: hour of the day in the city. */
export function downStretches(stretches: readonly Stretch[], usual: HoursOfDay, hourOf: (at: number) => number): Stretch[] {
  if (usual === 0) return [];
  return stretches.filter(({ from, to }) => {
    for (let at = from; at < to; at += HOUR_MS) if (hasHour(usual, hourOf(at))) return true;
    return false;
  });
}

/** Hour of the day in a time zone. Asked for many cameras about the same hours, so each is worked out once. */
export function hourOfDay(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' }), known = new Map<number, number>();
  return (at) => {
    const before = known.get(at);
    if (before !== undefined) return before;
    const hour = Number(format.format(at));
    known.set(at, hour);
    return hour;
  };
}
