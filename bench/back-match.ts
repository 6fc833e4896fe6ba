/**
 * How long it takes to tell where the vehicle of a new list entry was last seen, at N stored passes of 30 days on a real PostgreSQL.
 *
 *   npm run bench -- back-match [--passes N] [--entries N]
 *
 * Loads N passes (default 1,000,000) of N / 12 vehicles with the database's own generator, then back-matches entries (default 60; half of
 * them of vehicles that passed, some with a pattern) one after the other with every class of the product's settings and wide look-alikes.
 * Beside it, in the same run, what one would write without an index for look-alikes: every key ever seen within one edit
 * (levenshtein_less_equal of fuzzystrmatch, PostgreSQL's own), joined to the passes.
 *
 * The last line is a contract for scripts:
 *   back_match p50_ms=… max_ms=… plain_ratio=… passes=… entries=… found=…
 * `plain_ratio` = median of the plain question / p50_ms.
 */
import { parseArgs } from 'node:util';
import { sql } from 'drizzle-orm';
import { quantile } from '../src/accuracy/figures.ts';
import type { ListEntry } from '../src/list/entry.ts';
import { DEFAULT_LIST_SETTINGS } from '../src/list/list-settings.ts';
import { backMatch } from '../src/pipeline/back-match.ts';
import { markKey } from '../src/plate/key.ts';
import { parseMark } from '../src/plate/parse.ts';
import { openDatabase, type Database } from '../src/store/database.ts';
import { ensurePartitions } from '../src/store/partitions.ts';
import { rowsOf } from '../src/store/query.ts';
import { startPostgres } from '../test/support/postgres-server.ts';

const { values } = parseArgs({ options: { passes: { type: 'string', default: '1000000' }, entries: { type: 'string', default: '60' } } });
const passCount = Number(values.passes), entryCount = Number(values.entries);
const NOW = Date.parse('2026-11-03T12:00:00Z'), DAY = 86_400_000, PART = 500_000;

/** Letters and number of vehicle v: A to Y in three places and up to four digits, spread so that neighbours exist. */
const LETTER = (expression: string): string => `chr(65 + ((${expression}) % 25)::int)`;

async function load(db: Database): Promise<void> {
  await ensurePartitions(db, 'passes', Array.from({ length: 31 }, (_, i) => NOW - i * DAY));
  for (let from = 0; from < passCount; from += PART) {
    await rowsOf(db.bulk, sql.raw(`
      insert into passes (captured_at, received_at, processed_at, confidence, sequence, read_count, boundary, id, camera_id, site_id, direction, outcome, time_source, source, raw_text, key,
        skeleton, mark_letters, mark_number, characters, alternatives)
      select at, at, at, 0.93, 0, 5, true, 'b' || n, 'camera-' || n % 1400, 'site-' || n % 225, 'in', 'mark', 'camera', 'pipeline', letters || number, letters || number, letters || number, letters,
        number, '[]', '[]'
      from (
        select n, timestamptz '2026-11-03T12:00:00Z' - (n * 7919 % 2592000) * interval '1 second' - interval '1 millisecond' as at,
          'L' || ${LETTER('v')} || ${LETTER('v / 25')} as letters, (1 + (v / 625) % 9999)::text as number
        from (select n, n * 48271 % ${Math.ceil(passCount / 12)} as v from generate_series(${from}::bigint, ${Math.min(passCount, from + PART) - 1}) as n) drawn
      ) made
    `));
    console.log(`${Math.min(passCount, from + PART)} passes loaded`);
  }
  await rowsOf(db.bulk, sql`insert into vehicles (key) select distinct key from passes`);
  await rowsOf(db.bulk, sql`create extension if not exists fuzzystrmatch`);
  await rowsOf(db.bulk, sql`vacuum analyze`);
}

function entryOf(text: string, index: number): ListEntry {
  const parsed = parseMark(text), pattern = parsed.kind === 'mark' ? null : text;
  if (parsed.kind !== 'mark' && !text.includes('?')) throw new Error(`${text} is no mark`);
  const mark = parsed.kind === 'mark' ? parsed.mark : null;
  return {
    id: `e-${index}`, list: 'stolen', mark, key: mark && markKey(mark), pattern, kind: 'stolen', reason: 'FIR', owner: 'Police', action: 'stop', warnings: [], caseReference: null,
    vehicle: { class: null, make: null, colour: null, chassis: null }, source: null, stage: null, expiresAt: null, reviewAt: null,
  };
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly value: T }> {
  const started = performance.now(), value = await work();
  return { ms: performance.now() - started, value };
}

const server = await startPostgres();
const db = await openDatabase({ url: await server.createDatabase('migrated'), dataDir: '' });
try {
  const loading = await timed(() => load(db));
  console.log(`loaded in ${Math.round(loading.ms / 1000)} s`);
  const seen = await rowsOf<{ key: string }>(db.orm, sql`select key from vehicles order by md5(key) limit ${entryCount / 2}`);
  const texts = Array.from({ length: entryCount }, (_, i) => (i % 2 === 0 ? seen[(i / 2) % seen.length]?.key ?? 'LAA1' : i % 10 === 1 ? `LZ?-${1000 + i}` : `LZZ-${9000 + i}`));
  const settings = DEFAULT_LIST_SETTINGS, ours: number[] = [], plain: number[] = [];
  let found = 0;
  for (const [i, text] of texts.entries()) {
    const entry = entryOf(text, i);
    const { ms, value } = await timed(() => backMatch(db, entry, { since: NOW - 30 * DAY, limit: 5, settings, timeZone: 'Asia/Karachi' }));
    ours.push(ms);
    if (value.length > 0) found++;
    if (entry.key === null || plain.length >= 3) continue;
    plain.push((await timed(() => rowsOf(db.bulk, sql`
      select id from passes where key in (select key from vehicles where levenshtein_less_equal(key, ${entry.key}, 1) <= 1)
      and captured_at >= ${new Date(NOW - 30 * DAY).toISOString()}::timestamptz order by captured_at desc limit 5
    `))).ms);
  }
  const p50 = quantile(ours, 0.5) ?? 0, plainP50 = quantile(plain, 0.5) ?? 0;
  console.log(`back_match p50_ms=${p50.toFixed(1)} max_ms=${Math.max(...ours).toFixed(1)} plain_ratio=${(plainP50 / p50).toFixed(1)} passes=${passCount} entries=${entryCount} found=${found}`);
} finally {
  await db.close();
  await server.stop();
}
