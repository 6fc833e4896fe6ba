import { DarwazaError } from './errors.ts';
import { formatInstant } from './instant.ts';

/** Before it there was no ANPR in the city; a camera that lost its clock says 1970 or 2000. */
const EARLIEST = Date.parse('2001-01-01T00:00:00Z');
/** Clocks set to a wrong zone are up to half a day ahead. More, and the pass would stand for the newest until its time comes. */
const AHEAD = 24 * 3_600_000;

/** `at`, `now`: epoch milliseconds. @throws TIME_IMPLAUSIBLE */
export function checkCaptureTime(at: number, now: number, offsetMinutes: number): void {
  if (at >= EARLIEST && at <= now + AHEAD) return;
  const shown = (time: number): string => formatInstant(time, offsetMinutes);
  throw new DarwazaError('TIME_IMPLAUSIBLE', { name: 'capturedAt', value: shown(at), earliest: shown(EARLIEST), latest: shown(now + AHEAD) });
}
