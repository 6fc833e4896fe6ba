import { sql } from 'drizzle-orm';
import { downStretches, hasHour, HOUR_MS, hourOfDay, usualHours, type Downtime, type HourHabit, type HoursOfDay, type Stretch } from '../geo/downtime.ts';
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

const DAY_MS = 24 * HOUR_MS, BASE_MS = 28 * DAY_MS;
/** What is usual before a day is not worked out again for a while: it takes 39,000 rows for 1,400 cameras, and one day more or less changes little. */
const KEPT_DAYS = 62, KEPT_MS = 6 * HOUR_MS;

const kept = new WeakMap<Database, Map<string, Map<string, HoursOfDay>>>();

/**
 * When these cameras were down in from ≤ t < to: full hours without a pass in which the camera usually has some, by the four weeks before,
 * widened to the last pass before and the first one after. A camera that was silent in all these four weeks has nothing usual and is not
 * named: ask `camerasWithPasses`.
 */
export async function cameraDowntime(db: Database, search: DowntimeSearch, limit = 200): Promise<Downtimes> {
  const from = Math.floor(search.from / HOUR_MS) * HOUR_MS, to = Math.min(Math.ceil(search.to / HOUR_MS), Math.floor(search.now / HOUR_MS)) * HOUR_MS;
  if (search.cameraIds.length === 0 || from >= to) return { spans: [], more: 0 };
  const hourOf = hourOfDay(search.timeZone), usual = await usualBefore(db, search, Math.floor(from / DAY_MS) * DAY_MS);
  const silent = await silentStretches(db, [...usual].flatMap(([cameraId, hours]) => (hours === 0 ? [] : [cameraId])), from, to);
  const down = [...silent].flatMap(([cameraId, stretches]) => downStretches(stretches, usual.get(cameraId) ?? 0, hourOf).map((stretch) => ({ cameraId, ...stretch })));
  const longest = down.toSorted((a, b) => b.to - b.from - (a.to - a.from) || a.from - b.from || (a.cameraId < b.cameraId ? -1 : 1)).slice(0, limit);
  return { spans: (await sharpened(db, longest)).toSorted((a, b) => a.from - b.from || (a.cameraId < b.cameraId ? -1 : 1)), more: down.length - longest.length };
}

/** Usual hours of each of these cameras in the four weeks before a day. */
async function usualBefore(db: Database, { cameraIds, timeZone, now }: DowntimeSearch, day: number): Promise<ReadonlyMap<string, HoursOfDay>> {
  const days = kept.get(db) ?? new Map<string, Map<string, HoursOfDay>>(), name = `${timeZone} ${day} ${Math.floor(now / KEPT_MS)}`, known = days.get(name) ?? new Map<string, HoursOfDay>();
  const missing = [...new Set(cameraIds)].filter((id) => !known.has(id));
  const habits = missing.length === 0 ? new Map<string, HourHabit[]>() : await habitsOf(db, missing, hourOfDay(timeZone), day);
  for (const id of missing) known.set(id, usualHours(habits.get(id) ?? []));
  days.delete(name);
  days.set(name, known);
  for (const old of [...days.keys()].slice(0, Math.max(0, days.size - KEPT_DAYS))) days.delete(old);
  kept.set(db, days);
  return new Map(cameraIds.map((id) => [id, known.get(id) ?? 0]));
}

async function habitsOf(db: Database, cameraIds: readonly string[], hourOf: (at: number) => number, before: number): Promise<Map<string, HourHabit[]>> {
  const rows = await atStore(db, () => rowsOf<{ camera: string; day: number; hours: number; busy: number }>(db.orm, sql`
    select camera_id as camera, ${epochMs(sql`day`)} as day, hours, busy_hours as busy
    from camera_days where camera_id = any(${array(cameraIds, 'text')}) and day >= ${instantParameter(before - BASE_MS)} and day < ${instantParameter(before)}
  `));
  const habits = new Map<string, HourHabit[]>();
  for (const { camera, day, hours, busy } of rows) {
    const own = habits.get(camera) ?? Array.from({ length: 24 }, (_, hour): HourHabit => ({ hour, days: 0, busy: 0 }));
    for (let h = 0; h < 24; h++) {
      const hour = hourOf(day + h * HOUR_MS), known = own[hour];
      if (known !== undefined && hasHour(hours, h)) own[hour] = { hour, days: known.days + 1, busy: known.busy + (hasHour(busy, h) ? 1 : 0) };
    }
    habits.set(camera, own);
  }
  return habits;
}

/** Full hours without a pass, joined, of each camera. The primary key is walked once, in its own order: of a million hours only those come back beside which one is missing. */
async function silentStretches(db: Database, cameraIds: readonly string[], from: number, to: number): Promise<Map<string, Stretch[]>> {
  if (cameraIds.length === 0) return new Map();
  const rows = await atStore(db, () => rowsOf<{ camera: string; at: number; next: number; first: boolean }>(db.orm, sql`
    select camera, ${epochMs(sql`hour`)} as at, ${epochMs(sql`next`)} as next, first from (
      select camera_id as camera, hour, lead(hour, 1, ${instantParameter(to)}) over by_hour as next, lag(hour) over by_hour is null as first
      from camera_hours where camera_id = any(${array(cameraIds, 'text')}) and hour >= ${instantParameter(from)} and hour < ${instantParameter(to)}
      window by_hour as (partition by camera_id order by hour)
    ) as known where first or next > hour + interval '1 hour'
  `));
  const silent = new Map<string, Stretch[]>(), seen = new Set<string>();
  const add = (camera: string, stretch: Stretch): void => {
    const own = silent.get(camera);
    if (stretch.from >= stretch.to) return;
    if (own === undefined) silent.set(camera, [stretch]);
    else own.push(stretch);
  };
  for (const { camera, at, next, first } of rows) {
    if (first) add(camera, { from, to: at });
    add(camera, { from: at + HOUR_MS, to: next });
    seen.add(camera);
  }
  for (const camera of cameraIds) if (!seen.has(camera)) add(camera, { from, to });
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
