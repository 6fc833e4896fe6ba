import { sql, type SQL } from 'drizzle-orm';
import type { Sighting } from '../journey/journey.ts';
import type { Direction } from '../pass/pass.ts';
import type { VehicleClass } from '../plate/mark.ts';
import { capturedAtOfPassId } from '../pass/pass-id.ts';
import type { Orm } from './database.ts';
import { array, epochMs, instants, rowsOf } from './query.ts';
import type { StoredPass } from './stored-pass.ts';

interface SightingRow {
  readonly pass: string;
  readonly camera: string;
  readonly site: string | null;
  readonly at: number;
  readonly sequence: number;
  readonly boundary: boolean;
  readonly direction: Direction;
  readonly key: string;
  readonly confidence: number;
  readonly vehicle_class: string | null;
  readonly vehicle_colour: string | null;
  readonly mark_jurisdiction: string | null;
  readonly mark_district: string | null;
  readonly mark_letters: string;
  readonly mark_year: string | null;
  readonly mark_number: string;
  readonly mark_suffix: string | null;
  readonly mark_class: VehicleClass | null;
  readonly mark_series: string | null;
}

const COLUMNS = sql`
  p.id as pass, p.camera_id as camera, p.site_id as site, ${epochMs(sql`p.captured_at`)} as at, p.sequence, p.boundary, p.direction, p.key, p.confidence, p.vehicle_class, p.vehicle_colour,
  p.mark_jurisdiction, p.mark_district, p.mark_letters, p.mark_year, p.mark_number, p.mark_suffix, p.mark_class, p.mark_series`;

/** Passes `p` that no correction replaced. */
const STANDING = sql`not exists (select from corrections c where c.pass_id = p.id)`;

/** The same of passes of the key `r.key`, whose corrections are looked up once: cheaper where few passes are read, and not to be joined where many are. */
const STANDING_OF_KEY = sql`p.id <> all(array(select c.pass_id from corrections c where c.old_key = r.key collate "C"))`;

function sightingOf(row: SightingRow): Sighting {
  return {
    passId: row.pass, cameraId: row.camera, siteId: row.site, capturedAt: row.at, sequence: row.sequence, boundary: row.boundary, direction: row.direction, key: row.key,
    confidence: row.confidence, vehicleClass: row.vehicle_class, vehicleColour: row.vehicle_colour,
    mark: {
      jurisdiction: row.mark_jurisdiction, district: row.mark_district, letters: row.mark_letters, year: row.mark_year, number: row.mark_number, suffix: row.mark_suffix,
      class: row.mark_class, series: row.mark_series,
    },
  };
}

/** A stored pass as a sighting; null without a mark, and without a site: a picture from anywhere tells nothing about being in the city. */
export function sightingOfPass(pass: StoredPass): Sighting | null {
  const { mark, key, siteId } = pass;
  if (mark === null || key === null || siteId === null) return null;
  return {
    passId: pass.id, cameraId: pass.cameraId, siteId, capturedAt: pass.capturedAt, sequence: pass.sequence, boundary: pass.boundary, direction: pass.direction, key, mark,
    confidence: pass.confidence, vehicleClass: pass.vehicle.class, vehicleColour: pass.vehicle.colour,
  };
}

/** A key and a time, from ≤ t < to in epoch milliseconds; null = no bound. */
export interface KeyPeriod { readonly key: string; readonly from: number | null; readonly to: number | null }

/** The sightings of each key in its period, in the order given and each list by time; at most `limit` each. */
export async function sightingsOf(orm: Orm, periods: readonly KeyPeriod[], limit?: number): Promise<Sighting[][]> {
  const found: Sighting[][] = periods.map(() => []);
  if (periods.length === 0) return found;
  const rows = await rowsOf<SightingRow & { readonly place: number }>(orm, sql`
    select r.place::integer, s.* from ${keyPeriods(periods)} as r (key, from_at, to_at, place)
    cross join lateral (
      select ${COLUMNS} from passes p
      where p.key = r.key collate "C" and p.captured_at >= r.from_at and p.captured_at < r.to_at and p.site_id is not null and ${limit === undefined ? STANDING : STANDING_OF_KEY}
      order by p.captured_at, p.id ${limit === undefined ? sql`` : sql`limit ${limit}`}
    ) as s
  `);
  for (const row of rows) found[row.place - 1]?.push(sightingOf(row));
  return found;
}

/** `unnest(…) with ordinality`: key, from, to, place from 1. */
export function keyPeriods(periods: readonly KeyPeriod[]): SQL {
  return sql`unnest(${array(periods.map((p) => p.key), 'text')}, ${instants(periods.map((p) => p.from), '-infinity')}, ${instants(periods.map((p) => p.to))}) with ordinality`;
}

/** Sightings of passes by their ids. The capture times that the ids carry lead to the partitions. */
export async function sightingsOfPasses(orm: Orm, passIds: readonly string[]): Promise<Map<string, Sighting>> {
  const times = passIds.flatMap((id) => capturedAtOfPassId(id) ?? []);
  if (times.length === 0) return new Map();
  const rows = await rowsOf<SightingRow>(orm, sql`
    select ${COLUMNS} from unnest(${instants(times)}, ${array([...passIds], 'text')}) as asked (at, id)
    join passes p on p.captured_at = asked.at and p.id = asked.id collate "C" where p.key is not null
  `);
  return new Map(rows.map((row) => [row.pass, sightingOf(row)]));
}
