import { formatInstant } from '../core/instant.ts';
import type { Camera, Register } from '../geo/register.ts';
import type { Mark } from '../plate/mark.ts';
import { writeMark } from '../plate/written-form.ts';
import type { ExportedJourney } from '../store/export-journeys.ts';
import type { ExportedPass } from '../store/export-passes.ts';
import { instantOrNull } from './answer-fields.ts';
import type { ExportColumn, ExportSubject, Geometry, Position } from './export-formats.ts';

interface Places {
  /** The camera's own place then, else that of the site. */
  readonly ofPass: (cameraId: string, siteId: string | null, at: number) => Position | null;
  readonly ofSite: (siteId: string) => Position | null;
}

/** Places by name: five million passes are not looked for in a list of 1,400 cameras. */
function placesOf(register: Register): Places {
  const cameras = new Map<string, Camera[]>();
  for (const camera of register.cameras) cameras.set(camera.id, [...(cameras.get(camera.id) ?? []), camera]);
  const sites = new Map(register.sites.map((site): [string, Position] => [site.id, [site.lon, site.lat]]));
  const ofSite = (siteId: string): Position | null => sites.get(siteId) ?? null;
  return {
    ofSite,
    ofPass: (cameraId, siteId, at) => {
      const camera = cameras.get(cameraId)?.find((c) => (c.validFrom ?? -Infinity) <= at && at < (c.validTo ?? Infinity));
      if (camera !== undefined) return [camera.lon, camera.lat];
      return siteId === null ? null : ofSite(siteId);
    },
  };
}

function markColumns<T>(markOf: (row: T) => Mark | null): ExportColumn<T>[] {
  return [
    { name: 'mark', meaning: 'Written form of the parsed mark', of: (row) => { const mark = markOf(row); return mark && writeMark(mark); } },
    { name: 'jurisdiction', meaning: 'Code of the issuing jurisdiction; empty = unknown', of: (row) => markOf(row)?.jurisdiction ?? null },
    { name: 'markClass', meaning: 'What the vehicle is used as, from the mark', of: (row) => markOf(row)?.class ?? null },
  ];
}

/** `offset`: minutes east of UTC in which times are written. */
export function passSubject(register: Register, offset: number): ExportSubject<ExportedPass> {
  const places = placesOf(register);
  const place = (pass: ExportedPass): Position | null => places.ofPass(pass.cameraId, pass.siteId, pass.capturedAt);
  const columns: ExportColumn<ExportedPass>[] = [
    { name: 'id', meaning: 'Id of the pass', of: (p) => p.id },
    { name: 'capturedAt', meaning: 'When the vehicle was seen', of: (p) => formatInstant(p.capturedAt, offset) },
    { name: 'camera', meaning: 'Id of the camera', of: (p) => p.cameraId },
    { name: 'site', meaning: 'Where the camera stood then; empty = the register did not know it', of: (p) => p.siteId },
    { name: 'lat', meaning: 'Latitude of the camera, degrees WGS 84', of: (p) => place(p)?.[1] ?? null },
    { name: 'lon', meaning: 'Longitude of the camera, degrees WGS 84', of: (p) => place(p)?.[0] ?? null },
    { name: 'boundary', meaning: 'Whether the camera stood on the city boundary', of: (p) => p.boundary },
    { name: 'direction', meaning: '`in`, `out` or `unknown`', of: (p) => p.direction },
    { name: 'movement', meaning: '`towards` the camera or `away` from it; empty = not known', of: (p) => p.movement },
    { name: 'outcome', meaning: '`mark`, or what the plate showed in place of one', of: (p) => p.outcome },
    ...markColumns<ExportedPass>((p) => p.mark),
    { name: 'text', meaning: 'As read, never corrected', of: (p) => p.rawText },
    { name: 'confidence', meaning: '0 to 1', of: (p) => p.confidence },
    { name: 'vehicleClass', meaning: 'What another system said of the vehicle itself', of: (p) => p.vehicle.class },
    { name: 'vehicleMake', meaning: 'As `vehicleClass`', of: (p) => p.vehicle.make },
    { name: 'vehicleColour', meaning: 'As `vehicleClass`', of: (p) => p.vehicle.colour },
    { name: 'receivedAt', meaning: 'When the pass reached Darwaza', of: (p) => formatInstant(p.receivedAt, offset) },
    { name: 'timeSource', meaning: 'How the capture time is known; only `camera` is evidence of when', of: (p) => p.timeSource },
    { name: 'clockCorrectionSeconds', meaning: 'What was added to the time that the camera gave; `capturedAt` has it in it; empty = nothing', of: (p) => (p.clockCorrectionMs === null ? null : p.clockCorrectionMs / 1000) },
    { name: 'evidenceAt', meaning: 'When the evidence picture was taken, where that is not `capturedAt`', of: (p) => instantOrNull(p.evidenceAt, offset) },
    { name: 'source', meaning: '`pipeline`, `correction`, or the other system that sent the pass', of: (p) => p.source },
    { name: 'evidenceSha256', meaning: 'SHA-256 of the unaltered picture', of: (p) => p.evidenceSha256 },
    { name: 'corrects', meaning: 'Id of the pass that this one corrects', of: (p) => p.corrects },
    { name: 'correctedBy', meaning: 'Id of the pass that corrects this one: count only one of the two', of: (p) => p.correctedBy },
    { name: 'readings', meaning: 'Who read what, the earliest first, like `hikvision: LEB4201`; empty = one reader alone', of: (p) => p.readings.map(({ reader, readText }) => `${reader}: ${readText}`) },
    { name: 'disagrees', meaning: 'Our reader, sure of itself, read another mark', of: (p) => p.readings.some(({ agrees }) => agrees === false) },
  ];
  return { columns, idOf: (p) => p.id, geometry: (p) => { const at = place(p); return at && { type: 'Point', coordinates: at }; } };
}

