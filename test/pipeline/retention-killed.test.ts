import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { frameDone, takeFrame } from '../../src/store/frames.ts';
import { migrate } from '../../src/store/migrate.ts';
import { rowsOf } from '../../src/store/query.ts';
import { listRuns } from '../../src/store/retention-runs.ts';
import { createPostgresDatabase, DATABASE_KINDS } from '../support/databases.ts';
import { aPass, DAY, HOUR } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';
import { evidenceFolder, retentionOn, type EvidenceFolder } from '../support/retention.ts';

const PROCESS = fileURLToPath(new URL('../support/retention-process.ts', import.meta.url));
const NOW = Date.parse('2041-06-15T03:00:00+05:00'), SLOW = 240_000;

/** Starts the retention in a process of its own and kills it with SIGKILL a moment after it has begun its n-th step; false: it was done before. */
async function killAtStep(url: string | null, dataDir: string, step: number, afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, ['--import', 'tsx', PROCESS, url ?? '-', dataDir, String(NOW)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const faults: string[] = [];
  let steps = 0, done = false;
  child.stderr.on('data', (text: Buffer) => faults.push(text.toString()));
  createInterface({ input: child.stdout }).on('line', (line) => {
    done ||= line === 'done';
    if (++steps === step) setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_code, by) => resolve(by)));
  if (signal === null && !done) throw new Error(`the process ended by itself: ${faults.join('')}`);
  return signal !== null && !done;
}

describe.each(DATABASE_KINDS)('a retention run that is killed (%s)', (kind) => {
  let folder: EvidenceFolder;
  afterEach(() => folder.remove());

  /** Thirty days of passes around the end of their time, each with its picture, and some of long ago. */
  const fill = async (db: Database): Promise<void> => {
    const recorder = recorderOn(db, () => NOW);
    for (const [i, days] of [400, 200, 190, 160, 130, 100, 95, 92, 91, 89, 80, 1].entries()) {
      const capturedAt = NOW - days * DAY - HOUR, sha256 = await folder.evidence.put(Buffer.from(`picture ${i}`), 'image/jpeg'), frame = { cameraId: 'far', capturedAt, sha256 };
      await takeFrame(db, { ...frame, timeSource: 'camera', mediaType: 'image/jpeg', name: 'f', receivedAt: capturedAt });
      await frameDone(db, [frame]);
      await recorder.record([aPass({ mark: `LEA-${i + 1}`, cameraId: 'far', capturedAt, evidence: { sha256, mediaType: 'image/jpeg', width: 1, height: 1 } })]);
    }
  };
  const pictures = async (): Promise<Set<string>> => new Set((await readdir(join(folder.dataDir, 'evidence'), { recursive: true })).flatMap((name) => /([0-9a-f]{64})\.jpg$/.exec(name)?.[1] ?? []));
  const column = async (db: Database, statement: ReturnType<typeof sql>): Promise<string[]> => (await rowsOf<{ v: string }>(db.orm, statement)).map((row) => row.v);

  // The embedded database starts slowly: fewer kills say the same of it.
  test.each(kind === 'pglite' ? [4, 12] : [2, 4, 6, 9, 13, 18])('at step %i leaves nothing half, and the next run finishes it', async (step) => {
    folder = await evidenceFolder();
    const url = kind === 'postgres' ? await createPostgresDatabase('migrated') : null;
    let db = await openDatabase({ url, dataDir: folder.dataDir });
    await migrate(db);
    await fill(db);
    await db.close();
    expect(await killAtStep(url, folder.dataDir, step, step % 3)).toBe(true);

    db = await openDatabase({ url, dataDir: folder.dataDir });
    try {
      const claimed = await column(db, sql`select sha256 as v from frames where picture_deleted_at is null`), there = await pictures();
      expect(claimed.filter((sha256) => !there.has(sha256))).toEqual([]);
      expect(await column(db, sql`select evidence_sha256 as v from passes p where not exists (select from frames f where f.captured_at = p.captured_at and f.sha256 = p.evidence_sha256)`)).toEqual([]);
      expect(await column(db, sql`select relname as v from pg_class where relname like '%\\_rest'`)).toEqual([]);
      // The server may take a moment to see that the process is gone; a run that was killed is taken over when it has been silent.
      await rowsOf(db.orm, sql`update retention_runs set touched_at = touched_at - interval '1 hour'`);
      const run = await retentionOn(db, folder.evidence, () => NOW).run({ actor: 'schedule' });
      expect(run.report.kinds.filter((k) => k.overdue !== 0)).toEqual([]);
      expect((await listRuns(db, { limit: 5 })).map((r) => r.outcome)).toEqual(['complete', 'interrupted']);
      const left = await column(db, sql`select evidence_sha256 as v from passes order by captured_at`);
      expect([left.length, await pictures()]).toEqual([3, new Set(left)]);
    } finally {
      await db.close();
    }
  }, SLOW);
});
