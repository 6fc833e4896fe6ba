import type { Sighting } from './journey.ts';

/** What the search for companions looks at. */
export type Glimpse = Pick<Sighting, 'key' | 'siteId' | 'direction' | 'capturedAt'>;

export interface CompanionSettings {
  /** Vehicles that pass a site in one direction within this time pass it together. */
  readonly gapMs: number;
  /** A vehicle that was not seen for so long begins another trip. */
  readonly tripGapMs: number;
  /** Trips that two must have made together. */
  readonly trips: number;
  /** Pairs remembered at once; beyond it those that were together longest ago, and once only, are forgotten. 24 bytes each. */
  readonly pairsKept: number;
}
export const COMPANION_SETTINGS: CompanionSettings = { gapMs: 30_000, tripGapMs: 90 * 60_000, trips: 2, pairsKept: 2 ** 22 };

/**
 * Finds pairs of vehicles that were together at two sites or more of one trip, on several trips. Sightings come in order of time.
 *
 * Two that pass one site within the gap are nothing yet: at a full road everybody has dozens of such neighbours. Only whether the same two
 * were together at an earlier site of the trip is looked up, in what is remembered of each vehicle on the road, so that no table of
 * neighbours is needed; and of a pair that was together on one trip only a number is kept. Memory grows with the vehicles on the road.
 */
export interface CompanionSearch {
  add(glimpse: Glimpse): void;
  /** Pairs found so far, each with its smaller key first. */
  pairs(): (readonly [string, string])[];
}

interface Visit { readonly lane: string; readonly siteId: string; readonly at: number }
interface OnRoad { readonly key: string; readonly hash: number; lastAt: number; readonly visits: Visit[] }
interface Passing { readonly vehicle: OnRoad; readonly at: number }

/** Visits of a trip that are remembered; the oldest says least of who drives beside whom now. */
const VISITS_KEPT = 8;

export function createCompanionSearch(settings: CompanionSettings = COMPANION_SETTINGS): CompanionSearch {
  return new Companions(settings);
}

class Companions implements CompanionSearch {
  readonly #settings: CompanionSettings;
  readonly #onRoad = new Map<string, OnRoad>();
  /** By site and direction, who passed within the gap; the oldest first. */
  readonly #lanes = new Map<string, Passing[]>();
  readonly #counts: PairCounts;
  readonly #found = new Map<string, readonly [string, string]>();
  #sweptAt = -Infinity;

  constructor(settings: CompanionSettings) {
    this.#settings = settings;
    this.#counts = new PairCounts(settings.pairsKept);
  }

