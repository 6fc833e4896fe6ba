import type { Camera, Register, Site } from '../geo/register.ts';
import { leastTravelMs, straightLineMetres } from '../geo/travel.ts';

/** A drive from one site to another: the sites on the way, both ends included, and the usual and the least time of each leg. */
export interface Path {
  /** Indices into `RoadNetwork.sites`. */
  readonly sites: readonly number[];
  /** Milliseconds at the usual speed; one fewer than sites. */
  readonly usualMs: readonly number[];
  /** Nobody is faster, milliseconds. */
  readonly leastMs: readonly number[];
}

export interface RoadNetwork {
  readonly sites: readonly Site[];
  readonly cameras: readonly Camera[];
  /** Indices of the boundary sites and of the others. */
  readonly gates: readonly number[];
  readonly zones: readonly number[];
  /** The quickest way inside the city: other boundary sites are not driven through. */
  path(from: number, to: number): Path;
  /** Milliseconds that a vehicle outside the city needs at least from one boundary site to another. */
  roundMs(from: number, to: number): number;
  /** A camera of the site that looks at vehicles of this direction at that time, index into `cameras`; -1: there is none. `choice` 0..1 chooses among lanes. */
  cameraFor(site: number, heading: Heading, at: number, choice: number): number;
}

export type Heading = 'in' | 'out' | 'inside';

const HOUR_MS = 3_600_000, MINUTE_MS = 60_000;
/** For roads without a time, and links that the register does not name. */
const USUAL_KMH = 35;
/** The fastest that anybody drives on these roads; the bound against which clones are accused is well above. */
const FASTEST_KMH = 100;
/** A road is about a third longer than the straight line. */
const DETOUR = 1.35;
/** Outside the city nobody goes round it faster than this. */
const ROUND_KMH = 60;

interface Leg { readonly to: number; readonly usualMs: number; readonly leastMs: number }

export function roadNetworkOf(register: Register): RoadNetwork {
  const { sites, cameras } = register;
  const gates = indicesWhere(sites, (site) => site.kind === 'boundary'), zones = indicesWhere(sites, (site) => site.kind !== 'boundary');
  const legs = legsOf(register), known = new Map<number, Path>();
  const atSite = sites.map((site) => indicesWhere(cameras, (camera) => camera.siteId === site.id));
  const isGate = (site: number): boolean => sites[site]?.kind === 'boundary';
  const looking = sites.map((_, site) => camerasLooking(cameras, atSite[site] ?? [], isGate(site)));
  return {
    sites, cameras, gates, zones,
    path(from, to) {
      const id = from * sites.length + to;
      let path = known.get(id);
      if (path === undefined) known.set(id, path = pathBetween(sites, legs, isGate, from, to));
      return path;
    },
    roundMs: (from, to) => (from === to ? 0 : (straightLineMetres(siteAt(sites, from), siteAt(sites, to)) * DETOUR) / (ROUND_KMH / 3.6) * 1000),
    cameraFor(site, heading, at, choice) {
      const { all, timed } = (looking[site] as Looking)[heading];
      const valid = timed ? all.filter((index) => isValid(cameras[index] as Camera, at)) : all;
      return valid.length === 0 ? -1 : valid[Math.min(valid.length - 1, Math.floor(choice * valid.length))] as number;
    },
  };
}

type Looking = Readonly<Record<Heading, { readonly all: readonly number[]; readonly timed: boolean }>>;

/** At the boundary a camera of the other direction sees nothing; inside the city every camera of the site may see the vehicle. */
function camerasLooking(cameras: readonly Camera[], at: readonly number[], gate: boolean): Looking {
  const fitting = (heading: Heading): { all: number[]; timed: boolean } => {
    const directed = at.filter((index) => !gate || heading === 'inside' || cameras[index]?.direction === heading);
    const all = directed.length > 0 ? directed : at.filter((index) => cameras[index]?.direction === 'unknown');
    return { all, timed: all.some((index) => cameras[index]?.validFrom !== null || cameras[index]?.validTo !== null) };
  };
  return { in: fitting('in'), out: fitting('out'), inside: fitting('inside') };
}

const isValid = (camera: Camera, at: number): boolean => (camera.validFrom ?? -Infinity) <= at && at < (camera.validTo ?? Infinity);

function legsOf({ sites, roads }: Register): Leg[][] {
  const index = new Map(sites.map((site, i) => [site.id, i])), legs: Leg[][] = sites.map(() => []);
  for (const road of roads) {
    const from = index.get(road.from), to = index.get(road.to);
    if (from === undefined || to === undefined) continue;
    const leastMs = leastLegMs(sites, from, to, road.km), usualMs = Math.max(leastMs, road.minutes === null ? road.km / USUAL_KMH * HOUR_MS : road.minutes * MINUTE_MS);
    legs[from]?.push({ to, usualMs, leastMs });
    if (!road.oneWay) legs[to]?.push({ to: from, usualMs, leastMs });
  }
  return legs;
}

function leastLegMs(sites: readonly Site[], from: number, to: number, km: number): number {
  return Math.ceil(Math.max(km / FASTEST_KMH * HOUR_MS, leastTravelMs(siteAt(sites, from), siteAt(sites, to), FASTEST_KMH)));
}

/** Dijkstra over usual times; a boundary site on the way would mean leaving the city. Where no road leads, a straight link stands for one. */
function pathBetween(sites: readonly Site[], legs: readonly (readonly Leg[])[], isGate: (site: number) => boolean, from: number, to: number): Path {
  if (from === to) return { sites: [from], usualMs: [], leastMs: [] };
  const cost = new Map([[from, 0]]), came = new Map<number, { readonly site: number; readonly leg: Leg }>(), done = new Set<number>();
  for (let site: number | undefined = from; site !== undefined && site !== to; site = nearest(cost, done)) {
    done.add(site);
    if (isGate(site) && site !== from) continue;
    for (const leg of legs[site] ?? []) {
      const total = (cost.get(site) ?? 0) + leg.usualMs;
      if (done.has(leg.to) || total >= (cost.get(leg.to) ?? Infinity)) continue;
      cost.set(leg.to, total);
      came.set(leg.to, { site, leg });
    }
  }
  return came.has(to) ? pathBack(came, from, to) : straightPath(sites, from, to);
}

function nearest(cost: ReadonlyMap<number, number>, done: ReadonlySet<number>): number | undefined {
  let best: number | undefined, least = Infinity;
  for (const [site, total] of cost) if (!done.has(site) && total < least) [best, least] = [site, total];
  return best;
}

function pathBack(came: ReadonlyMap<number, { readonly site: number; readonly leg: Leg }>, from: number, to: number): Path {
  const sites = [to], usualMs: number[] = [], leastMs: number[] = [];
  for (let step = came.get(to); step !== undefined; step = step.site === from ? undefined : came.get(step.site)) {
    sites.unshift(step.site);
    usualMs.unshift(step.leg.usualMs);
    leastMs.unshift(step.leg.leastMs);
  }
  return { sites, usualMs, leastMs };
}

function straightPath(sites: readonly Site[], from: number, to: number): Path {
  const km = Math.max(0.2, straightLineMetres(siteAt(sites, from), siteAt(sites, to)) * DETOUR / 1000);
  return { sites: [from, to], usualMs: [km / USUAL_KMH * HOUR_MS], leastMs: [leastLegMs(sites, from, to, km)] };
}

function indicesWhere<T>(values: readonly T[], holds: (value: T) => boolean): number[] {
  return values.flatMap((value, i) => (holds(value) ? [i] : []));
}

function siteAt(sites: readonly Site[], index: number): Site {
  return sites[index] as Site;
}
