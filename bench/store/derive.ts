import { createLog } from '../../src/core/log.ts';
import type { Register } from '../../src/geo/register.ts';
import type { Pass } from '../../src/pass/pass.ts';
import { createDerivation } from '../../src/pipeline/derivation.ts';
import type { Database, Orm } from '../../src/store/database.ts';
import { insertPasses } from '../../src/store/insert-passes.ts';
import { ensurePartitions, forgetPartitions } from '../../src/store/partitions.ts';
import { rebuildKeys } from '../../src/store/rebuild-journeys.ts';
import type { StoredPass } from '../../src/store/stored-pass.ts';
import { ask, copyStatement, run } from './columns.ts';
import { DERIVED_WEEKS } from './fill.ts';
import { WEEK, type Plan } from './plan.ts';
import { foldOfKey, FUNCTIONS, later, passIdLater, profileParts, skeletonOf } from './shift.ts';
import type { Traffic } from './traffic.ts';

const PASSES_AT_ONCE = 2000, KEYS_AT_ONCE = 1000;

/**
 * Stores the simulated week and has the program itself build the journeys of three such weeks: what `fill` copies. Leaves the tables bench_week
 * (passes; `once`: its vehicle comes but once), bench_journeys and bench_vehicles, and the program's own tables empty.
 */
export async function derive(db: Database, register: Register, plan: Plan, traffic: Traffic, log: (text: string) => void): Promise<void> {
  await run(db.bulk, ...FUNCTIONS.split(/;?\n(?=create)/).filter((text) => text.trim() !== ''));
  const stored = await storeWeek(db, register, traffic.week());
  log(`${stored} passes of the simulated week stored`);
  await keepWeek(db, traffic.regular);
  await repeatWeek(db, plan);
  await run(db.bulk, `
    insert into vehicles (key, skeleton, fold, first_seen_at, last_seen_at, last_site_id)
    select key, ${skeletonOf('key')}, ${foldOfKey('key')}, min(captured_at), max(captured_at), (array_agg(site_id order by captured_at desc))[1] from passes where key is not null group by key
  `, 'analyze passes', 'analyze vehicles');
  log(`${await buildJourneys(db)} journeys of ${DERIVED_WEEKS} weeks built`);
  const derivation = createDerivation({ database: db, register, log: createLog('silent') });
  await derivation.settled().finally(() => derivation.close());
  log('probable pairs settled');
  await keepDerived(db.bulk, plan);
  await emptyTables(db);
}

async function storeWeek(db: Database, register: Register, passes: Iterable<Pass>): Promise<number> {
  const cameras = new Map(register.cameras.map((camera) => [camera.id, camera]));
  let part: StoredPass[] = [], count = 0;
  const flush = async (): Promise<void> => {
    await ensurePartitions(db, 'passes', part.map((pass) => pass.capturedAt));
    count += (await insertPasses(db.bulk, part)).size;
    part = [];
  };
  for (const pass of passes) {
    const camera = cameras.get(pass.cameraId);
    part.push({ ...pass, direction: pass.direction === 'unknown' ? camera?.direction ?? 'unknown' : pass.direction, siteId: camera?.siteId ?? null, boundary: camera?.boundary ?? false });
    if (part.length === PASSES_AT_ONCE) await flush();
  }
  if (part.length > 0) await flush();
  return count;
}

async function keepWeek(db: Database, regular: ReadonlySet<string>): Promise<void> {
  await run(db.bulk, 'create unlogged table bench_regular (key text collate "C")');
  const keys = [...regular];
  for (let at = 0; at < keys.length; at += 10_000) await run(db.bulk, `insert into bench_regular values ${keys.slice(at, at + 10_000).map((key) => `('${key.replaceAll("'", "''")}')`).join()}`);
  await run(db.bulk, `
    create unlogged table bench_week as
    select p.*, p.key is not null and r.key is null as once, bench_ms(p.id) as ms from passes p left join bench_regular r using (key) order by p.captured_at
  `, 'drop table bench_regular', 'create index on bench_week (captured_at)', 'analyze bench_week');
}

async function repeatWeek(db: Database, plan: Plan): Promise<void> {
  await ensurePartitions(db, 'passes', Array.from({ length: 40 }, (_, day) => plan.startsAt + (day - 1) * (WEEK / 7)));
  for (let k = 1; k < DERIVED_WEEKS; k++) {
    await run(db.bulk, await copyStatement(db.bulk, 'passes', 'passes', {
      id: passIdLater('s.id', 's.ms', k), captured_at: later('s.captured_at', k), received_at: later('s.received_at', k), processed_at: later('s.processed_at', k),
    }, 'bench_week s where not s.once'));
  }
}

async function buildJourneys(db: Database): Promise<number> {
  let built = 0;
  for (let after = ''; ;) {
    const keys = (await ask<{ key: string }>(db.bulk, `select key from vehicles where key > '${after}' order by key limit ${KEYS_AT_ONCE}`)).map((row) => row.key);
    if (keys.length === 0) return built;
    built += await db.bulk.transaction((tx) => rebuildKeys(tx as Orm, keys));
    after = keys.at(-1) ?? '';
  }
}

async function keepDerived(orm: Orm, plan: Plan): Promise<void> {
  const time = (at: number): string => `timestamptz '${new Date(at).toISOString()}'`, [second, third] = [time(plan.startsAt + WEEK), time(plan.startsAt + 2 * WEEK)];
  await run(orm, `
    create unlogged table bench_journeys as
    select j.*, w.once, case when j.started_at < ${second} then 0 when j.started_at < ${third} then 1 else 2 end as week, j.last_seen_at >= ${third} as lasts, first_pass.id as first_pass_id, bench_ms(first_pass.id) as first_ms,
      bench_ms(j.entry_pass_id) as entry_ms, bench_ms(j.exit_pass_id) as exit_ms, bench_ms(j.pair_exit_pass_id) as pair_exit_ms,
      ${profileParts('j.vehicle')} as profile_parts
    from journeys j
    join (select distinct key, once from bench_week where key is not null) w using (key)
    cross join lateral (
      select p.id from passes p where p.key = j.key and p.captured_at = j.started_at order by p.camera_id, p.sequence, p.id limit 1
    ) as first_pass
  `, `
    alter table bench_journeys add column pair_key text, add column pair_first_pass_id text, add column pair_first_ms bigint, add column pair_once boolean
  `, 'create index on bench_journeys (id)', `
    update bench_journeys j set pair_key = o.key, pair_first_pass_id = o.first_pass_id, pair_first_ms = o.first_ms, pair_once = o.once from bench_journeys o where o.id = j.pair_id
  `, 'analyze bench_journeys', `
    create unlogged table bench_vehicles as select v.*, w.once from vehicles v join (select distinct key, once from bench_week where key is not null) w using (key)
  `, 'create index on bench_vehicles (key)', 'analyze bench_vehicles');
}

async function emptyTables(db: Database): Promise<void> {
  const partitions = await ask<{ name: string }>(db.bulk, `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'passes'::regclass`);
  await run(db.bulk, ...partitions.map(({ name }) => `drop table ${name}`), 'truncate journeys, vehicles, pairs_due, journeys_due');
  forgetPartitions(db);
}

export async function dropDerived(orm: Orm): Promise<void> {
  await run(orm, 'drop table if exists bench_week, bench_journeys, bench_vehicles');
}
