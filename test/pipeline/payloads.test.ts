import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { KeptAllowance } from '../../src/pipeline/kept-allowance.ts';
import { agreement } from '../../src/pipeline/second-readings.ts';
import { isSameVehicle } from '../../src/pipeline/same-report.ts';
import { parsePlate } from '../../src/plate/parse.ts';
import { markOf } from '../../src/pass/build.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { openEvidence, type EvidenceStore } from '../../src/store/evidence.ts';
import { payloadsInOrder, type KeptPayload } from '../../src/store/payloads.ts';
import { countReadingsDue } from '../../src/store/pass-readings.ts';
import { rowsOf } from '../../src/store/query.ts';
import { createPostgresDatabase, onBothDatabases } from '../support/databases.ts';
import { pushedTo, taking, type Taking } from '../support/message-taking.ts';
import { retentionOn } from '../support/retention.ts';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { payload } from '../support/vendor-payloads.ts';
import { hikvisionPush, type Pushed } from '../support/vendor-pushes.ts';

const NOW = Date.parse('2026-11-03T12:00:00+05:00'), DAY = 86_400_000, CAMERA = 'lak-pass-in-1';

const messageOf = (pushed: Pushed) => pushedTo(CAMERA, pushed, NOW);
const delivered = (pushed: Pushed, receivedAt = NOW) => pushedTo(CAMERA, pushed, receivedAt);
const count = async (db: Database, table: string): Promise<number> => (await rowsOf<{ n: number }>(db.orm, sql`select count(*)::integer as n from ${sql.identifier(table)}`))[0]?.n ?? -1;

