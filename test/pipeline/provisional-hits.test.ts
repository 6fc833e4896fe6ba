import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../src/core/config.ts';
import { createLog } from '../../src/core/log.ts';
import type { Engine } from '../../src/pipeline/engine-interface.ts';
import { createEngine } from '../../src/pipeline/engine.ts';
import { openEvidence } from '../../src/store/evidence.ts';
import { eventsOfHit } from '../../src/store/hit-events.ts';
import type { HitRecord } from '../../src/store/hit-record.ts';
import { importList } from '../../src/store/import-list.ts';
import { listHits } from '../../src/store/list-hits.ts';
import { rowsOf } from '../../src/store/query.ts';
import { onBothDatabases } from '../support/databases.ts';
import { literalVision } from '../support/literal-vision.ts';
import { anEntry, HOUR, MORNING, quetta } from '../support/passes.ts';
import { matcherOn } from '../support/recorder.ts';

let dataDir: string;
beforeAll(async () => void (dataDir = await mkdtemp(join(tmpdir(), 'darwaza-provisional-'))));
afterAll(() => rm(dataDir, { recursive: true, force: true }));

onBothDatabases('a listed vehicle that is still in view', (database) => {
  const time = { now: MORNING }, clock = (): number => time.now;
  const engineOn = async (): Promise<Engine> => createEngine({
    config: readConfig({ DARWAZA_DATA_DIR: dataDir }), database: database().db, register: quetta(), evidence: await openEvidence(dataDir), vision: literalVision(), clock, log: createLog('silent'),
    matcher: matcherOn(database().db, clock),
  });
  const show = (engine: Engine, text: string, atMs: number, cameraId = 'mian-ghundi-chk-1'): Promise<unknown> =>
    engine.submitFrame({ cameraId, capturedAt: MORNING + atMs, timeSource: 'camera', bytes: Buffer.from(`${text}\n${cameraId} ${atMs}`), name: 'f.jpg' });
  const hits = async (): Promise<readonly HitRecord[]> => (await listHits(database().db, {})).items;
  const story = async (): Promise<string[]> => (await Promise.all((await hits()).map((hit) => eventsOfHit(database().db, hit.id)))).flat().map((e) => e.kind);
  beforeEach(async () => {
    time.now = MORNING;
    await database().clear();
    await importList(database().db, { list: 'stolen', sha256: 'a', fileName: 's.csv', entries: [anEntry({ mark: 'LEC-13-8447' }), anEntry({ mark: 'BCS-036' })], importedAt: MORNING });
  });

  test('is a provisional hit on its first confident read, and the same hit when its pass is finished', async () => {
    const engine = await engineOn();
    await show(engine, 'LEC138447', 0);
    const [early] = await hits();
    expect(early).toMatchObject({ status: 'provisional', passId: null, siteId: 'mian-ghundi', plate: 'LEC-13-8447', late: false });
    expect(early?.provisionalFrame).toMatch(/^[0-9a-f]{64}$/);
    for (const at of [200, 400, 600]) await show(engine, 'LEC138447', at);
    expect(await story()).toEqual(['raised']);
    await engine.close();
    const confirmed = await hits();
    expect(confirmed).toMatchObject([{ id: early?.id, status: 'confirmed', count: 1 }]);
    expect(confirmed[0]?.passId).not.toBeNull();
    expect(await story()).toEqual(['raised', 'confirmed']);
  });

  test('is withdrawn, with the reason, when all frames together say another mark', async () => {
    await rowsOf(database().db.orm, sql`update lists set settings = '{"matchKinds": ["exact", "unread-part"]}'`);
    const engine = await engineOn();
    await show(engine, 'LEC138447', 0);
    for (const at of [200, 400, 600, 800]) await show(engine, 'LEC138443', at);
    await engine.close();
    const stayed = (await hits()).filter((hit) => hit.provisionalFrame !== null);
    expect(stayed).toMatchObject([{ status: 'withdrawn' }]);
    const events = await eventsOfHit(database().db, stayed[0]?.id ?? '');
    expect(events.map((e) => e.kind)).toEqual(['raised', 'withdrawn']);
    expect(events[1]?.detail.message).toContain('finished pass');
  });

  test('is confirmed as what it is when the vote says a look-alike of the listed mark: to be checked', async () => {
    const engine = await engineOn();
    await show(engine, 'LEC138447', 0);
    for (const at of [200, 400, 600, 800]) await show(engine, 'LEC138441', at);
    await engine.close();
    expect(await hits()).toMatchObject([{ status: 'confirmed', matchKind: 'look-alike', action: 'check', plate: 'LEC-13-8441' }]);
  });

  test('of two vehicles in one picture keeps each its own', async () => {
    const engine = await engineOn();
    await show(engine, 'LEC138447', 0);
    await show(engine, 'BCS036', 5000);
    await engine.close();
    expect((await hits()).map((hit) => [hit.plate, hit.status]).toSorted()).toEqual([['BCS-036', 'confirmed'], ['LEC-13-8447', 'confirmed']]);
  });

  test('that the program forgot in a crash is confirmed after the restart, and raised once', async () => {
    const forgotten = await engineOn();
    await show(forgotten, 'LEC138447', 0);
    expect((await hits()).map((hit) => hit.status)).toEqual(['provisional']);
    const again = await engineOn();
    await again.close();
    expect((await hits()).map((hit) => hit.status)).toEqual(['confirmed']);
    // Even when the first one was only cut off, and finishes the same vehicle as well.
    await forgotten.close();
    expect((await hits()).map((hit) => [hit.status, hit.count])).toEqual([['confirmed', 1]]);
    expect(await story()).toEqual(['raised', 'confirmed']);
  });

  test('rings for nobody when its frames come late: the finished pass alone raises the hit, marked late', async () => {
    time.now = MORNING + HOUR;
    const engine = await engineOn();
    await show(engine, 'LEC138447', 0);
    expect(await hits()).toEqual([]);
    await engine.close();
    expect(await hits()).toMatchObject([{ status: 'confirmed', late: true, provisionalFrame: null, escalateAt: null }]);
    const [raised] = await eventsOfHit(database().db, (await hits())[0]?.id ?? '');
    expect(raised).toMatchObject({ kind: 'raised', ring: false });
  });

  test('is told to those who listen for what was recorded, early and confirmed', async () => {
    const engine = await engineOn(), told: string[] = [];
    engine.onRecorded((result) => void told.push(...result.hits.map((hit) => hit.status)));
    await show(engine, 'LEC138447', 0);
    expect(told).toEqual(['provisional']);
    await engine.close();
    expect(told).toEqual(['provisional', 'confirmed']);
  });
});
