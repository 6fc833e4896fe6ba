import { and, desc, gte, lt, sql } from 'drizzle-orm';
import type { KeptJourney } from '../journey/journey.ts';
import type { Mark } from '../plate/mark.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { journeyConditions, withSightings, type JourneyFilter } from './list-journeys.ts';
import { after } from './list-passes.ts';
import { epochMs, rowsOf } from './query.ts';
import { journeys } from './schema.ts';
import { walkBack } from './time-slices.ts';

/** What an export says of a journey. Times are epoch milliseconds. */
export interface ExportedJourney {
  readonly id: string;
  readonly mark: Mark;
  readonly status: KeptJourney['status'];
  readonly startedAt: number;
  readonly lastSeenAt: number;
  readonly entryAt: number | null;
  readonly entrySite: string | null;
  readonly entryMissing: boolean;
  readonly entryAfter: number | null;
  readonly exitAt: number | null;
  readonly exitSite: string | null;
  readonly exitMissing: boolean;
  readonly exitBefore: number | null;
  readonly pairExitAt: number | null;
  readonly pairExitSite: string | null;
  readonly pairScore: number | null;
  readonly ambiguous: boolean;
  readonly confidence: number;
  readonly sightingCount: number;
  /** Sites in the order in which the vehicle was seen there; where it was seen at one several times running, once. */
  readonly route: readonly string[];
  readonly classes: readonly string[];
}

/** Each brings its sightings along: a page of 250 holds 50,000 at most. */
const PAGE = 250, SIGHTINGS = 200;

/** Every journey of the filter, latest start first, in pages, as each stands when its page is read. @throws MARK_INVALID */
export async function* exportJourneys(db: Database, filter: JourneyFilter, pageSize: number = PAGE): AsyncGenerator<readonly ExportedJourney[]> {
  const conditions = journeyConditions(filter);
  const pages = walkBack<KeptJourney>({
    bounds: await boundsOf(db, filter), pageSize, placeOf: (journey) => ({ at: journey.startedAt, id: journey.id }),
    read: ({ from, before }) => atStore(db, async () => {
      const rows = await db.orm.select().from(journeys).where(and(conditions, gte(journeys.startedAt, from), after(journeys.startedAt, journeys.id, before)))
        .orderBy(desc(journeys.startedAt), desc(journeys.id)).limit(pageSize);
      return withSightings(db.orm, rows, SIGHTINGS);
    }),
  });
  for await (const page of pages) yield page.map(exportedOf);
}

async function boundsOf(db: Database, { to }: JourneyFilter): Promise<{ readonly earliest: number; readonly latest: number } | null> {
  const [row] = await atStore(db, () => rowsOf<{ earliest: number | null; latest: number | null }>(db.orm, sql`
    select ${epochMs(sql`min(${journeys.startedAt})`)} as earliest, ${epochMs(sql`max(${journeys.startedAt})`)} as latest from ${journeys}
    ${to === undefined ? sql`` : sql`where ${lt(journeys.startedAt, to)}`}
  `));
  return row === undefined || row.earliest === null || row.latest === null ? null : { earliest: row.earliest, latest: row.latest };
}

function exportedOf(journey: KeptJourney): ExportedJourney {
  const { id, mark, status, startedAt, lastSeenAt, entry, exit, entryMissing, exitMissing, inferredEntry, inferredExit, probableExit, ambiguous, confidence, sightingCount, classes } = journey;
  return {
    id, mark, status: probableExit === null ? status : 'closed', startedAt, lastSeenAt, entryAt: entry?.capturedAt ?? null, entrySite: entry?.siteId ?? null, entryMissing,
    entryAfter: inferredEntry?.from ?? null, exitAt: exit?.capturedAt ?? null, exitSite: exit?.siteId ?? null, exitMissing, exitBefore: inferredExit?.to ?? null,
    pairExitAt: probableExit?.exit.capturedAt ?? null, pairExitSite: probableExit?.exit.siteId ?? null, pairScore: probableExit?.score ?? null, ambiguous, confidence, sightingCount,
    route: routeOf(journey), classes,
  };
}

function routeOf({ sightings, probableExit }: KeptJourney): string[] {
  const sites = [...sightings, ...probableExit === null ? [] : [probableExit.exit]].flatMap((s) => s.siteId ?? []);
  return sites.filter((site, i) => site !== sites[i - 1]);
}
