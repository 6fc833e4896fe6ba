import { and, desc, eq, gte, inArray, isNull, lt, ne, or, sql, type SQL } from 'drizzle-orm';
import { inOrder, journeyId } from '../journey/build.ts';
import type { KeptJourney, ProbableExit, Sighting } from '../journey/journey.ts';
import { profileOf, vehiclesOf } from '../journey/vehicles.ts';
import type { Direction } from '../pass/pass.ts';
import type { MarkPattern } from '../plate/pattern.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { after, equals } from './list-passes.ts';
import { markFits, markOf } from './mark-columns.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest } from './page.ts';
import { journeys, vehicles } from './schema.ts';
import { sightingsOf, sightingsOfPasses } from './sightings.ts';

/** Journeys that overlap from ≤ t < to (an open one has no end), with a sighting at the site, of marks that fit `mark` (`*`, `?`) or of exactly `key`. */
export interface JourneyFilter {
  readonly status?: KeptJourney['status'] | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly siteId?: string | undefined;
  readonly mark?: string | MarkPattern | undefined;
  readonly key?: string | undefined;
}

/** Camera of an end of a journey whose pass was deleted when its time was over. */
export const PASS_GONE = '';

export type JourneyRow = typeof journeys.$inferSelect;

/** Of a vehicle that is seen every day and never leaves, a journey gathers sightings for months. */
const SIGHTINGS_LISTED = 200, SIGHTINGS_SHOWN = 5000;
/** A sighting costs a page of the disk: those of a page of 100 journeys with 200 each took seconds. Of every journey where it began is shown. */
const LEAST_LISTED = 2;

/** How many sightings a list shows of each of its journeys: 200 in all, but at least 2 of each. */
export const sightingsListed = (journeyCount: number): number => Math.max(LEAST_LISTED, Math.floor(SIGHTINGS_LISTED / Math.max(1, journeyCount)));

/** Journeys, latest start first, with the first of their sightings (`sightingsListed`). Those that hold only the probable exit of another are left out. @throws CURSOR_INVALID, MARK_INVALID, ARGUMENT_INVALID */
export async function listJourneys(db: Database, filter: JourneyFilter, page: PageRequest = {}): Promise<Page<KeptJourney>> {
  const limit = pageLimit(page), place = readCursor(page.cursor, filter);
  return atStore(db, async () => {
    const rows = await db.orm.select().from(journeys).where(and(journeyConditions(filter), after(journeys.startedAt, journeys.id, place)))
      .orderBy(desc(journeys.startedAt), desc(journeys.id)).limit(limit + 1);
    const { items, nextCursor } = toPage(rows, limit, filter, (journey) => ({ at: journey.startedAt, id: journey.id }));
    return { items: await withSightings(db.orm, items, sightingsListed(items.length)), nextCursor };
  });
}

/** @throws MARK_INVALID */
export function journeyConditions(filter: JourneyFilter): SQL | undefined {
  return and(
    eq(journeys.absorbed, false), statusIs(filter.status), equals(journeys.key, filter.key),
    filter.siteId === undefined ? undefined : sql`(${journeys.sites} @> array[${filter.siteId}] or ${journeys.pairExitSite} = ${filter.siteId})`,
    filter.mark === undefined ? undefined : markFits(journeys, filter.mark),
    filter.to === undefined ? undefined : lt(journeys.startedAt, filter.to),
    filter.from === undefined ? undefined : or(statusIs('open'), gte(journeys.lastSeenAt, filter.from), gte(journeys.leftAt, filter.from)),
  );
}

/** With its probable exit a journey is over. */
function statusIs(status: KeptJourney['status'] | undefined): SQL | undefined {
  if (status === undefined) return undefined;
  return status === 'open' ? and(eq(journeys.status, 'open'), isNull(journeys.pairExitAt)) : or(ne(journeys.status, 'open'), sql`${journeys.pairExitAt} is not null`);
}

/** One journey with up to 5,000 sightings, or null. */
export async function findJourney(db: Database, id: string): Promise<KeptJourney | null> {
  const [journey] = await atStore(db, async () => withSightings(db.orm, await db.orm.select().from(journeys).where(eq(journeys.id, id)).limit(1), SIGHTINGS_SHOWN));
  return journey ?? null;
}

