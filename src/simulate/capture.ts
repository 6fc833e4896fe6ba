import type { CityRates } from './city-options.ts';
import type { CameraClock } from './city-truth.ts';
import { DAY_MS } from './local-hours.ts';
import { outagesOf, OutageWatch, type Outage } from './outages.ts';
import { mixed, RandomNumbers } from './random-numbers.ts';
import type { RoadNetwork } from './road-network.ts';
import { passId } from '../pass/pass-id.ts';
import type { StayLedger } from './stay-ledger.ts';
import { TimedRows } from './timed-rows.ts';
import { CAMERA, END, STAY, VEHICLE } from './traffic.ts';

/** What goes wrong between a vehicle and the centre, planned for the whole time. */
export interface Disturbances {
  /** By camera (`cameraIds`) and by site. */
  readonly downs: readonly Outage[];
  readonly cuts: readonly Outage[];
  readonly clocks: readonly CameraClock[];
  /** Ids of the cameras; versions of one camera are one. */
  readonly cameraIds: readonly string[];
  /** For each version of the register its index into `cameraIds`, and its site. */
  readonly cameraOf: Int32Array;
  readonly siteOf: Int32Array;
}

/** Columns of a delivery. Its time is that of its arrival; the second number is the capture time by the camera's clock. */
export const OF_VEHICLE = 0, OF_CAMERA = 1, SEQUENCE = 2, READING = 3, REPEATED = 4;
const DELIVERY_WIDTH = 5;

const MINUTE_MS = 60_000, HOUR_MS = 60 * MINUTE_MS;
const DOWN_MEAN_MS = 3 * HOUR_MS, DOWN_MOST_MS = 12 * HOUR_MS, CUT_MEAN_MS = 2 * HOUR_MS, CUT_MOST_MS = 6 * HOUR_MS;
/** Of the late passes, about this share comes from sites that were cut off; the rest one by one. */
const LATE_BY_CUTS = 0.5;
/** A clock that is kept: one standard deviation of its offset, and of its drift a day. */
const KEPT_OFFSET_MS = 800, KEPT_DRIFT_MS = 40;
const WRONG_LEAST_MS = 5_000, WRONG_MOST_MS = 90_000, WRONG_DRIFT_MS = 1_500;

export function disturbancesOf(rates: CityRates, { sites, cameras }: RoadNetwork, period: { readonly startsAt: number; readonly endsAt: number }): Disturbances {
  const cameraIds = [...new Set(cameras.map((camera) => camera.id))], number = new Map(cameraIds.map((id, i) => [id, i])), siteNumber = new Map(sites.map((site, i) => [site.id, i]));
  const random = new RandomNumbers(mixed(rates.seed, 7));
  return {
    clocks: cameraIds.map((cameraId) => clockOf(cameraId, rates.wrongClocks, random)),
    downs: outagesOf({ ...period, count: cameraIds.length, share: rates.down, meanMs: DOWN_MEAN_MS, mostMs: DOWN_MOST_MS }, random),
    cuts: outagesOf({ ...period, count: sites.length, share: rates.late * LATE_BY_CUTS, meanMs: CUT_MEAN_MS, mostMs: CUT_MOST_MS }, random),
    cameraIds,
    cameraOf: Int32Array.from(cameras, (camera) => number.get(camera.id) ?? 0),
    siteOf: Int32Array.from(cameras, (camera) => siteNumber.get(camera.siteId) ?? 0),
  };
}

function clockOf(cameraId: string, wrong: number, random: RandomNumbers): CameraClock {
  const isWrong = random.happens(wrong), size = random.between(WRONG_LEAST_MS, WRONG_MOST_MS), sign = random.happens(0.5) ? 1 : -1, normal = random.normal();
  return {
    cameraId, offsetMs: Math.round(isWrong ? sign * size : KEPT_OFFSET_MS * Math.max(-2.5, Math.min(2.5, normal))),
    driftMsPerDay: Math.round(random.normal() * (isWrong ? WRONG_DRIFT_MS : KEPT_DRIFT_MS)),
  };
}

/** What cameras make of the vehicles in front of them: crossings in order of time become deliveries, each with its own time of arrival. */
export class Capture {
  /** Not yet arrived. */
  readonly deliveries = new TimedRows(DELIVERY_WIDTH);
  readonly #rates: CityRates;
  readonly #disturbed: Disturbances;
  readonly #ledger: StayLedger;
  readonly #random: RandomNumbers;
  readonly #downs: OutageWatch;
  readonly #cuts: OutageWatch;
  /** So far. */
  #captured = 0;
  #late = 0;
  /** By camera: the last capture time, and how many passes it has. */
  readonly #lastAt: Float64Array;
  readonly #lastSequence: Int32Array;

