/**
 * How long a large list takes to come into force on a real PostgreSQL, and what matching notices of it.
 *
 *   npm run bench -- import [--rows N] [--plain-rows N] [--format csv|json|ndjson]
 *
 * Writes a file of N rows (default 1,000,000; marks of several jurisdictions, every second row with quoted commas, half of the further
 * columns filled), imports it as `darwaza import list` does, then once more with every hundredth row changed. While the first import runs,
 * entries of another list are looked up ten times a second. The peer in the same run is what one would write: csv-parse's own stream, each mark
 * parsed, INSERT … VALUES of 500 rows at a time into a table of the same columns and indexes, in one transaction; it gets
 * `--plain-rows` rows (default a tenth), because it takes so long.
 *
 * The last line is a contract for scripts:
 *   import rows=… seconds=… rss_mb=… plain_ratio=… us_per_row=… again_seconds=… rss_growth_mb=… lookup_p99_ms=… plain_rows=… plain_us_per_row=…
 * `rss_mb`: most memory of the process while it imports; `rss_growth_mb`: that less what it was after the first tenth of the time.
 * `plain_ratio` = plain_us_per_row / us_per_row. DATABASE_URL names another server; without it, the one that the tests start.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse';
import { sql } from 'drizzle-orm';
import { quantile } from '../src/accuracy/figures.ts';
import { LIST_FORMATS } from '../src/list/parse-list.ts';
import { createImports } from '../src/pipeline/imports.ts';
import { markKey } from '../src/plate/key.ts';
import { parseMark } from '../src/plate/parse.ts';
import { openDatabase, type Database } from '../src/store/database.ts';
import { markRecord } from '../src/store/mark-record.ts';
import { rowsOf } from '../src/store/query.ts';
import { startPostgres } from '../test/support/postgres-server.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, 'plain-rows': { type: 'string' }, format: { type: 'string', default: 'csv' } } });
const rowCount = whole('--rows', values.rows), plainCount = Math.min(rowCount, whole('--plain-rows', values['plain-rows'] ?? String(Math.ceil(rowCount / 10))));
const format = LIST_FORMATS.find((known) => known === values.format) ?? stop(`--format must be one of ${LIST_FORMATS.join(', ')}.`);

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}

function whole(name: string, text: string): number {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : stop(`${name} must be a whole number above 0.`);
}

const COLUMNS = ['mark', 'kind', 'reason', 'owner', 'action', 'expires', 'class', 'make', 'colour', 'chassis', 'case'];

/** Row n; `edition` changes what every hundredth says. */
function row(n: number, edition: number): string[] {
  const letter = (k: number): string => String.fromCharCode(65 + (k % 26));
  const letters = `${'LRMF'[n % 4]}${letter(n >> 2)}${letter(Math.floor(n / 104))}`, number = String(1 + (Math.floor(n / 2704) % 9999));
  const mark = n % 3 === 0 ? `${letters}-${number.padStart(3, '0')}` : `${letters}-${String(7 + (n % 13)).padStart(2, '0')}-${number}`;
  const reason = n % 2 === 0 ? `FIR ${n}/2026, Lahore, u/s 381-A` : `FIR ${n}/2026 Lahore`;
  const further = n % 2 === 0 ? ['car', 'Suzuki', 'white', `CH${n}`] : ['', '', '', ''];
  return [mark, 'stolen', n % 100 === 0 ? `${reason} (${edition})` : reason, 'Punjab Police, AVLS', 'stop', `2027-0${1 + (n % 9)}-15`, ...further, `FIR-${n}`];
}

/** The file; the peer's is CSV whatever the format. */
function* lines(edition: number, count = rowCount, kind = format): Generator<string> {
  if (kind === 'csv') {
    yield `${COLUMNS.join(',')}\n`;
    for (let n = 0; n < count; n++) yield `${row(n, edition).map((v) => (v.includes(',') ? `"${v}"` : v)).join(',')}\n`;
    return;
  }
  const item = (n: number): string => JSON.stringify(Object.fromEntries(row(n, edition).map((v, i) => [COLUMNS[i], v])));
  if (kind === 'json') yield '[';
  for (let n = 0; n < count; n++) yield `${item(n)}${kind === 'json' && n < count - 1 ? ',' : ''}\n`;
  if (kind === 'json') yield ']\n';
}

/** Most memory of the process from now on, and what it was after the first tenth of the time. */
function watchMemory(): () => { peak: number; early: number } {
  const seen: number[] = [];
  const timer = setInterval(() => seen.push(process.memoryUsage.rss() / 1e6), 100);
  return () => {
    clearInterval(timer);
    return { peak: Math.max(...seen), early: Math.max(...seen.slice(0, Math.ceil(seen.length / 10))) };
  };
}

