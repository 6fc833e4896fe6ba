import type { Register } from '../geo/register.ts';
import { BusLines } from './bus-lines.ts';
import { Capture, disturbancesOf, OF_CAMERA, OF_VEHICLE, READING, REPEATED, SEQUENCE, type Disturbances } from './capture.ts';
import { checkedOptions, type CityOptions, type CityRates } from './city-options.ts';
import type { CityTruth, ParkedVehicle, SimulatedPass, TrueVehicle } from './city-truth.ts';
import { driveConvoys, planConvoys, type ConvoyPlan } from './convoy-trips.ts';
import { DailyPlans, EARLIER_DAYS, type Habits } from './daily-plans.ts';
import { fleetOf, type Fleet } from './fleet.ts';
import { DAY_MS, localDaysFrom, type LocalDays } from './local-hours.ts';
import { mixed, RandomNumbers } from './random-numbers.ts';
import { Reading } from './reading.ts';
import { roadNetworkOf, type RoadNetwork } from './road-network.ts';
import { StayLedger } from './stay-ledger.ts';
import { TimedRows } from './timed-rows.ts';
import { CROSSING_WIDTH, Traffic } from './traffic.ts';

export type { CityOptions } from './city-options.ts';
export { VEHICLE_KINDS } from './city-truth.ts';
export type * from './city-truth.ts';

/** A city's traffic as its cameras report it, with what really happened. */
export interface SimulatedCity {
  /**
   * Passes in the order of their arrival; repeats stand twice. About a day of them is held at once, in compact form. Each call drives the same days again and gives
   * the same passes.
   */
  passes(): Iterable<SimulatedPass>;
  /** Complete once `passes()` has been read to its end: see `CityTruth`. */
  readonly truth: CityTruth;
}

/**
 * Traffic of the boundary sites of Quetta, relative: the Western Bypass has 17,578 vehicles a day (2021), the other main points 10,000 to 20,000; Hanna-Urak is a
 * valley road. Sites of other cities count 1.
 */
const QUETTA_GATES: Readonly<Record<string, number>> = { baleli: 17, 'western-bypass': 17.6, 'lak-pass': 15, spezand: 12, 'eastern-bypass': 14, 'hanna-urak': 5 };

/**
 * A city of the register's sites, cameras and roads. Where the register names no road between sites, a straight link stands for one.
 * @throws RangeError for options that cannot be used, and for a register without a boundary site
 */
export function simulateCity(register: Register, options: CityOptions): SimulatedCity {
  return new DrivenCity(register, checkedOptions(options));
}

class DrivenCity implements SimulatedCity {
  readonly truth: CityTruth;
  readonly #rates: CityRates;
  readonly #network: RoadNetwork;
  readonly #days: LocalDays;
  readonly #endsAt: number;
  readonly #gateWeights: readonly number[];
  readonly #fleet: Fleet;
  readonly #convoys: ConvoyPlan;
  readonly #disturbed: Disturbances;
  #driven: Pick<CityTruth, 'stays' | 'parked'> = { stays: [], parked: [] };

