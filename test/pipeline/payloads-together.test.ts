import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Delivery, Taken } from '../../src/pipeline/payloads.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { openEvidence, type EvidenceStore } from '../../src/store/evidence.ts';
import { payloadsInOrder } from '../../src/store/payloads.ts';
import { raisePassesFloor } from '../../src/store/retention-floors.ts';
import { rowsOf } from '../../src/store/query.ts';
import { createPostgresDatabase, onBothDatabases } from '../support/databases.ts';
import { pushedTo, taking, type Taking } from '../support/message-taking.ts';
import { quetta } from '../support/passes.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { payload } from '../support/vendor-payloads.ts';

const NOW = Date.parse('2026-11-03T12:00:00+05:00'), DAY = 86_400_000, CAMERAS = [...new Set(quetta().cameras.map((camera) => camera.id))];
const cameraOf = (n: number): string => CAMERAS[n % CAMERAS.length] as string, textOf = (n: number): string => `LEC${1000 + n}`;
const push = (n: number, receivedAt = NOW): Delivery => pushedTo(cameraOf(n), { uuid: `together-${n}`, text: textOf(n) }, receivedAt);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const count = async (db: Database, table: string): Promise<number> => (await rowsOf<{ n: number }>(db.orm, sql`select count(*)::integer as n from ${sql.identifier(table)}`))[0]?.n ?? -1;
const textsIn = async (db: Database): Promise<string[]> => (await rowsOf<{ raw_text: string }>(db.orm, sql`select raw_text from passes order by raw_text`)).map((row) => row.raw_text);
const idle = async (work: () => Promise<boolean>): Promise<void> => {
  for (const until = Date.now() + 30_000; Date.now() < until && !await work();) await new Promise((done) => setTimeout(done, 25));
};
const byStatus = (ended: readonly PromiseSettledResult<Taken>[]): { readonly taken: Taken[]; readonly faults: unknown[] } =>
  ({ taken: ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])), faults: ended.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])) });

