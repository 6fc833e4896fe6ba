import type { CityRates } from './city-options.ts';
import type { ParkedVehicle, TrueVehicle, VehicleKind } from './city-truth.ts';
import { isFree, type ConvoyPlan } from './convoy-trips.ts';
import { CITY_HOURS, DAY_MS, ENTRY_HOURS, HOUR_MS, type LocalDays } from './local-hours.ts';
import { mixed, RandomNumbers } from './random-numbers.ts';
import type { RoadNetwork } from './road-network.ts';
import { ownPace, type Traffic } from './traffic.ts';

/** What a vehicle keeps to all its days. */
export interface Habits {
  /** Boundary site by which it usually comes and goes. */
  readonly gate: number;
  /** Site near which it lives, works or unloads; -1 in a city without sites inside. */
  readonly zone: number;
  /** Hour of the day at which a commuter drives in, and how many hours he stays. */
  readonly hour: number;
  readonly hours: number;
  /** 0..1: the day on which a vehicle that comes seldom comes. */
  readonly phase: number;
}

export interface PlanParts {
  readonly rates: CityRates;
  readonly network: RoadNetwork;
  readonly days: LocalDays;
  readonly traffic: Traffic;
  /** Relative traffic of `network.gates`. */
  readonly gateWeights: readonly number[];
  /** Habits that are not drawn: forgers drive at the hours of those whose marks they carry. */
  readonly habits: ReadonlyMap<number, Habits>;
  readonly convoys: ConvoyPlan;
  /** Where vehicles that stood in view of a camera are told. */
  readonly parked: ParkedVehicle[];
}

/** Share of those who come on a working day, on a Sunday, and of residents who drive at all. */
const COMES = 0.88, COMES_ON_SUNDAY = 0.3, RESIDENT_DRIVES = 0.55;
const OTHER_GATE = 0.1, STAYS_OVERNIGHT = 0.03, RESIDENT_LEAVES = 0.05, LEAVES_FOR_DAYS = 0.3;
/** A member of a convoy, on a day well away from its trips. */
const DRIVES_ALONE = 0.2;
const STOPS_ON_THE_WAY = 0.3, COMES_BACK = 0.15, TRUCK_COMES = 0.55, TRUCK_LEAVES_THE_SAME_NIGHT = 0.6;
/** Heavy traffic may enter from 23:00, and is off the roads by six. */
const TRUCKS_FROM = 23, TRUCKS_UNTIL = 30;
/** In a long simulation those who come seldom come again after so many days. */
const THROUGH_PERIOD = 14, VISITOR_PERIOD = 21;
/** Days before the beginning from which on visitors may have come. */
export const EARLIER_DAYS = 6;

/** Draws what each vehicle does on a day and has it driven. A vehicle's day depends on the seed, itself and the day alone. */
export class DailyPlans {
  readonly #parts: PlanParts;
  readonly #random = new RandomNumbers(0);
  readonly #habitual = new RandomNumbers(0);

  constructor(parts: PlanParts) {
    this.#parts = parts;
  }

  habitsOf(vehicle: number): Habits {
    const { rates, network, gateWeights, habits } = this.#parts, known = habits.get(vehicle);
    if (known !== undefined) return known;
    const random = this.#habitual.reseed(mixed(mixed(rates.seed, 3), vehicle));
    const phase = random.next(), gate = network.gates[random.weighted(gateWeights)] as number, zone = network.zones.length === 0 ? -1 : random.pick(network.zones);
    const nightShift = random.happens(0.05);
    return { gate, zone, hour: nightShift ? 19 + random.normal() * 0.7 : 7.8 + random.normal() * 0.9, hours: nightShift ? 10 : 8.8 + random.normal(), phase };
  }

  /** Before the first day: who is inside from the beginning. */
  settle(vehicle: TrueVehicle): void {
    const { traffic } = this.#parts, { zone, gate } = this.habitsOf(vehicle.vehicle);
    if (vehicle.kind === 'resident') traffic.settle(vehicle.vehicle, zone === -1 ? gate : zone);
  }

