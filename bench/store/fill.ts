import { USUAL_PASSES } from '../../src/geo/downtime.ts';
import type { Database, Orm } from '../../src/store/database.ts';
import { ask, copyStatement, run, twoAtOnce, withoutIndexes } from './columns.ts';
import { WEEK, type Plan } from './plan.ts';
import { foldOfKey, keyLater, later, lettersLater, passIdLater, printedLater, profileLater, profileParts, skeletonOf } from './shift.ts';

/** Weeks that the journeys are built for: a first one, one of those between, and a last one. All others are copies of the second. */
export const DERIVED_WEEKS = 3;

/**
 * Fills the tables from the simulated week (bench_week) and what the program derived from three of it (bench_journeys, bench_vehicles; see
 * derive.ts), month by month, each partition before it has indexes.
 */
export async function fill(db: Database, plan: Plan, log: (text: string) => void): Promise<void> {
  await fillPasses(db, plan, plan.weeks, log);
  await withoutIndexes(db, 'journeys', () => fillJourneys(db, plan));
  log('journeys filled');
  await withoutIndexes(db, 'vehicles', () => fillVehicles(db.bulk, plan));
  log('vehicles filled');
  await withoutIndexes(db, 'camera_hours', () => fillHours(db.bulk, plan));
  log('hours of cameras filled');
  for (const table of ['journeys', 'vehicles', 'camera_hours', 'camera_days']) await run(db.bulk, `vacuum (analyze) ${table}`);
  // Autovacuum never looks at a partitioned table as a whole. While two months were filled at once, neither could be told to be seen by all.
  await run(db.bulk, 'vacuum (analyze) passes');
  log('all analysed');
}

/** The first `weeks` weeks of passes; two months at a time where the database has more than one connection. */
export async function fillPasses(db: Database, plan: Plan, weeks: number, log: (text: string) => void): Promise<void> {
  const months = await monthsOf(db.bulk, plan, weeks);
  await twoAtOnce(db, months.map((month) => async () => {
    const from = performance.now();
    await fillMonth(db, plan, month, weeks);
    await run(db.bulk, `vacuum ${month.name}`);
    log(`${month.name} filled in ${((performance.now() - from) / 1000).toFixed(0)} s`);
  }));
}

interface Month { readonly name: string; readonly from: number; readonly to: number }

/** Months (UTC) that hold a pass; cameras' clocks reach a little beyond the weeks. */
async function monthsOf(orm: Orm, plan: Plan, weeks: number): Promise<Month[]> {
  const [ends] = await ask<{ first: string; last: string }>(orm, `select min(ms)::text as first, max(ms)::text as last from bench_week`);
  const months: Month[] = [], last = Number(ends?.last) + (weeks - 1) * WEEK;
  for (let at = new Date(Number(ends?.first)); at.getTime() <= last; at = new Date(months.at(-1)?.to ?? last)) {
    const year = at.getUTCFullYear(), month = at.getUTCMonth();
    months.push({ name: `passes_${year}_${String(month + 1).padStart(2, '0')}`, from: Date.UTC(year, month), to: Date.UTC(year, month + 1) });
  }
  if (last > plan.startsAt + 3 * 366 * 86_400_000) throw new Error('a camera of the simulated week has a clock that is years ahead');
  return months;
}

