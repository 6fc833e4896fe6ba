import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headsUpOf, reachableSites } from '../../src/geo/reachable.ts';
import type { Register, Road, Site } from '../../src/geo/register.ts';
import { leastTravelMs } from '../../src/geo/travel.ts';
import { HOUR, MINUTE, MORNING, quetta } from '../support/passes.ts';

const site = (id: string, lon: number, kind: Site['kind'] = 'city', lat = 0): Site => ({ id, name: id, lat, lon, kind });
const road = (from: string, to: string, km: number, minutes: number | null = null, oneWay = false): Road => ({ from, to, km, minutes, oneWay });
const city = (sites: readonly Site[], roads: readonly Road[] = []): Register =>
  ({ city: { name: 'Line', timeZone: 'Asia/Karachi', boundary: [], boundaryToleranceMetres: 100 }, sites, cameras: [], roads });
/** One hundredth of a degree is 1.11 km on the equator. */
const LINE = [site('a', 0), site('b', 0.1), site('c', 0.2), site('d', 0.3)];
const hours = (km: number, speed: number): number => Math.floor((km / speed) * HOUR);

describe('the sites that a vehicle can reach', () => {
  it('are told along the shortest chain of roads, soonest first, without the site itself', () => {
    const roads = [road('a', 'b', 14, 20), road('b', 'c', 14, 20), road('a', 'c', 42, 35), road('c', 'd', 70, 60)];
    expect(reachableSites(city(LINE, roads), 'a', { withinMs: HOUR, speedCapKmh: 140 })).toEqual([
      { siteId: 'b', soonestMs: hours(14, 140), usualMs: 20 * MINUTE },
      // 28 km over b are the least way at the cap; the longer road is the quicker one on a usual day.
      { siteId: 'c', soonestMs: hours(28, 140), usualMs: 35 * MINUTE },
      { siteId: 'd', soonestMs: hours(98, 140), usualMs: 95 * MINUTE },
    ]);
  });

  it('without roads are told by the straight line, and nobody says when they usually come', () => {
    const [b] = reachableSites(city(LINE), 'a', { withinMs: HOUR, speedCapKmh: 100 });
    expect(b).toEqual({ siteId: 'b', soonestMs: leastTravelMs(LINE[0] as Site, LINE[1] as Site, 100), usualMs: null });
  });

  it('have no usual time where one road on the way has none', () => {
    const reached = reachableSites(city(LINE, [road('a', 'b', 14, 20), road('b', 'c', 14)]), 'a', { withinMs: HOUR });
    expect(reached.map((r) => [r.siteId, r.usualMs])).toEqual([['b', 20 * MINUTE], ['c', null], ['d', null]]);
  });

  it('lie at the end of a one-way road only for those who start at its beginning', () => {
    const register = city([LINE[0] as Site, LINE[1] as Site], [road('a', 'b', 70, 40, true)]);
    expect(reachableSites(register, 'a', { withinMs: HOUR })[0]).toEqual({ siteId: 'b', soonestMs: HOUR / 2, usualMs: 40 * MINUTE });
    expect(reachableSites(register, 'b', { withinMs: HOUR })[0]).toMatchObject({ siteId: 'a', usualMs: null });
  });

  it('are never expected sooner than anybody can be there', () => {
    const reached = reachableSites(city(LINE, [road('a', 'b', 70, 5)]), 'a', { withinMs: HOUR });
    expect(reached).toContainEqual({ siteId: 'b', soonestMs: HOUR / 2, usualMs: HOUR / 2 });
  });

  it('are at most ten, and none beyond the time', () => {
    const many = city(Array.from({ length: 30 }, (_, i) => site(`s${String(i).padStart(2, '0')}`, i / 100)));
    expect(reachableSites(many, 's00', { withinMs: HOUR }).map((r) => r.siteId)).toEqual(Array.from({ length: 10 }, (_, i) => `s${String(i + 1).padStart(2, '0')}`));
    expect(reachableSites(many, 's00', { withinMs: 1000 })).toEqual([]);
  });

  it('from a site that the register does not know are none', () => {
    expect(reachableSites(city(LINE), 'nowhere', { withinMs: HOUR })).toEqual([]);
  });
});

