import type { Register } from '../../src/geo/register.ts';
import { markSearch, type MarkSearch } from '../../src/list/mark-search.ts';
import type { Mark } from '../../src/plate/mark.ts';
import { parseMarkPattern } from '../../src/plate/pattern.ts';
import { cameraDowntime } from '../../src/store/camera-downtime.ts';
import { cameraLatest } from '../../src/store/camera-latest.ts';
import type { Database } from '../../src/store/database.ts';
import { crossingsPerHour } from '../../src/store/crossings-per-hour.ts';
import { dwellHistogram } from '../../src/store/dwell.ts';
import { insideNow } from '../../src/store/inside-now.ts';
import { listJourneys } from '../../src/store/list-journeys.ts';
import { listPasses } from '../../src/store/list-passes.ts';
import { originDestination } from '../../src/store/origin-destination.ts';
import { seenAtBoth } from '../../src/store/seen-at-both.ts';
import { seenOfMarks } from '../../src/store/seen-of-marks.ts';
import { markTimeline } from '../../src/store/timeline.ts';
import { searchVehicles } from '../../src/store/vehicles-search.ts';
import { ask } from './columns.ts';
import { plainCameraLatest, plainTimeline, plainWildcard } from './plain.ts';
import type { Plan } from './plan.ts';

const DAY = 86_400_000, HOUR = DAY / 24;

/** A pass drawn by chance, so that marks and cameras come as often as they do in the traffic. */
export interface Drawn { readonly key: string; readonly letters: string; readonly year: string | null; readonly number: string; readonly camera: string; readonly site: string; readonly at: number }

export interface Question {
  readonly name: string;
  readonly ask: (db: Database, drawn: Drawn, i: number) => Promise<unknown>;
  /** How often at most: for those that take long and are asked seldom. */
  readonly atMost?: number;
}

/** Marks of one bulk lookup. */
export const LOOKUP_MARKS = 10_000;

/** Passes by chance from everywhere in the time. The pages of the table that they come from are read for it: draw before the cache is dropped. */
export async function draw(db: Database, plan: Plan, count: number): Promise<Drawn[]> {
  const share = Math.min(100, (count * 2000) / plan.passes);
  return ask<Drawn>(db.bulk, `
    select key, mark_letters as letters, mark_year as year, mark_number as number, camera_id as camera, site_id as site, (extract(epoch from captured_at) * 1000)::double precision as at
    from passes tablesample system (${share}) repeatable (7) where key is not null and site_id is not null order by md5(id) limit ${count}
  `);
}

/** The mark as a person asks for it: letters, number and the year that the plate shows. */
function markOf({ letters, year, number }: Drawn): Mark {
  return { jurisdiction: null, district: null, letters, year, number, suffix: null, class: null, series: null };
}

/** What a person types who remembers part of a mark: a letter, digits or the end of the number not seen, in turn. */
export function patternOf({ letters, year, number }: Drawn, i: number): string {
  const unsure = `${letters.slice(0, -1)}?`, start = number.slice(0, 2);
  return [`${unsure}-${year === null ? '' : `${year}-`}${start}*`, `*${number}`, `${unsure}${number}`, `${letters.slice(0, 1)}*${number.slice(-3)}`, `${letters}-${number.slice(0, -1)}?`][i % 5] as string;
}

/** The same as SQL LIKE over letters and number, for the plain table. */
export function likeOf({ letters, number }: Drawn, i: number): string {
  const unsure = `${letters.slice(0, -1)}_`, bare = number.replace(/^0+(?=.)/, '');
  return [`${unsure}${bare.slice(0, 2)}%`, `%${bare}`, `${unsure}${bare}`, `${letters.slice(0, 1)}%${bare.slice(-3)}`, `${letters}${bare.slice(0, -1)}_`][i % 5] as string;
}

export const PLAIN_QUESTIONS: readonly Question[] = [
  { name: 'plain_timeline', ask: (db, drawn) => plainTimeline(db, drawn.key) },
  { name: 'plain_camera', ask: (db, drawn) => plainCameraLatest(db, drawn.camera) },
  { name: 'plain_wildcard', ask: (db, drawn, i) => plainWildcard(db, likeOf(drawn, i)) },
];

