import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMPANION_SETTINGS, createCompanionSearch, type CompanionSettings } from '../../src/journey/companions.ts';
import { CONVOY_SETTINGS, convoyPair, convoysAmong, convoysOf, type ConvoySettings } from '../../src/journey/convoys.ts';
import { byTime, type Finding } from '../../src/journey/finding.ts';
import type { Sighting } from '../../src/journey/journey.ts';
import { groupedBy } from '../../src/journey/build.ts';
import { mark, sighting } from './sightings.ts';

const DAY = 24 * 60, ROUTE = ['baleli', 'airport-road', 'sariab', 'mian-ghundi'];

/** A vehicle's trip along a route, 20 minutes from site to site, from a minute on; `behind`: seconds after. */
function trip(number: string, minute: number, behind = 0, route: readonly string[] = ROUTE, more: Partial<Sighting> = {}): Sighting[] {
  return route.map((site, i) => sighting(site, 'unknown', minute + 20 * i + behind / 60, { mark: mark({ number }), sequence: Number(number), ...more }));
}
const seen = (...parts: readonly (readonly Sighting[])[]): Sighting[] => parts.flat().toSorted(byTime);

/** Background: every minute another vehicle, once. */
const flow = (minutes: number): Sighting[] => seen(...Array.from({ length: minutes }, (_, i) => trip(String(5000 + i), i)));

function convoys(sightings: readonly Sighting[], settings?: ConvoySettings): Finding[] {
  const byKey = groupedBy(sightings, (s) => s.key);
  return convoysOf(sightings, (key) => byKey.get(key) ?? [], settings);
}
const names = (found: readonly Finding[]): string[][] => found.map((f) => [...f.keys]);

describe('the search for companions', () => {
  const pairs = (sightings: readonly Sighting[], settings: Partial<CompanionSettings> = {}): (readonly [string, string])[] => {
    const search = createCompanionSearch({ ...COMPANION_SETTINGS, ...settings });
    for (const s of sightings) search.add(s);
    return search.pairs();
  };
  const twice = seen(trip('1', 0), trip('2', 0, 8), trip('1', DAY), trip('2', DAY, 12));

  it('finds two that were together at two sites of two trips', () => expect(pairs(twice)).toEqual([['LEA1', 'LEA2']]));

  it('does not find two that met once, however many sites long', () => expect(pairs(seen(trip('1', 0), trip('2', 0, 8)))).toEqual([]));

  it('does not find two that met at one site of each trip', () => {
    const met = (minute: number): Sighting[] => seen(trip('1', minute, 0, ['baleli', 'airport-road']), trip('2', minute, 5, ['baleli', 'western-bypass']));
    expect(pairs(seen(met(0), met(DAY)))).toEqual([]);
  });

  it('finds nobody beyond the gap, in the other direction, or without a site', () => {
    expect(pairs(seen(trip('1', 0), trip('2', 0, 31), trip('1', DAY), trip('2', DAY, 31)))).toEqual([]);
    const against = (minute: number): Sighting[] => trip('2', minute, 8, ROUTE, { direction: 'out' });
    expect(pairs(seen(trip('1', 0), against(0), trip('1', DAY), against(DAY)))).toEqual([]);
    expect(pairs(twice.map((s) => ({ ...s, siteId: null })))).toEqual([]);
  });

  it('finds two of whom one was missed at a site between', () => {
    const missed = twice.filter((s) => !(s.key === 'LEA1' && s.siteId === 'airport-road'));
    expect(pairs(missed)).toEqual([['LEA1', 'LEA2']]);
  });

  it('takes two parked side by side for nothing', () => {
    const parked = (number: string): Sighting[] => Array.from({ length: 200 }, (_, i) => sighting('sariab', 'unknown', i * 60 + Number(number) / 10, { mark: mark({ number }) }));
    expect(pairs(seen(parked('1'), parked('2')))).toEqual([]);
  });

  it('remembers no more pairs than it may, and those of several trips longest', () => {
    const crowd = (minute: number): Sighting[] => seen(...Array.from({ length: 12 }, (_, i) => trip(String(100 + i), minute, i * 2, ['baleli', 'airport-road'])));
    const days = Array.from({ length: 30 }, (_, day) => crowd(day * DAY).map((s) => ({ ...s, key: `${s.key}-${day}` })));
    expect(pairs(seen(twice, ...days), { pairsKept: 1_000 })).toEqual([['LEA1', 'LEA2']]);
  });
});

