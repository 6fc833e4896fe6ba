import type { TrueConvoy } from './city-truth.ts';
import { HOUR_MS, type LocalDays } from './local-hours.ts';
import { mixed, RandomNumbers } from './random-numbers.ts';
import type { RoadNetwork } from './road-network.ts';
import { ownPace, type Traffic } from './traffic.ts';

/** The last of four is at most 27 s behind the first, before they vary. */
const LEAST_GAP_MS = 3_000, MOST_GAP_MS = 9_000;
const LEAST_SITES = 3, FEWEST_TRIPS = 2, FURTHER_TRIPS = 3;
/** Time to cross the city, which a trip must have before the end. */
const TRIP_MS = 4 * HOUR_MS;

export interface ConvoyTrip { readonly convoy: number; readonly at: number; readonly gateIn: number; readonly gateOut: number; readonly seed: number }

export interface ConvoyPlan {
  readonly convoys: readonly TrueConvoy[];
  /** By the local day on which they begin. */
  readonly trips: ReadonlyMap<number, readonly ConvoyTrip[]>;
}

interface Period { readonly seed: number; readonly startsAt: number; readonly endsAt: number; readonly days: LocalDays }

/**
 * Trips of the convoys, there and back by the same way, which has at least three sites where the city has such a way. In a
 * time too short for two trips a convoy has fewer.
 */
export function planConvoys(members: readonly (readonly number[])[], network: RoadNetwork, period: Period): ConvoyPlan {
  const random = new RandomNumbers(mixed(period.seed, 6)), ways = waysThrough(network), trips = new Map<number, ConvoyTrip[]>();
  const convoys = members.map((vehicles, convoy): TrueConvoy => {
    const [a, b] = random.pick(ways), slots = tripSlots(period, random);
    slots.forEach(({ day, at }, i) => {
      const trip = { convoy, at, gateIn: i % 2 === 0 ? a : b, gateOut: i % 2 === 0 ? b : a, seed: random.seed() };
      trips.set(day, [...(trips.get(day) ?? []), trip]);
    });
    const sites = new Set([...network.path(a, b).sites, ...(slots.length > 1 ? network.path(b, a).sites : [])]);
    return { convoy, vehicles, trips: slots.length, sites: sites.size };
  });
  return { convoys, trips };
}

/** Pairs of boundary sites with enough sites between them; the longest there are where none has. */
function waysThrough(network: RoadNetwork): (readonly [number, number])[] {
  const pairs = network.gates.flatMap((a) => network.gates.filter((b) => network.gates.length === 1 || a !== b).map((b) => [a, b] as const));
  const sites = ([a, b]: readonly [number, number]): number => network.path(a, b).sites.length, most = Math.max(...pairs.map(sites));
  return pairs.filter((pair) => sites(pair) >= Math.min(LEAST_SITES, most));
}

/** Mornings and afternoons of the simulated time, some of them. */
function tripSlots({ startsAt, endsAt, days }: Period, random: RandomNumbers): { readonly day: number; readonly at: number }[] {
  const all: { day: number; at: number }[] = [];
  for (let day = 0; days.midnight(day) < endsAt; day++) {
    for (const hour of [6, 14]) all.push({ day, at: Math.round(days.midnight(day) + (hour + random.between(0, 4)) * HOUR_MS) });
  }
  const within = all.filter(({ at }) => at >= startsAt && at < endsAt - TRIP_MS);
  return random.shuffle(within).slice(0, FEWEST_TRIPS + random.whole(FURTHER_TRIPS)).toSorted((a, b) => a.at - b.at);
}

/** Drives the convoys of a day. */
export function driveConvoys(plan: ConvoyPlan, day: number, traffic: Traffic): void {
  for (const trip of plan.trips.get(day) ?? []) {
    const random = new RandomNumbers(trip.seed), vehicles = plan.convoys[trip.convoy]?.vehicles ?? [], { factor } = ownPace(random);
    const at = Math.max(trip.at, ...vehicles.map((vehicle) => traffic.earliestEntry(vehicle, trip.gateIn)));
    let lagMs = 0;
    for (const vehicle of vehicles) {
      traffic.cross(vehicle, trip.gateIn, trip.gateOut, at, { factor, legs: new RandomNumbers(trip.seed), lagMs }, random);
      lagMs += Math.round(random.between(LEAST_GAP_MS, MOST_GAP_MS));
    }
  }
}

/** Whether the convoy has no trip on this day, nor the day before or after. */
export function isFree(plan: ConvoyPlan, convoy: number, day: number): boolean {
  return [day - 1, day, day + 1].every((d) => (plan.trips.get(d) ?? []).every((trip) => trip.convoy !== convoy));
}
