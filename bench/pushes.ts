/**
 * How long pushes of cameras that read plates themselves take until they are durable, on a real PostgreSQL with fsync: many at once, and one after the other.
 *
 *   npm run bench -- pushes [--pushes N] [--rounds N]
 *
 * Hands N pushes of Hikvision (default 200), each of its own vehicle with both its pictures (25 kB), to the program's own intake, at once and one after the other;
 * the cameras of the example city take turns. What is measured ends when the intake would have answered: message, pictures, pass, journey and reading are on disk.
 * HTTP and our second reading are not in it. Each round (default 3; medians are told) does the same with batches of one, the peer of the same minute: each message recorded for itself.
 *
 * The last line is a contract for scripts:
 *   pushes at_once=… ms=… per_s=… one_by_one_ms=… ratio=… statements=… transactions=… alone_statements=… alone_transactions=…
 * `ms`: all of those at once; `one_by_one_ms`: as many, one after the other; `ratio`: at once with batches of one to `ms`; above 1 batches are faster.
 * `statements`, `transactions`: sent to the database for one push of those at once; `alone_…`: for one that is alone.
 */
import { chmodSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { quantile } from '../src/accuracy/figures.ts';
import { partsOf } from '../src/camera/parts.ts';
import { readConfig } from '../src/core/config.ts';
import { createLog } from '../src/core/log.ts';
import { createEngine } from '../src/pipeline/engine.ts';
import { createPayloadIntake, type Delivery } from '../src/pipeline/payloads.ts';
import { openDatabase } from '../src/store/database.ts';
import { openEvidence } from '../src/store/evidence.ts';
import { migrate } from '../src/store/migrate.ts';
import { quetta } from '../test/support/passes.ts';
import { startOwnServer } from '../test/support/postgres-server.ts';
import { matcherOn } from '../test/support/recorder.ts';
import { hikvisionPush, markedVision } from '../test/support/vendor-pushes.ts';

const { values } = parseArgs({ options: { pushes: { type: 'string', default: '200' }, rounds: { type: 'string', default: '3' } } });
const [count, rounds] = [values.pushes, values.rounds].map(Number) as [number, number];
if (![count, rounds].every((n) => Number.isInteger(n) && n > 0)) {
  console.error('Each of --pushes and --rounds is a whole number above 0.');
  process.exit(2);
}

/** What is sent to the database, by all connections of this process. */
const sent = { statements: 0, transactions: 0 }, { query } = pg.Client.prototype;
pg.Client.prototype.query = function counted(this: pg.Client, ...args: unknown[]) {
  const text = typeof args[0] === 'string' ? args[0] : (args[0] as { text?: string }).text ?? '';
  if (/^begin/i.test(text)) sent.transactions++;
  else if (!/^(commit|rollback)/i.test(text)) sent.statements++;
  return (query as (...all: unknown[]) => unknown).apply(this, args);
} as typeof query;

const folder = await mkdtemp(join(tmpdir(), 'darwaza-bench-pushes-')), register = quetta(), log = createLog('silent'), clock = Date.now;
const cameras = [...new Set(register.cameras.map((camera) => camera.id))];
let vehicles = 0;

function nextDelivery(): Delivery {
  const n = vehicles++, receivedAt = clock(), text = `L${String.fromCharCode(65 + (Math.floor(n / 9000) % 26))}${String.fromCharCode(65 + (n % 26))}${1000 + (n % 9000)}`;
  const { body, contentType } = hikvisionPush({ uuid: `bench-${n}`, text, at: new Date(receivedAt - 1000 + (n % 500)).toISOString() });
  return { cameraId: cameras[n % cameras.length] as string, vendor: 'hikvision', mediaType: contentType, receivedAt, message: { topic: null, parts: partsOf(body, contentType, { parts: 64, partBytes: 1e7 }) } };
}

interface Taken { readonly ms: number; readonly statements: number; readonly transactions: number }

async function measured(work: (deliveries: readonly Delivery[]) => Promise<unknown>): Promise<Taken> {
  const deliveries = Array.from({ length: count }, nextDelivery), before = { ...sent }, from = performance.now();
  await work(deliveries);
  return { ms: performance.now() - from, statements: (sent.statements - before.statements) / count, transactions: (sent.transactions - before.transactions) / count };
}

const median = (runs: readonly Taken[], of: keyof Taken): number => quantile(runs.map((run) => run[of]).toSorted((a, b) => a - b), 0.5) ?? Number.NaN;

chmodSync(folder, 0o755);
const server = await startOwnServer({ folder, settings: ['fsync=on', 'full_page_writes=on', 'shared_buffers=256MB'] });
try {
  const database = await openDatabase({ url: server.adminUrl, dataDir: '' });
  await migrate(database);
  const evidence = await openEvidence(join(folder, 'evidence')), config = readConfig({});
  const engine = await createEngine({ config, register, database, evidence, vision: markedVision(), clock, log, matcher: matcherOn(database, clock) });
  const clocks = { measured: () => undefined, correct: (_camera: string, claimedAt: number) => ({ capturedAt: claimedAt, correctionMs: null }) };
  const intakeOf = (together?: number) => createPayloadIntake({ database, evidence, register, engine, clocks, config, clock, log, onReadingDue: () => undefined, ...(together !== undefined && { together }) });
  const intake = intakeOf(), alone = intakeOf(1), batched: Taken[] = [], single: Taken[] = [], after: Taken[] = [];
  for (let n = 0; n < 20; n++) await intake.take(nextDelivery());
  for (let round = 1; round <= rounds; round++) {
    batched.push(await measured((all) => Promise.all(all.map((one) => intake.take(one)))));
    single.push(await measured((all) => Promise.all(all.map((one) => alone.take(one)))));
    after.push(await measured(async (all) => {
      for (const one of all) await intake.take(one);
    }));
    console.log(`round ${round}: at once ${Math.round(batched.at(-1)?.ms ?? 0)} ms, with batches of one ${Math.round(single.at(-1)?.ms ?? 0)} ms, one after the other ${Math.round(after.at(-1)?.ms ?? 0)} ms`);
  }
  await intake.close();
  await alone.close();
  await engine.close();
  await database.close();
  const ms = median(batched, 'ms'), each = (runs: readonly Taken[]): string[] => [median(runs, 'statements').toFixed(2), median(runs, 'transactions').toFixed(2)];
  const [statements, transactions] = each(batched), [aloneStatements, aloneTransactions] = each(after);
  console.log(`pushes at_once=${count} ms=${Math.round(ms)} per_s=${Math.round(count / (ms / 1000))} one_by_one_ms=${Math.round(median(after, 'ms'))} ratio=${(median(single, 'ms') / ms).toFixed(2)} `
    + `statements=${statements} transactions=${transactions} alone_statements=${aloneStatements} alone_transactions=${aloneTransactions}`);
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
