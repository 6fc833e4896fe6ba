import { sql } from 'drizzle-orm';
import { groupedBy } from '../journey/build.ts';
import { pairProbable, type Pair, type PairRules, type Seeker } from '../journey/pair.ts';
import type { Database, Orm } from './database.ts';
import { markOf, type MarkRow } from './mark-columns.ts';
import { array, epochMs, instants, inTransaction, rowsOf } from './query.ts';

type SeekerRow = Omit<Seeker, 'mark'> & MarkRow & { readonly markLetters: string; readonly markNumber: string; readonly fold: string; readonly pairId: string | null; readonly version: string };

/** Folds that are looked at in one transaction. */
const AT_ONCE = 500;

/**
 * Pairs exits with entries one look-alike away (`pairProbable`), in the folds and times where journeys have changed. One process at a time,
 * and only what others have committed: whoever comes last sees both halves. It waits for nobody: a pair of which one journey is being
 * changed is left for the next time. Tells how many folds are done; 0: nothing is due but what others are changing.
 * @throws DATABASE_UNAVAILABLE (what was due stays due)
 */
export function settlePairs(db: Database, rules: PairRules): Promise<number> {
  return inTransaction(db, db.orm, async (tx) => {
    await rowsOf(tx, sql`select pg_advisory_xact_lock(hashtextextended('darwaza pairs', 0))`);
    const due = await rowsOf<DueFold>(tx, sql`
      with taken as (delete from pairs_due where sequence in (select sequence from pairs_due order by sequence limit ${AT_ONCE}) returning fold, first_at, last_at)
      select fold, ${epochMs(sql`min(first_at)`)} as first, ${epochMs(sql`max(last_at)`)} as last from taken group by fold order by fold
    `);
    if (due.length === 0) return 0;
    const rows = await seekersNear(tx, due, rules.longestStayMs), times = new Map(due.map((d) => [d.fold, d])), reach = 3 * rules.longestStayMs;
    const pairs = [...groupedBy(rows, (row) => row.fold).values()].flatMap((of) => pairProbable(of.map(seekerOf), rules));
    const decided = rows.filter((row) => row.startedAt >= (times.get(row.fold)?.first ?? 0) - reach && row.startedAt <= (times.get(row.fold)?.last ?? 0) + reach);
    const left = await writePairs(tx, decided, pairs);
    await leaveDue(tx, left, times);
    return due.length - left.size;
  });
}

interface DueFold { readonly fold: string; readonly first: number; readonly last: number }

function seekerOf(row: SeekerRow): Seeker {
  return { ...row, mark: markOf(row) };
}

/**
 * A change reaches no further than three longest stays: one to the other marks of its key (`alone`), one to their pairs, one to the rivals of
 * these; what decides about them lies within a fourth.
 */
async function seekersNear(tx: Orm, due: readonly DueFold[], longestStayMs: number): Promise<SeekerRow[]> {
  const reach = 4 * longestStayMs, stay = sql.raw(`interval '${longestStayMs} milliseconds'`);
  return rowsOf<SeekerRow>(tx, sql`
    select j.id, j.seeks, j.fold, j.xmin::text as version, ${epochMs(sql`j.started_at`)} as "startedAt", ${epochMs(sql`j.last_seen_at`)} as "lastSeenAt", j.first_site as "firstSite", j.last_site as "lastSite",
      ${epochMs(sql`j.exit_before`)} as "exitBefore", ${epochMs(sql`j.entry_after`)} as "entryAfter", j.classes, j.pair_id as "pairId",
      not exists (select from journeys o where o.key = j.key and o.vehicle = j.vehicle and o.id <> j.id and o.entry_at is not null and o.exit_at is not null and o.started_at >= j.started_at - ${stay} and o.started_at <= j.started_at + ${stay}) as alone,
      j.mark_jurisdiction as "markJurisdiction", j.mark_district as "markDistrict", j.mark_letters as "markLetters", j.mark_year as "markYear", j.mark_number as "markNumber",
      j.mark_suffix as "markSuffix", j.mark_class as "markClass", j.mark_series as "markSeries"
    from unnest(${array(due.map((d) => d.fold), 'text')}, ${instants(due.map((d) => d.first - reach))}, ${instants(due.map((d) => d.last + reach))}) as r (fold, from_at, to_at)
    join journeys j on j.fold = r.fold collate "C" and j.seeks is not null and j.started_at >= r.from_at and j.started_at <= r.to_at
    order by j.id
  `);
}

