import { booleanPointInPolygon, kinks, lineString, point, pointToLineDistance, polygon } from '@turf/turf';
import { z } from 'zod';
import { straightLineMetres } from './travel.ts';

export type SiteKind = 'boundary' | 'checkpoint' | 'city';

/** A place where cameras stand. Degrees WGS 84. */
export interface Site {
  readonly id: string;
  readonly name: string;
  readonly lat: number;
  readonly lon: number;
  readonly kind: SiteKind;
}

/** One version of one camera: what it looked at between `validFrom` (inclusive) and `validTo` (exclusive). */
export interface Camera {
  readonly id: string;
  readonly siteId: string;
  readonly site: Site;
  readonly lane: string | null;
  readonly direction: 'in' | 'out' | 'unknown';
  /** `vehicle`: the camera sends one burst of frames per vehicle; `continuous`: frames whether or not anything passes. */
  readonly trigger: 'vehicle' | 'continuous';
  /** Frames that a triggered camera sends at least per vehicle; a shorter burst without a plate is taken for an empty road. */
  readonly burstFrames: number;
  readonly grade: 'anpr' | 'opportunistic';
  /** Where vehicles go that come towards the camera; null: not said, and a track's movement tells no direction. */
  readonly towards: 'in' | 'out' | null;
  /** Degrees clockwise from north that the camera looks towards. */
  readonly bearing: number | null;
  /** The camera's own place where the register gives one, else its site's. */
  readonly lat: number;
  readonly lon: number;
  /** True for a camera of a boundary site; its passes open (`in`) or close (`out`) journeys. */
  readonly boundary: boolean;
  /** Epoch milliseconds; null = always was / still is. */
  readonly validFrom: number | null;
  readonly validTo: number | null;
}

export interface City {
  readonly name: string;
  readonly timeZone: string;
  /** Closed ring of [lon, lat], first position repeated at the end. */
  readonly boundary: readonly (readonly [number, number])[];
  readonly boundaryToleranceMetres: number;
}

/** A road between two sites without a third one on it. */
export interface Road {
  readonly from: string;
  readonly to: string;
  readonly km: number;
  /** What the drive usually takes; null = not known. */
  readonly minutes: number | null;
  /** Only from `from` to `to`. */
  readonly oneWay: boolean;
}

export interface Register {
  readonly city: City;
  readonly sites: readonly Site[];
  /** Empty when the file names none. */
  readonly roads: readonly Road[];
  /** All versions of all cameras, in the order of the file. */
  readonly cameras: readonly Camera[];
}

/** One thing wrong in the register file. `path` names the place: `cameras[3].site`. */
export interface RegisterFault {
  readonly path: string;
  readonly message: string;
}

export type RegisterReading =
  { readonly kind: 'ok'; readonly register: Register } | { readonly kind: 'faults'; readonly faults: readonly RegisterFault[] };

const id = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/i, 'must be 1 to 64 letters, digits, "-", "_" or ".", starting with a letter or digit');
const text = z.string().trim().min(1, 'must not be empty').max(200);
const latitude = z.number().min(-90, 'must be between -90 and 90').max(90, 'must be between -90 and 90');
const longitude = z.number().min(-180, 'must be between -180 and 180').max(180, 'must be between -180 and 180');
const instant = z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time with offset, like 2026-11-03T00:00:00+05:00' });
const note = z.string().optional();