describe('a convoy', () => {
  it('is two that drove together on two days and never alone', () => {
    const [convoy, ...others] = convoys(seen(flow(300), trip('1', 60), trip('2', 60, 8), trip('1', DAY + 200), trip('2', DAY + 200, 20)));
    expect(others).toEqual([]);
    expect(convoy).toMatchObject({ kind: 'convoy', label: 'convoy', keys: ['LEA1', 'LEA2'], count: 2 });
    expect(convoy?.summary).toContain('4 sites');
    expect(convoy?.evidence).toMatchObject([{ figures: { sites: 4, widestSeconds: 8, aloneFirst: 0, aloneSecond: 0 } }, { figures: { widestSeconds: 20 } }]);
    expect(convoy?.evidence[0]?.passes).toHaveLength(8);
  });

  it('may have three and four vehicles', () => {
    const together = (minute: number): Sighting[] => seen(...['1', '2', '3', '4'].map((n, i) => trip(n, minute, i * 7)));
    expect(names(convoys(seen(together(0), together(DAY + 100), together(3 * DAY + 500))))).toEqual([['LEA1', 'LEA2', 'LEA3', 'LEA4']]);
  });

  it('keeps its id whatever the order in which its vehicles passed', () => {
    const one = convoys(seen(trip('1', 0), trip('2', 0, 8), trip('1', DAY + 200), trip('2', DAY + 200, 8)));
    const other = convoys(seen(trip('2', 0), trip('1', 0, 8), trip('2', DAY + 200), trip('1', DAY + 200, 8)));
    expect(one[0]?.id).toBe(other[0]?.id);
  });

  it('is none of a platoon: one trip, however many sites and vehicles', () => {
    expect(convoys(seen(...Array.from({ length: 9 }, (_, i) => trip(String(i + 1), 0, i * 3))))).toEqual([]);
  });

  it('is none over two sites only', () => {
    const short = (minute: number): Sighting[] => seen(trip('1', minute, 0, ['baleli', 'airport-road']), trip('2', minute, 5, ['baleli', 'airport-road']));
    expect(convoys(seen(short(0), short(DAY + 100), short(2 * DAY + 300)))).toEqual([]);
  });

  it('is none of two neighbours who leave home at the same time each day and meet now and then', () => {
    const days = Array.from({ length: 20 }, (_, day) => seen(trip('1', day * DAY + (day * 7) % 9), trip('2', day * DAY + (day * 5) % 9, 10)));
    expect(convoys(seen(...days))).toEqual([]);
  });

  it('is none of buses: their timetable brings them together', () => {
    const bus = (number: string, minute: number, behind: number): Sighting[] => trip(number, minute, behind, ROUTE, { vehicleClass: 'Bus' });
    const day = (from: number): Sighting[] => seen(bus('1', from, 0), bus('2', from, 9), bus('1', from + 300, 0), bus('2', from + 300, 11));
    expect(convoys(seen(day(0), day(DAY + 40), day(2 * DAY + 90)))).toEqual([]);
    const cars = day(0).map((s) => ({ ...s, vehicleClass: 'car' }));
    expect(convoys(seen(cars, day(DAY + 40).map((s) => ({ ...s, vehicleClass: 'car' }))))).toHaveLength(1);
  });

  it('is none of shuttles, of whatever class', () => {
    const shuttle = (from: number): Sighting[] => seen(...[0, 200, 400, 600].flatMap((m) => [trip('1', from + m), trip('2', from + m, 6)]));
    expect(convoys(seen(shuttle(0), shuttle(DAY + 30)))).toEqual([]);
  });

  it('is left out when more go together than any convoy has', () => {
    const many = (minute: number): Sighting[] => seen(...Array.from({ length: 8 }, (_, i) => trip(String(i + 1), minute, i * 3)));
    const sightings = seen(many(0), many(DAY + 100), many(3 * DAY + 500));
    expect(convoys(sightings)).toEqual([]);
    expect(names(convoys(sightings, { ...CONVOY_SETTINGS, mostVehicles: 8 }))).toHaveLength(1);
  });

  it('counts how often each drove alone, and less for it', () => {
    const together = seen(trip('1', 0), trip('2', 0, 8), trip('1', DAY + 200), trip('2', DAY + 200, 8)), alone = (n: string, from: number): Sighting[] => seen(...[3, 4, 5, 6].map((day, i) => trip(n, day * DAY + from + i * 40)));
    const of = (sightings: readonly Sighting[], key: string): Sighting[] => sightings.filter((s) => s.key === key);
    const pair = (sightings: readonly Sighting[]) => convoyPair(of(sightings, 'LEA1'), of(sightings, 'LEA2'));
    const often = pair(seen(together, alone('1', 100), alone('2', 500)));
    expect(often?.alone).toEqual([4, 4]);
    expect(often?.score).toBeLessThan(pair(together)?.score ?? 0);
  });

  it('is the same whichever of two is asked about first, and whatever the order of the sightings', () => {
    const a = seen(trip('1', 0), trip('1', DAY + 200), trip('1', 3 * DAY)), b = seen(trip('2', 0, 8), trip('2', DAY + 200, 20));
    const expected = convoysAmong([convoyPair(a, b)].flatMap((p) => p ?? []));
    expect(expected).toHaveLength(1);
    fc.assert(fc.property(fc.shuffledSubarray(a, { minLength: a.length }), fc.shuffledSubarray(b, { minLength: b.length }), (x, y) => {
      expect(convoysAmong([convoyPair(y, x)].flatMap((p) => p ?? []))).toEqual(expected);
    }), { numRuns: 30 });
  });
});
