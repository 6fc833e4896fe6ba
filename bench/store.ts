/**
 * What a year of passes costs to keep and to ask, on a real PostgreSQL: bytes a pass, how fast more are recorded, how long each question takes.
 *
 *   npm run bench -- store [--passes N] [--ingest N] [--asked N] [--cold N] [--list N] [--plain-passes N] [--request N] [--at-once N]
 *       [--keep FOLDER] [--load-only] [--pglite] [--profile]
 *
 * Simulates a week of the city at full size (225 sites, 1,400 cameras; src/simulate), so large that N passes (default 1,000,000) are a year of it, and has
 * the program build its journeys. The year is that week 52 times, copied inside PostgreSQL month by month before a month has its indexes; vehicles
 * that only pass through, and misread marks, come under other marks each week. Below 260,000 passes there are fewer weeks.
 * Then, on top: the next `--ingest` passes (default 100,000) of the same traffic through the program's own recorder, with matching against a list of
 * `--list` marks (default 100,000), journeys, pairs and counts, `--request` of them (default 500) in a request and `--at-once` (default 2) requests under way;
 * the same into an empty store. Each
 * question of the API: `--cold` askings (default 20) after a start of the server without any cache, then `--asked` (default 200) of marks,
 * cameras and patterns drawn as often as they come in the traffic, three times over: `first` finds the cache as it is, `again` asks the very same,
 * `pages` counts the pages that it looks at.
 * Loading is done with fsync off and wal_level minimal; everything measured runs with fsync on.
 *
 * The peer in the same run is what people run today: one table of reads, not partitioned, with indexes on plate and time and a trigram index (bench/store/plain.ts).
 * It gets the newest `--plain-passes` (default all up to 10,000,000), and is asked the same marks and patterns.
 *
 * `--keep FOLDER` keeps the server's folder: a later run with the same folder asks what is loaded there, and records the passes that come after.
 * `--load-only` ends after loading. `--pglite`: the same in PGlite, inside this process. `--profile` prints where recording spends its time.
 *
 * The last line is a contract for scripts:
 *   store passes=… ingest_per_s=… bytes_per_pass=… timeline_p95_ms=… camera_p95_ms=… wildcard_p95_ms=… plain_ratio=… …
 * `bytes_per_pass`: the table of passes with its indexes; `all_bytes_per_pass`: with journeys, vehicles and hours of cameras. `…_p95_ms`: asked `again`.
 * `plain_ratio`: mean of the two ratios, the peer's p95 to ours, of the timeline of a mark and of a wildcard; above 1 we are faster.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Pass } from '../src/pass/pass.ts';
import { openDatabase, type Database, type Orm } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { rebuildKeys } from '../src/store/rebuild-journeys.ts';
import { wholeCity } from './store/city.ts';
import { ask } from './store/columns.ts';
import { derive, dropDerived } from './store/derive.ts';
import { fill } from './store/fill.ts';
import { importList, ingest, type Ingested } from './store/ingest.ts';
import { p95, timesLine, timesOf, TIMES_HEAD, type Times } from './store/measure.ts';
import { fillPlain, plainBatchedIngest, plainIngest } from './store/plain.ts';
import { pagesOf } from './store/pages.ts';
import { planFor, WEEK, type Plan } from './store/plan.ts';
import { draw, LOOKUP_MARKS, PLAIN_QUESTIONS, questionsOf, type Drawn, type Question } from './store/questions.ts';
import { StoreServer } from './store/server.ts';
import { passLater, trafficOf } from './store/traffic.ts';

const number = (value: string) => ({ type: 'string', default: value }) as const, flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({
  options: {
    passes: number('1000000'), ingest: number('100000'), asked: number('200'), cold: number('20'), list: number('100000'), 'plain-passes': number('10000000'), request: number('500'), 'at-once': number('2'),
    keep: { type: 'string' }, 'load-only': flag, pglite: flag, profile: flag,
  },
});

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}

function whole(name: string, text: string, least = 1): number {
  return /^\d{1,9}$/.test(text) && Number(text) >= least ? Number(text) : stop(`${name} must be a whole number from ${least} on.`);
}

const passCount = whole('--passes', values.passes, 20_000), ingestCount = whole('--ingest', values.ingest), asked = whole('--asked', values.asked), coldCount = whole('--cold', values.cold, 0);
const listed = whole('--list', values.list), plainCount = whole('--plain-passes', values['plain-passes']), requests = { size: whole('--request', values.request), atOnce: whole('--at-once', values['at-once']) };
if (values['load-only'] && values.keep === undefined) stop('--load-only needs --keep FOLDER.');
if (values.pglite && values.keep !== undefined) stop('--keep is for PostgreSQL: leave out --pglite.');

/** What a kept folder says of itself. */
interface Kept { readonly plan: Plan; readonly recordedWeeks: number }