onBothDatabases('messages of other cameras', (database) => {
  let folder: string, evidence: EvidenceStore, now = NOW, process: Taking | null;
  beforeEach(async () => {
    await database().clear();
    folder = await mkdtemp(join(tmpdir(), 'darwaza-payloads-'));
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
    return process.sources;
  };
  const all = (): Promise<KeptPayload[]> => payloadsInOrder(database().db, {}, null, 1000);
  const idle = async (work: () => Promise<boolean>): Promise<void> => {
    for (const until = Date.now() + 30_000; Date.now() < until && !await work();) await new Promise((done) => setTimeout(done, 25));
  };

  test('are kept part by part, as they came, with a picture on disk once', async () => {
    const { intake } = await start(), given = delivered({ uuid: 'kept' }), { payload: id } = await intake.take(given), [kept] = await all();
    expect(kept).toMatchObject({ id, cameraId: CAMERA, vendor: 'hikvision', outcome: 'accepted', deliveries: 1, receivedAt: NOW });
    const bytes = await Promise.all((kept?.parts ?? []).map((part) => evidence.get(part, 'x')));
    expect(bytes.map((b, i) => b.equals(given.message.parts[i]?.bytes as Buffer))).toEqual([true, true, true]);
    const [pass] = await rowsOf<{ evidence_sha256: string }>(database().db.orm, sql`select evidence_sha256 from passes`);
    expect(kept?.parts.filter((part) => part.sha256 === pass?.evidence_sha256 && part.mediaType === 'image/jpeg')).toHaveLength(1);
  });

  test('that were refused become passes when a later program reads them, once', async () => {
    const { intake } = await start(), { message, mediaType } = messageOf({ uuid: 'later' }), body = hikvisionPush({ uuid: 'later' }).body;
    await intake.refuse({ cameraId: CAMERA, vendor: 'hikvision', mediaType, receivedAt: NOW, bytes: body, fault: 'it was not understood' });
    const [refused] = await all() as [KeptPayload];
    expect(refused).toMatchObject({ outcome: 'refused', faults: [{ path: '', message: 'it was not understood' }], parts: [{ mediaType: 'multipart/form-data' }] });
    expect(await intake.again(refused, { dryRun: true })).toMatchObject({ outcome: 'accepted', passes: [{ repeated: false }] });
    expect(await count(database().db, 'passes')).toBe(0);
    const taken = await intake.again(refused);
    expect(taken).toMatchObject({ payload: refused.id, outcome: 'accepted', passes: [{ repeated: false }] });
    expect((await all())[0]).toMatchObject({ outcome: 'accepted', faults: [], passIds: [taken.passes[0]?.id] });
    for (const kept of await all()) expect(await intake.again(kept)).toMatchObject({ outcome: 'repeated', passes: [{ id: taken.passes[0]?.id, repeated: true }] });
    expect(await intake.take({ cameraId: CAMERA, vendor: 'hikvision', mediaType, message, receivedAt: NOW + 60_000 })).toMatchObject({ outcome: 'repeated', passes: [{ id: taken.passes[0]?.id }] });
    expect(await count(database().db, 'passes')).toBe(1);
  });

  test('whose bytes are gone are refused and not lost sight of', async () => {
    const { intake } = await start();
    await intake.take(delivered({ uuid: 'gone' }));
    await rm(join(folder, 'evidence'), { recursive: true });
    evidence = await openEvidence(folder);
    expect(await intake.again((await all())[0] as KeptPayload)).toMatchObject({ outcome: 'refused', faults: [{ message: expect.stringMatching(/picture|evidence/i) }] });
    expect((await all())[0]?.outcome).toBe('accepted');
  });

  test('of a vehicle in view become a pass when nothing more is said of it, with the surest reading', async () => {
    const { intake } = await start(), update = { cameraId: CAMERA, vendor: 'axis' as const, mediaType: 'application/json', receivedAt: NOW };
    expect(await intake.take({ ...update, message: payload('axis', 'new') })).toMatchObject({ outcome: 'accepted', passes: [] });
    now += 1000;
    expect(await intake.take({ ...update, message: payload('axis', 'update'), receivedAt: now })).toMatchObject({ passes: [] });
    expect(await count(database().db, 'passes')).toBe(0);
    now += 5000;
    await idle(async () => await count(database().db, 'passes') === 1);
    expect(await rowsOf(database().db.orm, sql`select raw_text, source from passes`)).toEqual([{ raw_text: 'BHT739', source: 'axis' }]);
    expect(await intake.take({ ...update, message: payload('axis', 'lost'), receivedAt: now + 60_000 })).toMatchObject({ outcome: 'repeated', passes: [{ repeated: true }] });
  });

  test('are recorded by the next process when theirs ended between taking and recording', async () => {
    const broken = await start((engine) => ({ queue: () => engine.queue(), recordPasses: () => Promise.reject(new Error('killed here')) }));
    await expect(broken.intake.take(delivered({ uuid: 'between' }))).rejects.toThrow('killed here');
    expect([await count(database().db, 'passes'), await count(database().db, 'reported_vehicles')]).toEqual([0, 1]);
    await process?.close();
    const { intake } = await start();
    await idle(async () => await count(database().db, 'passes') === 1);
    const again = await intake.take(delivered({ uuid: 'between' }, NOW + 1000));
    expect(again).toMatchObject({ outcome: 'repeated', passes: [{ repeated: true }] });
    expect((await all()).map((kept) => kept.passIds)).toEqual([[again.passes[0]?.id]]);
    expect(await count(database().db, 'passes')).toBe(1);
  });

  test('of which the pass stood already when the process ended are not doubled', async () => {
    const half = await start((engine) => ({ queue: () => engine.queue(), recordPasses: async (passes) => {
      await engine.recordPasses(passes);
      throw new Error('killed here');
    } }));
    await expect(half.intake.take(delivered({ uuid: 'half' }))).rejects.toThrow();
    await process?.close();
    const { readings } = await start();
    await idle(async () => (await rowsOf(database().db.orm, sql`select 1 as one from reported_vehicles where recorded_at is not null`)).length === 1);
    await readings.settled();
    expect([await count(database().db, 'passes'), await count(database().db, 'pass_readings')]).toEqual([1, 2]);
  });

  test('are taken by two processes at once as one pass', async () => {
    const one = await start(), other = await taking(await database().another(), evidence, () => now);
    const taken = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? one : other.sources).intake.take(delivered({ uuid: 'shared' }))));
    await other.close();
    expect(new Set(taken.map((t) => t.passes[0]?.id)).size).toBe(1);
    expect([await count(database().db, 'passes'), await count(database().db, 'payloads')]).toEqual([1, 1]);
  });

  test('go when their time is over, with what only they stood for; those of a held mark stay', async () => {
    const { intake, readings } = await start();
    await intake.take(delivered({ uuid: 'goes', text: 'LEC138447' }));
    await intake.take(delivered({ uuid: 'held', text: 'LEB174201', at: '2026-11-03T11:00:00+05:00' }));
    await readings.settled();
    await rowsOf(database().db.orm, sql`
      insert into legal_holds (id, at, reason, author, key, mark_letters, mark_number)
      values ('lh_1', now(), 'order', 'k', 'LEB4201', 'LEB', '4201')`);
    const run = await retentionOn(database().db, evidence, () => NOW + 40 * DAY).run({ actor: 'cli' });
    expect(run.report.kinds.find((k) => k.kind === 'payloads')).toMatchObject({ days: 30, deleted: 1, overdue: 0, kept: { hold: 1 } });
    expect((await all()).map((kept) => kept.outcome)).toEqual(['accepted']);
    expect([await count(database().db, 'passes'), await count(database().db, 'payload_parts'), await count(database().db, 'reported_vehicles')]).toEqual([2, 3, 2]);
    await retentionOn(database().db, evidence, () => NOW + 100 * DAY).run({ actor: 'cli' });
    expect([await count(database().db, 'passes'), await count(database().db, 'pass_readings'), await count(database().db, 'reported_vehicles')]).toEqual([1, 2, 0]);
  });
});

