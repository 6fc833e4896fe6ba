import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journeyFilterFields } from '../../src/http/journeys.ts';
import { passFilterFields } from '../../src/http/passes.ts';
import { listAudit } from '../../src/store/audit-log.ts';
import { darwaza } from '../support/command-line.ts';
import { openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { aPass, MINUTE } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

const REASON = ['--purpose', 'stolen', '--case', 'FIR 212/26'];
let folder: string, database: TestDatabase, settings: Record<string, string>;
const run = (...args: string[]) => darwaza(['export', ...args], settings);
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-export-'));
  database = await openTestDatabase('postgres');
  settings = { DATABASE_URL: database.url ?? '', DARWAZA_DATA_DIR: join(folder, 'data') };
  const now = Date.now(), cameras = ['baleli-in-1', 'sariab-1', 'baleli-out-1'];
  await recorderOn(database.db, () => now).record(Array.from({ length: 30 }, (_, i) => aPass({ cameraId: cameras[i % 3] ?? '', capturedAt: now - (30 - i) * 60 * MINUTE, sequence: i, mark: `LEC-13-${8440 + Math.floor(i / 3)}` })));
});
afterAll(async () => {
  await database?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('darwaza export', { timeout: 120_000 }, () => {
  it('writes a file that is whole, that its owner alone may read, and that the audit log answers for', async () => {
    const { code, stdout, stderr } = await run('passes', '--format', 'csv', '--out', file('passes.csv'), ...REASON);
    expect([code, stdout]).toEqual([0, '']);
    const bytes = await readFile(file('passes.csv')), rows = parse(bytes) as string[][];
    expect([rows.length, rows.at(-1)?.slice(0, 2)]).toEqual([32, ['end', '30']]);
    expect(stderr).toMatch(/^passes: 30 rows, 0\.0 MB; export x_[0-9a-f]{16}, SHA-256 [0-9a-f]{64}\n$/);
    expect((await stat(file('passes.csv'))).mode & 0o777).toBe(0o600);
    const [ended, begun] = await listAudit(database.db, { limit: 2 });
    expect(begun).toMatchObject({ actor: 'cli', action: 'exportPasses', purpose: 'stolen', caseReference: 'FIR 212/26', question: { format: 'csv', head: { camerasWithoutPasses: expect.arrayContaining(['hanna-urak-in-1']) } } });
    expect(ended).toMatchObject({ actor: 'cli', action: 'exportEnded', resultCount: 30, question: { outcome: 'complete', sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length } });
    expect(await readdir(folder)).not.toContain('passes.csv.part');
  });

  it('writes to stdout what it would write to a file, and nothing else', async () => {
    const { code, stdout } = await run('journeys', '--format', 'geojson', '--site', 'sariab', ...REASON);
    const json = JSON.parse(stdout);
    expect([code, json.type, json.rows, json.complete, json.head.filter]).toEqual([0, 'FeatureCollection', 10, true, { site: 'sariab' }]);
    expect(json.features.every((f: any) => f.geometry.type === 'LineString')).toBe(true);
  });

  it('takes times told from now, and the filters of the API', async () => {
    const { stdout } = await run('passes', '--format', 'json', '--from', '-PT5H30M', '--to', 'P0D', '--camera', 'sariab-1', '--mark', 'LEC*', ...REASON);
    expect(JSON.parse(stdout).items.map((p: any) => p.camera)).toEqual(['sariab-1', 'sariab-1']);
  });

  it('with --json says in one line what it wrote', async () => {
    const { stdout } = await run('passes', '--json', '--format', 'ndjson', '--out', file('p.ndjson'), ...REASON);
    expect(JSON.parse(stdout)).toEqual({ export: expect.stringMatching(/^x_/), records: 'passes', rows: 30, bytes: (await stat(file('p.ndjson'))).size, sha256: expect.stringMatching(/^[0-9a-f]{64}$/), file: file('p.ndjson') });
  });

  it.each<[string, string[], RegExp]>([
    ['no purpose', ['passes', '--case', 'x'], /--purpose/], ['no case', ['passes', '--purpose', 'stolen'], /--case/], ['a purpose that is none', ['passes', '--purpose', 'fun', '--case', 'x'], /Allowed choices/],
    ['a format that is none', ['passes', '--format', 'xlsx', ...REASON], /Allowed choices/], ['a time without offset', ['passes', '--from', '2026-11-03T06:00:00', ...REASON], /TIME_WITHOUT_OFFSET/],
    ['an unknown site', ['passes', '--site', 'nowhere', ...REASON], /nowhere/], ['an unknown camera', ['passes', '--camera', 'nowhere', ...REASON], /CAMERA_UNKNOWN/], ['a bad mark', ['journeys', '--mark', ';', ...REASON], /MARK_INVALID/],
    ['--json without a file', ['passes', '--json', ...REASON], /--out/], ['a folder that is not there', ['passes', '--out', '/nowhere/at/all.csv', ...REASON], /FOLDER_UNWRITABLE/], ['other records', ['hits', ...REASON], /unknown command/],
  ])('with %s ends with one line that says so', async (_what, args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('overwrites nothing', async () => {
    await writeFile(file('kept.csv'), 'kept');
    expect((await run('passes', '--out', file('kept.csv'), ...REASON)).stderr).toContain('is there already');
    expect(await readFile(file('kept.csv'), 'utf8')).toBe('kept');
  });

  it.each([['passes', passFilterFields], ['journeys', journeyFilterFields]] as const)('offers for %s every filter that the API has', async (records, fields) => {
    const { stdout } = await run(records, '--help');
    const offered = new Set([...stdout.matchAll(/^ {2}--(\w+)/gm)].map((m) => m[1]));
    expect(Object.keys(fields).filter((name) => !offered.has(name))).toEqual([]);
  });
});
