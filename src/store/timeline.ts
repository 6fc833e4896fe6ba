import { and, desc, eq, gte, lt, lte, or } from 'drizzle-orm';
import { markKey } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { agrees } from './mark-columns.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest, type Place } from './page.ts';
import { after, period } from './period.ts';
import { journeys, passes, vehicles } from './schema.ts';
import { standingOfKey } from './standing.ts';
import { stayOf, type Stay } from './stays.ts';
import { storedPassOf, type StoredPass } from './stored-pass.ts';

export interface TimelineSearch {
  readonly mark: Mark;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** A journey stands at the time at which it began, and so behind its passes where the newest come first. */
export type TimelineItem = { readonly kind: 'pass'; readonly pass: StoredPass } | { readonly kind: 'journey'; readonly stay: Stay };

export interface TimelinePage extends Page<TimelineItem> {
  /** The next older pass, where one follows on the next page: what lies between belongs to neither page alone. */
  readonly olderPass: StoredPass | null;
}

/**
 * Passes and journeys of a mark, newest first: passes captured in from ≤ t < to, journeys that overlap it. Those that contradict the mark in a
 * part that was read, passes that were corrected and journeys that are another's exit are left out. @throws CURSOR_INVALID, ARGUMENT_INVALID
 */
export async function markTimeline(db: Database, search: TimelineSearch, page: PageRequest = {}): Promise<TimelinePage> {
  const question = { ...search, mark: JSON.stringify(search.mark), timeline: true };
  const limit = pageLimit(page), place = readCursor(page.cursor, question);
  const [found, stays] = await atStore(db, () => Promise.all([passesOf(db.orm, search, passPlace(place), limit + 1), staysOf(db.orm, search, stayPlace(place), limit + 1)]));
  const items: TimelineItem[] = [...found.map((pass): TimelineItem => ({ kind: 'pass', pass })), ...stays.map((stay): TimelineItem => ({ kind: 'journey', stay }))];
  const inOrder = items.map((item) => ({ item, place: placeOf(item) })).toSorted((a, b) => b.place.at - a.place.at || rank(a.item) - rank(b.item) || (a.place.id < b.place.id ? 1 : -1)).map(({ item }) => item);
  const shown = toPage(inOrder.slice(0, limit + 1), limit, question, placeOf), on = new Set(shown.items.flatMap((item) => (item.kind === 'pass' ? item.pass.id : [])));
  return { ...shown, olderPass: found.find((pass) => !on.has(pass.id)) ?? null };
}

function placeOf(item: TimelineItem): Place {
  return item.kind === 'pass' ? { at: item.pass.capturedAt, id: item.pass.id } : { at: item.stay.startedAt, id: item.stay.id };
}

/** Of one instant the passes stand first. */
const rank = (item: TimelineItem): number => (item.kind === 'pass' ? 0 : 1);
const isStay = (place: Place): boolean => place.id.startsWith(JOURNEY_ID);
const JOURNEY_ID = 'j-', BEFORE_ALL = '', AFTER_ALL = '~';

/** Behind a journey no pass of its instant is left to show, behind a pass every journey of it. */
const passPlace = (place: Place | null): Place | null => (place !== null && isStay(place) ? { at: place.at, id: BEFORE_ALL } : place);
const stayPlace = (place: Place | null): Place | null => (place !== null && !isStay(place) ? { at: place.at, id: AFTER_ALL } : place);

/**
 * The newest passes of the mark. Months before its key was first seen, and after it was last, are left out: each would cost a look into an index that holds nothing of it.
 * Asked for beforehand, so that the planner knows how much is between: for bounds that it does not know it would read all passes of the mark and sort them.
 */
async function passesOf(orm: Orm, { mark, ...times }: TimelineSearch, place: Place | null, limit: number): Promise<StoredPass[]> {
  const key = markKey(mark);
  const [seen] = await orm.select({ first: vehicles.firstSeenAt, last: vehicles.lastSeenAt }).from(vehicles).where(eq(vehicles.key, key)).limit(1);
  const rows = await orm.select().from(passes).where(and(
    eq(passes.key, key), agrees(passes, mark), standingOfKey(passes.id, key), ...period(passes.capturedAt, times), after(passes.capturedAt, passes.id, place),
    typeof seen?.first === 'number' ? gte(passes.capturedAt, seen.first) : undefined, typeof seen?.last === 'number' ? lte(passes.capturedAt, seen.last) : undefined,
  )).orderBy(desc(passes.capturedAt), desc(passes.id)).limit(limit);
  return rows.map(storedPassOf);
}

async function staysOf(orm: Orm, { mark, from, to }: TimelineSearch, place: Place | null, limit: number): Promise<Stay[]> {
  const rows = await orm.select().from(journeys).where(and(
    eq(journeys.key, markKey(mark)), agrees(journeys, mark), eq(journeys.absorbed, false), to === undefined ? undefined : lt(journeys.startedAt, to),
    from === undefined ? undefined : or(eq(journeys.status, 'open'), gte(journeys.lastSeenAt, from)), after(journeys.startedAt, journeys.id, place),
  )).orderBy(desc(journeys.startedAt), desc(journeys.id)).limit(limit);
  return rows.map(stayOf);
}