const started = performance.now(), register = wholeCity(), DATABASE = 'darwaza';
const folder = values.keep === undefined ? await mkdtemp(join(tmpdir(), 'darwaza-bench-store-')) : resolve(values.keep);
mkdirSync(folder, { recursive: true });
// The server runs as another user, who has to get through.
chmodSync(folder, 0o755);
const keptFile = join(folder, 'kept.json'), nextFile = join(folder, 'next.ndjson');
const server = values.pglite ? null : new StoreServer(folder);
const results: { readonly times: Times[]; over: Ingested | null; empty: Ingested | null } = { times: [], over: null, empty: null };

function log(text: string): void {
  console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${text}`);
}

async function load(plan: Plan): Promise<Database> {
  await server?.start('loading');
  const db = await (server?.create(DATABASE) ?? openEmbedded());
  const traffic = trafficOf(register, plan, ingestCount);
  await derive(db, register, plan, traffic, log);
  const from = performance.now();
  await fill(db, plan, log);
  await dropDerived(db.bulk);
  writeFileSync(nextFile, traffic.next(ingestCount).map((pass) => `${JSON.stringify(pass)}\n`).join(''));
  writeFileSync(keptFile, JSON.stringify({ plan, recordedWeeks: 0 } satisfies Kept));
  log(`loaded; ${Math.round(plan.passes / ((performance.now() - from) / 1000))} passes a second copied with journeys, vehicles and indexes`);
  return db;
}

async function openEmbedded(): Promise<Database> {
  const db = await openDatabase({ dataDir: folder });
  await migrate(db);
  return db;
}

/** Passes that follow what is stored, and take their place among it. */
function nextPasses({ plan, recordedWeeks }: Kept): Pass[] {
  const next = readFileSync(nextFile, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Pass);
  return next.slice(0, ingestCount).map((pass) => passLater(pass, (plan.weeks - 1 + recordedWeeks) * WEEK));
}

interface Sizes { readonly rows: number; readonly passes: number; readonly all: number; readonly vehicles: number; readonly journeys: number }

async function sizes(db: Database): Promise<Sizes> {
  const [row] = await ask<{ passes: string; rest: string; rows: string; vehicles: string; journeys: string }>(db.bulk, `
    select (select sum(pg_total_relation_size(inhrelid))::text from pg_inherits where inhparent = 'passes'::regclass) as passes,
      (pg_total_relation_size('journeys') + pg_total_relation_size('vehicles') + pg_total_relation_size('camera_hours'))::text as rest,
      (select count(*)::text from passes) as rows, (select count(*)::text from vehicles) as vehicles, (select count(*)::text from journeys) as journeys
  `);
  const passes = Number(row?.passes), tables = await ask<{ name: string; heap: string; indexes: string }>(db.bulk, `
    select c.relname as name, pg_size_pretty(pg_table_size(c.oid)) as heap, pg_size_pretty(pg_indexes_size(c.oid)) as indexes
    from pg_class c where c.relname in ('journeys', 'vehicles', 'camera_hours') order by 1
  `);
  for (const table of tables) log(`${table.name}: ${table.heap} and indexes of ${table.indexes}`);
  return { rows: Number(row?.rows), passes, all: passes + Number(row?.rest), vehicles: Number(row?.vehicles), journeys: Number(row?.journeys) };
}

/** Whether the copies are what the program would have made of these passes: it builds the journeys of some keys again. Vehicles of different weeks that came to share a key differ. */
async function checkDerived(db: Database): Promise<void> {
  const keys = (await ask<{ key: string }>(db.bulk, 'select key from vehicles order by md5(key) limit 200')).map((row) => row.key);
  const [count] = await ask<{ n: number }>(db.bulk, `select count(*)::integer as n from journeys where key = any('{${keys.join()}}')`);
  const changed = await db.bulk.transaction((tx) => rebuildKeys(tx as Orm, keys));
  log(`${changed} of ${count?.n} journeys of ${keys.length} keys differ from what the program builds`);
}

/** Cold askings first, each question after a start of its own. */
async function askAll(db: Database, questions: readonly Question[], drawn: readonly Drawn[]): Promise<Database> {
  const colds = new Map<string, number[]>();
  let open = db;
  for (const question of coldCount === 0 ? [] : questions) {
    if (server === null) break;
    await open.close();
    await server.startCold();
    open = await server.open(DATABASE);
    colds.set(question.name, await timesOf(open, question, drawn.slice(asked, asked + coldCount)));
  }
  console.log(TIMES_HEAD);
  for (const question of questions) {
    const first = await timesOf(open, question, drawn.slice(0, asked)), again = await timesOf(open, question, drawn.slice(0, asked));
    const pages = server === null ? [] : await pagesOf(open, question, drawn.slice(0, asked));
    results.times.push({ name: question.name, cold: colds.get(question.name) ?? [], first, again, pages });
    console.log(timesLine(results.times.at(-1) as Times));
  }
  return open;
}

function printIngested(where: string, { passes, seconds, perSecond, slowestPerSecond, hits, repeated, journeysChanged, nodeCores, statements }: Ingested): void {
  log(`${where}: ${passes} passes recorded in ${seconds.toFixed(1)} s, ${perSecond.toFixed(0)} a second (slowest tenth ${slowestPerSecond.toFixed(0)}); `
    + `${hits} hits, ${repeated} repeated, ${journeysChanged} journeys changed; this process ${nodeCores.toFixed(2)} cores, the database's statements ${(statements.reduce((sum, s) => sum + s.ms, 0) / 1000 / seconds).toFixed(2)}`);
  if (values.profile) for (const { text, calls, rows, ms, leastMs } of statements) console.log(`${(ms * 1000 / passes).toFixed(1).padStart(8)} µs a pass ${String(calls).padStart(6)} calls ${(rows / passes).toFixed(2).padStart(7)} rows a pass ${(ms / calls).toFixed(1).padStart(6)} ms each, least ${leastMs.toFixed(1).padStart(5)}  ${text}`);
}