  constructor(register: Register, rates: CityRates) {
    this.#rates = rates;
    const network = roadNetworkOf(register), weights = gateWeightsOf(network, rates), isOpen = (_: unknown, i: number): boolean => (weights[i] ?? 0) > 0;
    // A boundary site without weight is closed, to clones and convoys too.
    this.#network = { ...network, gates: network.gates.filter(isOpen) };
    this.#gateWeights = weights.filter(isOpen);
    this.#days = localDaysFrom(rates.startsAt, register.city.timeZone);
    this.#endsAt = rates.startsAt + rates.days * DAY_MS;
    this.#fleet = fleetOf(rates);
    const period = { startsAt: rates.startsAt, endsAt: this.#endsAt };
    this.#convoys = planConvoys(this.#fleet.convoys, this.#network, { ...period, seed: rates.seed, days: this.#days });
    this.#disturbed = disturbancesOf(rates, this.#network, period);
    this.truth = this.#truth();
  }

  *passes(): Generator<SimulatedPass> {
    const ledger = new StayLedger(this.#rates.startsAt, this.#endsAt), crossings = new TimedRows(CROSSING_WIDTH), parked: ParkedVehicle[] = [];
    const drive = this.#driver(ledger, crossings, parked), capture = new Capture(this.#rates, this.#disturbed, this.#network.sites.length, ledger), reading = new Reading(this.#rates);
    for (let day = -EARLIER_DAYS; this.#days.midnight(day) < this.#endsAt; day++) {
      drive(day);
      const until = this.#days.midnight(day + 1);
      capture.take(crossings, until);
      yield* this.#arriving(capture.deliveries, until, reading);
    }
    yield* this.#arriving(capture.deliveries, Infinity, reading);
    this.#driven = { stays: ledger.stays(), parked };
  }

  /** Puts everybody where he is in the beginning; the answer drives one day, of which all must be driven in order. */
  #driver(ledger: StayLedger, crossings: TimedRows, parked: ParkedVehicle[]): (day: number) => void {
    const parts = { network: this.#network, days: this.#days, ledger, crossings, vehicles: this.#rates.vehicles, startsAt: this.#rates.startsAt, endsAt: this.#endsAt };
    const traffic = new Traffic(parts), habits = new Map<number, Habits>();
    const plans = new DailyPlans({ ...parts, rates: this.#rates, traffic, gateWeights: this.#gateWeights, convoys: this.#convoys, habits, parked });
    for (const { vehicle, original } of this.#fleet.clones) habits.set(vehicle, forgersHabits(plans.habitsOf(original), plans.habitsOf(vehicle), this.#network, this.#rates.seed ^ vehicle));
    const lines = new BusLines(this.#rates.seed, this.#network, this.#days, traffic, this.#fleet.buses, this.#gateWeights);
    lines.settle();
    for (const vehicle of this.#fleet.vehicles) plans.settle(vehicle);
    return (day) => {
      if (day >= -1) lines.drive(day);
      driveConvoys(this.#convoys, day, traffic);
      for (const vehicle of this.#fleet.vehicles) plans.plan(vehicle, day);
    };
  }

  *#arriving(deliveries: TimedRows, until: number, reading: Reading): Generator<SimulatedPass> {
    for (const row of deliveries.before(until)) {
      const vehicle = deliveries.cell(row, OF_VEHICLE), arrivesAt = deliveries.at(row), camera = this.#network.cameras[deliveries.cell(row, OF_CAMERA)];
      if (camera === undefined) continue;
      const { pass, misread } = reading.read({
        vehicle: this.#fleet.vehicles[vehicle] as TrueVehicle, camera, capturedAt: deliveries.also(row), sequence: deliveries.cell(row, SEQUENCE), arrivesAt, reading: deliveries.cell(row, READING),
      });
      yield { pass, vehicle, arrivesAt, misread, repeated: deliveries.cell(row, REPEATED) === 1 };
    }
    deliveries.drop(until);
  }

  #truth(): CityTruth {
    const { vehicles, clones, twins } = this.#fleet, { downs, cuts, clocks, cameraIds } = this.#disturbed, { sites } = this.#network;
    const driven = (): Pick<CityTruth, 'stays' | 'parked'> => this.#driven;
    return {
      vehicles, clones, twins, convoys: this.#convoys.convoys, clocks,
      downs: downs.map(({ index, from, to }) => ({ cameraId: cameraIds[index] ?? '', from, to })),
      cuts: cuts.map(({ index, from, to }) => ({ siteId: sites[index]?.id ?? '', from, to })),
      get stays() {
        return driven().stays;
      },
      get parked() {
        return driven().parked;
      },
      get insideAtEnd() {
        return driven().stays.reduce((count, stay) => (stay.exit === null ? count + 1 : count), 0);
      },
      get seenInsideAtEnd() {
        return driven().stays.reduce((count, stay) => (stay.exit === null && stay.seen > 0 ? count + 1 : count), 0);
      },
    };
  }
}

/** @throws RangeError where no vehicle could enter */
function gateWeightsOf({ sites, gates }: RoadNetwork, { gates: given, kinds }: CityRates): number[] {
  if (gates.length === 0) throw new RangeError('the register names no boundary site, by which vehicles could enter and leave');
  const unknown = Object.keys(given ?? {}).find((id) => !gates.some((gate) => sites[gate]?.id === id));
  if (unknown !== undefined) throw new RangeError(`gates.${unknown} is no boundary site of the register`);
  const weights = gates.map((gate) => (given === undefined ? QUETTA_GATES : given)[sites[gate]?.id ?? ''] ?? 1);
  if (weights.every((weight) => weight === 0)) throw new RangeError('gates must leave one boundary site with traffic');
  if (kinds !== undefined && Object.values(kinds).every((weight) => weight === 0)) throw new RangeError('kinds must leave one kind of vehicle');
  return weights;
}

/** The vehicle with a forged mark drives at the hours of the other one, by the boundary site farthest from the other's. */
function forgersHabits(copied: Habits, own: Habits, network: RoadNetwork, seed: number): Habits {
  const random = new RandomNumbers(mixed(seed, 9)), far = network.gates.toSorted((a, b) => network.roundMs(copied.gate, b) - network.roundMs(copied.gate, a));
  return { ...own, gate: far[0] ?? own.gate, hour: copied.hour + 0.1 * random.normal(), hours: copied.hours + 0.1 * random.normal() };
}
