import type { Mark } from '../plate/mark.ts';
import type { CityRates } from './city-options.ts';
import { VEHICLE_KINDS, type TrueVehicle, type VehicleKind } from './city-truth.ts';
import { FleetMarks } from './fleet-marks.ts';
import { mixed, RandomNumbers } from './random-numbers.ts';

/** Share of the fleet by use where the options do not say: by assumption, so that 200,000 vehicles make 60,000 to 120,000 boundary passes a day. */
const KIND_WEIGHTS: Readonly<Record<VehicleKind, number>> = { resident: 42, commuter: 14, through: 32, bus: 0.4, truck: 3, visitor: 8.6 };
const CLASSES: Readonly<Record<VehicleKind, readonly (readonly [string, number])[]>> = {
  resident: [['motorcycle', 42], ['car', 30], ['rickshaw', 12], ['jeep', 6], ['van', 5], ['pickup', 5]],
  commuter: [['car', 40], ['motorcycle', 40], ['van', 8], ['pickup', 8], ['jeep', 4]],
  through: [['car', 55], ['van', 15], ['pickup', 15], ['jeep', 10], ['motorcycle', 5]],
  bus: [['bus', 1]],
  truck: [['truck', 1]],
  visitor: [['car', 70], ['jeep', 15], ['van', 10], ['pickup', 5]],
};
const COLOURS: readonly (readonly [string, number])[] = [['white', 42], ['grey', 18], ['black', 12], ['red', 9], ['blue', 8], ['green', 4], ['brown', 4], ['yellow', 3]];

/** What counts by the fleet where the options give no number. */
const VEHICLES_A_CLONE = 1000, VEHICLES_A_TWIN = 200, VEHICLES_A_CONVOY = 1000;

export interface Fleet {
  readonly vehicles: readonly TrueVehicle[];
  readonly clones: readonly { readonly vehicle: number; readonly original: number }[];
  readonly twins: readonly { readonly vehicle: number; readonly other: number }[];
  /** Members of each convoy. */
  readonly convoys: readonly (readonly number[])[];
  /** Buses in the order in which they were bought; lines are made of neighbours. */
  readonly buses: readonly number[];
}

type Draft = { -readonly [K in keyof TrueVehicle]: TrueVehicle[K] };

/** Who lives, works and drives here. Fewer clones, twins or convoys than asked come about only where the fleet has too few vehicles for them. */
export function fleetOf(rates: CityRates): Fleet {
  const random = new RandomNumbers(mixed(rates.seed, 1)), marks = new FleetMarks(new RandomNumbers(mixed(rates.seed, 2)));
  const vehicles = draftVehicles(rates, random, marks), free = new PlainVehicles(vehicles, random);
  const clones = forge(vehicles, free, rates.clones ?? Math.round(rates.vehicles / VEHICLES_A_CLONE), random);
  const twins = pairUp(vehicles, free, rates.twins ?? Math.round(rates.vehicles / VEHICLES_A_TWIN), marks);
  const convoys = gather(vehicles, free, rates.convoys ?? Math.round(rates.vehicles / VEHICLES_A_CONVOY), random);
  return { vehicles, clones, twins, convoys, buses: vehicles.flatMap((v) => (v.kind === 'bus' ? [v.vehicle] : [])) };
}

function draftVehicles(rates: CityRates, random: RandomNumbers, marks: FleetMarks): Draft[] {
  const weights = VEHICLE_KINDS.map((kind) => (rates.kinds === undefined ? KIND_WEIGHTS[kind] : rates.kinds[kind] ?? 0));
  return Array.from({ length: rates.vehicles }, (_, vehicle): Draft => {
    const kind = VEHICLE_KINDS[random.weighted(weights)] as VehicleKind, vehicleClass = drawn(CLASSES[kind], random);
    return { vehicle, mark: marks.draw(vehicleClass), kind, class: vehicleClass, colour: drawn(COLOURS, random), cloneOf: null, twinOf: null, convoy: null };
  });
}

function drawn(from: readonly (readonly [string, number])[], random: RandomNumbers): string {
  return from[random.weighted(from.map(([, weight]) => weight))]?.[0] as string;
}

/** Vehicles that have no part in anything special yet, in random order within their kind. */
class PlainVehicles {
  readonly #byKind: ReadonlyMap<VehicleKind, number[]>;

  constructor(vehicles: readonly Draft[], random: RandomNumbers) {
    const byKind = new Map<VehicleKind, number[]>(VEHICLE_KINDS.map((kind) => [kind, []]));
    for (const { vehicle, kind } of vehicles) byKind.get(kind)?.push(vehicle);
    for (const numbers of byKind.values()) random.shuffle(numbers);
    this.#byKind = byKind;
  }

  /** The next one of the first of these kinds that has any left. */
  take(...kinds: readonly VehicleKind[]): number | undefined {
    for (const kind of kinds) {
      const vehicle = this.#byKind.get(kind)?.pop();
      if (vehicle !== undefined) return vehicle;
    }
    return undefined;
  }

  takeMany(count: number, ...kinds: readonly VehicleKind[]): number[] {
    return Array.from({ length: count }, () => this.take(...kinds)).filter((vehicle) => vehicle !== undefined);
  }
}

/** A forger copies the mark of a vehicle that looks much like his own, but never just like it. */
function forge(vehicles: readonly Draft[], free: PlainVehicles, count: number, random: RandomNumbers): Fleet['clones'] {
  const clones: { vehicle: number; original: number }[] = [];
  while (clones.length < count) {
    const [original, vehicle] = free.takeMany(2, 'commuter', 'resident');
    if (original === undefined || vehicle === undefined) break;
    const copied = vehicles[original] as Draft, clone = vehicles[vehicle] as Draft;
    const others = COLOURS.filter(([colour]) => colour !== copied.colour);
    Object.assign(clone, { mark: copied.mark, cloneOf: original, class: copied.class === 'car' && random.happens(0.3) ? 'jeep' : copied.class });
    if (clone.class === copied.class || random.happens(0.8)) clone.colour = drawn(others, random);
    clones.push({ vehicle, original });
  }
  return clones;
}

function pairUp(vehicles: readonly Draft[], free: PlainVehicles, count: number, marks: FleetMarks): Fleet['twins'] {
  const twins: { vehicle: number; other: number }[] = [];
  while (twins.length < count) {
    const other = free.take('commuter', 'through', 'visitor', 'resident');
    if (other === undefined) break;
    const shared = marks.twinOf(vehicles[other]?.mark as Mark), vehicle = shared === null ? undefined : free.take('through', 'commuter', 'resident');
    if (shared === null || vehicle === undefined) continue;
    Object.assign(vehicles[vehicle] as Draft, { mark: shared, twinOf: other, class: vehicles[other]?.class });
    twins.push({ vehicle, other });
  }
  return twins;
}

function gather(vehicles: readonly Draft[], free: PlainVehicles, count: number, random: RandomNumbers): number[][] {
  const convoys: number[][] = [];
  while (convoys.length < count) {
    const members = free.takeMany(2 + random.weighted([6, 3, 1]), 'through', 'visitor', 'commuter');
    if (members.length < 2) break;
    for (const vehicle of members) Object.assign(vehicles[vehicle] as Draft, { convoy: convoys.length, kind: 'through' });
    convoys.push(members);
  }
  return convoys;
}
