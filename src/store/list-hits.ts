import type { Database } from './database.ts';
import type { HitRecord, HitStatus } from './hit-record.ts';
import type { Page, PageRequest } from './page.ts';

/** By capture time of the pass: from ≤ capturedAt < to. */
export interface HitFilter {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly list?: string | undefined;
  readonly status?: HitStatus | undefined;
  readonly cameraId?: string | undefined;
  readonly siteId?: string | undefined;
  readonly passId?: string | undefined;
}

/** Hits, latest capture first. @throws CURSOR_INVALID, ARGUMENT_INVALID */
export async function listHits(_db: Database, _filter: HitFilter, _page: PageRequest = {}): Promise<Page<HitRecord>> {
  throw new Error('not built yet');
}
