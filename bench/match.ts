/**
 * How many passes a second are matched against a list, beside a SQL lookup per pass and a Levenshtein scan in the same run.
 *
 *   npm run bench -- match [--entries N] [--passes N] [--lookups N] [--scans N]
 *
 * One list of N entries (default 1,000,000) of evenly spread marks and 300 patterns; passes (default 100,000) of which 3 % are listed and
 * 3 % are listed with one look-alike exchanged, each with four alternatives. All of it comes from a fixed seed. On one thread, five rounds
 * over all passes after one that does not count; the median counts:
 *   exact  the index may match exactly only, as the product does for lists above 500,000 entries
 *   all    every class, the wide look-alikes, the alternatives and the patterns: the worst case, which the product allows up to 500,000
 * In the same run, on fewer passes:
 *   sql    one prepared `select` by key for each pass (default 2,000) from an indexed table of the same entries, in the PostgreSQL that the
 *          tests use (DATABASE_URL, else the one of the npm package), over a local connection
 *   scan   fastest-levenshtein over the keys of all entries for each pass (default 10), taking those at a distance of one at most
 * The lookup must find what the index finds by key, or the run fails.
 *
 * The last line is a contract for scripts:
 *   match exact_per_s=… all_per_s=… mb_per_million=… sql_ratio=… scan_ratio=… entries=… passes=… build_s=…
 * `mb_per_million` is what the index holds after garbage collection, in 10^6 bytes a million entries. `sql_ratio` = time of a pass by SQL /
 * by the index with exact matches; `scan_ratio` = time of a pass by scan / by the index with every class: both above 1 where the index is faster.
 */
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { distance } from 'fastest-levenshtein';
import { Client } from 'pg';
import { quantile } from '../src/accuracy/figures.ts';
import { columns } from '../src/cli/output.ts';
import { createListIndex, type IndexRules, type ListIndex } from '../src/list/list-index.ts';
import { MATCH_KINDS } from '../src/list/list-settings.ts';
import type { MatchablePass } from '../src/list/matchable-pass.ts';
import { markKey } from '../src/plate/key.ts';
import { lookAlikesOf } from '../src/plate/look-alikes.ts';
import type { Mark } from '../src/plate/mark.ts';
import { writeMark } from '../src/plate/written-form.ts';
import { startPostgres } from '../test/support/postgres-server.ts';

const PATTERNS = 300, ROUNDS = 5, BATCH = 20_000;
const EXACT: IndexRules = { kinds: ['exact'], lookAlikes: 'wide' }, ALL: IndexRules = { kinds: MATCH_KINDS, lookAlikes: 'wide' };
const BY_KEY: IndexRules = { kinds: ['exact', 'unread-part'], lookAlikes: 'wide' };

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}

function count(name: 'entries' | 'passes' | 'lookups' | 'scans', fallback: number): number {
  const given = Number(values[name] ?? fallback);
  return Number.isSafeInteger(given) && given > 0 ? given : stop(`--${name} must be a whole number above 0.`);
}

const { values } = parseArgs({ options: { entries: { type: 'string' }, passes: { type: 'string' }, lookups: { type: 'string' }, scans: { type: 'string' } } });
const entries = count('entries', 1_000_000), passCount = count('passes', 100_000), lookups = Math.min(count('lookups', 2000), passCount), scans = Math.min(count('scans', 10), passCount);
if (globalThis.gc === undefined) stop('Start it with "npm run bench -- match": memory can only be measured with --expose-gc.');
const gc = globalThis.gc;

/** Numbers below `limit` from a seed, the same in every run (mulberry32). */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b_79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * limit);
  };
}

const pick = (next: (limit: number) => number, from: string): string => from.charAt(next(from.length));