async function fillMonth(db: Database, plan: Plan, { name, from, to }: Month, weeks: number): Promise<void> {
  const time = (at: number): string => `timestamptz '${new Date(at).toISOString()}'`;
  const inserts = await Promise.all(Array.from({ length: weeks }, (_, k) => copyStatement(db.bulk, 'passes', name, passLater(k),
    `bench_week s where s.captured_at >= ${time(from - k * WEEK)} and s.captured_at < ${time(to - k * WEEK)}`)));
  const indexes = await ask<{ definition: string; isKey: boolean }>(db.bulk, `
    select pg_get_indexdef(indexrelid) as definition, indisprimary as "isKey" from pg_index where indrelid = 'passes'::regclass order by indisprimary desc
  `);
  // Made and filled in one transaction: with wal_level = minimal the rows go past the log.
  await db.bulk.transaction(async (tx) => {
    const orm = tx as Orm, reaches = inserts.slice(Math.max(0, Math.floor((from - plan.endsAt + plan.weeks * WEEK) / WEEK) - 2));
    await run(orm, 'set local synchronous_commit = off', `create table ${name} (like passes including defaults including constraints)`, ...reaches);
    for (const { definition, isKey } of indexes) await run(orm, isKey ? `alter table ${name} add primary key (captured_at, id)` : ownIndex(definition, name));
    await run(orm, `alter table passes attach partition ${name} for values from (${time(from).slice(12)}) to (${time(to).slice(12)})`);
  });
}

/** The index of the partitioned table as one of a table beside it; it is taken over when that is attached. */
function ownIndex(definition: string, table: string): string {
  return definition.replace(/^CREATE (UNIQUE )?INDEX \S+ ON (?:ONLY )?\S+ /, (_, unique: string | undefined) => `create ${unique ?? ''}index on ${table} `);
}

/** A pass of the simulated week, k weeks later. `once`: its vehicle comes but once, so that another comes in its place. */
function passLater(k: number): Record<string, string> {
  if (k === 0) return {};
  const ofOther = (text: string, otherwise: string): string => `case when s.once then ${text} else ${otherwise} end`;
  const letters = lettersLater('s.key', k), number = printedLater('s.key', 's.mark_number', k), raw = `${letters} || coalesce(s.mark_year, '') || ${number} || coalesce(s.mark_suffix, '')`;
  return {
    captured_at: later('s.captured_at', k), received_at: later('s.received_at', k), processed_at: later('s.processed_at', k), id: passIdLater('s.id', 's.ms', k),
    key: ofOther(keyLater('s.key', k), 's.key'), skeleton: ofOther(skeletonOf(keyLater('s.key', k)), 's.skeleton'),
    mark_letters: ofOther(letters, 's.mark_letters'), mark_number: ofOther(number, 's.mark_number'), raw_text: ofOther(raw, 's.raw_text'),
    reading: ofOther(`${raw} || substr(s.reading, strpos(s.reading, ' '))`, 's.reading'),
  };
}

/**
 * Vehicles that come each week have their journeys of the first and the last week as these were built, and those of the second in each week
 * between; one that lasts over all three weeks lasts to the end. Those that come but once have theirs in each week anew.
 */
async function fillJourneys(db: Database, { weeks }: Plan): Promise<void> {
  await run(db.bulk, 'truncate journeys');
  const copy = (k: number, where: string, end = k) => async (): Promise<void> =>
    run(db.bulk, await copyStatement(db.bulk, 'journeys', 'journeys', journeyLater(k, end, weeks), `bench_journeys s where ${where}`));
  await twoAtOnce(db, [
    copy(0, 'not s.once and s.week = 0 and not s.lasts'), copy(0, 'not s.once and s.week = 0 and s.lasts', weeks - DERIVED_WEEKS), copy(weeks - DERIVED_WEEKS, 'not s.once and s.week = 2'),
    ...Array.from({ length: weeks }, (_, k) => k).flatMap((k) => [copy(k, 's.once'), ...(k > 0 && k < weeks - 1 ? [copy(k - 1, 'not s.once and s.week = 1')] : [])]),
  ]);
}

