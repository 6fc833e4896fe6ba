import type { ListEntry } from './entry.ts';
import type { ListSettings } from './list-settings.ts';
import type { MatchablePass } from './matchable-pass.ts';

/**
 * Whether the entry holds for a vehicle seen then and there: not expired nor lapsed when it was seen, not handed over, within the hours,
 * sites and directions of its list. A list that is limited to sites does not hold where no register knows the site.
 */
export function isInForce(pass: MatchablePass, entry: ListEntry, settings: ListSettings, timeZone: string): boolean {
  const { capturedAt, siteId, direction } = pass;
  if (entry.expiresAt !== null && capturedAt > entry.expiresAt) return false;
  if (entry.reviewAt !== null && capturedAt > entry.reviewAt) return false;
  if (entry.stage === 'handed-over') return false;
  if (settings.sites !== null && (siteId === null || !settings.sites.includes(siteId))) return false;
  if (settings.directions !== null && !settings.directions.includes(direction)) return false;
  if (settings.hours === null) return true;
  const local = localTime(capturedAt, timeZone);
  return settings.hours.some((hours) => isWithin(hours, local));
}

type Hours = NonNullable<ListSettings['hours']>[number];
interface LocalTime {
  /** 1 = Monday. */
  readonly day: number;
  /** `06:30`. */
  readonly time: string;
}

/** `from` counts, `to` does not. Past midnight the day is the one on which the hours began; equal times are a whole day from then. */
function isWithin({ days, from, to }: Hours, { day, time }: LocalTime): boolean {
  const yesterday = day === 1 ? 7 : day - 1;
  if (from < to) return days.includes(day) && time >= from && time < to;
  return (days.includes(day) && time >= from) || (days.includes(yesterday) && time < to);
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
/** Making one takes longer than matching a pass; a city has one zone. */
const formats = new Map<string, Intl.DateTimeFormat>();

function localTime(at: number, timeZone: string): LocalTime {
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  formats.set(timeZone, format);
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return { day: WEEKDAYS.indexOf(parts.get('weekday') ?? '') + 1, time: `${parts.get('hour')}:${parts.get('minute')}` };
}