onBothDatabases('messages that come together', (database) => {
  let folder: string, evidence: EvidenceStore, now = NOW, process: Taking | null;
  beforeEach(async () => {
    await database().clear();
    folder = await mkdtemp(join(tmpdir(), 'darwaza-together-'));
    evidence = await openEvidence(folder);
    now = NOW;
    process = null;
  });
  afterEach(async () => {
    await process?.close();
    await rm(folder, { recursive: true, force: true });
  });
  const start = async (engineOf?: Parameters<typeof taking>[3]) => {
    process = await taking(database().db, evidence, () => now, engineOf);
    return process.sources.intake;
  };

  test('are each a pass of its own, 200 of them, with message, reading and picture; they share their transactions', async () => {
    const batches: number[] = [], intake = await start((engine) => ({ queue: () => engine.queue(), recordPasses: async (passes) => {
      batches.push(passes.length);
      // The first batch takes until all others wait.
      if (batches.length === 1) await idle(async () => await count(database().db, 'reported_vehicles') === 200);
      return engine.recordPasses(passes);
    } }));
    const taken = await Promise.all(numbers(200).map((n) => intake.take(push(n))));
    expect(await textsIn(database().db)).toEqual(numbers(200).map(textOf));
    const kept = await payloadsInOrder(database().db, {}, null, 1000), passOf = new Map(kept.map((one) => [one.id, one.passIds]));
    expect(taken.map((one) => one.outcome === 'accepted' && passOf.get(one.payload ?? '')?.join())).toEqual(taken.map((one) => one.passes[0]?.id));
    const rows = await rowsOf<{ id: string; raw_text: string; evidence_sha256: string }>(database().db.orm, sql`select id, raw_text, evidence_sha256 from passes`), textById = new Map(rows.map((row) => [row.id, row.raw_text]));
    expect(taken.map((one) => textById.get(one.passes[0]?.id ?? ''))).toEqual(numbers(200).map(textOf));
    for (const row of rows.slice(0, 5)) expect((await evidence.get({ sha256: row.evidence_sha256, mediaType: 'image/jpeg' }, row.id)).toString('latin1')).toContain(`SEEN=${row.raw_text}`);
    expect([await count(database().db, 'frames'), await count(database().db, 'reported_vehicles')]).toEqual([200, 200]);
    expect(batches.length).toBeLessThanOrEqual(3);
  });

  test('are one pass where they are one push, 50 times among others', async () => {
    const intake = await start(), given = numbers(60).flatMap((n) => (n < 50 ? [push(n), push(99)] : [push(n)])), taken = await Promise.all(given.map((one) => intake.take(one)));
    const same = taken.filter((_, i) => given[i]?.cameraId === cameraOf(99) && i % 2 === 1 && i < 100);
    expect(new Set(same.map((one) => one.passes[0]?.id)).size).toBe(1);
    expect(taken.filter((one) => one.outcome === 'accepted')).toHaveLength(61);
    expect(await textsIn(database().db)).toEqual([...numbers(60), 99].map(textOf));
    const [row] = await rowsOf<{ deliveries: number; parts: number }>(database().db.orm, sql`
      select deliveries, (select count(*)::integer from payload_parts r where r.payload_id = q.id) as parts from payloads q order by deliveries desc limit 1`);
    expect(row).toEqual({ deliveries: 50, parts: 3 });
    expect(await count(database().db, 'payloads')).toBe(61);
  });

  test('do not fail for one among them that the database refuses', async () => {
    const intake = await start(), bad = push(7), unstorable = { ...bad, message: { ...bad.message, topic: 'no\0topic' } };
    const { taken, faults } = byStatus(await Promise.allSettled(numbers(40).map((n) => intake.take(n === 7 ? unstorable : push(n)))));
    expect(faults).toHaveLength(1);
    expect(taken).toHaveLength(39);
    expect(await textsIn(database().db)).toEqual(numbers(40).filter((n) => n !== 7).map(textOf));
  });

  test('do not fail for one whose pass cannot be recorded; that one waits, and is recorded when it can be', async () => {
    let broken = true;
    const intake = await start((engine) => ({ queue: () => engine.queue(), recordPasses: async (passes) => {
      if (broken && passes.some((pass) => pass.rawText === textOf(11))) throw new Error('not this one');
      return engine.recordPasses(passes);
    } }));
    const { taken, faults } = byStatus(await Promise.allSettled(numbers(40).map((n) => intake.take(push(n)))));
    expect([taken.length, faults]).toEqual([39, [new Error('not this one')]]);
    expect(await count(database().db, 'passes')).toBe(39);
    broken = false;
    expect(await intake.take(push(11, NOW + 1000))).toMatchObject({ outcome: 'repeated', passes: [{ repeated: true }] });
    expect(await textsIn(database().db)).toEqual(numbers(40).map(textOf));
  });

  test('are recorded beside one that is older than anything that is kept: that one is set aside, without a row for its picture', async () => {
    const intake = await start();
    await raisePassesFloor(database().db, NOW - DAY);
    const old = pushedTo(cameraOf(3), { uuid: 'old', text: 'LEC999', at: new Date(NOW - 2 * DAY).toISOString() }, NOW);
    const taken = await Promise.all([...numbers(20).map((n) => push(n)), old].map((one) => intake.take(one)));
    expect(taken.every((one) => one.outcome === 'accepted')).toBe(true);
    expect(await textsIn(database().db)).toEqual(numbers(20).map(textOf));
    expect([await count(database().db, 'frames'), await count(database().db, 'passes_set_aside')]).toEqual([20, 1]);
  });

  test('of one vehicle are taken in their order, also when the first is on disk last', async () => {
    const own = evidence;
    let held: (() => void) | null = null, puts = 0;
    evidence = { ...own, put: async (bytes, mediaType) => {
      if (puts++ === 0) await new Promise<void>((resolve) => void (held = resolve));
      return own.put(bytes, mediaType);
    } };
    const intake = await start(), told = (name: string) => intake.take({ cameraId: CAMERAS[0] as string, vendor: 'axis', mediaType: 'application/json', receivedAt: NOW, message: payload('axis', name) });
    const all = Promise.all([told('new'), told('update'), told('lost')]), beside = intake.take(push(1));
    await beside;
    expect(await count(database().db, 'passes')).toBe(1);
    await idle(async () => held !== null);
    (held as (() => void) | null)?.();
    const [first, second, last] = await all;
    expect([first.passes, second.passes, last.passes.map((pass) => pass.repeated)]).toEqual([[], [], [false]]);
    expect(await rowsOf(database().db.orm, sql`select raw_text from passes where source = 'axis'`)).toEqual([{ raw_text: 'BHT739' }]);
    expect(await count(database().db, 'reported_vehicles')).toBe(2);
  });

  test.each(['before', 'after'] as const)('stand in the database %s their passes do when the process ends, and end the same after the next start', async (when) => {
    const broken = await start((engine) => ({ queue: () => engine.queue(), recordPasses: async (passes) => {
      if (when === 'after') await engine.recordPasses(passes);
      throw new Error('killed here');
    } }));
    const { taken } = byStatus(await Promise.allSettled(numbers(30).map((n) => broken.take(push(n)))));
    expect([taken, await count(database().db, 'passes')]).toEqual([[], when === 'after' ? 30 : 0]);
    await process?.close();
    const intake = await start();
    await idle(async () => (await rowsOf(database().db.orm, sql`select 1 as one from reported_vehicles where recorded_at is null`)).length === 0);
    expect(await textsIn(database().db)).toEqual(numbers(30).map(textOf));
    const again = await Promise.all(numbers(30).map((n) => intake.take(push(n, NOW + 1000))));
    expect(again.every((one) => one.outcome === 'repeated' && one.passes[0]?.repeated)).toBe(true);
    expect([await count(database().db, 'passes'), await count(database().db, 'payloads')]).toEqual([30, 30]);
  });

  test('are waited for when it closes', async () => {
    const intake = await start(), all = Promise.all(numbers(10).map((n) => intake.take(push(n))));
    await process?.close();
    expect((await all).every((one) => one.outcome === 'accepted')).toBe(true);
  });
});

