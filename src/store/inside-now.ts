import { sql } from 'drizzle-orm';
import { STRETCH_MS, type EntryCohort, type InsideEvidence } from '../journey/inside-estimate.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { epochMs, instantParameter, inTransaction, rowsOf } from './query.ts';

/** Journeys that entered within the horizon, by where, and by class as cameras saw it (null: none or several). */
export interface PlacedCohort extends EntryCohort { readonly site: string | null; readonly vehicleClass: string | null }

export interface InsideNow extends InsideEvidence {
  readonly cohorts: readonly PlacedCohort[];
  /** Open journeys that entered before the horizon. */
  readonly older: number;
  /** Open journeys without a seen entry: how many, and how many of them were seen within the last day and week, each counted from a full hour (UTC). */
  readonly notSeenToEnter: { readonly count: number; readonly lastDay: number; readonly lastWeek: number };
}

const HOUR_MS = 3_600_000, DAY_MS = 24 * HOUR_MS;
/**
 * What is learned from journeys goes this far back. No sample of them would do: the error of the estimate is that of the rates times all
 * entries of the horizon, 1 % of 30,000 inside at half a million entries.
 */
export const HORIZON_MS = 14 * DAY_MS;

/** Open journeys are counted by hours: what is asked of them begins with one. */
const fullHour = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS;

/**
 * What is known at a time (epoch milliseconds) of those who are inside. Reads journeys of the last two weeks; of those before, however many there
 * are, the counts that are kept of them (`foldInsideChanges`).
 */
export function insideNow(db: Database, now: number): Promise<InsideNow> {
  return atStore(db, async () => {
    const since = instantParameter(fullHour(now - HORIZON_MS));
    const [rest] = await rowsOf<{ older: number; count: number; day: number; week: number }>(db.orm, sql`
      select coalesce(sum(case when hour = '-infinity' then journeys else -journeys end) filter (where entered), 0)::integer as older,
        coalesce(sum(journeys) filter (where not entered and hour = '-infinity'), 0)::integer as count,
        coalesce(sum(journeys) filter (where not entered and hour >= ${instantParameter(fullHour(now - DAY_MS))}), 0)::integer as day,
        coalesce(sum(journeys) filter (where not entered and hour >= ${instantParameter(fullHour(now - 7 * DAY_MS))}), 0)::integer as week
      from (
        select hour, entered, journeys from inside_counts where hour = '-infinity'
        union all select hour, entered, journeys from inside_counts where hour >= ${since}
        union all select hour, entered, journeys from inside_changes where hour = '-infinity' or hour >= ${since}
      ) as counted
    `);
    return { older: rest?.older ?? 0, notSeenToEnter: { count: rest?.count ?? 0, lastDay: rest?.day ?? 0, lastWeek: rest?.week ?? 0 }, ...(await evidenceAt(db, now)) };
  });
}

/** Changes that are folded in one transaction. */
const FOLDED_AT_ONCE = 5000;

/**
 * Adds changes of the counts of open journeys, which each writer leaves beside its journeys, to the counts; tells how many. 0: there are none. Nobody's answer depends on
 * when it is done, only how many rows it has to add up. Each change is deleted, and so added, by one process only.
 * @throws DATABASE_UNAVAILABLE (the changes stay)
 */
export function foldInsideChanges(db: Database): Promise<number> {
  return inTransaction(db, db.orm, async (tx) => {
    const [row] = await rowsOf<{ n: number }>(tx, sql`
      with taken as (
        delete from inside_changes where sequence in (select sequence from inside_changes order by sequence limit ${FOLDED_AT_ONCE} for update skip locked) returning hour, entered, journeys
      ), folded as (
        insert into inside_counts (hour, entered, journeys) select hour, entered, sum(journeys) from taken group by 1, 2 order by 1, 2
        on conflict (hour, entered) do update set journeys = inside_counts.journeys + excluded.journeys
      ) select count(*)::integer as n from taken
    `);
    return row?.n ?? 0;
  });
}

interface Totals { readonly exits: number; readonly alone: number; readonly complete: number; readonly bare: number }
type Row = Totals & Omit<PlacedCohort, 'stretch'> & { readonly stretch: number | null };

async function evidenceAt(db: Database, now: number): Promise<Pick<InsideNow, 'cohorts' | 'exits' | 'complete'>> {
  const since = instantParameter(fullHour(now - HORIZON_MS)), until = instantParameter(now);
  const [start] = await rowsOf<{ first: number | null }>(db.orm, sql`select ${epochMs(sql`min(entry_at)`)} as first from journeys where entry_at >= ${since} and entry_at <= ${until}`);
  // Vehicles that were inside when counting began leave without an entry: only what came later tells how many entries are missed.
  const settled = sql`left_at >= ${instantParameter(now - (now - (start?.first ?? now)) / 4)}`;
  const rows = await rowsOf<Row>(db.orm, sql`
    with recent as materialized (
      select entry_at, left_at, exit_missing, entry_site, left_site, sites, case when cardinality(classes) = 1 then classes[1] end as class,
        count(*) over same_vehicle = 1 as only_one, coalesce(max(entry_at) over same_vehicle > entry_at, false) as came_again
      from journeys where started_at >= ${since} and started_at <= ${until} and not absorbed window same_vehicle as (partition by key, vehicle)
    )
    select case when entry_at is not null then floor(extract(epoch from ${until} - entry_at) * 1000 / ${STRETCH_MS})::integer end as stretch, entry_site as site, class as "vehicleClass",
      count(*) filter (where left_at is null and not exit_missing)::integer as open, count(*) filter (where left_at is not null and not came_again)::integer as last,
      count(*) filter (where left_at is not null and came_again)::integer as followed, count(*) filter (where left_at is null and exit_missing)::integer as unseen,
      count(*) filter (where ${settled})::integer as exits, count(*) filter (where ${settled} and entry_at is null and only_one and cardinality(sites) = 1)::integer as alone,
      count(*) filter (where ${settled} and entry_at is not null)::integer as complete,
      count(*) filter (where ${settled} and entry_at is not null and only_one and sites <@ array[entry_site, left_site])::integer as bare
    from recent group by 1, 2, 3
  `);
  const sum = (part: keyof Totals): number => rows.reduce((total, row) => total + row[part], 0);
  return {
    cohorts: rows.flatMap(({ stretch, site, vehicleClass, open, last, followed, unseen }) => (stretch === null ? [] : [{ stretch, site, vehicleClass, open, last, followed, unseen }])),
    exits: { seen: sum('exits'), alone: sum('alone') }, complete: { seen: sum('complete'), bare: sum('bare') },
  };
}
