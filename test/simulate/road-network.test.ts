import { describe, expect, it } from 'vitest';
import type { Camera, Register, Road, Site } from '../../src/geo/register.ts';
import { leastTravelMs, straightLineMetres } from '../../src/geo/travel.ts';
import { roadNetworkOf } from '../../src/simulate/road-network.ts';
import { HOUR, MINUTE, quetta } from '../support/passes.ts';

const site = (id: string, lon: number, kind: Site['kind'] = 'city'): Site => ({ id, name: id, lat: 30, lon, kind });
const road = (from: string, to: string, km: number, minutes: number | null = null, oneWay = false): Road => ({ from, to, km, minutes, oneWay });
const camera = (id: string, of: Site, direction: Camera['direction'], validFrom: number | null = null, validTo: number | null = null): Camera => ({
  id, siteId: of.id, site: of, lane: null, direction, trigger: 'vehicle', burstFrames: 1, grade: 'anpr', bearing: null, towards: null, lat: of.lat, lon: of.lon, boundary: of.kind === 'boundary', validFrom, validTo,
});
const city = (sites: readonly Site[], roads: readonly Road[], cameras: readonly Camera[] = []): Register =>
  ({ city: { name: 'Line', timeZone: 'Asia/Karachi', boundary: [], boundaryToleranceMetres: 100 }, sites, cameras, roads });

const WEST = site('west', 66.8, 'boundary'), A = site('a', 66.85), B = site('b', 66.9), EAST = site('east', 67, 'boundary'), SITES = [WEST, A, B, EAST];
/** Index of a site in the networks below. */
const [west, a, b, east] = [0, 1, 2, 3];

describe('the roads of a simulated city', () => {
  it('are taken by the quickest way, with the usual and the least time of each leg', () => {
    const network = roadNetworkOf(city(SITES, [road('west', 'a', 6, 8), road('a', 'b', 6, 10), road('b', 'east', 12, 15), road('a', 'east', 20, 40)]));
    expect(network.path(west, east)).toEqual({ sites: [west, a, b, east], usualMs: [8 * MINUTE, 10 * MINUTE, 15 * MINUTE], leastMs: [6, 6, 12].map((km) => km / 100 * HOUR) });
    expect(network.path(east, west).sites).toEqual([east, b, a, west]);
    expect(network.path(a, a)).toEqual({ sites: [a], usualMs: [], leastMs: [] });
  });

  it('lead through no other boundary site: there one would leave the city', () => {
    const gate = site('gate', 66.87, 'boundary'), network = roadNetworkOf(city([...SITES, gate], [road('a', 'gate', 3, 2), road('gate', 'b', 3, 2), road('a', 'b', 6, 30)]));
    expect(network.path(a, b).sites).toEqual([a, b]);
    expect(network.path(4, b).sites).toEqual([4, b]);
  });

  it('may be one-way, or without a time', () => {
    const network = roadNetworkOf(city(SITES, [road('a', 'b', 7, null, true), road('b', 'east', 12, 15), road('east', 'a', 20, 20)]));
    expect(network.path(a, b)).toMatchObject({ sites: [a, b], usualMs: [7 / 35 * HOUR] });
    expect(network.path(b, a).usualMs[0]).toBeGreaterThan(5 * MINUTE);
  });

  it('are straight links where the register names none, never shorter than the straight line', () => {
    const network = roadNetworkOf(city(SITES, []));
    for (const from of [west, a, b, east]) for (const to of [west, a, b, east]) {
      if (from === to) continue;
      const { sites, usualMs, leastMs } = network.path(from, to), least = leastTravelMs(SITES[from] as Site, SITES[to] as Site, 100);
      expect(sites).toEqual([from, to]);
      expect([(leastMs[0] as number) >= least, (usualMs[0] as number) >= (leastMs[0] as number)]).toEqual([true, true]);
    }
  });

  it('of the example city lead from every site to every other, in no less time than anybody needs', () => {
    const network = roadNetworkOf(quetta());
    expect([network.gates.length, network.zones.length]).toEqual([6, 4]);
    for (let from = 0; from < network.sites.length; from++) for (let to = 0; to < network.sites.length; to++) {
      const { sites, usualMs, leastMs } = network.path(from, to);
      expect([sites[0], sites.at(-1), sites.length]).toEqual([from, to, usualMs.length + 1]);
      expect(sites.slice(1, -1).every((s) => network.sites[s]?.kind !== 'boundary')).toBe(true);
      expect(usualMs.every((ms, i) => ms >= (leastMs[i] as number) && ms > 0)).toBe(true);
    }
  });

  it('round the city take longer than the straight line at 60 km/h', () => {
    const network = roadNetworkOf(city(SITES, []));
    expect(network.roundMs(west, west)).toBe(0);
    expect(network.roundMs(west, east)).toBeGreaterThan(straightLineMetres(WEST, EAST) / (60 / 3.6) * 1000);
  });
});

describe('the camera that sees a vehicle', () => {
  const cameras = [camera('w-in', WEST, 'in'), camera('w-out', WEST, 'out'), camera('e-any', EAST, 'unknown'), camera('a-1', A, 'unknown'), camera('a-2', A, 'in'), camera('b-old', B, 'unknown', null, 1000), camera('b-new', B, 'unknown', 2000)];
  const network = roadNetworkOf(city(SITES, [], cameras)), seenBy = (at: number, heading: 'in' | 'out' | 'inside', time = 0, choice = 0): string | undefined => cameras[network.cameraFor(at, heading, time, choice)]?.id;

  it('looks its way at the boundary; one of unknown direction where no other does', () => {
    expect([seenBy(west, 'in'), seenBy(west, 'out'), seenBy(east, 'in'), seenBy(east, 'out')]).toEqual(['w-in', 'w-out', 'e-any', 'e-any']);
  });

  it('is any of the site inside, lane by lane', () => expect([seenBy(a, 'inside', 0, 0), seenBy(a, 'inside', 0, 0.99), seenBy(a, 'inside', 0, 1)]).toEqual(['a-1', 'a-2', 'a-2']));

  it('stands there at that time, or nobody sees the vehicle', () => expect([999, 1000, 1999, 2000].map((time) => seenBy(b, 'inside', time))).toEqual(['b-old', undefined, undefined, 'b-new']));
});
