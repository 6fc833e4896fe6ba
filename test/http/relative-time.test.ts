import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationMs, timeParameters, withTimes } from '../../src/http/relative-time.ts';
import { ROUTES } from '../support/http-server.ts';

const HOUR = 3_600_000, DAY = 24 * HOUR, NOW = Date.parse('2026-11-03T12:00:00+05:00');
const routeNamed = (name: string) => ROUTES.find((r) => r.name === name) ?? {};

describe('a duration', () => {
  it.each([
    ['-PT24H', -DAY], ['-P7D', -7 * DAY], ['P0D', 0], ['PT90M', 1.5 * HOUR], ['+P1D', DAY], ['-P2W', -14 * DAY], ['-P1DT6H30M', -(DAY + 6.5 * HOUR)], ['PT1S', 1000],
  ])('%s is %d ms', (text, ms) => expect(durationMs(text)).toBe(ms));

  it.each(['', 'P', 'PT', '-P', '-PT', 'P1', '24H', 'P1M', 'P1Y', 'P1.5D', 'PT1H1D', 'P-1D', '--P1D', ' P1D', 'P1D ', 'p1d', 'P1DT', 'P99999999D', '2026-11-03T06:00:00Z', 'PT1H\n'])('%j is none', (text) => expect(durationMs(text)).toBeNull());

  it('of any text is a number or nothing', () => fc.assert(fc.property(fc.string(), (text) => {
    const ms = durationMs(text);
    expect(ms === null || Number.isSafeInteger(ms)).toBe(true);
  })));
});

describe('times told from the asking', () => {
  it('are for the parameters of a route that take a time, and no others', () => {
    expect([...timeParameters(routeNamed('listPasses'))]).toEqual(['from', 'to']);
    expect([...timeParameters(routeNamed('showMark'))]).toEqual([]);
    expect(withTimes({ from: '-PT24H', mark: '-PT24H', to: '2026-11-03T06:00:00+05:00' }, new Set(['from', 'to']), NOW))
      .toEqual({ from: '2026-11-02T07:00:00.000Z', mark: '-PT24H', to: '2026-11-03T06:00:00+05:00' });
  });

  it('that lead out of the calendar are refused', () => {
    expect(() => withTimes({ from: '-P99999D' }, new Set(['from']), NOW)).toThrow(/before 1970/);
  });
});
