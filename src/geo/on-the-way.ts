import { leastFrom } from './reachable.ts';
import type { Register, Road, Site } from './register.ts';
import { straightLineMetres } from './travel.ts';

/** Ways up to this much longer than the shortest are taken too: drivers go round queues, and through the bazaar. */
const DETOUR = 1.5;

/**
 * Sites that a vehicle seen at one site and next at another may have gone by, both among them, sorted: by the roads where they join the
 * two, else by the straight line. Seen twice at one site, or not again (`to` null), it may have turned anywhere: the site, those next to it
 * and the boundary. A site that the register does not know has no way.
 */
export function sitesOnTheWay(register: Register, from: string, to: string | null): string[] {
  const known = new Map(register.sites.map((site) => [site.id, site])), a = known.get(from), b = to === null ? a : known.get(to);
  if (a === undefined || b === undefined) return [];
  if (a === b) return around(register, from);
  const fromA = leastFrom(a.id, register.roads, length), toB = leastFrom(b.id, reversed(register.roads), length);
  const shortest = fromA.get(b.id);
  const detour = (site: Site): number => (shortest === undefined
    ? (straightLineMetres(a, site) + straightLineMetres(site, b)) / straightLineMetres(a, b)
    : ((fromA.get(site.id) ?? Infinity) + (toB.get(site.id) ?? Infinity)) / shortest);
  return register.sites.filter((site) => site === a || site === b || detour(site) <= DETOUR).map((site) => site.id).sort();
}

const length = (road: Road): number => road.km;

function around(register: Register, siteId: string): string[] {
  const next = register.roads.flatMap((road) => (road.from === siteId ? [road.to] : road.to === siteId ? [road.from] : []));
  const boundary = register.sites.filter((site) => site.kind === 'boundary').map((site) => site.id);
  return [...new Set([siteId, ...next, ...boundary])].sort();
}

function reversed(roads: readonly Road[]): Road[] {
  return roads.map((road) => (road.oneWay ? { ...road, from: road.to, to: road.from } : road));
}
