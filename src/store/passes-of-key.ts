import type { Database } from './database.ts';
import { listPasses } from './list-passes.ts';
import type { Page, PageRequest } from './page.ts';
import type { StoredPass } from './stored-pass.ts';

/** Every pass whose mark has this key, newest first: from ≤ capturedAt < to. @throws CURSOR_INVALID */
export function passesOfKey(db: Database, query: { readonly key: string; readonly from?: number | undefined; readonly to?: number | undefined }, page: PageRequest = {}): Promise<Page<StoredPass>> {
  return listPasses(db, query, page);
}
