import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { instantParameter, rowsOf } from './query.ts';

/** How many went from one boundary site to another; null: that end was not seen. */
export interface OriginDestination {
  readonly entrySite: string | null;
  readonly exitSite: string | null;
  readonly journeys: number;
  /** Of them: not seen to leave yet. */
  readonly open: number;
  /** Of them: the exit is that of a probable pair. */
  readonly probable: number;
  /** Of them: several vehicles share what was read. */
  readonly ambiguous: number;
  /** Half of those with both ends stayed longer, milliseconds. */
  readonly medianDwellMs: number | null;
}

/** Journeys that began in from ≤ t < to (epoch milliseconds). */
export interface OriginDestinationSearch {
  readonly from: number;
  readonly to: number;
  /** As cameras saw it. */
  readonly vehicleClass?: string | undefined;
}

/** From where to where, the most travelled first. A journey that was only seen inside is none. */
export function originDestination(db: Database, { from, to, vehicleClass }: OriginDestinationSearch): Promise<OriginDestination[]> {
  return atStore(db, () => rowsOf<OriginDestination>(db.orm, sql`
    select entry_site as "entrySite", left_site as "exitSite", count(*)::integer as journeys, count(*) filter (where status = 'open' and left_at is null)::integer as open,
      count(*) filter (where exit_at is null and left_at is not null)::integer as probable, count(*) filter (where ambiguous)::integer as ambiguous,
      percentile_disc(0.5) within group (order by extract(epoch from left_at - entry_at)::double precision * 1000) as "medianDwellMs"
    from journeys where started_at >= ${instantParameter(from)} and started_at < ${instantParameter(to)} and not absorbed and (entry_at is not null or left_at is not null)
      ${vehicleClass === undefined ? sql`` : sql`and ${vehicleClass} = any(classes)`}
    group by 1, 2 order by journeys desc, 1 nulls last, 2 nulls last
  `));
}