/** The journeys of rows, each with at most `limit` of its sightings, which are the passes of its vehicle from start to end. */
export async function withSightings(orm: Orm, rows: readonly JourneyRow[], limit: number): Promise<KeptJourney[]> {
  if (rows.length === 0) return [];
  const known = await orm.select({ key: vehicles.key, profiles: vehicles.profiles, passes: vehicles.profilePasses }).from(vehicles).where(inArray(vehicles.key, [...new Set(rows.map((row) => row.key))]));
  const vehicleOf = new Map(known.map(({ key, profiles, passes }) => [key, vehiclesOf(profiles, passes)]));
  const seen = await sightingsOf(orm, rows.map((row) => ({ key: row.key, from: row.startedAt, to: row.lastSeenAt + 1 })), limit);
  const ends = await endsOf(orm, rows, new Map(seen.flat().map((s) => [s.passId, s])));
  return rows.map((row, i) => {
    const ofVehicle = (seen[i] ?? []).filter((s) => vehicleOf.get(row.key)?.get(profileOf(s.mark))?.name === row.vehicle).toSorted(inOrder);
    // At the very instant of its start or end the journey before or after it may have sightings too.
    const first = ofVehicle.findIndex((s) => s.capturedAt > row.startedAt || journeyId(row.key, s.passId) === row.id);
    const vehicle = [...(vehicleOf.get(row.key)?.values() ?? [])].find((v) => v.name === row.vehicle);
    return { ...journeyOf(row, ofVehicle.slice(Math.max(0, first)).slice(0, row.sightingCount), ends), certainty: vehicle?.certainty ?? (row.ambiguous ? 0.5 : 1) };
  });
}

/** The passes that are ends of the journeys, by their ids; `known`: those that were read already. */
async function endsOf(orm: Orm, rows: readonly JourneyRow[], known: ReadonlyMap<string, Sighting>): Promise<ReadonlyMap<string, Sighting>> {
  const ids = rows.flatMap((row) => [row.entryPassId, row.exitPassId, row.pairExitPassId].flatMap((id) => id ?? []));
  return new Map([...known, ...await sightingsOfPasses(orm, ids.filter((id) => !known.has(id)))]);
}

function journeyOf(row: JourneyRow, sightings: readonly Sighting[], ends: ReadonlyMap<string, Sighting>): Omit<KeptJourney, 'certainty'> {
  const end = (id: string | null, at: number | null, site: string | null, direction: Direction): Sighting | null =>
    (id === null ? null : ends.get(id) ?? rememberedEnd(row, { passId: id, capturedAt: at ?? row.startedAt, siteId: site, direction }));
  const entry = end(row.entryPassId, row.entryAt, row.entrySite, 'in'), exit = end(row.exitPassId, row.exitAt, row.exitSite, 'out');
  return {
    id: row.id, key: row.key, vehicle: row.vehicle, mark: markOf(row), status: row.status, entry, exit, entryMissing: row.entryMissing,
    exitMissing: row.exitMissing, inferredEntry: row.entryMissing ? { from: row.entryAfter, to: row.startedAt } : null,
    inferredExit: row.exitMissing ? { from: row.lastSeenAt, to: row.exitBefore } : null, ambiguous: row.ambiguous, confidence: row.confidence, startedAt: row.startedAt,
    lastSeenAt: row.lastSeenAt, sightingCount: row.sightingCount, sites: row.sites, classes: row.classes, sightings, probableExit: probableExitOf(row, end(row.pairExitPassId, row.pairExitAt, row.pairExitSite, 'out')),
    partOf: row.absorbed ? row.pairId : null,
  };
}

/** The journey outlives its passes: of an end whose pass is gone it knows when and where. */
function rememberedEnd(row: JourneyRow, end: Pick<Sighting, 'passId' | 'capturedAt' | 'siteId' | 'direction'>): Sighting {
  return { ...end, cameraId: PASS_GONE, sequence: 0, boundary: true, key: row.key, mark: markOf(row), confidence: row.confidence, vehicleClass: null, vehicleColour: null };
}

function probableExitOf(row: JourneyRow, exit: Sighting | null): ProbableExit | null {
  return exit === null || row.pairId === null ? null : { journeyId: row.pairId, exit, score: row.pairScore ?? 0 };
}
