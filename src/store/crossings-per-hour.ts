import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { epochMs, instantParameter, rowsOf } from './query.ts';

export interface CrossingCount {
  /** Beginning of the hour or day in the city, epoch milliseconds. */
  readonly since: number;
  readonly siteId: string;
  readonly entered: number;
  readonly left: number;
}

/** from ≤ t < to, epoch milliseconds. */
export interface CrossingSearch {
  readonly from: number;
  readonly to: number;
  readonly per: 'hour' | 'day';
  readonly siteId?: string | undefined;
  /** As cameras saw it. */
  readonly vehicleClass?: string | undefined;
  /** IANA name. */
  readonly timeZone: string;
}

/** Vehicles that entered and left, by boundary site and hour or day of the city, in order of time and site; hours without any are left out. */
export function crossingsPerHour(db: Database, search: CrossingSearch): Promise<CrossingCount[]> {
  const { from, to, per, siteId, vehicleClass, timeZone } = search;
  const crossed = (time: 'entry_at' | 'left_at', site: 'entry_site' | 'left_site', entered: number) => sql`
    select date_trunc(${per}, ${sql.raw(time)}, ${timeZone}) as since, ${sql.raw(site)} as site, ${entered}::integer as entered, ${1 - entered}::integer as exits
    from journeys where ${sql.raw(time)} >= ${instantParameter(from)} and ${sql.raw(time)} < ${instantParameter(to)} and not absorbed
    ${siteId === undefined ? sql`` : sql`and ${sql.raw(site)} = ${siteId}`} ${vehicleClass === undefined ? sql`` : sql`and ${vehicleClass} = any(classes)`}
  `;
  return atStore(db, () => rowsOf<CrossingCount>(db.orm, sql`
    select ${epochMs(sql`since`)} as since, site as "siteId", sum(entered)::integer as entered, sum(exits)::integer as left
    from (${crossed('entry_at', 'entry_site', 1)} union all ${crossed('left_at', 'left_site', 0)}) as crossings where site is not null group by since, site order by since, site
  `));
}
