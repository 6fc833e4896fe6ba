import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { downStretches, hasHour, HOUR_MS, hourOfDay, USUAL_PASSES, usualHours, type HourHabit } from '../../src/geo/downtime.ts';

const habit = (hour: number, days: number, busy: number): HourHabit => ({ hour, days, busy });
const hours = (...some: readonly number[]): number => some.reduce((all, hour) => all | (1 << hour), 0);
const midnight = Date.parse('2026-11-03T00:00:00+05:00');
const quettaHour = hourOfDay('Asia/Karachi');

describe('what is usual for a camera', () => {
  it('are the hours that are busy on most of the days on which it worked', () => {
    expect(usualHours([habit(8, 28, 28), habit(9, 28, 15), habit(10, 28, 14), habit(2, 3, 1)])).toBe(hours(8, 9));
  });

  it('does not change by days on which it was down', () => {
    // Of four weeks it worked ten days.
    expect(usualHours([habit(8, 10, 10), habit(9, 10, 6), habit(3, 9, 2)])).toBe(hours(8, 9));
  });

  it('is nothing in its first days, and nothing for a camera that never recorded', () => {
    expect(usualHours([habit(8, 2, 2)])).toBe(0);
    expect(usualHours([])).toBe(0);
  });

  it('is the median over the working days: usual if and only if it is at least the least number that counts', () => {
    fc.assert(fc.property(fc.array(fc.nat(20), { minLength: 3, maxLength: 28 }), (counts) => {
      // One hour that has passes on every day says how many days the camera worked.
      const habits = [habit(12, counts.length, counts.length), habit(8, counts.filter((n) => n > 0).length, counts.filter((n) => n >= USUAL_PASSES).length)];
      const lowerMedian = counts.toSorted((a, b) => a - b)[Math.floor((counts.length - 1) / 2)] ?? 0;
      expect(hasHour(usualHours(habits), 8)).toBe(lowerMedian >= USUAL_PASSES);
    }));
  });
});

describe('a stretch without a pass', () => {
  const usual = hours(7, 8, 9), at = (hour: number): number => midnight + hour * HOUR_MS;

  it('counts when it holds an hour in which the camera usually shows vehicles', () => {
    const night = { from: at(0), to: at(7) }, morning = { from: at(5), to: at(8) }, nextMorning = { from: at(10), to: at(34) };
    expect(downStretches([night, morning, nextMorning], usual, quettaHour)).toEqual([morning, nextMorning]);
  });

  it('proves nothing where nothing is usual', () => expect(downStretches([{ from: at(0), to: at(48) }], 0, quettaHour)).toEqual([]));

  it('counts by its hours alone: cut in two at a full hour, a part of it counts if and only if the whole does', () => {
    fc.assert(fc.property(fc.nat(200), fc.integer({ min: 2, max: 60 }), fc.nat(), fc.uniqueArray(fc.nat(23), { maxLength: 24 }), (start, length, cut, some) => {
      const whole = { from: at(start), to: at(start + length) }, middle = at(start + 1 + (cut % (length - 1)));
      const down = (stretches: Parameters<typeof downStretches>[0]) => downStretches(stretches, hours(...some), quettaHour).length > 0;
      expect(down([{ ...whole, to: middle }, { ...whole, from: middle }])).toBe(down([whole]));
    }));
  });
});

describe('the hour of the day', () => {
  it('is the city\'s', () => {
    expect(quettaHour(midnight)).toBe(0);
    expect(quettaHour(Date.parse('2026-11-03T23:30:00Z'))).toBe(4);
  });

  it('follows a clock that is put forward', () => {
    const berlin = hourOfDay('Europe/Berlin');
    expect([berlin(Date.parse('2026-03-29T00:00:00Z')), berlin(Date.parse('2026-03-29T01:00:00Z'))]).toEqual([1, 3]);
  });
});
