import { z } from 'zod';
import { formatInstant } from '../core/instant.ts';
import { DarwazaError } from '../core/errors.ts';
import type { Route } from './route.ts';

/** A duration of ISO 8601 without years and months, whose lengths vary: -PT24H, -P7D, P0D (now), -P1DT6H. */
const DURATION = /^([+-]?)P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?$/;
const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR, WEEK = 7 * DAY;

/** Milliseconds of a duration with its sign; null for another text. */
export function durationMs(text: string): number | null {
  const match = DURATION.exec(text);
  if (match === null || !/\d/.test(text) || text.endsWith('T')) return null;
  const [, sign, ...counts] = match;
  const ms = [WEEK, DAY, HOUR, MINUTE, SECOND].reduce((sum, unit, i) => sum + Number(counts[i] ?? 0) * unit, 0);
  return sign === '-' ? -ms : ms;
}

/** Names of the query parameters that take a time, as the route's own description has them. */
export function timeParameters({ query }: Pick<Route, 'query'>): ReadonlySet<string> {
  if (query === undefined) return new Set();
  const { properties = {} } = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' }) as { readonly properties?: Record<string, { readonly format?: string }> };
  return new Set(Object.entries(properties).flatMap(([name, { format }]) => (format === 'date-time' ? [name] : [])));
}

/**
 * A query with its durations as times from `now` (epoch milliseconds); all else as it is.
 * @throws REQUEST_INVALID for a duration that leads out of the calendar
 */
export function withTimes(query: Readonly<Record<string, string>>, names: ReadonlySet<string>, now: number): Record<string, string> {
  return Object.fromEntries(Object.entries(query).map(([name, value]) => {
    const ms = names.has(name) ? durationMs(value) : null;
    if (ms === null) return [name, value];
    if (now + ms < 0) throw new DarwazaError('REQUEST_INVALID', { reason: `query parameter "${name}": ${value} is before 1970` });
    return [name, formatInstant(now + ms, 0)];
  }));
}