describe('a database that goes', () => {
  test.each(['before', 'after'] as const)('%s the passes of a batch are stored loses nothing that was acknowledged, and doubles nothing', async (when) => {
    const url = new URL(await createPostgresDatabase('migrated')), direct = await openDatabase({ url: url.href, dataDir: '' });
    const proxy = await startProxy({ host: url.hostname, port: Number(url.port || 5432) }), folder = await mkdtemp(join(tmpdir(), 'darwaza-gone-'));
    url.host = `127.0.0.1:${proxy.port}`;
    const db = await openDatabase({ url: url.href, dataDir: '' });
    let whole = true;
    const process = await taking(db, await openEvidence(folder), () => NOW, (engine) => ({ queue: () => engine.queue(), recordPasses: async (passes) => {
      if (whole && when === 'before') await proxy.cut();
      const result = await engine.recordPasses(passes);
      if (whole && when === 'after') await proxy.cut();
      whole = false;
      return result;
    } }));
    try {
      const { faults } = byStatus(await Promise.allSettled(numbers(60).map((n) => process.sources.intake.take(push(n)))));
      expect(faults).toHaveLength(60);
      for (const fault of faults) expect(fault).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      whole = false;
      await proxy.restore();
      const taken = new Map<number, string | undefined>();
      await idle(async () => {
        for (const n of numbers(60).filter((one) => !taken.has(one))) await process.sources.intake.take(push(n)).then((one) => taken.set(n, one.passes[0]?.id), () => undefined);
        return taken.size === 60;
      });
      const rows = await rowsOf<{ id: string; raw_text: string }>(direct.orm, sql`select id, raw_text from passes order by raw_text`);
      expect(rows.map((row) => [row.id, row.raw_text])).toEqual(numbers(60).map((n) => [taken.get(n), textOf(n)]));
    } finally {
      await process.close();
      await Promise.all([db.close(), direct.close()]);
      await proxy.close();
      await rm(folder, { recursive: true, force: true });
    }
  }, 90_000);
});