describe('a vehicle that left the city', () => {
  const gates = [site('north', 0, 'boundary'), site('middle', 0.05), site('south', 0.1, 'boundary')];
  const roads = [road('north', 'middle', 7, 10), road('middle', 'south', 7, 10)];

  it('is seen next at another gate, and the roads through the city are not its way there', () => {
    expect(reachableSites(city(gates, roads), 'north', { withinMs: HOUR, direction: 'out' })).toEqual([expect.objectContaining({ siteId: 'south', usualMs: null })]);
  });

  it('may take the road that goes round', () => {
    const round = [...roads, road('north', 'south', 35, 40)];
    expect(reachableSites(city(gates, round), 'north', { withinMs: HOUR, direction: 'out' })).toEqual([{ siteId: 'south', soonestMs: HOUR / 4, usualMs: 40 * MINUTE }]);
  });

  it('did not leave by going "out" at a site inside', () => {
    expect(reachableSites(city(gates, roads), 'middle', { withinMs: HOUR, direction: 'out' }).map((r) => r.siteId)).toEqual(['north', 'south']);
  });
});

describe('whatever the roads', () => {
  const ids = ['a', 'b', 'c', 'd'];
  const anyRoad = fc.record({ from: fc.constantFrom(...ids), to: fc.constantFrom(...ids), km: fc.double({ min: 0.1, max: 300, noNaN: true }), minutes: fc.option(fc.double({ min: 1, max: 600, noNaN: true })), oneWay: fc.boolean() });
  /** Every way without a loop, written out: obviously right, for four sites. */
  const shortest = (roads: readonly Road[], from: string, to: string, seen: readonly string[] = []): number => (from === to ? 0 : Math.min(Infinity, ...roads
    .flatMap((r) => (r.oneWay ? [r] : [r, { ...r, from: r.to, to: r.from }])).filter((r) => r.from === from && !seen.includes(r.to))
    .map((r) => r.km + shortest(roads, r.to, to, [...seen, from]))));

  it('the soonest time is that of the shortest way, never under the straight line', () => {
    fc.assert(fc.property(fc.array(anyRoad, { maxLength: 8 }), (roads) => {
      for (const { siteId, soonestMs } of reachableSites(city(LINE, roads), 'a', { withinMs: Infinity, speedCapKmh: 100 })) {
        const km = shortest(roads, 'a', siteId), floor = leastTravelMs(LINE[0] as Site, LINE.find((s) => s.id === siteId) as Site, 100);
        expect(Math.abs(soonestMs - Math.max(floor, km === Infinity ? 0 : Math.floor(km / 100 * HOUR)))).toBeLessThanOrEqual(1);
      }
    }));
  });

  it('another road makes nothing later, and nothing is usual before it is possible', () => {
    fc.assert(fc.property(fc.array(anyRoad, { maxLength: 8 }), anyRoad, (roads, more) => {
      // Only where a road led before: the first road replaces a straight line that nobody drives.
      const before = new Map(reachableSites(city(LINE, roads), 'a', { withinMs: Infinity }).map((r) => [r.siteId, r]));
      for (const after of reachableSites(city(LINE, [...roads, more]), 'a', { withinMs: Infinity })) {
        if (shortest(roads, 'a', after.siteId) < Infinity) expect(after.soonestMs).toBeLessThanOrEqual(before.get(after.siteId)?.soonestMs ?? 0);
        if (after.usualMs !== null) expect(after.usualMs).toBeGreaterThanOrEqual(after.soonestMs);
      }
    }));
  });
});

describe('a heads-up in the example city', () => {
  it('from Lak Pass inwards warns Mian Ghundi first, with the time of the day', () => {
    const [first] = headsUpOf(quetta(), { siteId: 'lak-pass', direction: 'in', capturedAt: MORNING }, HOUR);
    expect(first).toEqual({ site: 'mian-ghundi', soonestAt: MORNING + hours(9.5, 140), expectedAt: MORNING + 12 * MINUTE });
  });

  it('reaches every site from every other by road', () => {
    const register = quetta();
    for (const { id } of register.sites) {
      const reached = headsUpOf(register, { siteId: id, direction: 'unknown', capturedAt: MORNING }, 3 * HOUR);
      expect([id, reached.length, reached.filter((r) => r.expectedAt === null)]).toEqual([id, 9, []]);
    }
  });

  it('without a site there is none', () => {
    expect(headsUpOf(quetta(), { siteId: null, direction: 'in', capturedAt: MORNING }, HOUR)).toEqual([]);
  });
});
