import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildJourneys } from '../../src/journey/build.ts';
import type { Pass } from '../../src/pass/pass.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { importList } from '../../src/store/import-list.ts';
import { findJourney } from '../../src/store/list-journeys.ts';
import { migrate } from '../../src/store/migrate.ts';
import { rowsOf } from '../../src/store/query.ts';
import { sightingsOf } from '../../src/store/sightings.ts';
import { createPostgresDatabase, DATABASE_KINDS } from '../support/databases.ts';
import { endlessPasses } from '../support/endless-passes.ts';
import { anEntry, MORNING } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

const PROCESS = fileURLToPath(new URL('../support/recording-process.ts', import.meta.url));
const SLOW = 240_000;
const LISTED = Array.from({ length: 20 }, (_, i) => anEntry({ mark: `LEA-${i + 1}` }));

/** Kills the process with SIGKILL soon after it has acknowledged the batch; how many batches it had acknowledged. */
async function killAfter(child: ChildProcess, batch: number, delayMs: number): Promise<number> {
  let acknowledged = 0;
  const faults: string[] = [];
  child.stderr?.on('data', (text: Buffer) => faults.push(text.toString()));
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      acknowledged = Number(line) + 1;
      if (acknowledged === batch) setTimeout(() => child.kill('SIGKILL'), delayMs);
    });
  }
  await gone;
  if (acknowledged < batch) throw new Error(`the process ended by itself: ${faults.join('')}`);
  return acknowledged;
}

const firstBatches = (seed: number, count: number): Pass[] => {
  const passes: Pass[] = [];
  for (const batch of endlessPasses(seed)) {
    if (passes.length >= count * 25) return passes;
    passes.push(...batch);
  }
  return passes;
};

async function idsOf(db: Database, table: 'passes' | 'hits'): Promise<string[]> {
  return (await rowsOf<{ id: string }>(db.orm, sql`select id from ${sql.identifier(table)}`)).map((row) => row.id);
}

/** Hits and journeys are exactly what the stored passes say, whatever was under way at the kill. */
async function expectConsistent(db: Database): Promise<void> {
  const [unmatched] = await rowsOf<{ n: number }>(db.orm, sql`
    select count(*)::integer as n from passes p join list_entries e on e.key = p.key where not exists (select 1 from hits h where h.pass_id = p.id and h.entry_id = e.id)
  `);
  expect(unmatched?.n).toBe(0);
  const keys = (await rowsOf<{ key: string }>(db.orm, sql`select distinct key from passes`)).map((row) => row.key);
  const sightings = await sightingsOf(db.orm, keys.map((key) => ({ key, from: null, to: null })));
  const built = sightings.flatMap((of) => buildJourneys(of));
  // One that holds the probable exit of another stands in no list.
  for (const journey of built) expect(await findJourney(db, journey.id)).toMatchObject(journey);
  const [kept] = await rowsOf<{ n: number }>(db.orm, sql`select count(*)::integer as n from journeys`);
  expect(kept?.n).toBe(built.length);
}

describe.each(DATABASE_KINDS)('a process that is killed while it records (%s)', (kind) => {
  let folder: string, url: string | null;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darwaza-killed-'));
    url = kind === 'postgres' ? await createPostgresDatabase('migrated') : null;
    const db = await openDatabase({ url, dataDir: folder });
    await migrate(db);
    await importList(db, { list: 'stolen', sha256: 's', fileName: 's.csv', entries: LISTED, importedAt: MORNING });
    await db.close();
  }, SLOW);
  afterAll(() => rm(folder, { recursive: true }));

  test('loses nothing that it acknowledged, leaves nothing half done, and goes on where it was', async () => {
    const acknowledged: Pass[] = [];
    for (const [seed, batch, delayMs] of [[1, 3, 0], [2, 8, 13]] as const) {
      const child = spawn(process.execPath, ['--import', 'tsx', PROCESS, url ?? '-', folder, String(seed)], { stdio: ['ignore', 'pipe', 'pipe'] });
      acknowledged.push(...firstBatches(seed, await killAfter(child, batch, delayMs)));
    }
    const db = await openDatabase({ url, dataDir: folder });
    try {
      const stored = new Set(await idsOf(db, 'passes'));
      expect(acknowledged.filter((pass) => !stored.has(pass.id))).toEqual([]);
      await expectConsistent(db);
      const again = await recorderOn(db, () => MORNING).record(acknowledged);
      expect(again).toEqual({ stored: [], repeated: acknowledged.length, hits: [], journeysChanged: 0, setAside: [] });
      expect(new Set(await idsOf(db, 'hits')).size).toBeGreaterThan(0);
    } finally {
      await db.close();
    }
  }, SLOW);
});
