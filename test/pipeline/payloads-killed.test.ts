import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createApiKey } from '../../src/store/api-keys.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { rowsOf } from '../../src/store/query.ts';
import { createPostgresDatabase, DATABASE_KINDS } from '../support/databases.ts';
import { hikvisionPush } from '../support/vendor-pushes.ts';

const PROCESS = fileURLToPath(new URL('../support/serving-process.ts', import.meta.url));
const SLOW = 240_000, PUSHES = 40, CAMERAS = ['lak-pass-in-1', 'baleli-in-1'];

describe.each(DATABASE_KINDS)('a server that is killed while cameras push (%s)', (kind) => {
  let folder: string, url: string | null, secret: string, viewer: string, child: ChildProcess | null;

  const withDatabase = async <T>(work: (db: Database) => Promise<T>): Promise<T> => {
    const db = await openDatabase({ url, dataDir: folder });
    try {
      return await work(db);
    } finally {
      await db.close();
    }
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darwaza-pushes-'));
    url = kind === 'postgres' ? await createPostgresDatabase('migrated') : null;
    child = null;
    secret = await withDatabase(async (db) => {
      await migrate(db);
      viewer = (await createApiKey(db, { label: 'viewer', role: 'trial', defaultPurpose: 'trial' }, Date.now())).secret;
      return (await createApiKey(db, { label: 'cameras', role: 'camera' }, Date.now())).secret;
    });
  }, SLOW);
  afterEach(async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (): Promise<string> => {
    const started = spawn(process.execPath, ['--import', 'tsx', PROCESS, url ?? '-', folder, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    for await (const line of createInterface({ input: started.stdout as NodeJS.ReadableStream })) return line;
    throw new Error('the server did not start');
  };
  const kill = async (): Promise<void> => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const at = new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000).toISOString();
  const push = async (api: string, i: number): Promise<string | null> => {
    const { body, contentType } = hikvisionPush({ uuid: `kill-${i}`, text: `QAD${1000 + i}`, at });
    try {
      const answer = await fetch(`${api}/api/v1/cameras/${CAMERAS[i % 2]}/payloads/hikvision`, { method: 'POST', body, headers: { authorization: `Bearer ${secret}`, 'content-type': contentType } });
      return answer.status === 200 ? ((await answer.json()) as { passes: { id: string }[] }).passes[0]?.id ?? null : null;
    } catch {
      return null;
    }
  };

  test('has lost nothing that it acknowledged, and doubles nothing that comes again; all of it is read by our reader', async () => {
    const acknowledged = new Map<number, string>();
    for (const afterMs of [300, 900]) {
      const api = await start(), sending = Array.from({ length: PUSHES }, (_, i) => push(api, i).then((id) => void (id !== null && acknowledged.set(i, acknowledged.get(i) ?? id))));
      await sleep(afterMs);
      await kill();
      await Promise.all(sending);
    }
    const api = await start(), ids = await Promise.all(Array.from({ length: PUSHES }, (_, i) => push(api, i)));
    expect(ids).not.toContain(null);
    for (const [i, id] of acknowledged) expect(ids[i]).toBe(id);
    // What was under way when a process ended is another's after a minute; the rest is read within seconds.
    await vi.waitFor(async () => {
      const answer = await fetch(`${api}/api/v1/passes?limit=1000`, { headers: { authorization: `Bearer ${viewer}` } }), { items } = (await answer.json()) as { items: { readings: unknown[] }[] };
      expect(items.filter((item) => item.readings.length < 2).length).toBeLessThanOrEqual(2);
    }, { timeout: 60_000, interval: 250 });
    await kill();
    await withDatabase(async (db) => {
      const passes = await rowsOf<{ id: string; raw_text: string }>(db.orm, sql`select id, raw_text from passes order by raw_text`);
      expect(passes.map((pass) => pass.raw_text)).toEqual(Array.from({ length: PUSHES }, (_, i) => `QAD${1000 + i}`));
      expect(new Set(passes.map((pass) => pass.id))).toEqual(new Set(ids));
      const [left] = await rowsOf<{ due: number; own: number; open: number }>(db.orm, sql`
        select (select count(*)::integer from readings_due) as due, (select count(*)::integer from pass_readings where reader = 'darwaza') as own,
          (select count(*)::integer from reported_vehicles where recorded_at is null) as open
      `);
      // Two processes were killed, each with at most one picture under its reader.
      expect((left?.due ?? 0) + (left?.own ?? 0)).toBe(PUSHES);
      expect(left?.due).toBeLessThanOrEqual(2);
      expect(left?.open).toBe(0);
    });
  }, SLOW);
});
