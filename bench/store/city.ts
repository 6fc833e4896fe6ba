import { readFileSync } from 'node:fs';
import { booleanPointInPolygon, point, polygon } from '@turf/turf';
import { readRegister, type Register } from '../../src/geo/register.ts';
import { straightLineMetres, type Place } from '../../src/geo/travel.ts';

/** Quetta as its Safe City project counts it. */
const SITES = 225, CAMERAS = 1400;
/** Lanes each way at a boundary site: enough for its traffic, and a site of several cameras to ask about. */
const BOUNDARY_LANES = 3;
/** Streets wind: km on the road for a km in a straight line, and how fast it goes in the city. */
const WINDING = 1.35, CITY_KMH = 25;

interface CityFile {
  readonly city: { readonly boundary: { readonly coordinates: readonly [[number, number][]] } };
  readonly sites: { readonly id: string; readonly name: string; readonly lat: number; readonly lon: number; readonly kind: string }[];
  readonly cameras: object[];
  readonly roads: object[];
}

/**
 * The example city grown to full size: its ten sites, inner sites spread evenly over the area within the boundary, each joined to its two
 * nearest, and three lanes each way at the boundary. The same every time.
 */
export function wholeCity(): Register {
  const file = JSON.parse(readFileSync(new URL('../../fixtures/quetta.json', import.meta.url), 'utf8')) as CityFile;
  const area = polygon([file.city.boundary.coordinates[0]]), [west, south, east, north] = [66.89, 29.98, 67.1, 30.28];
  for (let n = 1; file.sites.length < SITES; n++) {
    const place = { lon: round(west + (east - west) * halton(n, 2)), lat: round(south + (north - south) * halton(n, 3)) };
    if (booleanPointInPolygon(point([place.lon, place.lat]), area)) addSite(file, place);
  }
  const boundary = file.sites.filter((site) => site.kind === 'boundary'), inner = file.sites.filter((site) => site.kind !== 'boundary');
  const cameras = boundary.flatMap(({ id }) => ['in', 'out'].flatMap((direction) =>
    Array.from({ length: BOUNDARY_LANES }, (_, i) => ({ id: `${id}-${direction}-${i + 1}`, site: id, lane: String(i + 1), direction, trigger: 'vehicle', grade: 'anpr' }))));
  for (let i = 0; cameras.length < CAMERAS; i++) {
    const site = inner[i % inner.length]?.id ?? '', lane = String(1 + Math.floor(i / inner.length));
    cameras.push({ id: `${site}-${lane}`, site, lane, direction: 'unknown', trigger: 'vehicle', grade: 'anpr' });
  }
  const reading = readRegister({ ...file, cameras });
  if (reading.kind !== 'ok') throw new Error(JSON.stringify(reading.faults.slice(0, 5)));
  return reading.register;
}

function addSite(file: CityFile, place: Place): void {
  const id = `street-${file.sites.length + 1}`;
  const nearest = file.sites.map((site) => ({ site, metres: straightLineMetres(site, place) })).toSorted((a, b) => a.metres - b.metres).slice(0, 2);
  for (const { site, metres } of nearest) {
    const km = Math.max(0.1, Math.ceil(metres * WINDING / 100) / 10);
    file.roads.push({ from: id, to: site.id, km, minutes: Math.max(1, Math.round((km / CITY_KMH) * 60)) });
  }
  file.sites.push({ id, name: `Street ${file.sites.length + 1}`, ...place, kind: 'city' });
}

/** Spread evenly without a pattern (van der Corput in the base). */
function halton(n: number, base: number): number {
  let value = 0;
  for (let rest = n, share = 1 / base; rest > 0; rest = Math.floor(rest / base), share /= base) value += share * (rest % base);
  return value;
}

function round(degrees: number): number {
  return Math.round(degrees * 1e5) / 1e5;
}
