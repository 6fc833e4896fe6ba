import { describe, expect, it } from 'vitest';
import { isInForce } from '../../src/list/in-force.ts';
import { ListSettings } from '../../src/list/list-settings.ts';
import { entry, pass } from './listed.ts';

const holds = (settings: object, seen: Parameters<typeof pass>[1] = {}, timeZone = 'Asia/Karachi'): boolean =>
  isInForce(pass({}, seen), entry(), ListSettings.parse(settings), timeZone);
const at = (time: string): { capturedAt: number } => ({ capturedAt: Date.parse(`${time}+05:00`) });

describe('a list that is limited to sites and directions', () => {
  it('holds there and nowhere else', () => {
    expect(holds({ sites: ['baleli', 'lakpass'] }, { siteId: 'lakpass' })).toBe(true);
    expect(holds({ sites: ['baleli'] }, { siteId: 'lakpass' })).toBe(false);
    expect(holds({ sites: ['baleli'] }, { siteId: null })).toBe(false);
    expect(holds({}, { siteId: null })).toBe(true);
    expect(holds({ sites: [] })).toBe(false);
  });

  it('holds for those directions; unknown is one of its own', () => {
    expect(holds({ directions: ['in'] }, { direction: 'in' })).toBe(true);
    expect(holds({ directions: ['in'] }, { direction: 'out' })).toBe(false);
    expect(holds({ directions: ['in'] }, { direction: 'unknown' })).toBe(false);
    expect(holds({ directions: ['in', 'unknown'] }, { direction: 'unknown' })).toBe(true);
  });
});

describe('a list that is limited to hours of the city', () => {
  // 2026-11-03 is a Tuesday.
  const office = { hours: [{ days: [1, 2, 3, 4, 5], from: '08:00', to: '17:30' }] }, night = { hours: [{ days: [5], from: '22:00', to: '05:00' }] };

  it.each([
    ['2026-11-03T08:00:00', true], ['2026-11-03T07:59:59', false], ['2026-11-03T17:29:59', true], ['2026-11-03T17:30:00', false],
    ['2026-11-07T12:00:00', false], ['2026-11-09T12:00:00', true],
  ])('from the first minute up to the last: %s %s', (time, expected) => expect(holds(office, at(time))).toBe(expected));

  it.each([
    ['2026-11-06T22:00:00', true], ['2026-11-07T04:59:59', true], ['2026-11-07T05:00:00', false], ['2026-11-07T22:30:00', false], ['2026-11-06T04:00:00', false],
  ])('past midnight belongs to the evening before: %s %s', (time, expected) => expect(holds(night, at(time))).toBe(expected));

  it('over the end of the week', () => {
    expect(holds({ hours: [{ days: [7], from: '20:00', to: '06:00' }] }, at('2026-11-09T05:00:00'))).toBe(true);
  });

  it('that begin and end at one time are a whole day from then; several hold together; none never', () => {
    expect(holds({ hours: [{ from: '06:00', to: '06:00' }] }, at('2026-11-03T05:59:00'))).toBe(true);
    expect(holds({ hours: [{ days: [2], from: '06:00', to: '06:00' }] }, at('2026-11-03T05:59:00'))).toBe(false);
    expect(holds({ hours: [{ from: '00:00', to: '01:00' }, { from: '06:00', to: '07:00' }] }, at('2026-11-03T06:30:00'))).toBe(true);
    expect(holds({ hours: [] })).toBe(false);
  });

  it('are those of the zone, whatever the zone of the computer', () => {
    const midnight = at('2026-11-04T00:30:00');
    expect(holds({ hours: [{ days: [3], from: '00:00', to: '01:00' }] }, midnight)).toBe(true);
    expect(holds({ hours: [{ days: [2], from: '19:00', to: '20:00' }] }, midnight, 'UTC')).toBe(true);
  });
});
