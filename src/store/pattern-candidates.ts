import { and, asc, eq, gt, isNull, lte, sql } from 'drizzle-orm';
import type { KeptJourney } from '../journey/journey.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { withSightings } from './list-journeys.ts';
import type { Place } from './page.ts';
import { array, epochMs, instantParameter, rowsOf } from './query.ts';
import { journeys } from './schema.ts';

// Keys that a pattern could be found in: few, so that only their sightings need to be read. Times are epoch milliseconds, from ≤ t < to.

const STANDING = sql`p.key is not null and p.site_id is not null and not exists (select from corrections c where c.pass_id = p.id)`;
const keysOf = async (db: Database, statement: ReturnType<typeof sql>): Promise<string[]> => (await atStore(db, () => rowsOf<{ key: string }>(db.bulk, statement))).map((row) => row.key);

/** With at least so many sightings, or so many crossings of the boundary. */
export function busyKeys(db: Database, from: number, to: number, fewest: { readonly sightings: number; readonly crossings: number }): Promise<string[]> {
  return keysOf(db, sql`
    select p.key from passes p where p.captured_at >= ${instantParameter(from)} and p.captured_at < ${instantParameter(to)} and ${STANDING} group by p.key
    having count(*) >= ${fewest.sightings} or count(*) filter (where p.boundary and p.direction <> 'unknown') >= ${fewest.crossings} order by p.key
  `);
}

/** Seen at all. */
export function keysSeen(db: Database, from: number, to: number): Promise<string[]> {
  return keysOf(db, sql`select distinct p.key from passes p where p.captured_at >= ${instantParameter(from)} and p.captured_at < ${instantParameter(to)} and ${STANDING} order by p.key`);
}

/** Seen for the first time in this time. */
export function newKeys(db: Database, from: number, to: number): Promise<string[]> {
  return keysOf(db, sql`
    select v.key from (select distinct p.key from passes p where p.captured_at >= ${instantParameter(from)} and p.captured_at < ${instantParameter(to)} and ${STANDING}) as seen
    join vehicles v on v.key = seen.key where v.first_seen_at >= ${instantParameter(from)} order by v.key
  `);
}

/** What is known of keys: the marks that were ever read under each, and when it was first seen. */
export async function knownKeys(orm: Orm, keys: readonly string[]): Promise<Map<string, { readonly profiles: readonly string[]; readonly firstSeenAt: number }>> {
  const rows = await rowsOf<{ key: string; profiles: string[]; first: number | null }>(orm, sql`
    select key, profiles, ${epochMs(sql`first_seen_at`)} as first from vehicles where key = any(${array([...keys], 'text')})
  `);
  return new Map(rows.map(({ key, profiles, first }) => [key, { profiles, firstSeenAt: first ?? 0 }]));
}

/** Open journeys that began in from < t ≤ to, oldest first, with their ends; a page of them. */
export async function openJourneysBetween(db: Database, from: number, to: number, page: { readonly after: Place | null; readonly limit: number }): Promise<KeptJourney[]> {
  const { after } = page, beyond = after === null ? undefined : sql`(${journeys.startedAt}, ${journeys.id}) > (${instantParameter(after.at)}, ${after.id})`;
  return atStore(db, async () => {
    const rows = await db.bulk.select().from(journeys)
      .where(and(eq(journeys.status, 'open'), eq(journeys.absorbed, false), gt(journeys.startedAt, from), lte(journeys.startedAt, to), isNull(journeys.pairExitAt), beyond))
      .orderBy(asc(journeys.startedAt), asc(journeys.id)).limit(page.limit);
    return withSightings(db.bulk, rows, 1);
  });
}

/** Takes findings away that were only news: of this kind, with nothing in evidence since a time, of which nobody has said anything and which nothing holds. Gives how many. */
export async function dropOldFindings(db: Database, kind: string, before: number): Promise<number> {
  const rows = await atStore(db, () => rowsOf(db.orm, sql`
    delete from findings f where f.kind = ${kind} and f.last_at < ${instantParameter(before)} and not exists (select from finding_verdicts v where v.finding_id = f.id)
      and not exists (select from legal_holds l where l.released_at is null and l.key = any(f.keys)) returning f.id
  `));
  return rows.length;
}