const siteShape = z.strictObject({ id, name: text, lat: latitude, lon: longitude, kind: z.enum(['boundary', 'checkpoint', 'city']), note });
const cameraShape = z.strictObject({
  id,
  site: z.string(),
  lane: text.optional(),
  direction: z.enum(['in', 'out', 'unknown']),
  trigger: z.enum(['vehicle', 'continuous']),
  burstFrames: z.int().min(1, 'must be at least 1').max(100, 'must be at most 100').optional(),
  grade: z.enum(['anpr', 'opportunistic']),
  bearing: z.number().min(0, 'must be 0 to 360 degrees').max(360, 'must be 0 to 360 degrees').optional(),
  towards: z.enum(['in', 'out']).optional(),
  lat: latitude.optional(),
  lon: longitude.optional(),
  validFrom: instant.optional(),
  validTo: instant.optional(),
  note,
});
const roadShape = z.strictObject({
  from: z.string(),
  to: z.string(),
  km: z.number().positive('must be more than 0').max(2000, 'must be at most 2000 km'),
  minutes: z.number().positive('must be more than 0').max(2880, 'must be at most 2880 minutes').optional(),
  oneWay: z.boolean().optional(),
  note,
});
const registerShape = z.strictObject({
  city: z.strictObject({
    name: text,
    timeZone: z.string().refine(isTimeZone, 'is not an IANA time zone; write one like Asia/Karachi'),
    boundary: z.strictObject({ type: z.literal('Polygon'), coordinates: z.array(z.array(z.tuple([longitude, latitude]))) }),
    boundaryToleranceMetres: z.number().positive('must be more than 0').max(5000, 'must be at most 5000 metres'),
    note,
  }),
  sites: z.array(siteShape).min(1, 'must name at least one site'),
  cameras: z.array(cameraShape).min(1, 'must name at least one camera'),
  roads: z.array(roadShape).optional(),
});

type RegisterFile = z.infer<typeof registerShape>;
type Ring = [number, number][];

/**
 * Reads and checks a register file that is already JSON. Never throws: every fault found is named at once, with its path in the file
 * and what to do. Checks of meaning (references, boundary) run only when the shape is right.
 */
export function readRegister(json: unknown): RegisterReading {
  const shaped = registerShape.safeParse(json);
  if (!shaped.success) return { kind: 'faults', faults: shaped.error.issues.map((i) => ({ path: pathText(i.path), message: i.message })) };
  const file = shaped.data;
  const ringFaults = boundaryFaults(file.city.boundary.coordinates);
  const faults = [...ringFaults, ...siteFaults(file), ...cameraFaults(file), ...roadFaults(file)];
  if (ringFaults.length === 0) faults.push(...placeFaults(file));
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'ok', register: registerOf(file) };
}

/** The version of a camera that was in force at `time` (epoch milliseconds), or null when the register knows none. */
export function cameraAt(register: Register, cameraId: string, time: number): Camera | null {
  return versionsOf(register).get(cameraId)?.find((c) => startOf(c.validFrom) <= time && time < endOf(c.validTo)) ?? null;
}

/** Asked for every pass, of 1,400 cameras. */
const versions = new WeakMap<Register, ReadonlyMap<string, readonly Camera[]>>();

function versionsOf(register: Register): ReadonlyMap<string, readonly Camera[]> {
  const known = versions.get(register);
  if (known !== undefined) return known;
  const byId = new Map<string, Camera[]>();
  for (const camera of register.cameras) byId.set(camera.id, [...(byId.get(camera.id) ?? []), camera]);
  versions.set(register, byId);
  return byId;
}

/** Whether the register knows the camera at any time. */
export function knowsCamera(register: Register, cameraId: string): boolean {
  return register.cameras.some((c) => c.id === cameraId);
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}

function pathText(path: readonly PropertyKey[]): string {
  return (
    path.reduce<string>((out, step) => (typeof step === 'number' ? `${out}[${step}]` : out === '' ? String(step) : `${out}.${String(step)}`), '') ||
    '(file)'
  );
}

function boundaryFaults(rings: readonly Ring[]): RegisterFault[] {
  const path = 'city.boundary.coordinates';
  if (rings.length !== 1) return [{ path, message: `has ${rings.length} rings; draw the city boundary as exactly one ring without holes` }];
  const ring = rings[0] ?? [];
  if (ring.length < 4)
    return [{ path: `${path}[0]`, message: `has ${ring.length} positions; a closed ring needs at least 4 (the first repeated as the last)` }];
  const first = ring[0],
    last = ring[ring.length - 1];
  if (first?.[0] !== last?.[0] || first?.[1] !== last?.[1]) {
    return [{ path: `${path}[0]`, message: 'is not closed; repeat the first position as the last one' }];
  }
  const corners = new Set(ring.map((p) => p.join()));
  if (corners.size !== ring.length - 1) return [{ path: `${path}[0]`, message: 'names the same position twice; keep each corner once' }];
  const crossings = kinks(polygon([ring])).features.map((f) => f.geometry.coordinates);
  return crossings.slice(0, 5).map(([lon, lat]) => ({
    path: `${path}[0]`,
    message: `crosses itself near ${lat?.toFixed(5)}, ${lon?.toFixed(5)}; put the corners in order around the city`,
  }));
}