  constructor(rates: CityRates, disturbed: Disturbances, sites: number, ledger: StayLedger) {
    this.#rates = rates;
    this.#disturbed = disturbed;
    this.#ledger = ledger;
    this.#random = new RandomNumbers(mixed(rates.seed, 8));
    this.#downs = new OutageWatch(disturbed.downs, disturbed.cameraIds.length);
    this.#cuts = new OutageWatch(disturbed.cuts, sites);
    this.#lastAt = new Float64Array(disturbed.cameraIds.length).fill(-1);
    this.#lastSequence = new Int32Array(disturbed.cameraIds.length);
  }

  /** Takes the crossings before a time, all of which are later than those taken before. */
  take(crossings: TimedRows, limit: number): void {
    const rows = crossings.before(limit), captured = rows.filter((row) => this.#isCaptured(crossings, row));
    const heldUntil = Float64Array.from(captured, (row) => this.#cuts.outUntil(this.#disturbed.siteOf[crossings.cell(row, CAMERA)] as number, crossings.at(row)));
    const held = heldUntil.reduce((count, until) => (until > 0 ? count + 1 : count), 0);
    this.#captured += captured.length;
    this.#late += held;
    // What the sites cut off have not made up of the share asked so far, single passes do.
    const lateAlone = Math.max(0, (this.#rates.late * this.#captured - this.#late) / Math.max(1, captured.length - held));
    captured.forEach((row, i) => this.#deliver(crossings, row, heldUntil[i] as number, lateAlone));
    crossings.drop(limit);
  }

  #isCaptured(crossings: TimedRows, row: number): boolean {
    const camera = this.#disturbed.cameraOf[crossings.cell(row, CAMERA)] as number;
    return this.#downs.outUntil(camera, crossings.at(row)) === 0 && !this.#random.happens(this.#rates.missed);
  }

  #deliver(crossings: TimedRows, row: number, heldUntil: number, lateAlone: number): void {
    const random = this.#random, at = crossings.at(row), version = crossings.cell(row, CAMERA), camera = this.#disturbed.cameraOf[version] as number;
    const capturedAt = this.#clockTime(camera, at), sequence = this.#lastAt[camera] === capturedAt ? (this.#lastSequence[camera] as number) + 1 : 0;
    this.#lastAt[camera] = capturedAt;
    this.#lastSequence[camera] = sequence;
    const alone = heldUntil === 0 && random.happens(lateAlone), delay = alone ? lateMs(random) : usualDelayMs(random);
    if (alone) this.#late++;
    const arrivesAt = Math.round(heldUntil > 0 ? heldUntil + random.between(2_000, 6 * MINUTE_MS) : at + delay);
    const reading = random.seed() | 0, vehicle = crossings.cell(row, VEHICLE);
    this.deliveries.add(arrivesAt, capturedAt, vehicle, version, sequence, reading, 0);
    if (random.happens(this.#rates.repeats)) this.deliveries.add(Math.round(arrivesAt + repeatedAfterMs(random)), capturedAt, vehicle, version, sequence, reading, 1);
    this.#ledger.captured(crossings.cell(row, STAY), crossings.cell(row, END), () => passId(this.#disturbed.cameraIds[camera] as string, capturedAt, sequence));
  }

  #clockTime(camera: number, at: number): number {
    const { offsetMs, driftMsPerDay } = this.#disturbed.clocks[camera] as CameraClock;
    return Math.round(at + offsetMs + driftMsPerDay * (at - this.#rates.startsAt) / DAY_MS);
  }
}

/** A pass on its way over a working line. */
const usualDelayMs = (random: RandomNumbers): number => Math.min(MINUTE_MS, 150 + random.exponential(450));
/** 2.5 minutes to 3 hours; as often 5 to 10 minutes as 50 to 100. */
const lateMs = (random: RandomNumbers): number => 2.5 * MINUTE_MS * Math.exp(random.next() * Math.log(72));
/** 3 seconds to an hour. */
const repeatedAfterMs = (random: RandomNumbers): number => 3_000 * Math.exp(random.next() * Math.log(1200));
