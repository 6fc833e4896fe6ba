import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calendarTime, compactTime, epochMs, epochSeconds } from '../../../src/camera/vendors/vendor-time.ts';

const at = Date.parse('2026-11-03T01:15:02.800Z');

describe('times of cameras', () => {
  it.each([
    ['2026-11-03T06:15:02.800+05:00', at], ['2026-11-03T06:15:02.800+0500', at], ['2026-11-03T01:15:02.800Z', at], ['2026-11-03 01:15:02.8000z', at], ['2026-11-03T01:15:02.800999Z', at + 1],
    ['2026-11-02T20:15:02,8-05:00', at], ['2026-11-03 06:15:02', at - 800], ['2026/11/3 6:15:02.8', at], ['1970-01-01T00:00:00Z', 0],
  ])('reads %s', (text, ms) => expect(calendarTime(text, 300)).toBe(ms));

  it.each([
    '', 'now', '2026-11-03', '2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '2026-11-03T25:00:00Z', '2026-11-03T06:61:02Z', '2026-11-03T06:15:02+5', '0001-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '2026-11-03T06:15:02+15:00',
    '20261103 061502', `2026-11-03T06:15:02.${'9'.repeat(40)}Z`,
  ])('refuses "%s"', (text) => expect(calendarTime(text, 300)).toBeNull());

  it('takes a wall clock for what it is at the place', () => {
    fc.assert(fc.property(fc.date({ min: new Date(0), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true }), fc.integer({ min: -720, max: 840 }), (date, offset) => {
      const wall = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
      fc.pre(!wall.startsWith('+') && !wall.startsWith('-'));
      expect(calendarTime(wall, offset)).toBe(date.getTime());
      expect(compactTime(wall.replaceAll(/[-:.]/g, '').replace('T', ' '), offset)).toBe(date.getTime());
    }));
  });

  it.each([['20261103 061502800', at], ['20261103061502800', at], ['20261103 061502', at - 800], ['20261131 061502800', null], ['2026-11-03 06:15:02', null]])('reads %s without separators', (text, ms) => {
    expect(compactTime(text, 300)).toBe(ms);
  });

  it.each([[at, at], [String(at), at], [0, 0], [-1, null], [Number.NaN, null], ['1e9', null], ['', null], [1e300, null], [`${at}000`, null]])('reads %s as epoch milliseconds', (value, ms) => expect(epochMs(value)).toBe(ms));
  it.each([[1793668502, 800, at], [1793668502, 0, at - 800], [1793668502, 5000, at - 800], [-1, 0, null], [1e15, 0, null]])('reads %s s and %s ms', (seconds, ms, expected) => expect(epochSeconds(seconds, ms)).toBe(expected));
});
