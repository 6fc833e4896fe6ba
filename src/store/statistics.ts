import type { ListState } from './active-list-entries.ts';
import type { Database } from './database.ts';
import type { RegisterState } from './import-register.ts';

/** Figures for /metrics; each from an index or the catalogue, none from a scan of passes. */
export interface StoreStatistics {
  /** The planner's estimate. */
  readonly passesEstimate: number;
  readonly passesLastHour: number;
  /** Capture time of the newest pass, epoch milliseconds. */
  readonly latestPassAt: number | null;
  readonly openJourneys: number;
  readonly hitsLastDay: Readonly<Record<string, number>>;
  readonly lists: readonly ListState[];
  readonly register: RegisterState | null;
  readonly auditRows: number;
  readonly databaseBytes: number;
}

export async function storeStatistics(_db: Database, _now: number): Promise<StoreStatistics> {
  throw new Error('not built yet');
}
