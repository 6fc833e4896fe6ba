import { sql } from 'drizzle-orm';
import { downStretches, HOUR_MS, hourOfDay, USUAL_PASSES, usualHours, type Downtime, type HourHabit, type Stretch } from '../geo/downtime.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { array, epochMs, instantParameter, rowsOf } from './query.ts';

/** Which cameras, and when (epoch milliseconds). */
export interface DowntimeSearch {
  readonly cameraIds: readonly string[];
  readonly from: number;
  readonly to: number;
  /** Hours that are not over yet cannot be judged. */
  readonly now: number;
  /** IANA name: what is usual goes by the hour of the city's day. */
  readonly timeZone: string;
}

export interface Downtimes {
  /** The longest, by beginning. */
  readonly spans: readonly Downtime[];
  /** Spans beyond `limit`. */
  readonly more: number;
}

const BASE_MS = 28 * 24 * HOUR_MS;

/**
 * When these cameras were down in from ≤ t < to: full hours without a pass in which the camera usually has some, by the four weeks before,
 * widened to the last pass before and the first one after. A camera that was silent in all these four weeks has nothing usual and is not
 * named: ask `camerasWithPasses`.
 */
export async function cameraDowntime(db: Database, search: DowntimeSearch, limit = 200): Promise<Downtimes> {
  const from = Math.floor(search.from / HOUR_MS) * HOUR_MS, to = Math.min(Math.ceil(search.to / HOUR_MS), Math.floor(search.now / HOUR_MS)) * HOUR_MS;
  if (search.cameraIds.length === 0 || from >= to) return { spans: [], more: 0 };
  const hourOf = hourOfDay(search.timeZone);
  const habits = await habitsOf(db, search, from), silent = await silentStretches(db, [...habits.keys()], from, to);
  const down = [...habits].flatMap(([cameraId, own]) => downStretches(silent.get(cameraId) ?? [], usualHours(own), hourOf).map((stretch) => ({ cameraId, ...stretch })));
  const longest = down.toSorted((a, b) => b.to - b.from - (a.to - a.from) || a.from - b.from || (a.cameraId < b.cameraId ? -1 : 1)).slice(0, limit);
  return { spans: (await sharpened(db, longest)).toSorted((a, b) => a.from - b.from || (a.cameraId < b.cameraId ? -1 : 1)), more: down.length - longest.length };
}

async function habitsOf(db: Database, { cameraIds, timeZone }: DowntimeSearch, before: number): Promise<Map<string, HourHabit[]>> {
  const rows = await atStore(db, () => rowsOf<{ camera: string; hour: number; days: number; busy: number }>(db.orm, sql`
    select camera_id as camera, extract(hour from hour at time zone ${timeZone})::integer as hour, count(*)::integer as days,
      count(*) filter (where passes >= ${USUAL_PASSES})::integer as busy
    from camera_hours where camera_id = any(${array([...new Set(cameraIds)], 'text')}) and hour >= ${instantParameter(before - BASE_MS)} and hour < ${instantParameter(before)}
    group by 1, 2
  `));
  const habits = new Map<string, HourHabit[]>();
  for (const { camera, ...habit } of rows) {
    const own = habits.get(camera);
    if (own === undefined) habits.set(camera, [habit]);
    else own.push(habit);
  }
  return habits;
}

/** Full hours without a pass, joined. `lag` over the primary key finds them without making a row for each hour that there is. */
async function silentStretches(db: Database, cameraIds: readonly string[], from: number, to: number): Promise<Map<string, Stretch[]>> {
  if (cameraIds.length === 0) return new Map();
  const rows = await atStore(db, () => rowsOf<{ camera: string; since: number; until: number }>(db.orm, sql`
    select camera, ${epochMs(sql`since`)} as since, ${epochMs(sql`until`)} as until from (
      select camera, lag(hour, 1, ${instantParameter(from - HOUR_MS)}) over (partition by camera order by hour) + interval '1 hour' as since, hour as until
      from (
        select camera_id as camera, hour from camera_hours
        where camera_id = any(${array(cameraIds, 'text')}) and hour >= ${instantParameter(from)} and hour < ${instantParameter(to)}
        union all select id collate "C", ${instantParameter(to)} from unnest(${array(cameraIds, 'text')}) as id
      ) as known
    ) as between_hours where since < until
  `));
  const silent = new Map<string, Stretch[]>();
  for (const { camera, since, until } of rows) silent.set(camera, [...(silent.get(camera) ?? []), { from: since, to: until }]);
  return silent;
}

/** From the last pass before to the first pass after: two looks into an index for each. Stretches that no pass parts become one. */
async function sharpened(db: Database, stretches: readonly (Stretch & { readonly cameraId: string })[]): Promise<Downtime[]> {
  if (stretches.length === 0) return [];
  const times = (end: 'from' | 'to') => array(stretches.map((s) => new Date(s[end]).toISOString()), 'timestamptz');
  const rows = await atStore(db, () => rowsOf<{ camera: string; since: number; until: number | null }>(db.orm, sql`
    select distinct s.camera, ${epochMs(sql`coalesce(b.captured_at, s.since)`)} as since, ${epochMs(sql`a.captured_at`)} as until
    from unnest(${array(stretches.map((s) => s.cameraId), 'text')}, ${times('from')}, ${times('to')}) as s (camera, since, until)
    left join lateral (select captured_at from passes where camera_id = s.camera collate "C" and captured_at < s.since order by captured_at desc limit 1) as b on true
    left join lateral (select captured_at from passes where camera_id = s.camera collate "C" and captured_at >= s.until order by captured_at limit 1) as a on true
  `));
  return rows.map(({ camera, since, until }) => ({ cameraId: camera, from: since, to: until }));
}