function markFrom(next: (limit: number) => number): Mark {
  const letters = Array.from({ length: next(10) === 0 ? 2 : 3 }, () => pick(next, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')).join('');
  const year = next(10) < 4 ? String(4 + next(17)).padStart(2, '0') : null, suffix = next(33) === 0 ? pick(next, 'ABC') : null;
  return { jurisdiction: null, district: null, letters, year, number: String(next(10_000)), suffix, class: null, series: null };
}

/** The mark of an entry, made anew each time: held marks would be measured with the index. */
const listedMark = (entry: number): Mark => markFrom(random(entry + 1));

/** One character exchanged for a look-alike, or for any where there is none. */
function misread(mark: Mark, next: (limit: number) => number): Mark {
  const part = next(2) === 0 ? 'letters' : 'number', text = mark[part], at = next(text.length), legal = part === 'letters' ? /[A-Z]/g : /\d/g;
  const other = pick(next, (lookAlikesOf(text.charAt(at), 'wide').match(legal) ?? [...(part === 'letters' ? 'AELT' : '2579')]).join(''));
  return { ...mark, [part]: text.slice(0, at) + other + text.slice(at + 1) };
}

function passFrom(next: (limit: number) => number): MatchablePass {
  const kind = next(100), listed = listedMark(next(entries)), mark = kind < 3 ? listed : kind < 6 ? misread(listed, next) : markFrom(next);
  const alternatives = Array.from({ length: 4 }, (_, i) => ({ mark: writeMark(misread(mark, next)), confidence: 0.05 / (i + 1) }));
  return {
    mark, key: markKey(mark), capturedAt: 0, confidence: 0.9, characters: [], alternatives, vehicle: { class: null, make: null, colour: null }, siteId: null, direction: 'unknown',
  };
}

function bytesHeld(): number {
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function buildIndex(): { index: ListIndex; bytes: number; seconds: number } {
  const before = bytesHeld(), index = createListIndex(), started = performance.now();
  for (let serial = 0; serial < entries; serial++) {
    const { letters, number, year, suffix } = listedMark(serial);
    index.add({ serial, key: markKey({ letters, number }), letters, number, year, suffix, pattern: null });
  }
  return { index, seconds: (performance.now() - started) / 1000, bytes: bytesHeld() - before };
}

function addPatterns(index: ListIndex): void {
  const next = random(-2);
  for (let i = 0; i < PATTERNS; i++) {
    const { letters, number } = markFrom(next), pattern = next(4) === 0 ? `?${letters.slice(1)}-${number}*` : `${letters}-${number.slice(0, 1)}*`;
    index.add({ serial: entries + i, key: null, letters: null, number: null, year: null, suffix: null, pattern });
  }
}

interface Timing { readonly name: string; readonly passes: number; readonly msPerPass: number; readonly found: number }

function time(name: string, rounds: number, passes: readonly MatchablePass[], find: (pass: MatchablePass) => number): Timing {
  const ms: number[] = [];
  let found = 0;
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    found = passes.reduce((sum, pass) => sum + find(pass), 0);
    ms.push(performance.now() - started);
  }
  return { name, passes: passes.length, msPerPass: (quantile(ms.slice(rounds > 1 ? 1 : 0), 0.5) ?? 0) / passes.length, found };
}

async function timeSql(passes: readonly MatchablePass[]): Promise<Timing> {
  const server = await startPostgres(), client = new Client({ connectionString: await server.createDatabase('empty') });
  try {
    await client.connect();
    await client.query('create table entries (serial bigint, key text, year text, suffix text)');
    for (let from = 0; from < entries; from += BATCH) {
      const marks = Array.from({ length: Math.min(BATCH, entries - from) }, (_, i) => listedMark(from + i));
      await client.query('insert into entries select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[])', [
        marks.map((_, i) => from + i), marks.map((mark) => markKey(mark)), marks.map((mark) => mark.year), marks.map((mark) => mark.suffix),
      ]);
    }
    await client.query('create index on entries (key)');
    await client.query('vacuum analyze entries');
    return await timeLookups(client, passes);
  } finally {
    await client.end();
    await server.stop();
  }
}

async function timeLookups(client: Client, passes: readonly MatchablePass[]): Promise<Timing> {
  const lookUp = (pass: MatchablePass) => client.query({ name: 'by-key', text: 'select serial, year, suffix from entries where key = $1', values: [pass.key] });
  for (const pass of passes.slice(0, 100)) await lookUp(pass);
  const started = performance.now();
  let found = 0;
  for (const pass of passes) {
    const { rows } = await lookUp(pass), { year, suffix } = pass.mark;
    found += rows.filter((row) => (row.year === year || row.year === null || year === null) && (row.suffix === suffix || row.suffix === null || suffix === null)).length;
  }
  return { name: 'SQL lookup by key', passes: passes.length, msPerPass: (performance.now() - started) / passes.length, found };
}

function timeScan(passes: readonly MatchablePass[]): Timing {
  const keys = Array.from({ length: entries }, (_, serial) => markKey(listedMark(serial)));
  return time('Levenshtein scan', 1, passes, (pass) => keys.reduce((sum, key) => sum + (distance(key, pass.key) <= 1 ? 1 : 0), 0));
}

const { index, bytes, seconds } = buildIndex();
addPatterns(index);
const next = random(-1), passes = Array.from({ length: passCount }, () => passFrom(next));
const exact = time('index, exact', ROUNDS + 1, passes, (pass) => index.find(pass, EXACT).length);
const all = time('index, every class', ROUNDS + 1, passes, (pass) => index.find(pass, ALL).length);
const scan = timeScan(passes.slice(0, scans)), sql = await timeSql(passes.slice(0, lookups));
const byKey = time('', 1, passes.slice(0, lookups), (pass) => index.find(pass, BY_KEY).length);
if (byKey.found !== sql.found) stop(`The index finds ${byKey.found} entries by key where SQL finds ${sql.found}.`);

console.log(`${entries} entries and ${PATTERNS} patterns, built in ${seconds.toFixed(1)} s; one thread of ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`);
const row = ({ name, passes: n, msPerPass, found }: Timing): string[] => [name, String(n), (msPerPass * 1000).toFixed(2), Math.round(1000 / msPerPass).toString(), String(found)];
for (const line of columns([['', 'passes', 'µs a pass', 'passes/s', 'found'], ...[exact, all, sql, scan].map(row)])) console.log(line);
const fields = {
  exact_per_s: Math.round(1000 / exact.msPerPass), all_per_s: Math.round(1000 / all.msPerPass), mb_per_million: (bytes / entries).toFixed(1),
  sql_ratio: (sql.msPerPass / exact.msPerPass).toFixed(0), scan_ratio: (scan.msPerPass / all.msPerPass).toFixed(0), entries, passes: passCount, build_s: seconds.toFixed(1),
};
console.log(`match ${Object.entries(fields).map(([name, value]) => `${name}=${value}`).join(' ')}`);
