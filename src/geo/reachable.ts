import type { Register, Road, Site } from './register.ts';
import { leastTravelMs } from './travel.ts';

/** A site that a vehicle can reach next, in milliseconds from where it was seen. */
export interface ReachableSite {
  readonly siteId: string;
  /** No vehicle is there before. */
  readonly soonestMs: number;
  /** At the usual times of the roads; null where no chain of roads with such times leads there. */
  readonly usualMs: number | null;
}

/** The same as times of the day, epoch milliseconds. */
export interface HeadsUp {
  readonly site: string;
  readonly soonestAt: number;
  /** null where no road is known and the straight line counts. */
  readonly expectedAt: number | null;
}

export interface ReachRules {
  /** Sites that take longer are left out. */
  readonly withinMs: number;
  /** Faster than anybody drives here: the motorway limit is 120 km/h. 140 when not given. */
  readonly speedCapKmh?: number;
  readonly direction?: 'in' | 'out' | 'unknown';
}

const SPEED_CAP_KMH = 140;
/** More are no help to anybody: an alarm for the whole city is one for nobody. */
const SITES_TOLD = 10;

/**
 * The sites that a vehicle seen at a site can reach within a time, soonest first, at most 10. Along the roads where roads lead there, by the
 * straight line where none does. One that left the city (`out` at a boundary site) comes back through another boundary site before it is
 * seen inside: then only those are named, and only roads between them count.
 */
export function reachableSites(register: Register, fromSiteId: string, rules: ReachRules): ReachableSite[] {
  const from = register.sites.find((site) => site.id === fromSiteId);
  if (from === undefined) return [];
  const cap = rules.speedCapKmh ?? SPEED_CAP_KMH, outside = rules.direction === 'out' && from.kind === 'boundary';
  const sites = outside ? register.sites.filter((site) => site.kind === 'boundary') : register.sites;
  const roads = outside ? roadsAmong(register.roads, sites) : register.roads;
  const least = leastFrom(fromSiteId, roads, (road) => road.km / cap * HOUR_MS);
  const usual = leastFrom(fromSiteId, roads, (road) => (road.minutes === null ? null : road.minutes * MINUTE_MS));
  return sites.filter((site) => site.id !== fromSiteId).map((site): ReachableSite => {
    const soonestMs = Math.floor(Math.max(least.get(site.id) ?? 0, leastTravelMs(from, site, cap))), usualMs = usual.get(site.id);
    return { siteId: site.id, soonestMs, usualMs: usualMs === undefined ? null : Math.max(soonestMs, Math.round(usualMs)) };
  }).filter((site) => site.soonestMs <= rules.withinMs).toSorted((a, b) => a.soonestMs - b.soonestMs || (a.siteId < b.siteId ? -1 : 1)).slice(0, SITES_TOLD);
}

/** Where a vehicle may be next, with times of the day. `capturedAt`: when it was seen; no site, no answer. */
export function headsUpOf(register: Register, seen: { readonly siteId: string | null; readonly direction: 'in' | 'out' | 'unknown'; readonly capturedAt: number }, withinMs: number): HeadsUp[] {
  if (seen.siteId === null) return [];
  return reachableSites(register, seen.siteId, { withinMs, direction: seen.direction }).map(({ siteId, soonestMs, usualMs }) => ({
    site: siteId, soonestAt: seen.capturedAt + soonestMs, expectedAt: usualMs === null ? null : seen.capturedAt + usualMs,
  }));
}

const MINUTE_MS = 60_000, HOUR_MS = 60 * MINUTE_MS;

function roadsAmong(roads: readonly Road[], sites: readonly Site[]): Road[] {
  const ids = new Set(sites.map((site) => site.id));
  return roads.filter((road) => ids.has(road.from) && ids.has(road.to));
}

/** Least sum of costs from one site to every other that the roads reach (Dijkstra); a road without a cost is not taken. */
export function leastFrom(start: string, roads: readonly Road[], costOf: (road: Road) => number | null): Map<string, number> {
  const leaving = neighbours(roads, costOf), open = new Map([[start, 0]]), least = new Map<string, number>();
  while (open.size > 0) {
    const [site, cost] = [...open].reduce((a, b) => (b[1] < a[1] ? b : a));
    open.delete(site);
    least.set(site, cost);
    for (const { to, cost: more } of leaving.get(site) ?? []) {
      if (!least.has(to)) open.set(to, Math.min(open.get(to) ?? Infinity, cost + more));
    }
  }
  return least;
}

function neighbours(roads: readonly Road[], costOf: (road: Road) => number | null): Map<string, { readonly to: string; readonly cost: number }[]> {
  const leaving = new Map<string, { readonly to: string; readonly cost: number }[]>();
  for (const road of roads) {
    const cost = costOf(road);
    if (cost === null) continue;
    for (const [from, to] of road.oneWay ? [[road.from, road.to]] as const : [[road.from, road.to], [road.to, road.from]] as const) {
      leaving.set(from, [...(leaving.get(from) ?? []), { to, cost }]);
    }
  }
  return leaving;
}
