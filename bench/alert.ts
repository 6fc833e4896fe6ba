/**
 * How long after a camera's report the alert is at every screen, over a real PostgreSQL and the real server process.
 *
 *   npm run bench -- alert [--entries N] [--clients N] [--rate N] [--seconds N] [--every N]
 *
 * Loads a list of N entries (default 1,000,000), opens N streams of hits (default 200), and reports N passes a second (default 50) for N
 * seconds (default 30) over POST /api/v1/passes; every N-th vehicle (default 10) is listed, each but once. Measured by one clock from the
 * moment before the POST to the moment when the event `raised` was read at each client. The reports and all clients are one process, the
 * server another.
 *
 * The last line is a contract for scripts:
 *   alert p50_ms=… p99_ms=… lost=0 twice=0 max_ms=… post_p50_ms=… post_p99_ms=… clients=… rate=… hits=… entries=… load_s=… server_mb=…
 * `lost`: pairs of a hit and a client that it never reached; `twice`: pairs that it reached more than once. `rate`: what was really reached,
 * passes a second. `post_…`: until the report was answered. `load_s`: from the start of the server until it answers, its list in memory;
 * `server_mb`: its memory at the end. DATABASE_URL names another server of databases; without it, the one that the tests start.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { quantile } from '../src/accuracy/figures.ts';
import { STREAMS_PER_KEY } from '../src/http/hit-stream.ts';
import { DEFAULT_LIST_SETTINGS } from '../src/list/list-settings.ts';
import { createImports } from '../src/pipeline/imports.ts';
import { createApiKey } from '../src/store/api-keys.ts';
import { openDatabase, type Database } from '../src/store/database.ts';
import { putListSettings } from '../src/store/list-settings-row.ts';
import { openStream, type EventStream } from '../test/support/event-stream.ts';
import { startPostgres } from '../test/support/postgres-server.ts';

const text = (value: string) => ({ type: 'string', default: value }) as const;
const { values } = parseArgs({ options: { entries: text('1000000'), clients: text('200'), rate: text('50'), seconds: text('30'), every: text('10') } });
const [entries, clients, rate, seconds, every] = [values.entries, values.clients, values.rate, values.seconds, values.every].map(Number) as [number, number, number, number, number];
if (![entries, clients, rate, seconds, every].every((n) => n > 0)) {
  console.error('Each of --entries, --clients, --rate, --seconds, --every is a number above 0.');
  process.exit(2);
}
const passes = Math.round(rate * seconds), CAMERAS = ['baleli-in-1', 'lak-pass-in-1', 'spezand-in-1', 'western-bypass-in-1'];
/** What is still under way when the last report is answered gets this long. */
const PATIENCE_MS = 10_000;

const isListed = (n: number): boolean => n % every === every - 1;
/** The n-th vehicle. Years of 20 stand in no other row of the list. */
const plate = (n: number): string => `L${String.fromCharCode(65 + (Math.floor(n / 9999) % 26))}Z-20-${(n % 9999) + 1}`;

function* listLines(): Generator<string> {
  yield 'mark,kind,reason,owner,action,expires,case\n';
  let rows = 0;
  for (let n = 0; n < passes; n++) if (isListed(n) && rows++ < entries) yield `${plate(n)},stolen,FIR 1/2026,CPO Quetta,stop,,alert-${n}\n`;
  for (let n = 0; rows < entries; n++, rows++) {
    const letters = `${'LRMF'[n % 4]}${String.fromCharCode(65 + ((n >> 2) % 26))}${String.fromCharCode(65 + (Math.floor(n / 104) % 26))}`;
    yield `${letters}-${String(7 + (n % 13)).padStart(2, '0')}-${1 + (Math.floor(n / 2704) % 9999)},stolen,FIR ${n}/2025,CPO Lahore,stop,,\n`;
  }
}

/** Loads the list and makes the keys: as many as the streams need, and one that reports. */
async function prepare(db: Database, folder: string): Promise<string[]> {
  const report = await createImports(db, Date.now, folder).importList('stolen', 'stolen.csv', Readable.from(listLines()).map((line: string) => Buffer.from(line)));
  if (report.refusedCount > 0) throw new Error(`the list has ${report.refusedCount} bad rows: ${report.refused[0]?.message ?? ''}`);
  console.log(`list: ${report.imported} entries`);
  // A list of this size matches exactly only; a smaller one of a trial should do the same.
  await putListSettings(db, 'stolen', { ...DEFAULT_LIST_SETTINGS, matchKinds: ['exact'] });
  const count = Math.ceil(clients / STREAMS_PER_KEY) + 1;
  return Promise.all(Array.from({ length: count }, async (_, i) => (await createApiKey(db, { label: `bench ${i}`, role: 'trial', defaultPurpose: 'trial' }, Date.now())).secret));
}