  /** `day`: of `LocalDays`; may be before the first. */
  plan(vehicle: TrueVehicle, day: number): void {
    const { days, traffic, rates } = this.#parts, number = vehicle.vehicle;
    if (traffic.freeAt(number) >= days.midnight(day + 1)) return;
    if (day < -1 && vehicle.kind !== 'visitor') return;
    const random = this.#random.reseed(mixed(mixed(rates.seed, number), 1000 + day));
    if (vehicle.convoy === null) this.#planKind[vehicle.kind](number, day, random, vehicle);
    else if (isFree(this.#parts.convoys, vehicle.convoy, day) && random.happens(DRIVES_ALONE)) {
      const { gate } = this.habitsOf(number);
      this.#crossOnce(number, gate, this.#gateBeside(gate, random), this.#at(day, this.#hourBy(ENTRY_HOURS, random)), random);
    }
  }

  readonly #planKind: Readonly<Record<VehicleKind, (vehicle: number, day: number, random: RandomNumbers, known: TrueVehicle) => void>> = {
    resident: (vehicle, day, random, { class: kind }) => {
      if (kind === 'rickshaw') this.#ply(vehicle, day, random);
      else if (random.happens(RESIDENT_LEAVES)) this.#goAway(vehicle, day, random);
      else if (random.happens(RESIDENT_DRIVES)) this.#runErrands(vehicle, day, random);
      if (random.happens(this.#parts.rates.parked)) this.#parkInView(vehicle, day, random);
    },
    commuter: (vehicle, day, random) => this.#commute(vehicle, day, random),
    through: (vehicle, day, random) => {
      const period = Math.min(THROUGH_PERIOD, this.#parts.rates.days + 1);
      if (this.#comesOn(vehicle, day, period)) this.#passThrough(vehicle, day, random);
    },
    // Buses keep a timetable: see BusLines.
    bus: () => undefined,
    truck: (vehicle, day, random) => {
      if (random.happens(TRUCK_COMES)) this.#unload(vehicle, day, random);
    },
    visitor: (vehicle, day, random) => {
      const period = Math.min(VISITOR_PERIOD, this.#parts.rates.days + EARLIER_DAYS);
      if (this.#comesOn(vehicle, day, period)) this.#visit(vehicle, day, random);
    },
  };

  #comesOn(vehicle: number, day: number, period: number): boolean {
    return (day + EARLIER_DAYS) % period === Math.floor(this.habitsOf(vehicle).phase * period);
  }

  #at(day: number, hour: number): number {
    return this.#parts.days.midnight(day) + hour * HOUR_MS;
  }

  #hourBy(weights: readonly number[], random: RandomNumbers): number {
    return random.weighted(weights) + random.next();
  }

  #anyGate(random: RandomNumbers): number {
    return this.#parts.network.gates[random.weighted(this.#parts.gateWeights)] as number;
  }

  /** Another site inside, where there is one. */
  #otherZone(from: number, random: RandomNumbers): number {
    const { zones } = this.#parts.network;
    const zone = zones.length === 0 ? from : random.pick(zones);
    return zone === from && zones.length > 1 ? zones[(zones.indexOf(zone) + 1 + random.whole(zones.length - 1)) % zones.length] as number : zone;
  }

  #commute(vehicle: number, day: number, random: RandomNumbers): void {
    const { traffic, days } = this.#parts, habits = this.habitsOf(vehicle);
    if (!random.happens(days.weekday(day) === 0 ? COMES_ON_SUNDAY : COMES)) return;
    traffic.enter(vehicle, habits.gate, habits.zone, this.#at(day, habits.hour + random.normal() * 0.2), ownPace(random), random);
    if (random.happens(0.2) && habits.zone !== -1) {
      traffic.hop(vehicle, this.#otherZone(habits.zone, random), this.#at(day, habits.hour + random.between(3, 5)), ownPace(random), random);
    }
    const leavesAt = random.happens(STAYS_OVERNIGHT) ? this.#at(day + 1, random.between(6, 19)) : this.#at(day, habits.hour + habits.hours + random.normal() * 0.5);
    traffic.leave(vehicle, random.happens(OTHER_GATE) ? this.#anyGate(random) : habits.gate, leavesAt, ownPace(random), random);
  }

  #passThrough(vehicle: number, day: number, random: RandomNumbers): void {
    const gateIn = this.habitsOf(vehicle).gate, gateOut = this.#gateBeside(gateIn, random);
    this.#crossOnce(vehicle, gateIn, gateOut, this.#at(day, this.#hourBy(ENTRY_HOURS, random)), random);
    if (random.happens(COMES_BACK)) this.#crossOnce(vehicle, gateOut, gateIn, this.#at(day + 1 + random.whole(3), this.#hourBy(ENTRY_HOURS, random)), random);
  }

  #gateBeside(gate: number, random: RandomNumbers): number {
    for (let tries = 0; tries < 20; tries++) {
      const other = this.#anyGate(random);
      if (other !== gate) return other;
    }
    return gate;
  }

  #crossOnce(vehicle: number, gateIn: number, gateOut: number, at: number, random: RandomNumbers): void {
    const { traffic, network } = this.#parts;
    if (!random.happens(STOPS_ON_THE_WAY) || network.zones.length === 0) return traffic.cross(vehicle, gateIn, gateOut, at, ownPace(random), random);
    traffic.enter(vehicle, gateIn, random.pick(network.zones), at, ownPace(random), random);
    traffic.leave(vehicle, gateOut, traffic.freeAt(vehicle) + random.between(10, 100) * 60_000, ownPace(random), random);
  }

