import { and, desc, eq, inArray, sql, type SQL } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import { markSearch } from '../list/mark-search.ts';
import type { Direction, Pass } from '../pass/pass.ts';
import type { VehicleClass } from '../plate/mark.ts';
import { parseMarkPattern, type MarkPattern } from '../plate/pattern.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { agrees, markFits } from './mark-columns.ts';
import { newestPlaces, passesAt } from './newest-passes.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest, type Place } from './page.ts';
import { DISAGREES } from './disagreeing-passes.ts';
import { after, equals, period } from './period.ts';
import { passes } from './schema.ts';
import { storedPassOf, type StoredPass } from './stored-pass.ts';
import { passesOfMarks } from './wildcard-passes.ts';

export { after, equals, period } from './period.ts';

/** Times are epoch milliseconds: from ≤ capturedAt < to. `mark`: as a person writes it, with `*` and `?`. `key`: exact, as `Pass.key`. */
export interface PassFilter {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly siteId?: string | undefined;
  /** One camera, or several of which any will do. */
  readonly cameraId?: string | readonly string[] | undefined;
  readonly direction?: Direction | undefined;
  readonly outcome?: Pass['outcome'] | undefined;
  /** Class of the vehicle as a camera saw it, in its own words; capitals do not matter. */
  readonly vehicleClass?: string | undefined;
  /** What the plate says that the vehicle is used as. */
  readonly markClass?: VehicleClass | undefined;
  readonly mark?: string | MarkPattern | undefined;
  /** Also marks one look-alike away from `mark`. */
  readonly lookAlikes?: boolean | undefined;
  readonly key?: string | undefined;
  /** Only those that two readers read differently. */
  readonly disagree?: true | undefined;
}

/**
 * Passes, newest capture first. `siteCameras`: all cameras that ever stood at `siteId`, so that it is answered from the index of each;
 * without them its passes are sought among all.
 * @throws CURSOR_INVALID, MARK_INVALID, ARGUMENT_INVALID
 */
export async function listPasses(db: Database, filter: PassFilter, page: PageRequest = {}, siteCameras?: readonly string[]): Promise<Page<StoredPass>> {
  const limit = pageLimit(page), place = readCursor(page.cursor, filter);
  const rows = await newest(db, filter, place, limit + 1, siteCameras);
  return toPage(rows, limit, filter, (pass) => ({ at: pass.capturedAt, id: pass.id }));
}

/** All of a filter but `lookAlikes` as one condition on `passes`. @throws MARK_INVALID */
export function passConditions(filter: PassFilter): SQL | undefined {
  return and(besideMark(filter), filter.mark === undefined ? undefined : markFits(passes, filter.mark));
}

function besideMark(filter: PassFilter): SQL | undefined {
  const { cameraId } = filter;
  return and(
    ...period(passes.capturedAt, filter), equals(passes.siteId, filter.siteId), equals(passes.direction, filter.direction), equals(passes.outcome, filter.outcome),
    equals(passes.key, filter.key), equals(passes.markClass, filter.markClass), filter.disagree === undefined ? undefined : DISAGREES, filter.vehicleClass === undefined ? undefined : sql`lower(${passes.vehicleClass}) = lower(${filter.vehicleClass})`,
    cameraId === undefined ? undefined : typeof cameraId === 'string' ? eq(passes.cameraId, cameraId) : inArray(passes.cameraId, [...cameraId]),
  );
}

async function newest(db: Database, filter: PassFilter, place: Place | null, limit: number, siteCameras: readonly string[] | undefined): Promise<StoredPass[]> {
  const pattern = filter.mark === undefined ? null : patternOf(filter.mark), conditions = besideMark(filter), beyond = and(conditions, after(passes.capturedAt, passes.id, place));
  const { cameraId } = filter, cameraIds = cameraId === undefined ? siteCameras ?? null : typeof cameraId === 'string' ? [cameraId] : cameraId;
  if (pattern !== null && (pattern.kind === 'pattern' || filter.lookAlikes === true)) {
    return passesOfMarks(db, { marks: markSearch(pattern, filter.lookAlikes === true), conditions, cameraIds, from: filter.from, to: filter.to, place, limit });
  }
  return atStore(db, async () => {
    const ofMark = pattern === null ? undefined : and(eq(passes.key, pattern.key), agrees(passes, pattern.mark));
    if (ofMark === undefined && filter.key === undefined && cameraIds !== null && cameraIds.length !== 1) return passesAt(db.orm, await newestPlaces(db.orm, { conditions: beyond, cameraIds, limit }));
    const rows = await db.orm.select().from(passes).where(and(ofMark, beyond)).orderBy(desc(passes.capturedAt), desc(passes.id)).limit(limit);
    return rows.map(storedPassOf);
  });
}

function patternOf(mark: string | MarkPattern): Exclude<MarkPattern, { readonly kind: 'invalid' }> {
  const pattern = typeof mark === 'string' ? parseMarkPattern(mark) : mark;
  if (pattern.kind === 'invalid') throw new DarwazaError('MARK_INVALID', { reason: pattern.reason });
  return pattern;
}