  add({ key, siteId, direction, capturedAt: at }: Glimpse): void {
    if (siteId === null) return;
    this.#sweep(at);
    const vehicle = this.#vehicle(key, at), lane = `${siteId} ${direction}`, { visits } = vehicle;
    vehicle.lastAt = at;
    // A vehicle that stands in view, or a second camera of the site.
    if (visits.at(-1)?.siteId === siteId) return;
    const passing = this.#passing(lane, at);
    for (const { vehicle: other } of passing) if (other !== vehicle && this.#wereTogether(vehicle, other, siteId)) this.#together(vehicle, other, at);
    passing.push({ vehicle, at });
    visits.push({ lane, siteId, at });
    if (visits.length > VISITS_KEPT) visits.shift();
  }

  pairs(): (readonly [string, string])[] {
    return [...this.#found.values()];
  }

  #vehicle(key: string, at: number): OnRoad {
    let vehicle = this.#onRoad.get(key);
    if (vehicle === undefined) this.#onRoad.set(key, (vehicle = { key, hash: hashOf(key), lastAt: at, visits: [] }));
    else if (at - vehicle.lastAt > this.#settings.tripGapMs) vehicle.visits.length = 0;
    return vehicle;
  }

  #passing(lane: string, at: number): Passing[] {
    let passing = this.#lanes.get(lane);
    if (passing === undefined) this.#lanes.set(lane, (passing = []));
    let gone = 0;
    while (gone < passing.length && at - (passing[gone] as Passing).at > this.#settings.gapMs) gone++;
    if (gone > 0) passing.splice(0, gone);
    return passing;
  }

  /** At an earlier site of the trip, in the same direction. */
  #wereTogether(a: OnRoad, b: OnRoad, here: string): boolean {
    for (const mine of a.visits) {
      if (mine.siteId === here) continue;
      for (const other of b.visits) if (other.lane === mine.lane && Math.abs(other.at - mine.at) <= this.#settings.gapMs) return true;
    }
    return false;
  }

  #together(a: OnRoad, b: OnRoad, at: number): void {
    if (this.#counts.add(pairHash(a.hash, b.hash), at, this.#settings.tripGapMs) < this.#settings.trips) return;
    const pair = a.key < b.key ? ([a.key, b.key] as const) : ([b.key, a.key] as const), name = pair.join(' ');
    if (!this.#found.has(name)) this.#found.set(name, pair);
  }

  #sweep(at: number): void {
    if (at - this.#sweptAt < this.#settings.tripGapMs) return;
    for (const [key, vehicle] of this.#onRoad) if (at - vehicle.lastAt > this.#settings.tripGapMs) this.#onRoad.delete(key);
    this.#sweptAt = at;
  }
}

/** FNV-1a over the characters. Two keys of one hash only make a pair worth a look that is not. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Of an unordered pair, 53 bits, never 0. */
function pairHash(a: number, b: number): number {
  const low = Math.min(a, b), high = Math.max(a, b);
  return ((high & 0x1fffff) ^ Math.imul(low, 0x9e3779b1) >>> 11) * 4_294_967_296 + ((low ^ Math.imul(high, 0x85ebca6b)) >>> 0) + 1;
}

const FIRST_SIZE = 2 ** 16;

/** How many trips each pair made together: an open table of numbers, because tens of millions of pairs a week as objects would not fit. */
class PairCounts {
  #hashes = new Float64Array(FIRST_SIZE);
  #times = new Float64Array(FIRST_SIZE);
  #trips = new Uint8Array(FIRST_SIZE);
  #used = 0;
  readonly #largest: number;

  constructor(kept: number) {
    this.#largest = Math.max(FIRST_SIZE, 2 ** Math.ceil(Math.log2(kept)));
  }

  /** Counts a time that a pair was together; gives its trips. Within the gap of the last time it is the same trip. */
  add(hash: number, at: number, gapMs: number): number {
    if (this.#used > this.#hashes.length * 0.75) this.#makeRoom();
    const slot = this.#slot(hash);
    if (this.#hashes[slot] === 0) {
      this.#hashes[slot] = hash;
      this.#used++;
    }
    const trips = this.#trips[slot] ?? 0;
    if (trips === 0 || at - (this.#times[slot] ?? 0) > gapMs) this.#trips[slot] = Math.min(255, trips + 1);
    this.#times[slot] = at;
    return this.#trips[slot] ?? 0;
  }

  #slot(hash: number): number {
    const mask = this.#hashes.length - 1;
    let slot = hash % 4_294_967_291 & mask;
    while (this.#hashes[slot] !== 0 && this.#hashes[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  /** Grows; or keeps the pairs of several trips, and of the others the later half; of too many even of those, the later half. */
  #makeRoom(): void {
    const [hashes, times, trips] = [this.#hashes, this.#times, this.#trips], size = hashes.length, grows = size < this.#largest;
    const middle = grows ? -Infinity : times.filter((_, i) => hashes[i] !== 0).toSorted()[this.#used >> 1] ?? 0;
    let kept = this.#slotsOf(2, middle);
    if (!grows && kept.length > size * 0.7) kept = this.#slotsOf(256, middle);
    [this.#hashes, this.#times, this.#trips] = [new Float64Array(grows ? size * 2 : size), new Float64Array(grows ? size * 2 : size), new Uint8Array(grows ? size * 2 : size)];
    this.#used = kept.length;
    for (const i of kept) {
      const slot = this.#slot(hashes[i] ?? 0);
      [this.#hashes[slot], this.#times[slot], this.#trips[slot]] = [hashes[i] ?? 0, times[i] ?? 0, trips[i] ?? 0];
    }
  }

  #slotsOf(fewestTrips: number, since: number): number[] {
    return [...this.#hashes.keys()].filter((i) => this.#hashes[i] !== 0 && ((this.#trips[i] ?? 0) >= fewestTrips || (this.#times[i] ?? 0) >= since));
  }
}