function siteFaults(file: RegisterFile): RegisterFault[] {
  const seen = new Map<string, number>(),
    faults: RegisterFault[] = [];
  file.sites.forEach((site, i) => {
    const before = seen.get(site.id);
    if (before === undefined) seen.set(site.id, i);
    else faults.push({ path: `sites[${i}].id`, message: `"${site.id}" is already the id of sites[${before}]; give every site its own id` });
  });
  return faults;
}

function cameraFaults(file: RegisterFile): RegisterFault[] {
  const sites = new Set(file.sites.map((s) => s.id)),
    faults: RegisterFault[] = [];
  file.cameras.forEach((camera, i) => {
    if (!sites.has(camera.site))
      faults.push({
        path: `cameras[${i}].site`,
        message: `names the site "${camera.site}", which is not under sites; add the site or correct the name`,
      });
    if ((camera.lat === undefined) !== (camera.lon === undefined))
      faults.push({ path: `cameras[${i}]`, message: 'gives only one of lat and lon; give both or neither' });
    const from = startOf(millis(camera.validFrom)),
      to = endOf(millis(camera.validTo));
    if (from >= to) faults.push({ path: `cameras[${i}].validTo`, message: 'is not later than validFrom; correct the period' });
  });
  return [...faults, ...overlapFaults(file)];
}

/** Two versions of one camera that hold at the same instant would make the direction of a pass depend on the order of the file. */
function overlapFaults(file: RegisterFile): RegisterFault[] {
  const versions = new Map<string, { index: number; from: number; to: number }[]>();
  file.cameras.forEach((c, index) => {
    const period = { index, from: startOf(millis(c.validFrom)), to: endOf(millis(c.validTo)) };
    if (period.from < period.to) versions.set(c.id, [...(versions.get(c.id) ?? []), period]);
  });
  return [...versions].flatMap(([cameraId, periods]) => {
    const sorted = periods.toSorted((a, b) => a.from - b.from || a.index - b.index);
    return sorted.slice(1).flatMap((later, k) => {
      const earlier = sorted[k];
      if (earlier === undefined || later.from >= earlier.to) return [];
      const [a, b] = [earlier.index, later.index].toSorted((x, y) => x - y);
      return [
        {
          path: `cameras[${b}].id`,
          message:
            `"${cameraId}" is also cameras[${a}] and both are valid at the same time; ` +
            'give them different ids, or validFrom and validTo that do not overlap',
        },
      ];
    });
  });
}

/** Surveyed roads are longer than the straight line; both are rounded, and the sphere is up to 0.56 % too long. */
const ROAD_SHORTNESS = 0.98;

function roadFaults(file: RegisterFile): RegisterFault[] {
  const sites = new Map(file.sites.map((s) => [s.id, s])), seen = new Map<string, number>(), faults: RegisterFault[] = [];
  (file.roads ?? []).forEach((road, i) => {
    for (const end of ['from', 'to'] as const) {
      if (!sites.has(road[end])) faults.push({ path: `roads[${i}].${end}`, message: `names the site "${road[end]}", which is not under sites; add the site or correct the name` });
    }
    if (road.from === road.to) faults.push({ path: `roads[${i}].to`, message: 'is the site that it begins at; name two sites' });
    for (const way of road.oneWay === true ? [[road.from, road.to]] : [[road.from, road.to], [road.to, road.from]]) {
      const before = seen.get(JSON.stringify(way));
      if (before === undefined || before === i) seen.set(JSON.stringify(way), i);
      else if (!faults.some((f) => f.path === `roads[${i}]`)) faults.push({ path: `roads[${i}]`, message: `is also roads[${before}]; keep the shorter one` });
    }
    const a = sites.get(road.from), b = sites.get(road.to);
    if (a !== undefined && b !== undefined) faults.push(...lengthFaults(road, i, straightLineMetres(a, b)));
  });
  return faults;
}

