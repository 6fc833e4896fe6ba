import { describe, expect, it } from 'vitest';
import { checkedOptions, type CityOptions } from '../../src/simulate/city-options.ts';
import { planConvoys } from '../../src/simulate/convoy-trips.ts';
import { fleetOf, type Fleet } from '../../src/simulate/fleet.ts';
import { localDaysFrom } from '../../src/simulate/local-hours.ts';
import { roadNetworkOf } from '../../src/simulate/road-network.ts';
import { DAY, HOUR, quetta } from '../support/passes.ts';

const START = Date.parse('2026-11-02T00:00:00+05:00');
const fleet = (options: Partial<CityOptions> = {}): Fleet => fleetOf(checkedOptions({ seed: 1, vehicles: 4000, days: 1, startsAt: START, ...options }));

describe('the fleet of a city', () => {
  it('divides by the weights of the kinds; one that is not named has none', () => {
    const { vehicles } = fleet({ kinds: { commuter: 3, truck: 1 }, convoys: 0 }), commuters = vehicles.filter((v) => v.kind === 'commuter').length;
    expect(commuters / 4000).toBeCloseTo(0.75, 1);
    expect(vehicles.every((v) => v.kind === 'commuter' || v.kind === 'truck')).toBe(true);
  });

  it('has numbers that are its indices, classes that fit their kinds, and motorcycles with the marks of motorcycles', () => {
    const { vehicles, buses } = fleet();
    expect(vehicles.every((v, i) => v.vehicle === i)).toBe(true);
    expect(vehicles.filter((v) => (v.kind === 'bus') !== (v.class === 'bus') || (v.kind === 'truck') !== (v.class === 'truck'))).toEqual([]);
    expect(buses).toEqual(vehicles.filter((v) => v.kind === 'bus').map((v) => v.vehicle));
    const own = vehicles.filter((v) => v.class === 'motorcycle' && v.twinOf === null && v.cloneOf === null && v.mark.jurisdiction === 'SD');
    expect(own.every((v) => /^K..$/.test(v.mark.letters))).toBe(true);
  });

  it('lets no vehicle be two special things at once', () => {
    const { clones, twins, convoys } = fleet({ clones: 100, twins: 100, convoys: 100 });
    const special = [...clones.flatMap((c) => [c.vehicle, c.original]), ...twins.flatMap((t) => [t.vehicle, t.other]), ...convoys.flat()];
    expect(new Set(special).size).toBe(special.length);
    expect([clones.length, twins.length, convoys.length]).toEqual([100, 100, 100]);
    expect(new Set(convoys.map((members) => members.length))).toEqual(new Set([2, 3, 4]));
  });

  it('has one clone and one convoy for each thousand vehicles, and a twin for each two hundred, where nothing is said', () => {
    const { clones, twins, convoys } = fleet();
    expect([clones.length, twins.length, convoys.length]).toEqual([4, 20, 4]);
    expect(fleet({ clones: 0, twins: 0, convoys: 0 })).toMatchObject({ clones: [], twins: [], convoys: [] });
  });
});

describe('the trips of convoys', () => {
  const network = roadNetworkOf(quetta()), members = Array.from({ length: 60 }, (_, i) => [2 * i, 2 * i + 1]);
  const plan = (days: number, startsAt = START) => planConvoys(members, network, { seed: 5, startsAt, endsAt: startsAt + days * DAY, days: localDaysFrom(startsAt, 'Asia/Karachi') });

  it.each([1, 2, 7])('are two to four in %i days, there and back, far enough apart and done before the end', (days) => {
    const { convoys, trips } = plan(days), all = [...trips.values()].flat();
    for (const { convoy, trips: count, sites } of convoys) {
      const own = all.filter((t) => t.convoy === convoy).toSorted((a, b) => a.at - b.at);
      expect([own.length, count >= 2 && count <= 4, sites >= 3]).toEqual([count, true, true]);
      own.forEach((trip, i) => {
        const before = own[i - 1];
        expect(trip.at >= START && trip.at <= START + days * DAY - 4 * HOUR).toBe(true);
        if (before !== undefined) expect([trip.gateIn, trip.gateOut, trip.at - before.at > 4 * HOUR]).toEqual([before.gateOut, before.gateIn, true]);
      });
    }
  });

  it('lie on the days under which they stand, also when the city begins at noon', () => {
    const noon = START + 12 * HOUR, { trips } = plan(2, noon), days = localDaysFrom(noon, 'Asia/Karachi');
    for (const [day, own] of trips) for (const trip of own) expect([trip.at >= days.midnight(day), trip.at < days.midnight(day + 1), trip.at >= noon]).toEqual([true, true, true]);
  });
});
