import type { Database } from './database.ts';
import type { StoredPass } from './stored-pass.ts';

/** One pass by its id, or null. A text that is no pass id finds nothing. */
export async function findPass(_db: Database, _id: string): Promise<StoredPass | null> {
  throw new Error('not built yet');
}
