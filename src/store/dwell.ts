import { sql, type SQL } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { array, instantParameter, rowsOf } from './query.ts';

/** Journeys that began in from ≤ t < to (epoch milliseconds). */
export interface DwellSearch {
  readonly from: number;
  readonly to: number;
  readonly entrySite?: string | undefined;
  readonly exitSite?: string | undefined;
  /** As cameras saw it. */
  readonly vehicleClass?: string | undefined;
  /** One histogram for each site of entry, or class; one for all when not given. */
  readonly by?: 'site' | 'class' | undefined;
}

export interface DwellHistogram {
  /** Site or class; null for all, and for journeys of which it is not known. */
  readonly group: string | null;
  /** Journeys in each of `DWELL_BINS`. */
  readonly counts: readonly number[];
  readonly journeys: number;
  readonly medianMs: number;
  /** Nine of ten stayed less long. */
  readonly p90Ms: number;
}

export interface DwellAnswer {
  readonly histograms: readonly DwellHistogram[];
  /** Journeys of the search of which an end was not seen: they are in no histogram. */
  readonly withoutBothEnds: number;
}

const MINUTE_MS = 60_000;
/** Lower ends of the bins: 0, 5 minutes, and from there each twice the one before, to 28 days; the last one has no upper end. */
export const DWELL_BINS: readonly number[] = [0, ...Array.from({ length: 14 }, (_, i) => 5 * MINUTE_MS * 2 ** i)];

/** How long vehicles stayed: entry to exit, of journeys whose both ends were seen (or the exit is that of a probable pair). */
export function dwellHistogram(db: Database, search: DwellSearch): Promise<DwellAnswer> {
  const group = search.by === 'site' ? sql`entry_site` : search.by === 'class' ? sql`case when cardinality(classes) = 1 then classes[1] end` : sql`null::text`;
  return atStore(db, async () => {
    const rows = await rowsOf<{ group: string | null; bin: number | null; count: number; median: number | null; p90: number | null }>(db.orm, sql`
      with stays as materialized (
        select ${group} as grouped, extract(epoch from left_at - entry_at)::double precision * 1000 as ms from journeys where ${conditions(search)} and entry_at is not null and left_at is not null
      )
      select grouped as group, width_bucket(ms, ${array(DWELL_BINS, 'double precision')})::integer as bin, count(*)::integer as count, null::double precision as median, null::double precision as p90
      from stays group by 1, 2
      union all select grouped, null, count(*)::integer, percentile_disc(0.5) within group (order by ms), percentile_disc(0.9) within group (order by ms) from stays group by 1
    `);
    const [without] = await rowsOf<{ count: number }>(db.orm, sql`select count(*)::integer as count from journeys where ${conditions(search)} and (entry_at is null or left_at is null)`);
    const totals = rows.filter((row) => row.bin === null).toSorted((a, b) => b.count - a.count || ((a.group ?? '') < (b.group ?? '') ? -1 : 1));
    return {
      histograms: totals.map((total) => ({
        group: total.group, journeys: total.count, medianMs: total.median ?? 0, p90Ms: total.p90 ?? 0,
        counts: DWELL_BINS.map((_, i) => rows.find((row) => row.group === total.group && row.bin === i + 1)?.count ?? 0),
      })),
      withoutBothEnds: without?.count ?? 0,
    };
  });
}

function conditions({ from, to, entrySite, exitSite, vehicleClass }: DwellSearch): SQL {
  return sql`started_at >= ${instantParameter(from)} and started_at < ${instantParameter(to)} and not absorbed
    ${entrySite === undefined ? sql`` : sql`and entry_site = ${entrySite}`} ${exitSite === undefined ? sql`` : sql`and left_site = ${exitSite}`}
    ${vehicleClass === undefined ? sql`` : sql`and ${vehicleClass} = any(classes)`}`;
}
