import { DarwazaError } from './errors.ts';

const twoDigits = (n: number) => String(n).padStart(2, '0');

// The database counts years from 1 (0001-01-01 UTC); ISO 8601 has four digits for the last one.
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * Epoch milliseconds of an ISO 8601 time with offset, as RFC 3339 has it; digits past the millisecond are dropped.
 * @throws TIME_INVALID, TIME_WITHOUT_OFFSET
 */
export function parseInstant(text: string, name: string): number {
  const match = ISO.exec(text.trim());
  if (!match) throw new DarwazaError('TIME_INVALID', { name, reason: 'it is not in the form of ISO 8601' });
  const [, year, month, day, hour, minute, second = '00', fraction = '', offset] = match;
  if (!offset) throw new DarwazaError('TIME_WITHOUT_OFFSET', { name });
  const zone = /^z$/i.test(offset) ? 'Z' : offset.includes(':') ? offset : `${offset.slice(0, 3)}:${offset.slice(3)}`;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}${zone}`);
  // Date.parse lets 30 February roll over into March.
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number.isNaN(at) || Number(day) > days || Number(hour) > 23) throw new DarwazaError('TIME_INVALID', { name, reason: 'there is no such day or hour' });
  if (at < EARLIEST || at > LATEST) throw new DarwazaError('TIME_INVALID', { name, reason: 'its year is not one from 0001 to 9999' });
  return at;
}

/** ISO 8601 with a fixed offset in minutes east of UTC: 2026-11-03T06:15:02.200+05:00. */
export function formatInstant(at: number, offsetMinutes: number): string {
  const local = new Date(at + offsetMinutes * 60_000).toISOString().slice(0, -1);
  if (offsetMinutes === 0) return `${local}Z`;
  const size = Math.abs(offsetMinutes);
  return `${local}${offsetMinutes < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
}
