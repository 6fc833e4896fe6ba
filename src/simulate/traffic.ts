import type { LocalDays } from './local-hours.ts';
import { slowdownAt } from './local-hours.ts';
import type { RandomNumbers } from './random-numbers.ts';
import type { Heading, Path, RoadNetwork } from './road-network.ts';
import { ENTRY, EXIT, NO_END, type StayLedger } from './stay-ledger.ts';
import type { TimedRows } from './timed-rows.ts';

/** How one trip is driven. */
export interface Pace {
  /** Times of all legs against the usual ones. */
  readonly factor: number;
  /** Chooses the times of the legs; vehicles that travel together are given streams of one seed. */
  readonly legs: RandomNumbers;
  /** Milliseconds behind the first vehicle of the group that it travels in; null for one that travels alone. */
  readonly lagMs: number | null;
}

/** Columns of a crossing's whole numbers: a vehicle in front of a camera, seen or not. `at` is true time. */
export const VEHICLE = 0, CAMERA = 1, STAY = 2, END = 3;
export const CROSSING_WIDTH = 4;

/** Spread of a leg's time beside the trip's own (log-normal deviation), and of trips: measured links vary by a quarter. */
const LEG_SPREAD = 0.08, TRIP_SPREAD = 0.2;
const SLOWEST = 1.6, QUICKEST = 0.78;
/** A house or shop lies as often on this side of its site's cameras as on the other. */
const PASSES_OWN_SITE = 0.5;
const MINUTE_MS = 60_000;
/** Between the last camera and the place itself. */
const LAST_STRETCH_MS = 3 * MINUTE_MS;
/** Vehicles of one group vary by this much in each place, either way. */
const GROUP_JITTER_MS = 800;

/** What traffic is driven on and booked in. */
export interface TrafficParts {
  readonly network: RoadNetwork;
  readonly days: LocalDays;
  readonly ledger: StayLedger;
  readonly crossings: TimedRows;
  readonly vehicles: number;
  readonly startsAt: number;
  readonly endsAt: number;
}

/** Drives vehicles: where each one is, when it is free, and every camera that it passes. No vehicle is ever at two places. */
export class Traffic {
  readonly #parts: TrafficParts;
  /** When a vehicle's last move ends; epoch milliseconds. */
  readonly #freeAt: Float64Array;
  /** Site at which it is, or by which it left the city; -1: nowhere yet. */
  readonly #place: Int32Array;
  /** Stay under way; -1 for a vehicle outside, -2 for one inside whose stay is not booked. */
  readonly #stay: Int32Array;

  constructor(parts: TrafficParts) {
    this.#parts = parts;
    this.#freeAt = new Float64Array(parts.vehicles).fill(-Infinity);
    this.#place = new Int32Array(parts.vehicles).fill(-1);
    this.#stay = new Int32Array(parts.vehicles).fill(-1);
  }

  freeAt(vehicle: number): number {
    return this.#freeAt[vehicle] as number;
  }

  isInside(vehicle: number): boolean {
    return this.#stay[vehicle] !== -1;
  }

  /** The site at which the vehicle is, or by which it left; -1 for none yet. */
  placeOf(vehicle: number): number {
    return this.#place[vehicle] as number;
  }

  /** Puts a vehicle inside from the beginning. */
  settle(vehicle: number, zone: number, freeAt = -Infinity): void {
    this.#place[vehicle] = zone;
    this.#freeAt[vehicle] = freeAt;
    this.#stay[vehicle] = this.#booked(this.#parts.ledger.open(vehicle));
  }

  /** The vehicle rests where it is. */
  waitUntil(vehicle: number, at: number): void {
    this.#freeAt[vehicle] = Math.max(this.freeAt(vehicle), at);
  }

  /** From when on a vehicle outside can drive in by a gate. */
  earliestEntry(vehicle: number, gate: number): number {
    const left = this.placeOf(vehicle);
    return left === -1 ? -Infinity : this.freeAt(vehicle) + this.#parts.network.roundMs(left, gate) + MINUTE_MS;
  }

  /** Drives in by a gate, not before it can be there, and on to a site inside (-1: it stays near the gate). */
  enter(vehicle: number, gate: number, zone: number, at: number, pace: Pace, random: RandomNumbers): void {
    const { network } = this.#parts, from = Math.round(Math.max(at, this.earliestEntry(vehicle, gate)));
    this.#passIn(vehicle, gate, from + (pace.lagMs ?? 0), random);
    if (zone === -1) return this.#arrive(vehicle, gate, from + LAST_STRETCH_MS);
    this.#drive(vehicle, network.path(gate, zone), from, 'inside', pace, random);
  }

  /** Drives from where it is out by a gate; not before it is free. */
  leave(vehicle: number, gate: number, at: number, pace: Pace, random: RandomNumbers): void {
    const from = this.#depart(vehicle, at, pace, random), zone = this.placeOf(vehicle), { network } = this.#parts;
    if (zone === gate) return this.#passOut(vehicle, gate, from + LAST_STRETCH_MS, random);
    this.#passOwnSite(vehicle, zone, from + (pace.lagMs ?? 0), random);
    this.#drive(vehicle, network.path(zone, gate), from, 'out', pace, random);
  }