/** A road that is too short would tell the next site too early, and let an honest trip look impossible. */
function lengthFaults(road: NonNullable<RegisterFile['roads']>[number], i: number, straight: number): RegisterFault[] {
  if (road.km * 1000 >= straight * ROAD_SHORTNESS) return [];
  return [{ path: `roads[${i}].km`, message: `is ${road.km} km, but the two sites are ${metres(straight)} apart in a straight line; correct the length or the places` }];
}

function placeFaults(file: RegisterFile): RegisterFault[] {
  const ring = file.city.boundary.coordinates[0] ?? [],
    tolerance = file.city.boundaryToleranceMetres;
  const edge = lineString(ring),
    area = polygon([ring]);
  const fromEdge = (lon: number, lat: number): number => pointToLineDistance(point([lon, lat]), edge, { units: 'meters' });
  const faults: RegisterFault[] = [];
  file.sites.forEach((site, i) => {
    if (site.kind === 'boundary' || booleanPointInPolygon(point([site.lon, site.lat]), area)) return;
    faults.push({
      path: `sites[${i}]`,
      message:
        `"${site.id}" is a ${site.kind} site but lies ${metres(fromEdge(site.lon, site.lat))} outside the city boundary; ` +
        'correct its place, its kind or the boundary',
    });
  });
  file.cameras.forEach((camera, i) => {
    const site = file.sites.find((s) => s.id === camera.site);
    if (site?.kind !== 'boundary' || camera.direction === 'unknown') return;
    const off = fromEdge(camera.lon ?? site.lon, camera.lat ?? site.lat);
    if (off <= tolerance) return;
    faults.push({
      path: `cameras[${i}]`,
      message:
        `"${camera.id}" counts vehicles ${camera.direction} at the boundary site "${site.id}" ` +
        `but lies ${metres(off)} from the boundary's edge (tolerance ${metres(tolerance)}); ` +
        'correct the coordinates, draw the boundary through it, or set its direction to unknown',
    });
  });
  return faults;
}

function registerOf(file: RegisterFile): Register {
  const { name, timeZone, boundary, boundaryToleranceMetres } = file.city;
  const sites: Site[] = file.sites.map((s) => ({ id: s.id, name: s.name, lat: s.lat, lon: s.lon, kind: s.kind }));
  const roads = (file.roads ?? []).map((r): Road => ({ from: r.from, to: r.to, km: r.km, minutes: r.minutes ?? null, oneWay: r.oneWay ?? false }));
  const byId = new Map(sites.map((s) => [s.id, s]));
  const cameras = file.cameras.flatMap((c): Camera[] => {
    const site = byId.get(c.site);
    return site === undefined
      ? []
      : [
          {
            id: c.id,
            siteId: site.id,
            site,
            lane: c.lane ?? null,
            direction: c.direction,
            trigger: c.trigger,
            burstFrames: c.burstFrames ?? 1,
            grade: c.grade,
            bearing: c.bearing ?? null,
            towards: c.towards ?? null,
            lat: c.lat ?? site.lat,
            lon: c.lon ?? site.lon,
            boundary: site.kind === 'boundary',
            validFrom: millis(c.validFrom),
            validTo: millis(c.validTo),
          },
        ];
  });
  return { city: { name, timeZone, boundary: boundary.coordinates[0] ?? [], boundaryToleranceMetres }, sites, cameras, roads };
}

function millis(time: string | undefined): number | null {
  return time === undefined ? null : Date.parse(time);
}

function startOf(time: number | null): number {
  return time ?? Number.NEGATIVE_INFINITY;
}

function endOf(time: number | null): number {
  return time ?? Number.POSITIVE_INFINITY;
}

function metres(value: number): string {
  return value >= 1000 ? `${(value / 1000).toFixed(1)} km` : `${Math.round(value)} m`;
}
