import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildJourneys } from '../../src/journey/build.ts';
import type { Pass } from '../../src/pass/pass.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { importList } from '../../src/store/import-list.ts';
import { listJourneys } from '../../src/store/list-journeys.ts';
import { migrate } from '../../src/store/migrate.ts';
import { rowsOf } from '../../src/store/query.ts';
import { sightingsOf } from '../../src/store/sightings.ts';
import { endlessPasses } from '../support/endless-passes.ts';
import { anEntry, MORNING } from '../support/passes.ts';
import { freePort, startOwnServer, type RunningServer } from '../support/postgres-server.ts';
import { recorderOn } from '../support/recorder.ts';

const LISTED = Array.from({ length: 20 }, (_, i) => anEntry({ mark: `LEA-${i + 1}` }));
const BATCHES = 60, RESTARTS = 3;
const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);

function firstBatches(seed: number): Pass[][] {
  const batches: Pass[][] = [];
  for (const batch of endlessPasses(seed)) {
    if (batches.length === BATCHES) break;
    batches.push(batch);
  }
  return batches;
}

async function one(db: Database, query: ReturnType<typeof sql>): Promise<number> {
  return (await rowsOf<{ n: number }>(db.orm, query))[0]?.n ?? Number.NaN;
}

describe('a database that restarts in the middle of batches', { timeout: 240_000 }, () => {
  let folder: string, server: RunningServer, port: number, db: Database;
  const start = (): Promise<RunningServer> => startOwnServer({ folder, settings: [`port=${port}`] });
  const urlOf = (running: RunningServer): string => {
    const url = new URL(running.adminUrl);
    url.port = String(port);
    return url.href;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darwaza-restarted-'));
    port = await freePort();
    server = await start();
    db = await openDatabase({ url: urlOf(server), dataDir: '' });
    await migrate(db);
    await importList(db, { list: 'stolen', sha256: 's', fileName: 's.csv', entries: LISTED, importedAt: MORNING });
  });
  afterAll(async () => {
    await db?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('loses nothing that was acknowledged, and what is sent again is stored once, counted once and rings once', async () => {
    const recorder = recorderOn(db, () => MORNING), refused: string[] = [], acknowledged = new Set<string>();
    for (let round = 0; round < RESTARTS; round++) {
      const batches = firstBatches(round + 1);
      let restarting: Promise<void> | null = null;
      // Two at a time, as the API records: both are under way when the server ends.
      const lane = async (own: readonly Pass[][]): Promise<void> => {
        for (const [i, batch] of own.entries()) {
          if (i === 8 + round * 5) restarting ??= server.stop().then(async () => void (server = await start()));
          await recorder.record(batch).then(() => batch.forEach((pass) => acknowledged.add(pass.id)), (error: { readonly code: string }) => void refused.push(error.code));
        }
      };
      await Promise.all([lane(batches.filter((_, i) => i % 2 === 0)), lane(batches.filter((_, i) => i % 2 === 1))]);
      await restarting;
      const stored = new Set((await rowsOf<{ id: string }>(db.orm, sql`select id from passes`)).map((row) => row.id));
      expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
      for (const batch of batches) {
        const { stored: added, repeated } = await recorder.record(batch);
        expect(added.length + repeated).toBe(batch.length);
      }
    }
    expect(refused.length).toBeGreaterThanOrEqual(RESTARTS);
    expect([...new Set(refused)]).toEqual(['DATABASE_UNAVAILABLE']);
    const sent = new Set(Array.from({ length: RESTARTS }, (_, round) => firstBatches(round + 1).flat().map((pass) => pass.id)).flat());
    expect(await one(db, sql`select count(*)::integer as n from passes`)).toBe(sent.size);
    expect(await one(db, sql`select sum(passes)::integer as n from camera_hours`)).toBe(sent.size);
  });

  test('leaves journeys as all the passes say, and every hit with its event', async () => {
    const keys = (await rowsOf<{ key: string }>(db.orm, sql`select key from vehicles`)).map((row) => row.key);
    const sightings = await sightingsOf(db.orm, keys.map((key) => ({ key, from: null, to: null })));
    for (const [i, key] of keys.entries()) {
      expect((await listJourneys(db, { key }, { limit: 1000 })).items.toSorted(byId)).toMatchObject(buildJourneys(sightings[i] ?? []).toSorted(byId));
    }
    expect(await one(db, sql`select count(*)::integer as n from hits h where not exists (select 1 from hit_events e where e.hit_id = h.id)`)).toBe(0);
    const listedPasses = await one(db, sql`select count(*)::integer as n from passes where key in (select key from list_entries)`);
    expect(listedPasses).toBeGreaterThan(0);
    // Look-alikes of other entries match too.
    expect(await one(db, sql`select sum(count)::integer as n from hits where match_kind = 'exact'`)).toBe(listedPasses);
  });
});
