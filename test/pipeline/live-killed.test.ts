import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { openEvidence } from '../../src/store/evidence.ts';
import { listPasses } from '../../src/store/list-passes.ts';
import { vehiclesInView } from '../../src/store/provisional-passes.ts';
import { writeMark } from '../../src/plate/written-form.ts';
import { createPostgresDatabase, DATABASE_KINDS } from '../support/databases.ts';

const PROCESS = fileURLToPath(new URL('../support/watching-process.ts', import.meta.url)), FILM = fileURLToPath(new URL('../../fixtures/video/gate.mp4', import.meta.url));
const TRUTH = JSON.parse(readFileSync(new URL('../../fixtures/video/gate.json', import.meta.url), 'utf8')) as { vehicles: readonly { mark: string }[] };
const CAMERAS = 8, STARTS_AT = Date.parse('2026-11-03T06:00:00+05:00'), SLOW = 400_000;

/** Runs it until `passes` passes were stored, then ends it with SIGKILL in the middle of everything; without `passes` to the end of the film. */
async function watch(url: string | null, dataDir: string, passes: number | null): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', PROCESS, url ?? '-', dataDir, FILM, String(CAMERAS), String(STARTS_AT)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [], faults: string[] = [];
  child.stderr.on('data', (text: Buffer) => faults.push(text.toString()));
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line);
    if (passes !== null && said.filter((s) => s.startsWith('pass ')).length >= passes) child.kill('SIGKILL');
  });
  await new Promise<void>((resolve) => child.once('close', () => resolve()));
  if (passes === null && said.at(-1) !== 'finished') throw new Error(`the process ended by itself: ${faults.join('').slice(-2000)}`);
  return said;
}


describe.each(DATABASE_KINDS)('a process killed with eight cameras open (%s)', (kind) => {
  let dataDir: string, url: string | null;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'darwaza-killed-'));
    url = kind === 'postgres' ? await createPostgresDatabase('migrated') : null;
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  it('has lost nothing that it told, doubles nothing, and goes on by itself', async () => {
    const told = (lines: readonly string[]): string[] => lines.filter((l) => l.startsWith('pass ')).map((l) => l.split(' ')[1] ?? '');
    const first = await watch(url, dataDir, 13), last = await watch(url, dataDir, null);
    const database: Database = await openDatabase({ url, dataDir });
    try {
      const passes = (await listPasses(database, {}, { limit: 1000 })).items, ids = new Set(passes.map((p) => p.id));
      expect([...told(first), ...told(last)].filter((id) => !ids.has(id))).toEqual([]);
      expect(await vehiclesInView(database, null, 100)).toEqual([]);
      // The film was begun anew each time: what was seen before the kill is known again by its time, and every camera saw every vehicle once.
      for (let camera = 1; camera <= CAMERAS; camera++) {
        const marks = passes.filter((p) => p.cameraId === `killed-${camera}`).map((p) => (p.mark === null ? p.rawText : writeMark(p.mark)));
        expect([camera, marks.toSorted()]).toEqual([camera, TRUTH.vehicles.map((v) => v.mark).toSorted()]);
      }
      const evidence = await openEvidence(dataDir);
      for (const pass of passes) expect((await evidence.get(pass.evidence!, pass.id)).length).toBeGreaterThan(10_000);
    } finally {
      await database.close();
    }
  }, SLOW);
});
