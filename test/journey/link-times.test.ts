import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bandOf, createLinkLearner, fastestTrips, FEWEST_TRIPS, type LinkTime } from '../../src/journey/link-times.ts';
import { localTime } from '../../src/journey/patterns.ts';
import { MORNING } from './sightings.ts';

const MINUTE = 60_000, HOUR = 60 * MINUTE;
const { hourOf } = localTime(300);

interface Trip { readonly key?: string; readonly from?: string; readonly to?: string; readonly at?: number; readonly took: number }

/** What is learned of trips, each of one vehicle, in order of time. */
function learnedFrom(trips: readonly Trip[]): LinkTime[] {
  const learner = createLinkLearner(hourOf);
  const glimpses = trips.flatMap(({ key, from = 'a', to = 'b', at = MORNING, took }, i) => [
    { key: key ?? `V${i}`, siteId: from, capturedAt: at + i }, { key: key ?? `V${i}`, siteId: to, capturedAt: at + i + took },
  ]);
  for (const glimpse of glimpses.toSorted((a, b) => a.capturedAt - b.capturedAt)) learner.add(glimpse);
  return learner.learned();
}
const times = (count: number, took: (i: number) => number, more: Partial<Trip> = {}): Trip[] => Array.from({ length: count }, (_, i) => ({ ...more, took: took(i) }));

describe('link times', () => {
  it('are learned from 20 trips on', () => {
    expect(learnedFrom(times(FEWEST_TRIPS - 1, () => 10 * MINUTE))).toEqual([]);
    expect(learnedFrom(times(FEWEST_TRIPS, () => 10 * MINUTE))).toEqual([{ from: 'a', to: 'b', band: 'morning', trips: 20, medianMs: 10 * MINUTE, madMs: 0, p01Ms: 10 * MINUTE }]);
  });

  it('give the middle, the spread and the fastest hundredth', () => {
    const [link] = learnedFrom(times(101, (i) => (10 + i / 10) * MINUTE));
    expect(link).toMatchObject({ trips: 101, medianMs: 15 * MINUTE, madMs: 2.5 * MINUTE, p01Ms: 10.1 * MINUTE });
  });

  it('hold for one direction and one part of the day', () => {
    const links = learnedFrom([...times(20, () => 10 * MINUTE), ...times(20, () => 20 * MINUTE, { from: 'b', to: 'a' }), ...times(20, () => 6 * MINUTE, { at: MORNING + 18 * HOUR })]
      .map((trip, i) => ({ ...trip, key: `K${i}` })));
    expect(links.map(({ from, to, band, medianMs }) => [from, to, band, medianMs / MINUTE])).toEqual([['a', 'b', 'morning', 10], ['a', 'b', 'night', 6], ['b', 'a', 'morning', 20]]);
  });

  it('leave out what holds a stop, and a vehicle that stands in view', () => {
    expect(learnedFrom(times(30, () => 3 * HOUR))).toEqual([]);
    expect(learnedFrom(times(30, () => MINUTE, { to: 'a' }))).toEqual([]);
  });

  it('are those of all trips, though only some are kept', () => {
    const [link] = learnedFrom(times(5_000, (i) => (10 + (i % 100) / 10) * MINUTE));
    expect(link?.trips).toBe(5_000);
    expect(link?.medianMs).toBeGreaterThan(14 * MINUTE);
    expect(link?.medianMs).toBeLessThan(16 * MINUTE);
    expect(link?.p01Ms).toBeLessThan(10.5 * MINUTE);
  });

  it('are the same whenever they are learned again', () => {
    const trips = times(900, (i) => (5 + (i * 7919) % 60) * MINUTE);
    expect(learnedFrom(trips)).toEqual(learnedFrom(trips));
  });

  it('are ordered within themselves, whatever the trips', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 119 }), { minLength: 20, maxLength: 60 }), (minutes) => {
      const [link] = learnedFrom(minutes.map((m) => ({ took: m * MINUTE })));
      expect(link?.p01Ms).toBeGreaterThanOrEqual(Math.min(...minutes) * MINUTE);
      expect(link?.p01Ms).toBeLessThanOrEqual(link?.medianMs ?? 0);
      expect(link?.medianMs).toBeLessThanOrEqual(Math.max(...minutes) * MINUTE);
    }));
  });
});

describe('the part of the day', () => {
  it.each([[0, 'night'], [5, 'night'], [6, 'morning'], [9, 'morning'], [10, 'day'], [15, 'day'], [16, 'evening'], [21, 'evening'], [22, 'night']] as const)('of %i h is the %s', (hour, band) => {
    expect(bandOf(hour)).toBe(band);
  });
});

describe('the fastest trip', () => {
  const link = (from: string, to: string, minutes: number, more: Partial<LinkTime> = {}): LinkTime =>
    ({ from, to, band: 'morning', trips: 50, medianMs: 2 * minutes * MINUTE, madMs: MINUTE, p01Ms: minutes * MINUTE, ...more });
  const at = MORNING + HOUR;

  it('is the p01 of the link at that time of the day', () => {
    const fastest = fastestTrips([link('a', 'b', 10), link('a', 'b', 6, { band: 'night' })], hourOf);
    expect(fastest.fastestMs('a', 'b', at)).toBe(10 * MINUTE);
    expect(fastest.fastestMs('a', 'b', at - 3 * HOUR)).toBe(6 * MINUTE);
    expect(fastest.usualMs('a', 'b', at)).toBe(20 * MINUTE);
  });

  it('may lead over other sites where that is shorter', () => {
    expect(fastestTrips([link('a', 'c', 30), link('a', 'b', 10), link('b', 'c', 12)], hourOf).fastestMs('a', 'c', at)).toBe(22 * MINUTE);
  });

  it('is unknown where nobody learned the link itself: the way over other sites may be a detour', () => {
    expect(fastestTrips([link('a', 'b', 10), link('b', 'c', 12)], hourOf).fastestMs('a', 'c', at)).toBeNull();
  });

  it('is the fastest of any part of the day where too few drove in this one', () => {
    const fastest = fastestTrips([link('a', 'b', 10, { trips: 19 }), link('a', 'b', 6, { band: 'night' }), link('a', 'b', 9, { band: 'day' })], hourOf);
    expect(fastest.fastestMs('a', 'b', at)).toBe(6 * MINUTE);
    expect(fastest.usualMs('a', 'b', at)).toBeNull();
  });
});