  /** A lorry comes after 23:00, unloads, and leaves before the morning or in the next night. */
  #unload(vehicle: number, day: number, random: RandomNumbers): void {
    const { traffic } = this.#parts, { gate, zone } = this.habitsOf(vehicle);
    const comes = this.#at(day, TRUCKS_FROM + Math.min(5, random.exponential(1.4)));
    if (Math.max(comes, traffic.earliestEntry(vehicle, gate)) > this.#at(day, TRUCKS_UNTIL - 1)) return;
    traffic.enter(vehicle, gate, zone, comes, ownPace(random), random);
    const unloadedAt = traffic.freeAt(vehicle) + random.between(0.7, 2.5) * HOUR_MS, inTime = unloadedAt < this.#at(day, TRUCKS_UNTIL - 2);
    const leavesAt = inTime && random.happens(TRUCK_LEAVES_THE_SAME_NIGHT) ? unloadedAt : this.#at(day + 1, TRUCKS_FROM + random.exponential(1));
    traffic.leave(vehicle, random.happens(0.4) ? this.#anyGate(random) : gate, leavesAt, ownPace(random), random);
  }

  /** Comes, stays for days, drives about, leaves. */
  #visit(vehicle: number, day: number, random: RandomNumbers): void {
    const { traffic } = this.#parts, { gate, zone } = this.habitsOf(vehicle);
    traffic.enter(vehicle, gate, zone, this.#at(day, this.#hourBy(ENTRY_HOURS, random)), ownPace(random), random);
    const lastDay = day + Math.min(EARLIER_DAYS, Math.max(1, Math.round(2 * Math.exp(0.6 * random.normal()))));
    for (let d = day + 1; d <= lastDay; d++) if (random.happens(0.7)) this.#roundTrip(vehicle, zone, this.#at(d, 8 + random.between(0, 8)), random);
    traffic.leave(vehicle, random.happens(0.2) ? this.#anyGate(random) : gate, this.#at(lastDay, random.between(9, 20)), ownPace(random), random);
  }

  #runErrands(vehicle: number, day: number, random: RandomNumbers): void {
    const trips = random.happens(0.3) ? 2 : 1, home = this.#parts.traffic.placeOf(vehicle);
    for (let i = 0; i < trips; i++) this.#roundTrip(vehicle, home, this.#at(day, this.#hourBy(CITY_HOURS, random)), random);
  }

  /** From home to somewhere and back. */
  #roundTrip(vehicle: number, home: number, at: number, random: RandomNumbers): void {
    const { traffic, network } = this.#parts;
    if (network.zones.length === 0) return;
    traffic.hop(vehicle, this.#otherZone(home, random), at, ownPace(random), random);
    traffic.hop(vehicle, home, traffic.freeAt(vehicle) + (0.3 + random.exponential(2.2)) * HOUR_MS, ownPace(random), random);
  }

  /** A rickshaw goes from fare to fare. */
  #ply(vehicle: number, day: number, random: RandomNumbers): void {
    const { traffic, network } = this.#parts, until = this.#at(day, 19 + random.between(0, 3));
    if (network.zones.length === 0) return;
    for (let at = this.#at(day, 6 + random.between(0, 2)); at < until; at = traffic.freeAt(vehicle) + random.exponential(50) * 60_000) {
      traffic.hop(vehicle, this.#otherZone(traffic.placeOf(vehicle), random), at, ownPace(random), random);
    }
  }

  /** A resident leaves the city and comes home after hours or days. */
  #goAway(vehicle: number, day: number, random: RandomNumbers): void {
    const { traffic } = this.#parts, { zone } = this.habitsOf(vehicle), gate = this.#anyGate(random);
    traffic.leave(vehicle, gate, this.#at(day, 6 + random.between(0, 11)), ownPace(random), random);
    const away = random.happens(LEAVES_FOR_DAYS) ? random.between(0.7, 4) * DAY_MS : random.between(1.5, 9) * HOUR_MS;
    traffic.enter(vehicle, random.happens(OTHER_GATE) ? this.#anyGate(random) : gate, zone, traffic.freeAt(vehicle) + away, ownPace(random), random);
  }

  /** Stands for hours of the coming night where a camera sees it. */
  #parkInView(vehicle: number, day: number, random: RandomNumbers): void {
    const { traffic, rates, network, parked } = this.#parts, evening = this.#at(day, 20 + random.between(0, 3));
    if (!traffic.isInside(vehicle) || traffic.freeAt(vehicle) > this.#at(day, 26)) return;
    traffic.waitUntil(vehicle, evening);
    const from = traffic.freeAt(vehicle), until = Math.min(from + random.between(1, 7) * HOUR_MS, this.#at(day, 29.5));
    const camera = traffic.park(vehicle, until, random), endsAt = rates.startsAt + rates.days * DAY_MS;
    if (camera === -1 || until <= rates.startsAt || from >= endsAt) return;
    parked.push({ vehicle, cameraId: network.cameras[camera]?.id ?? '', from: Math.round(Math.max(from, rates.startsAt)), to: Math.round(Math.min(until, endsAt)) });
  }
}
