/** Formats of time that cameras use, all to epoch milliseconds; null where the text or number is none. */

const LATEST = Date.UTC(9999, 11, 31);

const within = (ms: number): number | null => (Number.isFinite(ms) && ms >= 0 && ms < LATEST ? Math.round(ms) : null);

const CALENDAR = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T ](\d{1,2}):(\d{2}):(\d{2})(?:[.,:](\d{1,9}))?\s*(Z|z|[+-]\d{2}:?\d{2})?$/;

/**
 * `2026-11-03T06:15:02.200+05:00`, with a space for the T, with or without fraction. A time without an offset is the camera's wall clock,
 * `utcOffsetMinutes` east of UTC.
 */
export function calendarTime(text: string, utcOffsetMinutes: number): number | null {
  const match = CALENDAR.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction, offset] = match;
  return wallTime([year, month, day, hour, minute, second].map(Number), fraction ?? '', offset === undefined ? utcOffsetMinutes : offsetMinutes(offset));
}

/** `20261103 061502200` or `20261103061502200`: date, time and milliseconds without separators, by the camera's wall clock. */
export function compactTime(text: string, utcOffsetMinutes: number): number | null {
  const match = /^(\d{4})(\d{2})(\d{2})[ T]?(\d{2})(\d{2})(\d{2})(\d{3})?$/.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction] = match;
  return wallTime([year, month, day, hour, minute, second].map(Number), fraction ?? '', utcOffsetMinutes);
}

/** Epoch milliseconds as a number or its digits. */
export function epochMs(value: number | string): number | null {
  return typeof value === 'string' && !/^\d{1,15}(?:\.\d{1,9})?$/.test(value.trim()) ? null : within(Number(value));
}

/** Epoch seconds with the milliseconds beside them. */
export function epochSeconds(seconds: number, ms = 0): number | null {
  return within(seconds * 1000 + (ms >= 0 && ms < 1000 ? ms : 0));
}

function offsetMinutes(text: string): number {
  if (text === 'Z' || text === 'z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return text.startsWith('-') ? -minutes : minutes;
}

/** null for the 30th of February and a 25th hour, which `Date.UTC` would move on. */
function wallTime(fields: readonly number[], fraction: string, utcOffsetMinutes: number): number | null {
  const [year, month, day, hour, minute, second] = fields as [number, number, number, number, number, number];
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60 || Math.abs(utcOffsetMinutes) > 14 * 60) return null;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  if (year < 100 || day < 1 || new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) return null;
  return within(wall + Number(`0.${fraction || '0'}`) * 1000 - utcOffsetMinutes * 60_000);
}
