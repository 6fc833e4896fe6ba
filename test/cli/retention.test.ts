import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { darwaza, type Finished } from '../support/command-line.ts';
import { createPostgresDatabase } from '../support/databases.ts';
import { aPass, DAY } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

let folder: string, settings: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-cli-retention-'));
  settings = { DATABASE_URL: await createPostgresDatabase('migrated'), DARWAZA_DATA_DIR: folder };
  const database = await openDatabase({ url: settings['DATABASE_URL'], dataDir: folder }), now = Date.now();
  await recorderOn(database, () => now).record([200, 100, 40, 1].map((days) => aPass({ cameraId: 'far', capturedAt: now - days * DAY, evidence: null })));
  await database.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (args: readonly string[], more: Record<string, string> = {}): Promise<Finished> => darwaza([...args], { ...settings, ...more });
const passes = ({ stdout }: Finished): any => JSON.parse(stdout).kinds.find((k: { kind: string }) => k.kind === 'passes');

it('a dry run tells what would go and changes nothing', async () => {
  const dry = await run(['retention', 'run', '--dry-run']);
  expect([dry.code, dry.stderr]).toEqual([0, '']);
  expect(dry.stdout).toMatch(/^Run 1, .* by cli: complete; a dry run: nothing was deleted$/m);
  expect(dry.stdout).toMatch(/^passes +90 +\S+ +2 +0\.0 MB +0 +-$/m);
  expect(passes(await run(['retention', 'run', '--dry-run', '--json']))).toMatchObject({ deleted: 2 });
});

it('a run deletes by the settings, and answers with the proof', async () => {
  const done = await run(['retention', 'run', '--json']);
  expect([done.code, passes(done)]).toMatchObject([0, { days: 90, deleted: 2, overdue: 0 }]);
  const shorter = await run(['retention', 'run'], { DARWAZA_KEEP_PASSES_DAYS: '30' });
  expect([shorter.code, /^passes +30 +\S+ +1 /m.test(shorter.stdout)]).toEqual([0, true]);
  expect(shorter.stdout).toContain('Months ready for what comes: ');
});

it('runs are shown, all and one', async () => {
  const shown = await run(['retention', 'show']);
  expect(shown.stdout).toMatch(/^passes +kept for 90 days$/m);
  expect(shown.stdout.split('\n').filter((line) => /^\d/.test(line)).map((line) => line.replace(/ +/g, ' ').split(' ').slice(2).join(' '))).toEqual([
    'cli complete 1 yes', 'cli complete 2 yes', 'cli complete, dry 2 no', 'cli complete, dry 2 no',
  ]);
  expect(JSON.parse((await run(['retention', 'show', '--json'])).stdout)).toMatchObject({ keepDays: { passes: 90, audit: 1095 }, runs: [{ id: 4 }, { id: 3 }, { id: 2 }, { id: 1 }] });
  expect((await run(['retention', 'show', '3'])).stdout).toMatch(/^Run 3,/);
});

it.each(['99', 'x', '-1'])('run %s that there is not is one clear error', async (id) => {
  const { code, stderr } = await run(['retention', 'show', '--', id]);
  expect([code, stderr]).toEqual([1, expect.stringContaining(`There is no retention run ${id}`)]);
});

it.each(['0', 'ninety', '40000'])('a setting of %s days is refused', async (days) => {
  const { code, stderr } = await run(['retention', 'show'], { DARWAZA_KEEP_PASSES_DAYS: days });
  expect([code, stderr]).toEqual([1, expect.stringContaining('DARWAZA_KEEP_PASSES_DAYS')]);
});
