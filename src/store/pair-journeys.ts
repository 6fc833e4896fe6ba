import { sql, type SQL } from 'drizzle-orm';
import { groupedBy } from '../journey/build.ts';
import { pairProbable, type Pair, type PairRules, type Seeker } from '../journey/pair.ts';
import type { Database, Orm } from './database.ts';
import { markOf, type MarkRow } from './mark-columns.ts';
import { array, epochMs, inTransaction, rowsOf } from './query.ts';

type SeekerRow = Omit<Seeker, 'mark'> & MarkRow & { readonly markLetters: string; readonly markNumber: string; readonly fold: string; readonly pairId: string | null };

/** Folds that are looked at in one transaction. */
const AT_ONCE = 500;

/**
 * Pairs exits with entries one look-alike away (`pairProbable`), in the folds and times where journeys have changed. One process at a time,
 * and only what others have committed: whoever comes last sees both halves. Tells how many folds were looked at; 0: nothing was due.
 * @throws DATABASE_UNAVAILABLE (what was due stays due)
 */
export function settlePairs(db: Database, rules: PairRules): Promise<number> {
  return inTransaction(db, db.orm, async (tx) => {
    await rowsOf(tx, sql`select pg_advisory_xact_lock(hashtextextended('darwaza pairs', 0))`);
    const due = await rowsOf<{ fold: string; first: number; last: number }>(tx, sql`
      with taken as (delete from pairs_due where sequence in (select sequence from pairs_due order by sequence limit ${AT_ONCE}) returning fold, first_at, last_at)
      select fold, ${epochMs(sql`min(first_at)`)} as first, ${epochMs(sql`max(last_at)`)} as last from taken group by fold order by fold
    `);
    if (due.length === 0) return 0;
    const rows = await seekersNear(tx, due, rules.longestStayMs), byFold = groupedBy(rows, (row) => row.fold);
    const pairs = [...byFold.values()].flatMap((of) => pairProbable(of.map(seekerOf), rules));
    const times = new Map(due.map((d) => [d.fold, d])), reach = 3 * rules.longestStayMs;
    const decided = rows.filter((row) => row.startedAt >= (times.get(row.fold)?.first ?? 0) - reach && row.startedAt <= (times.get(row.fold)?.last ?? 0) + reach);
    await writePairs(tx, decided, pairs);
    return due.length;
  });
}

function seekerOf(row: SeekerRow): Seeker {
  return { ...row, mark: markOf(row) };
}

/**
 * A change reaches no further than three longest stays: one to the other marks of its key (`alone`), one to their pairs, one to the rivals of
 * these; what decides about them lies within a fourth. Locked, so that a journey which changes meanwhile waits and then finds the pair.
 */
async function seekersNear(tx: Orm, due: readonly { readonly fold: string; readonly first: number; readonly last: number }[], longestStayMs: number): Promise<SeekerRow[]> {
  const iso = (at: number): string => new Date(at).toISOString(), reach = 4 * longestStayMs;
  const stay = sql.raw(`interval '${longestStayMs} milliseconds'`), at = (column: string): SQL => epochMs(sql.raw(`j.${column}`));
  return rowsOf<SeekerRow>(tx, sql`
    select j.id, j.seeks, j.fold, ${at('started_at')} as "startedAt", ${at('last_seen_at')} as "lastSeenAt", j.first_site as "firstSite", j.last_site as "lastSite",
      ${at('exit_before')} as "exitBefore", ${at('entry_after')} as "entryAfter", j.classes, j.pair_id as "pairId",
      not exists (select from journeys o where o.key = j.key and o.vehicle = j.vehicle and o.id <> j.id and o.started_at >= j.started_at - ${stay} and o.started_at <= j.started_at + ${stay}) as alone,
      j.mark_jurisdiction as "markJurisdiction", j.mark_district as "markDistrict", j.mark_letters as "markLetters", j.mark_year as "markYear", j.mark_number as "markNumber",
      j.mark_suffix as "markSuffix", j.mark_class as "markClass", j.mark_series as "markSeries"
    from unnest(${array(due.map((d) => d.fold), 'text')}, ${array(due.map((d) => iso(d.first - reach)), 'timestamptz')}, ${array(due.map((d) => iso(d.last + reach)), 'timestamptz')}) as r (fold, from_at, to_at)
    join journeys j on j.fold = r.fold collate "C" and j.seeks is not null and j.started_at >= r.from_at and j.started_at <= r.to_at
    order by j.id for share of j
  `);
}

async function writePairs(tx: Orm, decided: readonly SeekerRow[], pairs: readonly Pair[]): Promise<void> {
  const partner = new Map(pairs.flatMap((p) => [[p.entryId, p.exitId], [p.exitId, p.entryId]] as const));
  const changed = new Set(decided.filter((row) => (partner.get(row.id) ?? null) !== row.pairId).map((row) => row.id));
  const parted = [...changed].filter((id) => !partner.has(id)), joined = pairs.filter((p) => changed.has(p.entryId) || changed.has(p.exitId));
  if (parted.length > 0) {
    await rowsOf(tx, sql`
      update journeys set pair_id = null, pair_score = null, pair_exit_at = null, pair_exit_pass_id = null, pair_exit_site = null, absorbed = false where id = any(${array(parted, 'text')})
    `);
  }
  if (joined.length === 0) return;
  const columns = sql`unnest(${array(joined.map((p) => p.entryId), 'text')}, ${array(joined.map((p) => p.exitId), 'text')}, ${array(joined.map((p) => p.score), 'double precision')}) as p (entry_id, exit_id, score)`;
  await rowsOf(tx, sql`
    update journeys j set pair_id = x.id, pair_score = p.score, pair_exit_at = x.exit_at, pair_exit_pass_id = x.exit_pass_id, pair_exit_site = x.exit_site, absorbed = false
    from ${columns} join journeys x on x.id = p.exit_id collate "C" where j.id = p.entry_id collate "C"
  `);
  await rowsOf(tx, sql`
    update journeys j set pair_id = p.entry_id, pair_score = p.score, pair_exit_at = null, pair_exit_pass_id = null, pair_exit_site = null, absorbed = true
    from ${columns} where j.id = p.exit_id collate "C"
  `);
}
