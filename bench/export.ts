/**
 * How fast passes are exported over HTTP by a serving process of its own, and how much memory that takes.
 *
 *   npm run bench -- export [--rows N] [--plain-rows N] [--format csv|ndjson|json|geojson]
 *
 * Loads N passes (default 5,000,000) of 30 days into a real PostgreSQL with the database's own generator, exports them all through
 * `GET /api/v1/exports/passes.csv` and watches the process's resident memory meanwhile. The file must say that it is whole and have the
 * SHA-256 that the audit log has. The peer in the same run is what one would write: every row into an array, JSON.stringify, one answer, in
 * a process of its own; it gets `--plain-rows` rows (default a twentieth), because it holds them all at once. The serving process may keep 72 MB of
 * long-lived JavaScript objects (test/support/exporting.ts says why).
 *
 * The last line is a contract for scripts:
 *   export rows=… rows_per_s=… rss_mb=… plain_ratio=… mb_per_s=… rss_before_mb=… plain_rows=… plain_rows_per_s=… plain_rss_mb=… plain_mb_per_million=…
 * `rss_mb`: most memory that the process ever had; `rss_before_mb`: before the export. `plain_ratio` = plain_mb_per_million / the same of
 * ours, where the memory counted is what the answer added to the process.
 */
import { spawnSync, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createApiKey } from '../src/store/api-keys.ts';
import { openDatabase } from '../src/store/database.ts';
import { EXPORT_FORMATS } from '../src/http/export-formats.ts';
import { startExporting, startServing, takeAnswer, type Taken } from '../test/support/exporting.ts';
import { loadPasses } from '../test/support/loaded-passes.ts';
import { startPostgres } from '../test/support/postgres-server.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '5000000' }, 'plain-rows': { type: 'string' }, format: { type: 'string', default: 'csv' } } });
const rowCount = whole('--rows', values.rows), plainCount = Math.min(rowCount, whole('--plain-rows', values['plain-rows'] ?? String(Math.ceil(rowCount / 20))));
const format = EXPORT_FORMATS.find((known) => known === values.format) ?? stop(`--format must be one of ${EXPORT_FORMATS.join(', ')}.`);

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}

function whole(name: string, text: string): number {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : stop(`${name} must be a whole number above 0.`);
}

// The serving process is the compiled program.
if (spawnSync(process.execPath, [fileURLToPath(new URL('../scripts/bootstrap.mjs', import.meta.url)), 'build'], { stdio: 'inherit' }).status !== 0) stop('The build failed.');

const NOW = Date.now(), headers = (secret: string) => ({ authorization: `Bearer ${secret}` });
const server = await startPostgres();
const children: ChildProcess[] = [];
try {
  const [url, plainUrl] = [await server.createDatabase('migrated'), await server.createDatabase('migrated')];
  const db = await openDatabase({ url, dataDir: '' }), plainDb = await openDatabase({ url: plainUrl, dataDir: '' });
  const loading = performance.now();
  await loadPasses(db, rowCount, NOW);
  await loadPasses(plainDb, plainCount, NOW);
  console.log(`${rowCount} passes loaded in ${Math.round((performance.now() - loading) / 1000)} s`);
  const { secret } = await createApiKey(db, { label: 'bench', role: 'trial', defaultPurpose: 'trial' }, NOW - 1000);
  await Promise.all([db.close(), plainDb.close()]);

  const serving = await startExporting(url);
  children.push(serving.child);
  const ours = await takeAnswer(serving, `/api/v1/exports/passes.${format}`, headers(secret));
  const told = (await (await fetch(`${serving.url}/api/v1/exports/${ours.id}`, { headers: headers(secret) })).json()) as { readonly state: string; readonly rows: number; readonly sha256: string };
  if (told.state !== 'complete' || told.rows !== rowCount || told.sha256 !== ours.sha256) throw new Error(`the export is not what the audit log says: ${JSON.stringify(told)}`);
  if (!/\nend,\d+,|"complete":true\}\s*$/.test(ours.end)) throw new Error(`the export does not say that it is whole: ${ours.end}`);

  const plain = await startServing(['--import', 'tsx', fileURLToPath(new URL('export/plain-process.ts', import.meta.url)), plainUrl]);
  children.push(plain.child);
  const theirs = await takeAnswer(plain, '/');
  const perMillion = (added: Taken, rows: number): number => Math.max(1, added.peakMb - added.beforeMb) / rows * 1e6;
  console.log([
    `export rows=${rowCount}`, `rows_per_s=${Math.round(rowCount / ours.seconds)}`, `rss_mb=${Math.round(ours.peakMb)}`,
    `plain_ratio=${(perMillion(theirs, plainCount) / perMillion(ours, rowCount)).toFixed(1)}`, `mb_per_s=${(ours.bytes / 1e6 / ours.seconds).toFixed(1)}`, `rss_before_mb=${Math.round(ours.beforeMb)}`,
    `plain_rows=${plainCount}`, `plain_rows_per_s=${Math.round(plainCount / theirs.seconds)}`, `plain_rss_mb=${Math.round(theirs.peakMb)}`, `plain_mb_per_million=${Math.round(perMillion(theirs, plainCount))}`,
  ].join(' '));
} finally {
  for (const child of children) child.kill();
  await server.stop();
}