const MINUTE = 60_000;

export function journeySubject(register: Register, offset: number): ExportSubject<ExportedJourney> {
  const places = placesOf(register), time = (at: number | null): string | null => instantOrNull(at, offset);
  const columns: ExportColumn<ExportedJourney>[] = [
    { name: 'id', meaning: 'Id of the journey; a late pass may give it another', of: (j) => j.id },
    ...markColumns<ExportedJourney>((j) => j.mark),
    { name: 'status', meaning: '`open`: not seen to leave yet', of: (j) => j.status },
    { name: 'startedAt', meaning: 'First sighting', of: (j) => formatInstant(j.startedAt, offset) },
    { name: 'lastSeenAt', meaning: 'Last sighting', of: (j) => formatInstant(j.lastSeenAt, offset) },
    { name: 'minutes', meaning: 'From the first sighting to the last', of: (j) => Math.round((j.lastSeenAt - j.startedAt) / MINUTE * 10) / 10 },
    { name: 'entryAt', meaning: 'Seen to enter; empty = not seen', of: (j) => time(j.entryAt) },
    { name: 'entrySite', meaning: 'Boundary site of the entry', of: (j) => j.entrySite },
    { name: 'entryMissing', meaning: 'Seen inside or leaving, but not entering', of: (j) => j.entryMissing },
    { name: 'entryAfter', meaning: 'Of a missing entry: it must have entered after this', of: (j) => time(j.entryAfter) },
    { name: 'exitAt', meaning: 'Seen to leave; empty = not seen', of: (j) => time(j.exitAt) },
    { name: 'exitSite', meaning: 'Boundary site of the exit', of: (j) => j.exitSite },
    { name: 'exitMissing', meaning: 'Entered again without having been seen to leave', of: (j) => j.exitMissing },
    { name: 'exitBefore', meaning: 'Of a missing exit: it must have left before this', of: (j) => time(j.exitBefore) },
    { name: 'probableExitAt', meaning: 'An exit whose mark is one look-alike away, taken for this one\'s', of: (j) => time(j.pairExitAt) },
    { name: 'probableExitSite', meaning: 'Boundary site of that exit', of: (j) => j.pairExitSite },
    { name: 'probableExitScore', meaning: 'How sure that is, 0 to 1', of: (j) => j.pairScore },
    { name: 'ambiguous', meaning: 'Several vehicles share what was read', of: (j) => j.ambiguous },
    { name: 'confidence', meaning: 'That its ends were read right, 0 to 1', of: (j) => j.confidence },
    { name: 'sightings', meaning: 'How many passes it has', of: (j) => j.sightingCount },
    { name: 'route', meaning: 'Sites in the order in which it was seen there', of: (j) => j.route },
    { name: 'vehicleClasses', meaning: 'Classes of vehicle that cameras saw', of: (j) => j.classes },
  ];
  return { columns, idOf: (j) => j.id, geometry: (j) => lineOf(j.route.flatMap((site) => { const at = places.ofSite(site); return at === null ? [] : [at]; })) };
}

/** RFC 7946 §3.1.4: a LineString has two positions or more; what was seen at one place alone is a Point. */
function lineOf(positions: readonly Position[]): Geometry | null {
  const [first] = positions;
  if (first === undefined) return null;
  return positions.length === 1 ? { type: 'Point', coordinates: first } : { type: 'LineString', coordinates: positions };
}
