import { and, gte, lt, sql } from 'drizzle-orm';
import { tripsBetween, type PlacedPass, type Trip, type TripRules } from '../journey/trips-between.ts';
import type { Direction } from '../pass/pass.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { markOf, type MarkRow } from './mark-columns.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest } from './page.ts';
import { array, epochMs, rowsOf } from './query.ts';
import { passes } from './schema.ts';
import { standing } from './standing.ts';

/** A site, and all cameras that ever stood there. */
export interface SitePlace { readonly siteId: string; readonly cameraIds: readonly string[] }

/** Both passes were captured in from ≤ t < to (epoch milliseconds); without `to` up to `now`. */
export interface SeenAtSearch extends TripRules {
  readonly a: SitePlace;
  readonly b: SitePlace;
  readonly from: number;
  readonly to?: number | undefined;
  readonly now: number;
}

export interface TripPass extends PlacedPass {
  readonly cameraId: string;
  readonly siteId: string;
  readonly direction: Direction;
}

/** The arrivals of so much time are looked at first; then of four times as much, and so on, until a page is full. */
const FIRST_SPAN_MS = 2 * 3_600_000;

/** Vehicles that were at one site and then at the other, newest arrival first; one for each trip. @throws CURSOR_INVALID, ARGUMENT_INVALID */
export async function seenAtBoth(db: Database, search: SeenAtSearch, page: PageRequest = {}): Promise<Page<Trip<TripPass>>> {
  const { a, b, from, to, withinMs, order } = search, question = { from, to, withinMs, order, a: a.siteId, b: b.siteId }, end = to ?? search.now;
  const limit = pageLimit(page), place = readCursor(page.cursor, question), found: Trip<TripPass>[] = [];
  let until = place === null ? end : Math.min(end, place.at + 1), span = FIRST_SPAN_MS;
  while (found.length <= limit && until > from) {
    const since = Math.max(from, until - span);
    const trips = tripsBetween(await passesAtEither(db, search, Math.max(from, since - withinMs), until), search);
    found.push(...trips.filter(({ later }) =>
      later.capturedAt >= since && (place === null || later.capturedAt < place.at || (later.capturedAt === place.at && later.passId < place.id))));
    [until, span] = [since, span * 4];
  }
  return toPage(found, limit, question, ({ later }) => ({ at: later.capturedAt, id: later.passId }));
}

type Row = MarkRow & { readonly id: string; readonly at: number; readonly key: string; readonly camera: string; readonly site: string; readonly direction: Direction };

/** Only of keys that were at both sites in the time: most traffic of a site never was at the other. */
async function passesAtEither(db: Database, { a, b }: SeenAtSearch, from: number, to: number): Promise<TripPass[]> {
  const cameraIds = [...new Set([...a.cameraIds, ...b.cameraIds])], atA = sql`${passes.siteId} = ${a.siteId}`;
  const rows = await atStore(db, () => rowsOf<Row>(db.orm, sql`
    with seen as materialized (
      select ${passes.id} as id, ${passes.capturedAt} as captured_at, ${passes.key} as key, ${passes.cameraId} as camera, ${passes.siteId} as site, ${passes.direction} as direction,
        ${passes.markJurisdiction} as "markJurisdiction", ${passes.markDistrict} as "markDistrict", ${passes.markLetters} as "markLetters", ${passes.markYear} as "markYear",
        ${passes.markNumber} as "markNumber", ${passes.markSuffix} as "markSuffix", ${passes.markClass} as "markClass", ${passes.markSeries} as "markSeries", ${atA} as at_a
      from ${passes} where ${and(
        sql`${passes.cameraId} = any(${array(cameraIds, 'text')})`, sql`${passes.siteId} = any(${array([a.siteId, b.siteId], 'text')})`, gte(passes.capturedAt, from), lt(passes.capturedAt, to),
        sql`${passes.key} is not null`,
      )}
    )
    select seen.*, ${epochMs(sql`captured_at`)} as at from seen
    where key in (select key from seen group by key having bool_or(at_a) and not bool_and(at_a)) and ${standing(sql`seen.id`)}
  `));
  return rows.flatMap((row) => {
    const mark = markOf(row);
    return mark === null ? [] : [{ passId: row.id, key: row.key, mark, capturedAt: row.at, place: row.site === a.siteId ? 'a' : 'b', cameraId: row.camera, siteId: row.site, direction: row.direction }];
  });
}