describe('a database that is away', () => {
  let folder: string, evidence: EvidenceStore, proxy: TcpProxy, db: Database, direct: Database, process: Taking;
  beforeAll(async () => {
    const url = new URL(await createPostgresDatabase('migrated'));
    direct = await openDatabase({ url: url.href, dataDir: '' });
    proxy = await startProxy({ host: url.hostname, port: Number(url.port || 5432) });
    url.host = `127.0.0.1:${proxy.port}`;
    db = await openDatabase({ url: url.href, dataDir: '' });
    folder = await mkdtemp(join(tmpdir(), 'darwaza-away-'));
    evidence = await openEvidence(folder);
    process = await taking(db, evidence, () => NOW);
  }, 60_000);
  afterAll(async () => {
    await process?.close();
    await db?.close();
    await direct?.close();
    await proxy?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('acknowledges nothing, and what was acknowledged before and after is there once', async () => {
    const acknowledged = new Set<string>(), { intake } = process.sources;
    const send = async (i: number): Promise<boolean> => {
      try {
        const { passes } = await intake.take(delivered({ uuid: `away-${i}`, text: `QAC${1000 + i}` }));
        for (const pass of passes) acknowledged.add(pass.id);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
        return false;
      }
    };
    expect(await Promise.all([0, 1, 2].map(send))).toEqual([true, true, true]);
    const cut = Promise.all(Array.from({ length: 12 }, (_, i) => send(3 + i)));
    await proxy.cut();
    await cut;
    expect(await send(20)).toBe(false);
    await proxy.restore();
    for (let left = Array.from({ length: 16 }, (_, i) => i); left.length > 0;) {
      const sent = await Promise.all(left.map(send));
      left = left.filter((_, i) => !sent[i]);
    }
    const rows = await rowsOf<{ id: string; raw_text: string }>(direct.orm, sql`select id, raw_text from passes`);
    expect(rows.map((row) => row.raw_text).toSorted()).toEqual(Array.from({ length: 16 }, (_, i) => `QAC${1000 + i}`));
    expect(new Set(rows.map((row) => row.id))).toEqual(acknowledged);
    expect(await countReadingsDue(direct)).toBeLessThanOrEqual(16);
  }, 60_000);
});

describe('a report', () => {
  const known = { eventId: 'e1', claimedAt: 1_000_000, lastClaimedAt: 1_000_000, reportedText: 'LEA1' };
  test.each([
    ['of the same event, minutes later', { eventId: 'e1', claimedAt: 1_500_000, reportedText: 'LEA2' }, true],
    ['of the same event, hours later, with the same text', { eventId: 'e1', claimedAt: 1_000_000 + 5 * 3_600_000, reportedText: 'LEA1' }, true],
    ['of an event that was counted from 0 again', { eventId: 'e1', claimedAt: 1_000_000 + 5 * 3_600_000, reportedText: 'LEA2' }, false],
    ['of a counted event, days later', { eventId: 'e1', claimedAt: 1_000_000 + 50 * 3_600_000, reportedText: 'LEA1' }, false],
    ['at the very same time with the same text', { eventId: null, claimedAt: 1_000_000, reportedText: 'LEA1' }, true],
    ['at the same time with another text', { eventId: 'e2', claimedAt: 1_000_000, reportedText: 'LEA2' }, false],
    ['a millisecond later without an event', { eventId: null, claimedAt: 1_000_001, reportedText: 'LEA1' }, false],
  ])('%s: the same vehicle is %s', (_what, report, same) => expect(isSameVehicle(known, report)).toBe(same));

  test('of a vehicle without a plate is told apart by its event', () => {
    const bare = { ...known, reportedText: '' };
    expect(isSameVehicle(bare, { eventId: 'e2', claimedAt: 1_000_000, reportedText: '' })).toBe(false);
    expect(isSameVehicle(bare, { eventId: null, claimedAt: 1_000_000, reportedText: '' })).toBe(true);
  });

  test('is always the same as itself', () => {
    fc.assert(fc.property(fc.option(fc.string(), { nil: null }), fc.nat(), fc.string(), (eventId, claimedAt, reportedText) => {
      expect(isSameVehicle({ eventId, claimedAt, lastClaimedAt: claimedAt, reportedText }, { eventId, claimedAt, reportedText })).toBe(true);
    }));
  });
});

describe('two readings', () => {
  const mark = (text: string) => markOf(parsePlate(text)), read = (text: string, confidence = 0.9) => ({ parse: parsePlate(text), confidence });
  test.each([
    ['LEC138447', read('LEC138447'), true], ['LEC138447', read('LEC8447'), true], ['LEC138447', read('LEC148447'), false], ['LEC138447', read('LEC138441'), false],
    ['LEC138447', read('LEC138441', 0.3), null], ['LEC138447', read('LEC138447', 0.3), true], ['LEC138447', read('?'), null], ['', read('LEC138447'), false],
  ])('%s and another agree: %#', (own, other, agrees) => expect(agreement(mark(own), other)).toBe(agrees));
});

test('some refused messages of an hour are kept, and of the next hour again', () => {
  const allowance = new KeptAllowance(), kept = (now: number) => Array.from({ length: 200 }, () => allowance.take('one', 'refused', now)).filter(Boolean).length;
  expect([kept(NOW), kept(NOW + 3_600_000), allowance.take('two', 'refused', NOW), allowance.take('one', 'accepted', NOW)]).toEqual([120, 120, true, true]);
});