function searchOf(text: string): MarkSearch {
  const pattern = parseMarkPattern(text);
  if (pattern.kind === 'invalid') throw new Error(`${text}: ${pattern.reason}`);
  return markSearch(pattern, false);
}

/** The questions of the API, by the functions behind its routes. `now`: end of the data; `many`: passes for a bulk lookup. */
export function questionsOf(register: Register, now: number, many: readonly Drawn[]): Question[] {
  const camerasAt = new Map(register.sites.map((site) => [site.id, register.cameras.filter((camera) => camera.siteId === site.id).map((camera) => camera.id)]));
  const boundary = register.sites.filter((site) => site.kind === 'boundary').map((site) => site.id), all = register.cameras.map((camera) => camera.id);
  const timeZone = register.city.timeZone, ofSite = (site: string): string[] => camerasAt.get(site) ?? [];
  const gate = (i: number): string => boundary[i % boundary.length] ?? '', place = (siteId: string) => ({ siteId, cameraIds: ofSite(siteId) });
  const dayOf = ({ at }: Drawn): number => at - ((at - now) % DAY + DAY) % DAY;
  return [
    { name: 'timeline', ask: (db, drawn) => markTimeline(db, { mark: markOf(drawn) }) },
    { name: 'passes_of_mark', ask: (db, drawn) => listPasses(db, { key: drawn.key }) },
    { name: 'camera', ask: (db, drawn) => cameraLatest(db, [drawn.camera], now) },
    { name: 'all_cameras', ask: (db) => cameraLatest(db, all, now) },
    { name: 'camera_passes', ask: (db, drawn) => listPasses(db, { cameraId: drawn.camera, to: drawn.at }) },
    { name: 'site_passes', ask: (db, drawn) => listPasses(db, { siteId: drawn.site, to: drawn.at }, {}, ofSite(drawn.site)) },
    { name: 'trucks_inbound', ask: (db, drawn, i) => listPasses(db, { siteId: gate(i), direction: 'in', vehicleClass: 'truck', from: drawn.at - DAY, to: drawn.at }, {}, ofSite(gate(i))) },
    { name: 'wildcard', ask: (db, drawn, i) => listPasses(db, { mark: patternOf(drawn, i) }) },
    { name: 'wildcard_month', ask: (db, drawn, i) => listPasses(db, { mark: patternOf(drawn, i), from: drawn.at - 15 * DAY, to: drawn.at + 15 * DAY }) },
    { name: 'look_alikes', ask: (db, drawn) => listPasses(db, { mark: `${drawn.letters}${drawn.number}`, lookAlikes: true }) },
    { name: 'journeys_of_mark', ask: (db, drawn) => listJourneys(db, { key: drawn.key }) },
    { name: 'open_journeys', ask: (db) => listJourneys(db, { status: 'open' }) },
    {
      name: 'seen_at_both',
      ask: (db, drawn, i) => seenAtBoth(db, { a: place(gate(i)), b: place(gate(i + 1 + (i % 4))), withinMs: 3 * HOUR, order: 'a-first', from: dayOf(drawn), to: dayOf(drawn) + DAY, now }),
    },
    { name: 'inside_now', ask: (db) => insideNow(db, now) },
    { name: 'crossings_of_day', ask: (db, drawn) => crossingsPerHour(db, { from: dayOf(drawn), to: dayOf(drawn) + DAY, per: 'hour', timeZone }) },
    { name: 'origins_of_week', ask: (db, drawn) => originDestination(db, { from: dayOf(drawn), to: dayOf(drawn) + 7 * DAY }) },
    { name: 'dwell_of_week', ask: (db, drawn) => dwellHistogram(db, { from: dayOf(drawn), to: dayOf(drawn) + 7 * DAY, by: 'site' }) },
    { name: 'vehicles_like', ask: (db, drawn, i) => searchVehicles(db, { marks: searchOf(patternOf(drawn, i)) }, { i }) },
    { name: 'lookup_of_many', atMost: 10, ask: (db) => seenOfMarks(db, many.map(markOf)) },
    { name: 'cameras_down', ask: (db, drawn) => cameraDowntime(db, { cameraIds: all, from: drawn.at - DAY, to: drawn.at, now: now + HOUR, timeZone }) },
  ];
}