/** A journey k weeks later, and its end `end` weeks later. Pairs hold where both halves are of vehicles that come but once; others are let go. */
function journeyLater(k: number, end: number, weeks: number): Record<string, string> {
  if (k === 0 && end === 0) return {};
  const ofOther = (text: string, otherwise: string): string => `case when s.once then ${text} else ${otherwise} end`;
  const paired = (text: string): string => `case when s.pair_once and s.once then ${text} end`;
  const key = ofOther(keyLater('s.key', k), 's.key');
  return {
    id: `bench_journey_id(${key}, ${passIdLater('s.first_pass_id', 's.first_ms', k)})`, key, vehicle: ofOther(`case when s.vehicle = '' then '' else ${profileLater('s.vehicle', 's.profile_parts', 's.key', k)} end`, 's.vehicle'), fold: foldOfKey(key),
    started_at: later('s.started_at', k), entry_at: later('s.entry_at', k), entry_after: later('s.entry_after', k),
    last_seen_at: later('s.last_seen_at', end), exit_at: later('s.exit_at', end), exit_before: later('s.exit_before', end),
    entry_pass_id: passIdLater('s.entry_pass_id', 's.entry_ms', k), exit_pass_id: passIdLater('s.exit_pass_id', 's.exit_ms', end),
    pair_exit_at: paired(later('s.pair_exit_at', k)), pair_exit_pass_id: paired(passIdLater('s.pair_exit_pass_id', 's.pair_exit_ms', k)), pair_exit_site: paired('s.pair_exit_site'), pair_score: paired('s.pair_score'),
    pair_id: paired(`bench_journey_id(${keyLater('s.pair_key', k)}, ${passIdLater('s.pair_first_pass_id', 's.pair_first_ms', k)})`), absorbed: 's.absorbed and coalesce(s.pair_once and s.once, false)',
    ...(end === k ? {} : { sighting_count: `s.sighting_count * ${weeks} / ${DERIVED_WEEKS}` }),
    mark_letters: ofOther(lettersLater('s.key', k), 's.mark_letters'), mark_number: ofOther(printedLater('s.key', 's.mark_number', k), 's.mark_number'),
  };
}

async function fillVehicles(orm: Orm, { weeks }: Plan): Promise<void> {
  await run(orm, 'truncate vehicles');
  await run(orm, await copyStatement(orm, 'vehicles', 'vehicles', { last_seen_at: later('s.last_seen_at', weeks - DERIVED_WEEKS) }, 'bench_vehicles s where not s.once'));
  // Two vehicles of different weeks may come to share a key, as they do on the road; the first of them stays.
  const target = 'bench_other_vehicles';
  await run(orm, `create unlogged table ${target} (like vehicles)`);
  for (let k = 0; k < weeks; k++) {
    const key = keyLater('s.key', k);
    await run(orm, await copyStatement(orm, 'vehicles', target, {
      key, skeleton: skeletonOf(key), fold: foldOfKey(key), first_seen_at: later('s.first_seen_at', k), last_seen_at: later('s.last_seen_at', k),
      profiles: k === 0 ? 's.profiles' : `(select array_agg(x order by x) from (select ${profileLater('p', 'parts', 's.key', k)} as x from unnest(s.profiles) as p cross join lateral ${profileParts('p')} as parts) as made)`,
    }, 'bench_vehicles s where s.once'));
  }
  await run(orm,
    await copyStatement(orm, 'vehicles', 'vehicles', {}, `(select distinct on (key) * from ${target} order by key) as s where not exists (select from bench_vehicles v where v.key = s.key and not v.once)`),
    `drop table ${target}`);
}

async function fillHours(orm: Orm, { weeks }: Plan): Promise<void> {
  await run(orm, 'truncate camera_hours', `
    insert into camera_hours (hour, passes, marks, camera_id)
    select hour + k * interval '168 hours', sum(passes), sum(marks), camera_id from (
      select date_trunc('hour', captured_at, 'UTC') as hour, count(*) as passes, count(key) as marks, camera_id from bench_week group by 1, 4
    ) as of_week cross join generate_series(0, ${weeks - 1}) as k group by 1, 4
  `, 'truncate camera_days', `
    insert into camera_days (day, hours, busy_hours, camera_id)
    select date_trunc('day', hour, 'UTC'), bit_or(1 << extract(hour from hour at time zone 'UTC')::integer),
      bit_or(case when passes >= ${USUAL_PASSES} then 1 << extract(hour from hour at time zone 'UTC')::integer else 0 end), camera_id
    from camera_hours group by 4, 1
  `);
}
