import { sql, type SQL } from 'drizzle-orm';
import type { Orm } from './database.ts';
import { HIT_IS_HELD, holdsMarkOf } from './legal-holds.ts';
import { instantParameter, rowsOf } from './query.ts';
import { KEPT_REASONS, type CutOffs, type KeptCounts, type KeptReason } from './retention-report.ts';

/** Capture times from ≤ t < to, epoch milliseconds. */
export interface Window { readonly from: number; readonly to: number }

/** A hit on which nobody has decided yet, and which did not close by itself. */
export const HIT_IS_OPEN = sql`h.status in ('provisional', 'confirmed')`;
/** From when the time of a hit counts. */
export const HIT_ENDED = sql`greatest(h.last_seen_at, h.decided_at)`;
/** When the vehicle of a journey was last heard of. */
export const JOURNEY_ENDED = sql`greatest(j.last_seen_at, j.left_at)`;

export const within = (column: SQL, { from, to }: Window): SQL => sql`${column} >= ${instantParameter(from)} and ${column} < ${instantParameter(to)}`;

/** Ids of passes begin with their capture time: the first id that a pass of this time can have. */
function firstIdAt(at: number): string {
  return Math.max(0, at).toString(36).padStart(9, '0');
}

/**
 * `(id, why)` of the passes in the window that are kept beyond their time; an id may stand several times. Ids of passes that are gone already
 * may be among them.
 */
export function keptPasses(window: Window, cutOffs: Pick<CutOffs, 'passes' | 'hits' | 'journeys'>): SQL {
  return sql`(
    with recursive direct (id, why) as (
      ${ofHits(window, sql`${HIT_ENDED} >= ${instantParameter(cutOffs.hits)}`)} union all ${underHold(window)} union all ${beginningJourneys(window, cutOffs)}
    ), ${withCorrections(window)} select id, why from kept
  )`;
}

/** The same for pictures, which have no longer time: `(id, why)` of passes in the window whose picture an open hit or a hold keeps. */
export function passesWithKeptPicture(window: Window): SQL {
  return sql`(with recursive direct (id, why) as (${ofHits(window, sql`false`)} union all ${underHold(window)}), ${withCorrections(window)} select id, why from kept)`;
}

/** How many passes in the window are kept, by the strongest reason. */
export async function countKept(orm: Orm, window: Window, cutOffs: CutOffs): Promise<KeptCounts> {
  return byReason(await rowsOf<{ why: KeptReason; n: number }>(orm, sql`
    select why, count(*)::integer as n from (select id, min(${rankOf(sql`why`)}) as rank from ${keptPasses(window, cutOffs)} as k group by id) as k
    join passes p on p.id = k.id and ${within(sql`p.captured_at`, window)}
    cross join lateral (select (${reasonNames()})[rank] as why) as named group by why
  `));
}

export function byReason(rows: readonly { readonly why: KeptReason; readonly n: number }[]): KeptCounts {
  return Object.fromEntries(rows.filter((row) => row.n > 0).map((row) => [row.why, row.n]));
}

function reasonNames(): SQL {
  return sql.raw(`array[${KEPT_REASONS.map((reason) => `'${reason}'`).join(', ')}]`);
}

function rankOf(why: SQL): SQL {
  return sql`array_position(${reasonNames()}, ${why})`;
}

/** Passes that a hit was raised, confirmed or counted by. A withdrawn hit gives no longer time. */
function ofHits({ from, to }: Window, inTime: SQL): SQL {
  const first = firstIdAt(from), last = firstIdAt(to);
  return sql`
    select seen.id, case when ${HIT_IS_OPEN} then 'open' when ${HIT_IS_HELD} then 'hold' else 'hit' end
    from (
      select h.pass_id as id, h.id as hit_id from hits h where h.pass_id >= ${first} and h.pass_id < ${last}
      union select (e.detail ->> 'passId') collate "C", e.hit_id from hit_events e where (e.detail ->> 'passId') collate "C" >= ${first} and (e.detail ->> 'passId') collate "C" < ${last}
        and e.detail ->> 'passId' is not null
    ) as seen join hits h on h.id = seen.hit_id
    where h.status <> 'withdrawn' and (${HIT_IS_OPEN} or ${HIT_IS_HELD} or ${inTime})`;
}

function underHold(window: Window): SQL {
  return sql`select p.id, 'hold' from legal_holds l join passes p on ${holdsMarkOf(sql`p`)} and ${within(sql`p.captured_at`, window)}`;
}

/** Without its first pass a journey under way would be built again, with the next pass, as one whose entry nobody saw. */
function beginningJourneys(window: Window, { passes, journeys }: Pick<CutOffs, 'passes' | 'journeys'>): SQL {
  return sql`
    select p.id, 'journey' from journeys j join passes p on p.key = j.key and p.captured_at = j.started_at
    where ${within(sql`j.started_at`, window)} and j.started_at >= ${instantParameter(journeys)} and ${JOURNEY_ENDED} >= ${instantParameter(passes)}`;
}

/** Original and correction are kept or deleted together. */
function withCorrections(window: Window): SQL {
  return sql`
    links (id, other) as materialized (
      select c.pass_id, c.replacement_id from corrections c where ${within(sql`c.captured_at`, window)}
      union all select c.replacement_id, c.pass_id from corrections c where ${within(sql`c.captured_at`, window)}
    ),
    kept (id, why) as (select id, why from direct union select l.other, 'correction' from kept k join links l on l.id = k.id)`;
}