  /** Drives in by one gate and out by another without a stop. */
  cross(vehicle: number, gateIn: number, gateOut: number, at: number, pace: Pace, random: RandomNumbers): void {
    if (gateIn === gateOut) {
      this.enter(vehicle, gateIn, -1, at, pace, random);
      return this.leave(vehicle, gateOut, this.freeAt(vehicle), pace, random);
    }
    const { network } = this.#parts, from = Math.round(Math.max(at, this.earliestEntry(vehicle, gateIn)));
    this.#passIn(vehicle, gateIn, from + (pace.lagMs ?? 0), random);
    this.#drive(vehicle, network.path(gateIn, gateOut), from, 'out', pace, random);
  }

  /** Drives from site to site inside. */
  hop(vehicle: number, zone: number, at: number, pace: Pace, random: RandomNumbers): void {
    const from = this.#depart(vehicle, at, pace, random), place = this.placeOf(vehicle);
    if (place === zone) return this.#arrive(vehicle, zone, from + LAST_STRETCH_MS);
    this.#passOwnSite(vehicle, place, from, random);
    this.#drive(vehicle, this.#parts.network.path(place, zone), from, 'inside', pace, random);
  }

  /** Stands in view of a camera of its site, seen every few minutes. Answers the camera, -1 where there is none. */
  park(vehicle: number, until: number, random: RandomNumbers): number {
    const { network } = this.#parts, place = this.placeOf(vehicle), from = this.freeAt(vehicle);
    const camera = place === -1 ? -1 : network.cameraFor(place, 'inside', from, random.next());
    if (camera === -1) return -1;
    for (let at = from + random.between(1, 5) * MINUTE_MS; at < until; at += random.between(2, 12) * MINUTE_MS) this.#book(vehicle, camera, Math.round(at), NO_END);
    this.waitUntil(vehicle, until);
    return camera;
  }

  #booked(stay: number): number {
    return stay === -1 ? -2 : stay;
  }

  /** When it passes the place of its own site. */
  #depart(vehicle: number, at: number, pace: Pace, random: RandomNumbers): number {
    return Math.round(Math.max(at, this.freeAt(vehicle)) + (pace.lagMs === null ? random.between(0.2, 1) : 1) * LAST_STRETCH_MS);
  }

  #passOwnSite(vehicle: number, site: number, at: number, random: RandomNumbers): void {
    if (random.happens(PASSES_OWN_SITE)) this.#cross(vehicle, site, 'inside', at, NO_END, random);
  }

  /** All sites of a path but the first; at the last one it arrives (`inside`) or leaves the city (`out`). */
  #drive(vehicle: number, path: Path, startsAt: number, ends: 'inside' | 'out', pace: Pace, random: RandomNumbers): void {
    const last = path.sites.length - 1;
    let at = startsAt;
    for (let i = 1; i <= last; i++) {
      const usual = (path.usualMs[i - 1] as number) * pace.factor * slowdownAt(this.#parts.days.hourAt(at)) * Math.exp(LEG_SPREAD * pace.legs.normal());
      at = Math.ceil(at + Math.max(path.leastMs[i - 1] as number, usual));
      const site = path.sites[i] as number, seenAt = pace.lagMs === null ? at : at + pace.lagMs + Math.round(random.between(-GROUP_JITTER_MS, GROUP_JITTER_MS));
      if (i < last) this.#cross(vehicle, site, 'inside', seenAt, NO_END, random);
      else if (ends === 'out') this.#passOut(vehicle, site, seenAt, random);
      else {
        this.#passOwnSite(vehicle, site, seenAt, random);
        this.#arrive(vehicle, site, seenAt + random.between(0.2, 1) * LAST_STRETCH_MS);
      }
    }
    if (last === 0) this.#arrive(vehicle, path.sites[0] as number, startsAt + LAST_STRETCH_MS);
  }

  #passIn(vehicle: number, gate: number, at: number, random: RandomNumbers): void {
    this.#stay[vehicle] = this.#booked(this.#parts.ledger.open(vehicle, at, this.#siteId(gate)));
    this.#cross(vehicle, gate, 'in', at, ENTRY, random);
  }

  #passOut(vehicle: number, gate: number, at: number, random: RandomNumbers): void {
    this.#parts.ledger.close(this.#stay[vehicle] as number, at, this.#siteId(gate));
    this.#cross(vehicle, gate, 'out', at, EXIT, random);
    this.#arrive(vehicle, gate, at);
    this.#stay[vehicle] = -1;
  }

  #arrive(vehicle: number, site: number, at: number): void {
    this.#place[vehicle] = site;
    this.#freeAt[vehicle] = Math.round(at);
  }

  #cross(vehicle: number, site: number, heading: Heading, at: number, end: number, random: RandomNumbers): void {
    const camera = this.#parts.network.cameraFor(site, heading, at, random.next());
    if (camera !== -1) this.#book(vehicle, camera, at, end);
  }

  #book(vehicle: number, camera: number, at: number, end: number): void {
    const { startsAt, endsAt, crossings } = this.#parts;
    if (at >= startsAt && at < endsAt) crossings.add(at, 0, vehicle, camera, this.#stay[vehicle] as number, end);
  }

  #siteId(site: number): string {
    return this.#parts.network.sites[site]?.id ?? '';
  }
}

/** How one vehicle drives one trip alone. */
export function ownPace(random: RandomNumbers): Pace {
  return { factor: Math.min(SLOWEST, Math.max(QUICKEST, Math.exp(TRIP_SPREAD * random.normal()))), legs: random, lagMs: 0 };
}
