import type { ListEntry } from '../list/entry.ts';
import type { Database } from './database.ts';

/** A list as it stands. `importedAt`: when this version came; `confirmedAt`: when the same file was last delivered, which is what the age counts from. */
export interface ListState {
  readonly list: string;
  readonly version: number;
  readonly sha256: string;
  readonly fileName: string;
  readonly entryCount: number;
  readonly importedAt: number;
  readonly confirmedAt: number;
}

/** The lists in force and their versions: cheap, asked before each batch of passes. By name. */
export async function listStates(_db: Database): Promise<ListState[]> {
  throw new Error('not built yet');
}

/** Every entry in force of every list, in batches, as of one instant. */
export async function activeListEntries(_db: Database): Promise<{ readonly states: readonly ListState[]; readonly entries: readonly ListEntry[] }> {
  throw new Error('not built yet');
}
