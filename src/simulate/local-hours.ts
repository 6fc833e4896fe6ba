/** Local days of a city: hours of the day decide what drives. */
export interface LocalDays {
  /** Epoch milliseconds of the local midnight that begins day `day`; 0 is the day in which the city's time begins. */
  midnight(day: number): number;
  /** 0 Sunday … 6 Saturday. */
  weekday(day: number): number;
  /** 0 inclusive to 24 exclusive. */
  hourAt(at: number): number;
}

export const HOUR_MS = 3_600_000, DAY_MS = 24 * HOUR_MS;

/** `timeZone`: an IANA name. Its offset at `startsAt` holds throughout: a simulated city does not change its clocks. */
export function localDaysFrom(startsAt: number, timeZone: string): LocalDays {
  const offsetMs = offsetOf(startsAt, timeZone), firstMidnight = Math.floor((startsAt + offsetMs) / DAY_MS) * DAY_MS - offsetMs;
  const firstWeekday = new Date(firstMidnight + offsetMs).getUTCDay();
  return {
    midnight: (day) => firstMidnight + day * DAY_MS,
    weekday: (day) => (((firstWeekday + day) % 7) + 7) % 7,
    hourAt: (at) => ((at + offsetMs) % DAY_MS) / HOUR_MS,
  };
}

function offsetOf(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(at);
  const part = (type: string): number => Number(parts.find((p) => p.type === type)?.value);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - Math.floor(at / 1000) * 1000;
}

/** Share of the day's through traffic by hour of entry: long-distance drivers arrive by day, some by night. */
export const ENTRY_HOURS: readonly number[] = [1.2, 0.9, 0.7, 0.7, 1.2, 2.2, 4, 6.2, 7.2, 6.6, 6, 5.6, 5.2, 5, 5.2, 5.6, 6.2, 7, 6.8, 5.4, 4, 3, 2.2, 1.6];
/** The same for trips within the city. */
export const CITY_HOURS: readonly number[] = [0.4, 0.2, 0.1, 0.1, 0.3, 1, 2.6, 6.5, 8, 6.4, 5.6, 5.8, 6, 5.6, 5.4, 5.8, 6.6, 7.8, 7.6, 6, 4.6, 3.2, 2, 1];
/** How much longer a drive within the city takes than on an empty road. */
const SLOWDOWN: readonly number[] = [0.85, 0.85, 0.85, 0.85, 0.85, 0.9, 1, 1.2, 1.35, 1.2, 1.1, 1.1, 1.15, 1.15, 1.1, 1.1, 1.2, 1.35, 1.35, 1.2, 1.05, 0.95, 0.9, 0.85];
export const slowdownAt = (hour: number): number => SLOWDOWN[Math.floor(hour)] ?? 1;
