import type { Sighting } from './journey.ts';

/** Parts of the day in which traffic differs, by local hour: night, morning, day, evening. */
export const BANDS = ['night', 'morning', 'day', 'evening'] as const;
export type Band = (typeof BANDS)[number];

/** Night until 6 and from 22, when the streets are empty; morning 6 to 10 and evening 16 to 22, when they are full. */
export function bandOf(hour: number): Band {
  if (hour < 6 || hour >= 22) return 'night';
  return hour < 10 ? 'morning' : hour < 16 ? 'day' : 'evening';
}

/** What vehicles took from one site to another, without being seen between, in one part of the day. Milliseconds. */
export interface LinkTime {
  readonly from: string;
  readonly to: string;
  readonly band: Band;
  readonly medianMs: number;
  /** Median absolute deviation from the median: half of all trips lie within it. */
  readonly madMs: number;
  /** One trip in a hundred is faster. */
  readonly p01Ms: number;
  readonly trips: number;
}

/** Fewer trips tell nothing of how fast one can be (published practice: 20). */
export const FEWEST_TRIPS = 20;
/** A longer time between two sightings holds a stop. */
const LONGEST_TRIP_MS = 2 * 3_600_000;
/** Trips kept of each link and band: p01 is then the fourth fastest of a fair sample. */
const SAMPLE = 400;
/** Vehicles of which nothing was seen for so long begin a new trip anyway; looked for each time the traffic has moved on by as much. */
const FORGET_MS = LONGEST_TRIP_MS;

interface Sample { readonly from: string; readonly to: string; readonly band: Band; trips: number; readonly times: Float64Array }

/** Learns link times from sightings that come in order of time. Its memory grows with links and vehicles on the road, not with sightings. */
export interface LinkLearner {
  add(sighting: Pick<Sighting, 'key' | 'siteId' | 'capturedAt'>): void;
  /** Links with at least FEWEST_TRIPS trips, sorted. */
  learned(): LinkTime[];
}

/** `hourOf`: the local hour (0 to 23) of an epoch time. */
export function createLinkLearner(hourOf: (at: number) => number): LinkLearner {
  const last = new Map<string, { siteId: string; at: number }>(), samples = new Map<string, Sample>(), random = seeded(20_260_101);
  let swept = -Infinity;
  const sweep = (now: number): void => {
    if (now - swept < FORGET_MS) return;
    for (const [key, { at }] of last) if (now - at > LONGEST_TRIP_MS) last.delete(key);
    swept = now;
  };
  return {
    add({ key, siteId, capturedAt }) {
      if (siteId === null) return;
      sweep(capturedAt);
      const before = last.get(key), took = before === undefined ? 0 : capturedAt - before.at;
      if (before !== undefined && before.siteId !== siteId && took > 0 && took <= LONGEST_TRIP_MS) keep(samples, before.siteId, siteId, bandOf(hourOf(before.at)), took, random);
      if (before === undefined) last.set(key, { siteId, at: capturedAt });
      else Object.assign(before, { siteId, at: capturedAt });
    },
    learned: () => [...samples.values()].filter((s) => s.trips >= FEWEST_TRIPS).map(timesOf).toSorted(byLink),
  };
}

/** Reservoir sampling (algorithm R): every trip has the same chance to be kept. */
function keep(samples: Map<string, Sample>, from: string, to: string, band: Band, took: number, random: () => number): void {
  const name = `${from} ${to} ${band}`;
  let sample = samples.get(name);
  if (sample === undefined) samples.set(name, (sample = { from, to, band, trips: 0, times: new Float64Array(SAMPLE) }));
  const slot = sample.trips < SAMPLE ? sample.trips : Math.floor(random() * (sample.trips + 1));
  if (slot < SAMPLE) sample.times[slot] = took;
  sample.trips++;
}

function timesOf({ from, to, band, trips, times }: Sample): LinkTime {
  const sorted = times.slice(0, Math.min(trips, SAMPLE)).toSorted(), medianMs = quantile(sorted, 0.5);
  const deviations = sorted.map((t) => Math.abs(t - medianMs)).toSorted();
  return { from, to, band, trips, medianMs: Math.round(medianMs), madMs: Math.round(quantile(deviations, 0.5)), p01Ms: Math.round(quantile(sorted, 0.01)) };
}

/** Of sorted values; between two of them in proportion. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1), low = Math.floor(place), high = Math.min(low + 1, sorted.length - 1);
  const a = sorted[low] ?? 0, b = sorted[high] ?? a;
  return a + (b - a) * (place - low);
}

function byLink(a: LinkTime, b: LinkTime): number {
  const name = (l: LinkTime): string => `${l.from} ${l.to} ${l.band}`;
  return name(a) < name(b) ? -1 : 1;
}

/** Mulberry32: the same sightings always teach the same. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How fast a trip can be by what was learned; answers in milliseconds. */
export interface FastestTrips {
  /**
   * The p01 of the link in the part of the day around `at`, or over other sites where that is shorter (parallel roads are normal). Where too
   * few drove then, the fastest of the other parts of the day. null where nobody learned the link itself: a way over other sites tells how
   * long one may take, not how long one must.
   */
  fastestMs(from: string, to: string, at: number): number | null;
  /** What the trip usually takes in that part of the day; null where too few drove then. */
  usualMs(from: string, to: string, at: number): number | null;
}

export function fastestTrips(links: readonly LinkTime[], hourOf: (at: number) => number): FastestTrips {
  const usable = links.filter((l) => l.trips >= FEWEST_TRIPS), byBand = new Map(usable.map((l) => [`${l.from} ${l.to} ${l.band}`, l]));
  const fastest = new Map<string, number>();
  for (const { from, to, p01Ms } of usable) fastest.set(`${from} ${to}`, Math.min(p01Ms, fastest.get(`${from} ${to}`) ?? Infinity));
  const onTheWay = new Map(BANDS.map((band) => [band, shortestPaths(usable.filter((l) => l.band === band))]));
  return {
    fastestMs(from, to, at) {
      const link = `${from} ${to}`, band = bandOf(hourOf(at)), own = byBand.get(`${link} ${band}`);
      return own === undefined ? fastest.get(link) ?? null : Math.min(own.p01Ms, onTheWay.get(band)?.get(link) ?? Infinity);
    },
    usualMs: (from, to, at) => byBand.get(`${from} ${to} ${bandOf(hourOf(at))}`)?.medianMs ?? null,
  };
}

/** Least sums of p01 from every site to every other (Dijkstra from each; a few hundred sites with a few links each). */
function shortestPaths(links: readonly LinkTime[]): Map<string, number> {
  const leaving = new Map<string, { readonly to: string; readonly ms: number }[]>(), least = new Map<string, number>();
  for (const { from, to, p01Ms } of links) leaving.set(from, [...(leaving.get(from) ?? []), { to, ms: p01Ms }]);
  for (const start of leaving.keys()) {
    for (const [site, ms] of leastFrom(start, leaving)) if (site !== start) least.set(`${start} ${site}`, ms);
  }
  return least;
}

function leastFrom(start: string, leaving: ReadonlyMap<string, readonly { readonly to: string; readonly ms: number }[]>): Map<string, number> {
  const open = new Map([[start, 0]]), done = new Map<string, number>();
  while (open.size > 0) {
    const [site, ms] = [...open].reduce((a, b) => (b[1] < a[1] ? b : a));
    open.delete(site);
    done.set(site, ms);
    for (const next of leaving.get(site) ?? []) {
      if (!done.has(next.to)) open.set(next.to, Math.min(open.get(next.to) ?? Infinity, ms + next.ms));
    }
  }
  return done;
}
