import { Readable } from 'node:stream';
import { createLog } from '../../src/core/log.ts';
import type { Register } from '../../src/geo/register.ts';
import { createThreadIndexHost } from '../../src/hit/index-host.ts';
import { createMatcher } from '../../src/hit/matcher.ts';
import type { Pass } from '../../src/pass/pass.ts';
import { createDerivation } from '../../src/pipeline/derivation.ts';
import { createImports } from '../../src/pipeline/imports.ts';
import { createRecorder } from '../../src/pipeline/record.ts';
import type { Database } from '../../src/store/database.ts';
import { ask } from './columns.ts';
import { PLAIN_KEY } from './shift.ts';

/** One mark is listed in so many of those that are seen once or twice in these passes: a listed vehicle that drives by all day would be found on the first. */
const LISTED_OF = 40, SELDOM = 2;

export interface Ingested {
  readonly passes: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Lowest rate of any tenth of the time. */
  readonly slowestPerSecond: number;
  readonly hits: number;
  readonly repeated: number;
  readonly journeysChanged: number;
  /** CPU of this process, in cores. */
  readonly nodeCores: number;
  /** Where the database spent its time, the longest first. */
  readonly statements: readonly Statement[];
}

/** `leastMs`: the quickest call, which nothing else held up. */
export interface Statement { readonly text: string; readonly calls: number; readonly rows: number; readonly ms: number; readonly leastMs: number }

/** A list of `entries` marks: a few of the vehicles of these passes, the rest never seen here. */
export async function importList(db: Database, folder: string, entries: number, passes: readonly Pass[]): Promise<void> {
  const counts = new Map<string, number>();
  for (const { key } of passes) if (key !== null && PLAIN_KEY.test(key)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const seen = [...counts].flatMap(([key, count]) => (count <= SELDOM ? [key] : [])).filter((_, i) => i % LISTED_OF === 0);
  const letter = (n: number): string => String.fromCharCode(65 + (n % 26));
  function* lines(): Generator<Buffer> {
    yield Buffer.from('mark,kind,reason,owner,action,expires\n');
    for (const key of seen) yield Buffer.from(`${key},stolen,FIR,Police,stop,\n`);
    for (let n = 0, left = entries - seen.length; left > 0; n++) {
      const letters = `${'LRMF'[n % 4]}${letter(n >> 2)}${letter(Math.floor(n / 104))}`, number = 1 + (Math.floor(n / 2704) * 131 + n) % 9999;
      if (counts.has(letters + number)) continue;
      left--;
      yield Buffer.from(`${letters}-${number},stolen,FIR ${n},Police,stop,\n`);
    }
  }
  // A list that is older than the passes by weeks has lapsed, and matches nothing.
  await createImports(db, () => passes[0]?.receivedAt ?? 0, folder).importList('stolen', 'stolen.csv', Readable.from(lines()), {});
}

/** Passes of one request to the API, and how many of those are under way at once. */
export interface Requests { readonly size: number; readonly atOnce: number }

/** Records the passes as the server does, matched by a thread of its own. */
export async function ingest(db: Database, register: Register, passes: readonly Pass[], { size, atOnce }: Requests): Promise<Ingested> {
  let now = passes[0]?.receivedAt ?? 0;
  const matcher = createMatcher({ database: db, host: createThreadIndexHost(), timeZone: register.city.timeZone, clock: () => now });
  const log = createLog('silent'), derivation = createDerivation({ database: db, register, log });
  const recorder = createRecorder({ database: db, register, clock: () => now, matcher, derivation, lateAfterMs: 120_000, log });
  try {
    await matcher.caughtUp();
    await resetStatements(db);
    let at = 0, hits = 0, repeated = 0, journeysChanged = 0;
    const marks: number[] = [], begun = performance.now(), cpu = process.cpuUsage();
    const work = async (): Promise<void> => {
      while (at < passes.length) {
        const request = passes.slice(at, at += size);
        now = Math.max(now, request.at(-1)?.receivedAt ?? now);
        const result = await recorder.record(request);
        hits += result.hits.length;
        repeated += result.repeated;
        journeysChanged += result.journeysChanged;
        for (const _ of request) marks.push(performance.now() - begun);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    // What follows from journeys belongs to the price.
    await recorder.settled();
    const seconds = (performance.now() - begun) / 1000, { user, system } = process.cpuUsage(cpu);
    return {
      passes: passes.length, seconds, perSecond: passes.length / seconds, slowestPerSecond: slowest(marks, seconds), hits, repeated, journeysChanged,
      nodeCores: (user + system) / 1e6 / seconds, statements: await longestStatements(db),
    };
  } finally {
    await derivation.close();
    await matcher.close();
  }
}

/** Of ten equal parts of the time the one with the fewest passes, a second. */
function slowest(marks: readonly number[], seconds: number): number {
  const parts = Array.from({ length: 10 }, () => 0), length = (seconds * 1000) / parts.length;
  for (const at of marks) parts[Math.min(parts.length - 1, Math.floor(at / length))]! += 1;
  return Math.min(...parts) / (length / 1000);
}

async function resetStatements(db: Database): Promise<void> {
  if (db.kind === 'postgres') await ask(db.orm, 'create extension if not exists pg_stat_statements').then(() => ask(db.orm, 'select pg_stat_statements_reset()'));
}

async function longestStatements(db: Database): Promise<Statement[]> {
  if (db.kind !== 'postgres') return [];
  return ask<Statement>(db.orm, `
    select left(regexp_replace(query, '\\s+', ' ', 'g'), 100) as text, calls::integer as calls, rows::integer as rows, total_exec_time as ms, min_exec_time as "leastMs"
    from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database()) order by total_exec_time desc limit 14
  `);
}
