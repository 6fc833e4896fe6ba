import { and, asc, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import type { Sighting } from '../journey/journey.ts';
import type { Orm } from './database.ts';
import { markOf, type MarkRow } from './mark-columns.ts';
import { array } from './query.ts';
import { journeySightings, passes } from './schema.ts';

const COLUMNS = {
  passId: passes.id, cameraId: passes.cameraId, siteId: passes.siteId, capturedAt: passes.capturedAt, sequence: passes.sequence, boundary: passes.boundary,
  direction: passes.direction, key: passes.key, markJurisdiction: passes.markJurisdiction, markDistrict: passes.markDistrict, markLetters: passes.markLetters,
  markYear: passes.markYear, markNumber: passes.markNumber, markSuffix: passes.markSuffix, markClass: passes.markClass, markSeries: passes.markSeries,
};

type SightingRow = Omit<Sighting, 'mark' | 'key'> & MarkRow & { readonly key: string | null };

function sightingOf(row: SightingRow): Sighting | null {
  const mark = markOf(row);
  if (mark === null || row.key === null) return null;
  return {
    passId: row.passId, cameraId: row.cameraId, siteId: row.siteId, capturedAt: row.capturedAt, sequence: row.sequence, boundary: row.boundary,
    direction: row.direction, mark, key: row.key,
  };
}

/**
 * All sightings of each key; a key without any is left out. A pass of which nobody knows the place (a picture from anywhere, a camera that the
 * register does not know) tells nothing about being in the city and is none.
 */
export async function sightingsOfKeys(orm: Orm, keys: readonly string[]): Promise<Map<string, Sighting[]>> {
  const rows = await orm.select(COLUMNS).from(passes).where(and(sql`${passes.key} = any(${array(keys, 'text')})`, isNotNull(passes.siteId)));
  return grouped(rows.map((row) => [row.key ?? '', sightingOf(row)]));
}

/** Sightings of each journey, in its order. */
export async function sightingsOfJourneys(orm: Orm, journeyIds: readonly string[]): Promise<Map<string, Sighting[]>> {
  if (journeyIds.length === 0) return new Map();
  const rows = await orm.select({ journeyId: journeySightings.journeyId, ...COLUMNS }).from(journeySightings)
    .innerJoin(passes, and(eq(passes.capturedAt, journeySightings.capturedAt), eq(passes.id, journeySightings.passId)))
    .where(inArray(journeySightings.journeyId, [...journeyIds])).orderBy(asc(journeySightings.journeyId), asc(journeySightings.position));
  return grouped(rows.map((row) => [row.journeyId, sightingOf(row)]));
}

function grouped(rows: readonly (readonly [string, Sighting | null])[]): Map<string, Sighting[]> {
  const groups = new Map<string, Sighting[]>();
  for (const [group, sighting] of rows) {
    if (sighting === null) continue;
    const same = groups.get(group);
    if (same === undefined) groups.set(group, [sighting]);
    else same.push(sighting);
  }
  return groups;
}
