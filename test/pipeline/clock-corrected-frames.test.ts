import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { readConfig } from '../../src/core/config.ts';
import { createLog } from '../../src/core/log.ts';
import { createCameraClocks } from '../../src/pipeline/camera-clocks.ts';
import type { Engine } from '../../src/pipeline/engine-interface.ts';
import { createEngine } from '../../src/pipeline/engine.ts';
import type { Database } from '../../src/store/database.ts';
import { openEvidence } from '../../src/store/evidence.ts';
import { openFrames } from '../../src/store/frames.ts';
import { listPasses } from '../../src/store/list-passes.ts';
import { onBothDatabases } from '../support/databases.ts';
import { literalVision } from '../support/literal-vision.ts';
import { MORNING, quetta } from '../support/passes.ts';
import { matcherOn } from '../support/recorder.ts';

const CAMERA = 'baleli-in-1', SLOW_BY = 60_000, DELAY = 200, log = createLog('silent');
let dataDir: string;
beforeAll(async () => void (dataDir = await mkdtemp(join(tmpdir(), 'darwaza-clock-'))));
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const time = { now: MORNING };
const clock = (): number => time.now;

async function engineOn(database: Database): Promise<{ engine: Engine; close: () => Promise<void> }> {
  const clocks = createCameraClocks({ database, clock, log });
  await clocks.load();
  const engine = await createEngine({ config: readConfig({ DARWAZA_DATA_DIR: dataDir }), database, register: quetta(), evidence: await openEvidence(dataDir), vision: literalVision(), clock, log, matcher: matcherOn(database, clock), clocks });
  return { engine, close: async () => {
    await engine.close();
    await clocks.close();
  } };
}

const push = (engine: Engine, text: string, takenAt: number) =>
  engine.submitFrame({ cameraId: CAMERA, capturedAt: takenAt - SLOW_BY, timeSource: 'camera', bytes: Buffer.from(`${text}\n${takenAt}`), name: `${text}.jpg`, live: true });

/** A vehicle every half minute, each pushed a moment after it was seen by a camera whose clock is a minute slow. */
async function drivePast(engine: Engine, vehicles: number): Promise<void> {
  for (let i = 0; i < vehicles; i++) {
    time.now = MORNING + 30_000 * i + DELAY;
    await push(engine, `LEA${1000 + i}`, MORNING + 30_000 * i);
  }
  await engine.drain();
}

onBothDatabases('frames of a camera whose clock is wrong', (database) => {
  beforeEach(async () => {
    await database().clear();
    time.now = MORNING;
  });

  it('are passes of the right time once the clock is known, and say what was added', async () => {
    const { engine, close } = await engineOn(database().db);
    await drivePast(engine, 30);
    const passes = (await listPasses(database().db, {}, { limit: 100 })).items, [last] = passes;
    expect(passes).toHaveLength(30);
    expect(last?.rawText).toBe('LEA1029');
    expect(Math.abs((last?.capturedAt ?? 0) - (MORNING + 870_000))).toBeLessThanOrEqual(1000);
    expect(Math.abs((last?.clockCorrectionMs ?? 0) - SLOW_BY)).toBeLessThanOrEqual(1000);
    await close();
  });

  it('sent again are known by the camera\'s own time, though it is corrected otherwise by now', async () => {
    const { engine, close } = await engineOn(database().db);
    const first = await push(engine, 'LEA1000', MORNING);
    await drivePast(engine, 30);
    expect([first.repeated, (await push(engine, 'LEA1000', MORNING)).repeated]).toEqual([false, true]);
    expect((await listPasses(database().db, {}, { limit: 100 })).items.filter((p) => p.rawText === 'LEA1000')).toHaveLength(1);
    await close();
  });

  it('that a kill left unread are read with the correction they were taken with', async () => {
    const { engine } = await engineOn(database().db);
    await drivePast(engine, 30);
    time.now += 30_000;
    await push(engine, 'LEC138447', time.now - DELAY);
    const [open] = await openFrames(database().db);
    expect(Math.abs((open?.clockCorrectionMs ?? 0) - SLOW_BY)).toBeLessThanOrEqual(1000);
    const next = await engineOn(database().db);
    await next.engine.drain();
    const [pass] = (await listPasses(database().db, {}, { limit: 1 })).items;
    expect([pass?.rawText, pass?.clockCorrectionMs]).toEqual(['LEC138447', open?.clockCorrectionMs]);
    expect(await openFrames(database().db)).toEqual([]);
    await next.close();
  });
});