async function ingestEmpty(passes: readonly Pass[]): Promise<void> {
  if (server === null) return;
  const db = await server.create('empty');
  try {
    await importList(db, folder, listed, passes);
    results.empty = await ingest(db, register, passes, requests);
    printIngested('into an empty store', results.empty);
  } finally {
    await db.close();
  }
}

async function comparePlain(db: Database, drawn: readonly Drawn[], passes: readonly Pass[]): Promise<Record<string, string | number>> {
  const { rows, bytesPerRow } = await fillPlain(db, Math.min(plainCount, passCount));
  log(`the plain table: ${rows} rows of ${bytesPerRow.toFixed(0)} bytes with indexes`);
  const part = passes.slice(0, Math.ceil(passes.length / 10)), perSecond = await plainIngest(db, part), batched = await plainBatchedIngest(db, passes.slice(part.length));
  log(`the plain table: ${perSecond.toFixed(0)} passes a second one by one as that program does, ${batched.toFixed(0)} in batches; neither matches, follows journeys or notices repeats in batches`);
  for (const question of PLAIN_QUESTIONS) {
    const times = { name: question.name, cold: [], first: await timesOf(db, question, drawn.slice(0, asked)), again: await timesOf(db, question, drawn.slice(0, asked)), pages: [] };
    results.times.push(times);
    console.log(timesLine(times));
  }
  return { plain_passes: rows, plain_bytes_per_pass: bytesPerRow.toFixed(0), plain_ingest_per_s: perSecond.toFixed(0), plain_batched_per_s: batched.toFixed(0) };
}

