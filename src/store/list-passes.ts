import type { Direction, Pass } from '../pass/pass.ts';
import type { Database } from './database.ts';
import type { Page, PageRequest } from './page.ts';
import type { StoredPass } from './stored-pass.ts';

/** Times are epoch milliseconds: from ≤ capturedAt < to. `mark`: as a person writes it, with `*` and `?`. `key`: exact, as `Pass.key`. */
export interface PassFilter {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly siteId?: string | undefined;
  readonly cameraId?: string | undefined;
  readonly direction?: Direction | undefined;
  readonly outcome?: Pass['outcome'] | undefined;
  readonly mark?: string | undefined;
  readonly key?: string | undefined;
}

/** Passes, newest capture first. @throws CURSOR_INVALID, MARK_INVALID, ARGUMENT_INVALID */
export async function listPasses(_db: Database, _filter: PassFilter, _page: PageRequest = {}): Promise<Page<StoredPass>> {
  throw new Error('not built yet');
}
