import type { ListEntry } from '../list/entry.ts';
import type { Registration } from '../list/registration.ts';
import type { ListState } from './active-list-entries.ts';
import type { Database } from './database.ts';
import type { RegisterState } from './import-register.ts';
import type { StoredPass } from './stored-pass.ts';

/** All that is known of one key. Several vehicles can share a key: the caller compares the known parts of the marks. */
export interface MarkRecord {
  readonly registrations: readonly Registration[];
  /** Entries in force now, on every list, expired ones left out. */
  readonly entries: readonly ListEntry[];
  readonly latestPass: StoredPass | null;
  /** Every list with its age, because "not in a list" means nothing without it. */
  readonly lists: readonly ListState[];
  /** null: no register was ever imported. */
  readonly register: RegisterState | null;
}

/** `now`: epoch milliseconds, decides which entries have expired. */
export async function markRecord(_db: Database, _key: string, _now: number): Promise<MarkRecord> {
  throw new Error('not built yet');
}