/** Looks an entry up now and then, as a checkpoint would; times in ms. */
function watchLookups(db: Database): () => Promise<number[]> {
  const times: number[] = [];
  const ending = new AbortController();
  const run = (async () => {
    while (!ending.signal.aborted) {
      const from = performance.now();
      const known = await markRecord(db, 'ZZZ999', Date.now());
      if (known.entries.length !== 1) throw new Error('the other list lost its entry');
      times.push(performance.now() - from);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return async () => {
    ending.abort();
    await run;
    return times.toSorted((a, b) => a - b);
  };
}

async function plainLoad(db: Database, file: string): Promise<number> {
  await rowsOf(db.bulk, sql`create table plain_entries (like list_entries including all)`);
  const from = performance.now();
  await db.bulk.transaction(async (tx) => {
    let batch: string[][] = [];
    const flush = async (): Promise<void> => {
      const tuples = batch.map(([mark = '', kind, reason, owner, action, expires, vehicleClass, make, colour, chassis, caseReference], i) => {
        const parsed = parseMark(mark);
        if (parsed.kind !== 'mark') throw new Error(`${mark} is no mark`);
        const m = parsed.mark, id = `plain-${n - batch.length + i}`;
        return sql`(${id}, 'plain', 1, ${markKey(m)}, ${m.jurisdiction}, ${m.letters}, ${m.year}, ${m.number}, ${m.suffix}, ${m.class}, ${m.series}, ${kind}, ${reason}, ${owner}, ${action},
          ${expires}::timestamptz, ${vehicleClass}, ${make}, ${colour}, ${chassis}, ${caseReference})`;
      });
      await rowsOf(tx as never, sql`insert into plain_entries (id, list, from_version, key, mark_jurisdiction, mark_letters, mark_year, mark_number, mark_suffix, mark_class, mark_series, kind, reason,
        owner, action, expires_at, vehicle_class, vehicle_make, vehicle_colour, chassis, case_reference) values ${sql.join(tuples, sql`, `)}`);
      batch = [];
    };
    let n = 0;
    for await (const cells of createReadStream(file).pipe(parse({ from_line: 2 })) as AsyncIterable<string[]>) {
      n++;
      batch.push(cells);
      if (batch.length === 500) await flush();
    }
    if (batch.length > 0) await flush();
  });
  return performance.now() - from;
}

const folder = await mkdtemp(join(tmpdir(), 'darwaza-bench-import-'));
const server = await startPostgres();
const db = await openDatabase({ url: await server.createDatabase('migrated'), dataDir: folder });
try {
  const file = (name: string): string => join(folder, name);
  await pipeline(Readable.from(lines(1)), createWriteStream(file('first')));
  await pipeline(Readable.from(lines(2)), createWriteStream(file('second')));
  await pipeline(Readable.from(lines(1, plainCount, 'csv')), createWriteStream(file('plain')));
  const imports = createImports(db, Date.now, folder);
  const load = async (name: string): Promise<number> => {
    const from = performance.now();
    const report = await imports.importList('large', name, createReadStream(file(name)), { format });
    console.log(`${name}: version ${report.version}, ${report.added} added, ${report.changed} changed, ${report.removed} removed, ${report.refusedCount} refused`);
    return (performance.now() - from) / 1000;
  };
  await imports.importList('other', 'other.csv', Readable.from([`${COLUMNS.slice(0, 6).join(',')}\nZZZ-999,stolen,x,y,stop,\n`].map((text) => Buffer.from(text))));
  const memory = watchMemory(), lookups = watchLookups(db);
  const seconds = await load('first');
  const { peak, early } = memory(), times = await lookups();
  const again = await load('second');
  const plainMicroseconds = ((await plainLoad(db, file('plain'))) * 1000) / plainCount, own = (seconds * 1e6) / rowCount;
  console.log(
    `import rows=${rowCount} seconds=${seconds.toFixed(1)} rss_mb=${peak.toFixed(0)} plain_ratio=${(plainMicroseconds / own).toFixed(2)} us_per_row=${own.toFixed(1)} again_seconds=${again.toFixed(1)} `
    + `rss_growth_mb=${(peak - early).toFixed(0)} lookup_p99_ms=${(quantile(times, 0.99) ?? 0).toFixed(1)} plain_rows=${plainCount} plain_us_per_row=${plainMicroseconds.toFixed(1)}`,
  );
} finally {
  await db.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