const timesNamed = (name: string): Times => results.times.find((times) => times.name === name) ?? stop(`no question is called ${name}`);

function lastLine(size: Sizes, plain: Readonly<Record<string, string | number>>): string {
  const again = (name: string): number => p95(timesNamed(name).again), first = (name: string): number => p95(timesNamed(name).first);
  const ratio = (again('plain_timeline') / again('timeline') + again('plain_wildcard') / again('wildcard')) / 2;
  const fields = {
    passes: size.rows, ingest_per_s: results.over?.perSecond.toFixed(0) ?? '-', bytes_per_pass: (size.passes / size.rows).toFixed(0), timeline_p95_ms: again('timeline').toFixed(1),
    camera_p95_ms: again('camera').toFixed(1), wildcard_p95_ms: again('wildcard').toFixed(1), plain_ratio: ratio.toFixed(1), empty_ingest_per_s: results.empty?.perSecond.toFixed(0) ?? '-',
    all_bytes_per_pass: (size.all / size.rows).toFixed(0), vehicles: size.vehicles, journeys: size.journeys, timeline_first_p95_ms: first('timeline').toFixed(1), camera_first_p95_ms: first('camera').toFixed(1),
    wildcard_first_p95_ms: first('wildcard').toFixed(1), ...plain, database: values.pglite ? 'pglite' : 'postgres', cache_dropped: server === null ? '-' : server.dropsCache ? 'yes' : 'no',
  };
  return `store ${Object.entries(fields).map(([name, value]) => `${name}=${value}`).join(' ')}`;
}

async function measure(open: Database, kept: Kept): Promise<void> {
  let db = open;
  try {
    if (kept.recordedWeeks === 0) await checkDerived(db);
    const size = await sizes(db), drawn = await draw(db, kept.plan, Math.max(asked + coldCount, LOOKUP_MARKS)), passes = nextPasses(kept);
    log(`${size.rows} passes of ${(size.passes / size.rows).toFixed(0)} bytes with indexes, ${size.vehicles} vehicles, ${size.journeys} journeys`);
    if (drawn.length < asked + coldCount) stop(`only ${drawn.length} passes could be drawn; ask less than ${asked}`);
    if (server !== null) {
      await db.close();
      await server.start('serving');
      await ingestEmpty(passes);
      db = await server.open(DATABASE);
    }
    db = await askAll(db, questionsOf(register, kept.plan.endsAt + kept.recordedWeeks * WEEK, drawn.slice(0, LOOKUP_MARKS)), drawn);
    await importList(db, folder, listed, passes);
    if (server !== null) writeFileSync(keptFile, JSON.stringify({ ...kept, recordedWeeks: kept.recordedWeeks + 1 } satisfies Kept));
    results.over = await ingest(db, register, passes, requests);
    printIngested('on top of what is stored', results.over);
    const plain = await comparePlain(db, drawn, passes);
    console.log(lastLine(size, plain));
  } finally {
    await db.close();
  }
}

try {
  const kept = existsSync(keptFile) ? JSON.parse(readFileSync(keptFile, 'utf8')) as Kept : null;
  if (kept === null) {
    const plan = planFor(passCount), db = await load(plan);
    if (values['load-only']) await db.close();
    else await measure(db, { plan, recordedWeeks: 0 });
  } else {
    await server?.start('serving');
    log(`${folder} holds ${kept.plan.passes} passes already; they are not loaded again`);
    const db = await (server as StoreServer).open(DATABASE);
    await migrate(db);
    await measure(db, kept);
  }
} finally {
  await server?.stop();
  if (values.keep === undefined) await rm(folder, { recursive: true, force: true });
}
