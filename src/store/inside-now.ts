import { sql, type SQL } from 'drizzle-orm';
import type { CountedDuration, InsideEvidence } from '../journey/inside-estimate.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { epochMs, instantParameter, rowsOf } from './query.ts';

/** Open journeys with a seen entry, by where, by class as cameras saw it (null: none or several), and by time since the entry. */
export interface OpenCount extends CountedDuration { readonly site: string | null; readonly vehicleClass: string | null }

export interface InsideNow {
  /** Entered within the horizon. */
  readonly open: readonly OpenCount[];
  /** Entered before it, and not seen since as leaving. */
  readonly older: number;
  /** Open journeys without a seen entry: how many, and how many of them were seen within the last day and week. */
  readonly notSeenToEnter: { readonly count: number; readonly lastDay: number; readonly lastWeek: number };
  readonly evidence: Omit<InsideEvidence, 'open'>;
}

const MINUTE_MS = 60_000, DAY_MS = 86_400_000;
/**
 * What is learned from journeys goes this far back. No sample of them would do: the error of the estimate is that of the rates times all
 * entries of the horizon, 1 % of 30,000 inside at half a million entries.
 */
export const HORIZON_MS = 14 * DAY_MS;

/** What is known at a time (epoch milliseconds) of those who are inside. */
export function insideNow(db: Database, now: number): Promise<InsideNow> {
  return atStore(db, async () => {
    const open = await rowsOf<OpenCount>(db.orm, sql`
      select entry_site as site, ${CLASS} as "vehicleClass", ${bin(sql`${instantParameter(now)} - entry_at`)} as ms, count(*)::integer as count
      from journeys where ${OPEN} and entry_at is not null and entry_at >= ${instantParameter(now - HORIZON_MS)} and entry_at <= ${instantParameter(now)} group by 1, 2, 3
    `);
    const [rest] = await rowsOf<{ older: number; count: number; day: number; week: number }>(db.orm, sql`
      select count(*) filter (where entry_at < ${instantParameter(now - HORIZON_MS)})::integer as older, count(*) filter (where entry_at is null)::integer as count,
        count(*) filter (where entry_at is null and last_seen_at >= ${instantParameter(now - DAY_MS)})::integer as day,
        count(*) filter (where entry_at is null and last_seen_at >= ${instantParameter(now - 7 * DAY_MS)})::integer as week
      from journeys where ${OPEN}
    `);
    return {
      open, older: rest?.older ?? 0, notSeenToEnter: { count: rest?.count ?? 0, lastDay: rest?.day ?? 0, lastWeek: rest?.week ?? 0 }, evidence: await evidenceAt(db, now),
    };
  });
}

const OPEN = sql`status = 'open' and not absorbed and left_at is null`;
const CLASS = sql`case when cardinality(classes) = 1 then classes[1] end`;

/** Ten minutes are as fine as a stay's length matters. */
function bin(duration: SQL): SQL {
  return sql`(floor(extract(epoch from ${duration}) / 600) * ${10 * MINUTE_MS})::double precision`;
}

async function evidenceAt(db: Database, now: number): Promise<Omit<InsideEvidence, 'open'>> {
  const since = instantParameter(now - HORIZON_MS), until = instantParameter(now);
  const [start] = await rowsOf<{ first: number | null }>(db.orm, sql`select ${epochMs(sql`min(entry_at)`)} as first from journeys where entry_at >= ${since} and entry_at <= ${until}`);
  // Vehicles that were inside when counting began leave without an entry: only what came later tells how many entries are missed.
  const settled = instantParameter(now - (now - (start?.first ?? now)) / 4);
  const rows = await rowsOf<{ kind: 'closed' | 'unseen' | 'followed' | 'missed' | 'exits' | 'without'; ms: number | null; count: number }>(db.orm, sql`
    with recent as materialized (
      select entry_at, left_at, exit_missing, lead(entry_at) over (partition by key, vehicle order by started_at) is not null as entered_again
      from journeys where started_at >= ${since} and started_at <= ${until} and not absorbed
    )
    select 'closed' as kind, ${bin(sql`left_at - entry_at`)} as ms, count(*)::integer as count from recent where entry_at is not null and left_at is not null group by 2
    union all select 'unseen', ${bin(sql`${until} - entry_at`)}, count(*)::integer from recent where entry_at is not null and left_at is null and exit_missing group by 2
    union all select case when left_at is null then 'missed' else 'followed' end, null, count(*)::integer from recent where entry_at is not null and entered_again and (left_at is not null or exit_missing) group by 1
    union all select 'exits', null, count(*)::integer from recent where left_at >= ${settled}
    union all select 'without', null, count(*)::integer from recent where left_at >= ${settled} and entry_at is null
  `);
  const durations = (kind: string): CountedDuration[] => rows.flatMap((row) => (row.kind === kind ? [{ ms: row.ms ?? 0, count: row.count }] : []));
  const total = (kind: string): number => durations(kind).reduce((sum, d) => sum + d.count, 0);
  return {
    closedDwells: durations('closed'), unseenExits: durations('unseen'), followed: { seen: total('followed'), missed: total('missed') },
    exits: { seen: total('exits'), withoutEntry: total('without') },
  };
}
