import { and, desc, eq, gte, inArray, notInArray } from 'drizzle-orm';
import type { ListKind } from '../list/entry.ts';
import type { MatchKind } from '../list/list-settings.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import type { HitAction, HitRecord, HitStatus } from './hit-record.ts';
import { after, equals, period } from './period.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest } from './page.ts';
import { hits } from './schema.ts';

/** By capture time of the pass: from ≤ capturedAt < to. */
export interface HitFilter {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly list?: string | undefined;
  readonly status?: HitStatus | undefined;
  readonly cameraId?: string | undefined;
  readonly siteId?: string | undefined;
  readonly passId?: string | undefined;
  readonly kind?: ListKind | undefined;
  readonly action?: HitAction | undefined;
  readonly matchKind?: MatchKind | undefined;
  readonly late?: boolean | undefined;
  /** Whether nobody has decided on them yet. */
  readonly open?: boolean | undefined;
  readonly leastScore?: number | undefined;
  /** false: those of covert lists are left out. */
  readonly covert?: boolean | undefined;
}

const OPEN: readonly HitStatus[] = ['provisional', 'confirmed'];

/** Hits, latest capture first. @throws CURSOR_INVALID, ARGUMENT_INVALID */
export async function listHits(db: Database, filter: HitFilter, page: PageRequest = {}): Promise<Page<HitRecord>> {
  const limit = pageLimit(page), place = readCursor(page.cursor, filter);
  const conditions = and(
    ...period(hits.capturedAt, filter), equals(hits.list, filter.list), equals(hits.status, filter.status), equals(hits.cameraId, filter.cameraId),
    equals(hits.siteId, filter.siteId), equals(hits.passId, filter.passId), equals(hits.kind, filter.kind), equals(hits.action, filter.action),
    equals(hits.matchKind, filter.matchKind), filter.late === undefined ? undefined : eq(hits.late, filter.late),
    filter.open === undefined ? undefined : (filter.open ? inArray : notInArray)(hits.status, [...OPEN]),
    filter.leastScore === undefined ? undefined : gte(hits.score, filter.leastScore), filter.covert === false ? eq(hits.covert, false) : undefined, after(hits.capturedAt, hits.id, place),
  );
  const rows: HitRecord[] = await atStore(db, () => db.orm.select().from(hits).where(conditions).orderBy(desc(hits.capturedAt), desc(hits.id)).limit(limit + 1));
  return toPage(rows, limit, filter, (hit) => ({ at: hit.capturedAt, id: hit.id }));
}
