import { HOUR_MS, type LocalDays } from './local-hours.ts';
import { mixed, RandomNumbers } from './random-numbers.ts';
import type { RoadNetwork } from './road-network.ts';
import { ownPace, type Pace, type Traffic } from './traffic.ts';

const BUSES_A_LINE = 12;
/** Buses leave the terminal in platoons, because passengers go to the first one that leaves. */
const PLATOON = 3;
const FIRST_HOUR = 6, ROUND_HOURS = 5, ROUNDS = 3, PLATOON_EVERY_MS = 35 * 60_000;
const TURNROUND_MS = 0.75 * HOUR_MS;

interface Line { readonly number: number; readonly gate: number; readonly terminal: number; readonly buses: readonly number[] }

/**
 * Coaches on a timetable: from a terminal inside out by one boundary site, and back, three times a day. Each round puts the buses of a line together anew, so
 * that over some days every pair has travelled together several times; that makes no convoy.
 */
export class BusLines {
  readonly #seed: number;
  readonly #days: LocalDays;
  readonly #traffic: Traffic;
  readonly #lines: readonly Line[];

  constructor(seed: number, network: RoadNetwork, days: LocalDays, traffic: Traffic, buses: readonly number[], gateWeights: readonly number[]) {
    const random = new RandomNumbers(mixed(seed, 4));
    this.#seed = seed;
    this.#days = days;
    this.#traffic = traffic;
    this.#lines = Array.from({ length: Math.ceil(buses.length / BUSES_A_LINE) }, (_, number): Line => {
      const gate = network.gates[random.weighted(gateWeights)] as number, terminal = network.zones.length === 0 ? gate : random.pick(network.zones);
      return { number, gate, terminal, buses: buses.slice(number * BUSES_A_LINE, (number + 1) * BUSES_A_LINE) };
    });
  }

  /** All buses stand at their terminals. */
  settle(): void {
    for (const { buses, terminal } of this.#lines) for (const bus of buses) this.#traffic.settle(bus, terminal);
  }

  drive(day: number): void {
    for (const line of this.#lines) for (let round = 0; round < ROUNDS; round++) this.#driveRound(line, day, round);
  }

  #driveRound({ number, gate, terminal, buses }: Line, day: number, round: number): void {
    const random = new RandomNumbers(mixed(mixed(this.#seed, 5 + number), (1000 + day) * ROUNDS + round)), order = random.shuffle([...buses]);
    for (let first = 0; first < order.length; first += PLATOON) {
      const leavesAt = this.#days.midnight(day) + (FIRST_HOUR + round * ROUND_HOURS) * HOUR_MS + (first / PLATOON) * PLATOON_EVERY_MS + Math.round(random.normal() * 120_000);
      this.#drivePlatoon(order.slice(first, first + PLATOON), { gate, terminal, leavesAt }, random);
    }
  }

  #drivePlatoon(buses: readonly number[], way: { readonly gate: number; readonly terminal: number; readonly leavesAt: number }, random: RandomNumbers): void {
    const out = { factor: ownPace(random).factor, seed: random.seed() }, back = { factor: ownPace(random).factor, seed: random.seed() };
    let lagMs = 0;
    for (const bus of buses) {
      const pace = ({ factor, seed }: typeof out): Pace => ({ factor, legs: new RandomNumbers(seed), lagMs });
      this.#traffic.leave(bus, way.gate, way.leavesAt, pace(out), random);
      // The lag stays what it was: the time outside is counted from the head of the platoon.
      this.#traffic.enter(bus, way.gate, way.terminal, this.#traffic.freeAt(bus) - lagMs + TURNROUND_MS, pace(back), random);
      lagMs += Math.round(random.between(6_000, 14_000));
    }
  }
}