/**
 * Writes what has changed of the pairs. Gives the folds of journeys that somebody else is changing, or has changed since they were read:
 * their pairs are left as they are. He who changes a journey looks afterwards whether it has a pair (`seekPairs`), so none is overlooked.
 */
async function writePairs(tx: Orm, decided: readonly SeekerRow[], pairs: readonly Pair[]): Promise<Set<string>> {
  const partner = new Map(pairs.flatMap((p) => [[p.entryId, p.exitId], [p.exitId, p.entryId]] as const)), byId = new Map(decided.map((row) => [row.id, row]));
  const changed = decided.filter((row) => (partner.get(row.id) ?? null) !== row.pairId).map((row) => row.id);
  if (changed.length === 0) return new Set();
  const touched = [...new Set(changed.flatMap((id) => [id, partner.get(id) ?? id]))].toSorted();
  const locked = new Set((await rowsOf<{ id: string; version: string }>(tx, sql`
    select id, xmin::text as version from journeys where id = any(${array(touched, 'text')}) order by id for no key update skip locked
  `)).filter((row) => byId.get(row.id)?.version === row.version).map((row) => row.id));
  const free = (id: string): boolean => locked.has(id) && locked.has(partner.get(id) ?? id);
  await part(tx, changed.filter((id) => free(id) && !partner.has(id)));
  await join(tx, pairs.filter((p) => touched.includes(p.entryId) && free(p.entryId)));
  return new Set(touched.filter((id) => !free(id)).flatMap((id) => byId.get(id)?.fold ?? []));
}

async function part(tx: Orm, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await rowsOf(tx, sql`
    update journeys set pair_id = null, pair_score = null, pair_exit_at = null, pair_exit_pass_id = null, pair_exit_site = null, absorbed = false where id = any(${array([...ids], 'text')})
  `);
}

async function join(tx: Orm, pairs: readonly Pair[]): Promise<void> {
  if (pairs.length === 0) return;
  const columns = sql`unnest(${array(pairs.map((p) => p.entryId), 'text')}, ${array(pairs.map((p) => p.exitId), 'text')}, ${array(pairs.map((p) => p.score), 'double precision')}) as p (entry_id, exit_id, score)`;
  await rowsOf(tx, sql`
    update journeys j set pair_id = x.id, pair_score = p.score, pair_exit_at = x.exit_at, pair_exit_pass_id = x.exit_pass_id, pair_exit_site = x.exit_site, absorbed = false
    from ${columns} join journeys x on x.id = p.exit_id collate "C" where j.id = p.entry_id collate "C"
  `);
  await rowsOf(tx, sql`
    update journeys j set pair_id = p.entry_id, pair_score = p.score, pair_exit_at = null, pair_exit_pass_id = null, pair_exit_site = null, absorbed = true
    from ${columns} where j.id = p.exit_id collate "C"
  `);
}

async function leaveDue(tx: Orm, folds: ReadonlySet<string>, times: ReadonlyMap<string, DueFold>): Promise<void> {
  const left = [...folds].flatMap((fold) => times.get(fold) ?? []);
  if (left.length === 0) return;
  await rowsOf(tx, sql`
    insert into pairs_due (fold, first_at, last_at) select * from unnest(${array(left.map((d) => d.fold), 'text')}, ${instants(left.map((d) => d.first))}, ${instants(left.map((d) => d.last))})
  `);
}
