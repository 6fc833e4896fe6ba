import { and, desc, eq, exists, gte, lt, or, sql } from 'drizzle-orm';
import type { Journey, Sighting } from '../journey/journey.ts';
import type { MarkPattern } from '../plate/pattern.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { after, equals } from './list-passes.ts';
import { markFits, markOf } from './mark-columns.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest } from './page.ts';
import { journeys, journeySightings } from './schema.ts';
import { sightingsOfJourneys } from './sightings.ts';

/** Journeys that overlap from ≤ t < to (an open one has no end), with a sighting at the site, of marks that fit `mark` (`*`, `?`) or of exactly `key`. */
export interface JourneyFilter {
  readonly status?: Journey['status'] | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly siteId?: string | undefined;
  readonly mark?: string | MarkPattern | undefined;
  readonly key?: string | undefined;
}

type JourneyRow = typeof journeys.$inferSelect;

/** Journeys, latest start first. @throws CURSOR_INVALID, MARK_INVALID, ARGUMENT_INVALID */
export async function listJourneys(db: Database, filter: JourneyFilter, page: PageRequest = {}): Promise<Page<Journey>> {
  const limit = pageLimit(page), place = readCursor(page.cursor, filter);
  const atSite = filter.siteId === undefined ? undefined : exists(
    db.orm.select({ one: sql`1` }).from(journeySightings).where(and(eq(journeySightings.journeyId, journeys.id), eq(journeySightings.siteId, filter.siteId))),
  );
  const conditions = and(
    equals(journeys.status, filter.status), equals(journeys.key, filter.key), atSite, filter.mark === undefined ? undefined : markFits(journeys, filter.mark),
    filter.to === undefined ? undefined : lt(journeys.startedAt, filter.to),
    filter.from === undefined ? undefined : or(eq(journeys.status, 'open'), gte(journeys.lastSeenAt, filter.from)),
    after(journeys.startedAt, journeys.id, place),
  );
  const found = await atStore(db, async () => {
    const rows = await db.orm.select().from(journeys).where(conditions).orderBy(desc(journeys.startedAt), desc(journeys.id)).limit(limit + 1);
    return withSightings(db.orm, rows);
  });
  return toPage(found, limit, filter, (journey) => ({ at: journey.startedAt, id: journey.id }));
}

/** One journey, or null. */
export async function findJourney(db: Database, id: string): Promise<Journey | null> {
  const [journey] = await atStore(db, async () => withSightings(db.orm, await db.orm.select().from(journeys).where(eq(journeys.id, id)).limit(1)));
  return journey ?? null;
}

async function withSightings(orm: Orm, rows: readonly JourneyRow[]): Promise<Journey[]> {
  const sightings = await sightingsOfJourneys(orm, rows.map((row) => row.id));
  return rows.map((row) => journeyOf(row, sightings.get(row.id) ?? []));
}

function journeyOf(row: JourneyRow, sightings: readonly Sighting[]): Journey {
  const withId = (id: string | null): Sighting | null => (id === null ? null : (sightings.find((s) => s.passId === id) ?? null));
  return {
    id: row.id, key: row.key, mark: markOf(row), status: row.status, entry: withId(row.entryPassId), exit: withId(row.exitPassId), entryMissing: row.entryMissing,
    exitMissing: row.exitMissing, ambiguous: row.ambiguous, startedAt: row.startedAt, lastSeenAt: row.lastSeenAt, sightings,
  };
}
