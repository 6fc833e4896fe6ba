import type { Journey } from '../journey/journey.ts';
import type { Database } from './database.ts';
import type { Page, PageRequest } from './page.ts';

/** Journeys that overlap from ≤ t < to (an open one has no end), with a sighting at the site, of marks that fit `mark` (`*`, `?`) or of exactly `key`. */
export interface JourneyFilter {
  readonly status?: Journey['status'] | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly siteId?: string | undefined;
  readonly mark?: string | undefined;
  readonly key?: string | undefined;
}

/** Journeys, latest start first. @throws CURSOR_INVALID, MARK_INVALID, ARGUMENT_INVALID */
export async function listJourneys(_db: Database, _filter: JourneyFilter, _page: PageRequest = {}): Promise<Page<Journey>> {
  throw new Error('not built yet');
}

/** One journey, or null. */
export async function findJourney(_db: Database, _id: string): Promise<Journey | null> {
  throw new Error('not built yet');
}
