import { and, sql, type SQL } from 'drizzle-orm';
import type { Orm } from './database.ts';
import type { Place } from './page.ts';
import { array, epochMs, rowsOf } from './query.ts';
import { passes } from './schema.ts';
import { storedPassOf, type StoredPass } from './stored-pass.ts';

export interface NewestSearch {
  readonly conditions: SQL | undefined;
  /**
   * The newest of each camera are sought in its index and put in order: the newest of a site then cost the same however old and however many
   * passes there are. null: all cameras, in order of time.
   */
  readonly cameraIds: readonly string[] | null;
  readonly limit: number;
}

/** Where the newest passes are that meet the conditions, newest first, at most `limit`. */
export async function newestPlaces(orm: Orm, { conditions, cameraIds, limit }: NewestSearch): Promise<Place[]> {
  const newest = (where: SQL | undefined): SQL =>
    sql`select ${passes.capturedAt}, ${passes.id} from ${passes} ${where === undefined ? sql`` : sql`where ${where}`} order by ${passes.capturedAt} desc, ${passes.id} desc limit ${limit}`;
  const source = cameraIds === null ? newest(conditions) : sql`
    select n.captured_at, n.id from unnest(${array([...new Set(cameraIds)], 'text')}) as c (id)
    cross join lateral (${newest(and(sql`${passes.cameraId} = c.id collate "C"`, conditions))}) as n
  `;
  return rowsOf<Place>(orm, sql`select ${epochMs(sql`found.captured_at`)} as at, found.id from (${source}) as found order by found.captured_at desc, found.id desc limit ${limit}`);
}

/** The same of some keys, in times from ≤ captured_at < to that `conditions` name: one look into the index for each key and month. */
export function newestPlacesOfKeys(orm: Orm, keys: readonly string[], conditions: SQL | undefined, limit: number): Promise<Place[]> {
  return rowsOf<Place>(orm, sql`
    select ${epochMs(sql`n.captured_at`)} as at, n.id from unnest(${array(keys, 'text')}) as k (key)
    cross join lateral (
      select ${passes.capturedAt}, ${passes.id} from ${passes} where ${and(sql`${passes.key} = k.key collate "C"`, conditions)} order by ${passes.capturedAt} desc, ${passes.id} desc limit ${limit}
    ) as n order by n.captured_at desc, n.id desc limit ${limit}
  `);
}

/** The passes at these places, newest first. By the primary key, pair by pair: ids alone would be sought in every row between the first time and the last. */
export async function passesAt(orm: Orm, places: readonly Place[]): Promise<StoredPass[]> {
  if (places.length === 0) return [];
  const rows = await orm.select().from(passes).where(sql`(${passes.capturedAt}, ${passes.id}) in (
    select at, id collate "C" from unnest(${array(places.map((p) => new Date(p.at).toISOString()), 'timestamptz')}, ${array(places.map((p) => p.id), 'text')}) as wanted (at, id)
  )`);
  return rows.map(storedPassOf).toSorted((a, b) => b.capturedAt - a.capturedAt || (a.id < b.id ? 1 : -1));
}
