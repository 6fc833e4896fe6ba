import type { ListEntry } from '../list/entry.ts';
import type { Database } from './database.ts';

export interface ListImport {
  readonly list: string;
  /** Of the whole file: the same file again makes no new version. */
  readonly sha256: string;
  readonly fileName: string;
  readonly entries: AsyncIterable<ListEntry> | Iterable<ListEntry>;
  /** Epoch milliseconds. */
  readonly importedAt: number;
}

export interface ImportResult {
  readonly version: number;
  /** Rows in force after the import. */
  readonly rows: number;
  readonly added: number;
  readonly removed: number;
  /** Rows of the file that say the same as another row of it. */
  readonly duplicates: number;
  /** The same file is in force already; only its age was renewed. */
  readonly unchanged: boolean;
}

/**
 * One new version that replaces the entries of the list at once; a failure anywhere leaves the version before it in force.
 * `entries` is read to its end before anything changes; what it throws is thrown on.
 * @throws IMPORT_EMPTY when there is no entry
 */
export async function importList(_db: Database, _given: ListImport): Promise<ImportResult> {
  throw new Error('not built yet');
}