async function serve(url: string, folder: string): Promise<{ readonly child: ChildProcess; readonly api: string }> {
  const env = { ...process.env, DATABASE_URL: url, DARWAZA_DATA_DIR: folder, PORT: '0', DARWAZA_THREADS: '1', DARWAZA_RATE_PER_MINUTE: '10000000', DARWAZA_LOG: 'error' };
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the server ended by itself')));
  const lines = createInterface({ input: child.stdout });
  const address = new Promise<string>((resolve) => lines.on('line', (line) => {
    const api = /^API: (\S+)/.exec(line)?.[1];
    if (api !== undefined) resolve(api);
  }));
  const api = await Promise.race([address, ended]);
  ended.catch(() => undefined);
  return { child, api };
}

/** When each listed vehicle was reported, and when it came to each client, by the number in its case reference; ms. */
class Watch {
  readonly reportedAt = new Map<number, number>();
  readonly arrivals = new Map<number, Map<number, number>>();
  twice = 0;

  arrived(client: number, reference: string, at: number): void {
    const n = Number(/^alert-(\d+)$/.exec(reference)?.[1]), own = this.arrivals.get(n) ?? new Map<number, number>();
    if (own.has(client)) this.twice += 1;
    else own.set(client, at);
    this.arrivals.set(n, own);
  }

  get missing(): number {
    return [...this.reportedAt.keys()].reduce((sum, n) => sum + clients - (this.arrivals.get(n)?.size ?? 0), 0);
  }

  latencies(): number[] {
    return [...this.reportedAt].flatMap(([n, from]) => [...(this.arrivals.get(n)?.values() ?? [])].map((at) => at - from));
  }
}

function openStreams(api: string, keys: readonly string[], watch: Watch): Promise<EventStream[]> {
  return Promise.all(Array.from({ length: clients }, async (_, client) => {
    const stream = await openStream(`${api}/hits/stream`, {
      headers: { authorization: `Bearer ${keys[Math.floor(client / STREAMS_PER_KEY)]}` },
      onEvent: ({ event, data, at }) => {
        if (event === 'raised') watch.arrived(client, data.hit.caseReference as string, at);
      },
    });
    if (stream.status !== 200) throw new Error(`a stream was answered with ${stream.status}`);
    await stream.until(1);
    return stream;
  }));
}

/** Reports all passes at their times, whatever the answers take. Gives how long each answer took and how many a second it was. */
async function report(api: string, key: string, watch: Watch): Promise<{ readonly times: number[]; readonly reached: number }> {
  const times: number[] = [], begun = performance.now();
  const one = async (n: number): Promise<void> => {
    const body = JSON.stringify({ camera: CAMERAS[n % CAMERAS.length], capturedAt: new Date().toISOString(), sequence: n, text: plate(n), confidence: 0.97 });
    const from = performance.now();
    if (isListed(n)) watch.reportedAt.set(n, from);
    const response = await fetch(`${api}/passes`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body });
    const answer = (await response.json()) as { stored?: number };
    times.push(performance.now() - from);
    if (answer.stored !== 1) throw new Error(`a report was answered with ${response.status}`);
  };
  const open: Promise<void>[] = [];
  for (let n = 0; n < passes; n++) {
    const wait = begun + (n * 1000) / rate - performance.now();
    if (wait > 0) await sleep(wait);
    open.push(one(n));
  }
  await Promise.all(open);
  return { times, reached: passes / ((performance.now() - begun) / 1000) };
}

/** Resident memory of a process in MB; NaN where the system does not tell. */
function memoryOf(pid: number | undefined): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000;
  } catch {
    return NaN;
  }
}

const folder = await mkdtemp(join(tmpdir(), 'darwaza-bench-alert-'));
const postgres = await startPostgres();
let running: ChildProcess | null = null;
try {
  const url = await postgres.createDatabase('migrated'), db = await openDatabase({ url, dataDir: folder });
  const keys = await prepare(db, folder).finally(() => db.close());
  const from = performance.now(), { child, api } = await serve(url, folder), load = (performance.now() - from) / 1000;
  running = child;
  const watch = new Watch(), streams = await openStreams(api, keys, watch);
  console.log(`server: ready after ${load.toFixed(1)} s; ${streams.length} streams open`);
  const { times, reached } = await report(api, keys.at(-1) as string, watch);
  for (const end = performance.now() + PATIENCE_MS; watch.missing > 0 && performance.now() < end;) await sleep(20);
  const serverMb = memoryOf(child.pid), latencies = watch.latencies(), ms = (of: readonly number[], share: number): string => quantile(of, share)?.toFixed(1) ?? '-';
  for (const stream of streams) stream.cut();
  const fields = {
    p50_ms: ms(latencies, 0.5), p99_ms: ms(latencies, 0.99), lost: watch.missing, twice: watch.twice, max_ms: ms(latencies, 1), post_p50_ms: ms(times, 0.5), post_p99_ms: ms(times, 0.99),
    clients, rate: reached.toFixed(1), hits: watch.reportedAt.size, entries, load_s: load.toFixed(1), server_mb: serverMb.toFixed(0),
  };
  console.log(`alert ${Object.entries(fields).map(([name, value]) => `${name}=${value}`).join(' ')}`);
} finally {
  if (running !== null && running.exitCode === null && running.kill('SIGTERM')) await once(running, 'exit');
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
