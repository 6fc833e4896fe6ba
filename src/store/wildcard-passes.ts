import { and, gte, lt, or, sql, type SQL } from 'drizzle-orm';
import type { MarkSearch } from '../list/mark-search.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { checkedLike } from './mark-columns.ts';
import { newestPlaces, newestPlacesOfKeys, passesAt, type NewestSearch } from './newest-passes.ts';
import type { Place } from './page.ts';
import { after } from './period.ts';
import { array, epochMs, rowsOf } from './query.ts';
import { passes, vehicles } from './schema.ts';
import type { StoredPass } from './stored-pass.ts';

/** Other conditions of a search for marks: times (from ≤ capturedAt < to), place, and where the page before ended. */
export interface WildcardSearch extends Pick<NewestSearch, 'conditions' | 'cameraIds'> {
  readonly marks: MarkSearch;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly place: Place | null;
  readonly limit: number;
}

/**
 * A pattern that more vehicles fit is a common one: then it is cheaper to look at the newest passes one after the other than to ask for
 * those of each vehicle. At 2,000 of 2 million vehicles 100 passes are found among the newest 100,000.
 */
const FEW_VEHICLES = 2000;
/** The time that is looked at first; each further one is four times as long. */
const FIRST_SPAN_MS = 3 * 3_600_000;
const LATEST = Date.UTC(2200, 0);

interface Seen { readonly key: string; readonly first: number; readonly last: number }

/** The newest passes of the marks that are looked for, newest first, at most `limit`. @throws MARK_INVALID */
export function passesOfMarks(db: Database, search: WildcardSearch): Promise<StoredPass[]> {
  return atStore(db, async () => {
    const seen = await vehiclesSeen(db.orm, search);
    return seen === null ? scanned(db.orm, search) : ofVehicles(db.orm, seen, search);
  });
}

/** Condition for the keys that come into question. */
export function keysInQuestion(by: MarkSearch['by'], column: SQL): SQL {
  if ('keys' in by) return sql`${column} = any(${array(by.keys, 'text')})`;
  return sql`(${or(...by.likes.map((like) => sql`${column} like ${checkedLike(like)}`))})`;
}

/** The vehicles that come into question, the last one seen first; null when they are too many. What is not known of a vehicle rules nothing out. */
async function vehiclesSeen(orm: Orm, { marks, from, to }: WildcardSearch): Promise<Seen[] | null> {
  const rows = await rowsOf<{ key: string; first: number | null; last: number | null }>(orm, sql`
    select key, ${epochMs(sql`first_seen_at`)} as first, ${epochMs(sql`last_seen_at`)} as last from ${vehicles} where ${and(
      keysInQuestion(marks.by, sql`key`), from === undefined ? undefined : or(sql`last_seen_at is null`, gte(vehicles.lastSeenAt, from)),
      to === undefined ? undefined : or(sql`first_seen_at is null`, lt(vehicles.firstSeenAt, to)),
    )} limit ${FEW_VEHICLES + 1}
  `);
  if (rows.length > FEW_VEHICLES && !('keys' in marks.by)) return null;
  return rows.map(({ key, first, last }) => ({ key, first: first ?? -LATEST, last: last ?? LATEST })).toSorted((a, b) => b.last - a.last);
}

/**
 * Back in time, a longer and longer stretch at once, and in each only the vehicles that were seen in it: the newest passes of a page come
 * from the few that were seen last.
 */
async function ofVehicles(orm: Orm, seen: readonly Seen[], search: WildcardSearch): Promise<StoredPass[]> {
  const found: StoredPass[] = [], earliest = Math.max(search.from ?? -LATEST, Math.min(LATEST, ...seen.map((v) => v.first)));
  let { place } = search, span = FIRST_SPAN_MS;
  let until = Math.min(search.to ?? LATEST, place === null ? LATEST : place.at + 1);
  while (found.length < search.limit) {
    until = Math.min(until, Math.max(-LATEST, ...seen.map((v) => (v.first < until ? v.last + 1 : -LATEST))));
    if (until <= earliest) break;
    const since = Math.max(earliest, until === LATEST ? -LATEST : until - span), end = until;
    const keys = seen.filter((v) => v.last >= since && v.first < end).map((v) => v.key);
    const times = and(lt(passes.capturedAt, end), since === -LATEST ? undefined : gte(passes.capturedAt, since));
    const places = await newestPlacesOfKeys(orm, keys, and(times, search.conditions, after(passes.capturedAt, passes.id, place)), search.limit);
    found.push(...accepted(await passesAt(orm, places), search.marks));
    if (places.length < search.limit) [until, span] = [since, span * 4];
    else [place, until] = [places.at(-1) ?? null, (places.at(-1)?.at ?? since) + 1];
  }
  return found.slice(0, search.limit);
}

async function scanned(orm: Orm, { marks, conditions, cameraIds, limit, ...search }: WildcardSearch): Promise<StoredPass[]> {
  const found: StoredPass[] = [], fitting = and(keysInQuestion(marks.by, sql`${passes.key}`), conditions);
  let { place } = search, more = true;
  while (more && found.length < limit) {
    const places = await newestPlaces(orm, { conditions: and(fitting, after(passes.capturedAt, passes.id, place)), cameraIds, limit });
    found.push(...accepted(await passesAt(orm, places), marks));
    [place, more] = [places.at(-1) ?? null, places.length === limit];
  }
  return found.slice(0, limit);
}

function accepted(found: readonly StoredPass[], marks: MarkSearch): StoredPass[] {
  return found.filter((pass) => pass.mark !== null && pass.key !== null && marks.accepts(pass.mark, pass.key));
}
