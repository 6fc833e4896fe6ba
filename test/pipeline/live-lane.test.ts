import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createFrameMemory } from '../../src/camera/frame-memory.ts';
import { readConfig } from '../../src/core/config.ts';
import { DarwazaError } from '../../src/core/errors.ts';
import { createLog } from '../../src/core/log.ts';
import type { Pass } from '../../src/pass/pass.ts';
import type { Engine } from '../../src/pipeline/engine-interface.ts';
import { createEngine } from '../../src/pipeline/engine.ts';
import { createLiveCameras } from '../../src/pipeline/live-cameras.ts';
import { LiveLane, type LiveLaneParts } from '../../src/pipeline/live-lane.ts';
import type { Database } from '../../src/store/database.ts';
import { openEvidence, type EvidenceStore } from '../../src/store/evidence.ts';
import { importList } from '../../src/store/import-list.ts';
import { listHits } from '../../src/store/list-hits.ts';
import { listPasses } from '../../src/store/list-passes.ts';
import { vehiclesInView } from '../../src/store/provisional-passes.ts';
import { onBothDatabases } from '../support/databases.ts';
import { liveFrame, nameInPixels, plateRead, readOf } from '../support/live-frames.ts';
import { literalVision } from '../support/literal-vision.ts';
import { anEntry, MORNING, quetta } from '../support/passes.ts';
import { matcherOn } from '../support/recorder.ts';

const CAMERA = 'mian-ghundi-chk-1', log = createLog('silent');
let dataDir: string, evidence: EvidenceStore;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'darwaza-live-'));
  evidence = await openEvidence(dataDir);
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const time = { now: MORNING };
const clock = (): number => time.now;

async function engineOn(database: Database): Promise<Engine> {
  return createEngine({ config: readConfig({ DARWAZA_DATA_DIR: dataDir }), database, register: quetta(), evidence, vision: literalVision(), clock, log, matcher: matcherOn(database, clock) });
}

/** A car that comes nearer from frame to frame, five a second, and is then gone. */
async function drivesBy(lane: LiveLane, text: string, { from = 0, frames = 6, confidences = [] as number[] } = {}): Promise<void> {
  for (let i = 0; i < frames; i++) {
    time.now = MORNING + from + 200 * i;
    await lane.take(liveFrame(CAMERA, time.now), readOf(plateRead(text, { x: 20 + 4 * i, y: 10 + 3 * i, width: 24 + 4 * i, confidence: confidences[i] ?? 0.9 })));
  }
}

const passesIn = async (db: Database) => (await listPasses(db, {}, { limit: 100 })).items;

onBothDatabases('a stream', (database) => {
  beforeEach(async () => {
    await database().clear();
    time.now = MORNING;
  });

  it('makes one pass of a vehicle: known at its first sure read, final when it has gone, under one id', async () => {
    const engine = await engineOn(database().db), early: Pass[] = [], { lane, close } = engine.openLane(CAMERA, (pass) => early.push(pass));
    await drivesBy(lane, 'LEC138447', { frames: 3, confidences: [0.3, 0.8, 0.9] });
    expect(early.map((p) => p.capturedAt)).toEqual([MORNING + 200]);
    expect((await vehiclesInView(database().db, CAMERA, 10)).map((p) => p.id)).toEqual([early[0]?.id]);
    expect(await passesIn(database().db)).toEqual([]);
    await drivesBy(lane, 'LEC138447', { from: 600, frames: 3 });
    await close();
    const passes = await passesIn(database().db);
    expect(passes.map((p) => [p.id, p.capturedAt, p.rawText, p.source])).toEqual([[early[0]?.id, MORNING + 200, 'LEC138447', 'stream']]);
    expect(await vehiclesInView(database().db, null, 10)).toEqual([]);
    await engine.close();
  });

  it('keeps as evidence the very frame with the best read, though the stream has long used its buffer again', async () => {
    const engine = await engineOn(database().db), { lane, close } = engine.openLane(CAMERA);
    await drivesBy(lane, 'LEC138447', { confidences: [0.8, 0.8, 0.8, 0.95, 0.2, 0.1] });
    await close();
    const [pass] = await passesIn(database().db);
    expect(pass?.evidenceAt).toBe(MORNING + 600);
    expect(nameInPixels(await evidence.get(pass!.evidence!, pass!.id))).toBe(`${CAMERA} ${MORNING + 600}`);
    expect([pass?.evidence?.width, pass?.evidence?.height, pass?.evidence?.mediaType]).toEqual([192, 108, 'image/jpeg']);
    await engine.close();
  });

  it('gives each buffer back once', async () => {
    const engine = await engineOn(database().db), { lane, close } = engine.openLane(CAMERA), frames = Array.from({ length: 5 }, (_, i) => liveFrame(CAMERA, MORNING + 200 * i));
    for (const frame of frames) await lane.take(frame, readOf(plateRead('LEC138447')));
    await close();
    expect(frames.map((f) => f.releases)).toEqual([1, 1, 1, 1, 1]);
    await engine.close();
  });

  it('rings at the first sure read of a listed mark, and the finished pass confirms the same hit', async () => {
    await importList(database().db, { list: 'stolen', fileName: 'stolen.csv', sha256: 'a'.repeat(64), importedAt: MORNING, entries: [anEntry({ mark: 'LEC-13-8447' })] });
    const engine = await engineOn(database().db), { lane, close } = engine.openLane(CAMERA);
    await drivesBy(lane, 'LEC138447', { frames: 1 });
    const early = (await listHits(database().db, {}, { limit: 10 })).items;
    expect(early.map((h) => h.status)).toEqual(['provisional']);
    await drivesBy(lane, 'LEC138447', { from: 200, frames: 4 });
    await close();
    const after = (await listHits(database().db, {}, { limit: 10 })).items;
    expect(after.map((h) => [h.id, h.status, h.passId])).toEqual([[early[0]?.id, 'confirmed', (await passesIn(database().db))[0]?.id]]);
    await engine.close();
  });

  it('ends a vehicle that went though no further frame says so', async () => {
    const engine = await engineOn(database().db), { lane } = engine.openLane(CAMERA);
    await drivesBy(lane, 'LEC138447');
    time.now += 2000;
    await lane.timePasses();
    expect(await passesIn(database().db)).toEqual([]);
    time.now += 5000;
    await lane.timePasses();
    expect((await passesIn(database().db)).map((p) => p.rawText)).toEqual(['LEC138447']);
    await engine.close();
  });

  it('records after a kill what was in view, as it was seen until then, once', async () => {
    const engine = await engineOn(database().db), { lane } = engine.openLane(CAMERA);
    await drivesBy(lane, 'LEC138447', { frames: 3 });
    const [left] = await vehiclesInView(database().db, CAMERA, 10);
    // The process is gone here: nothing of it is closed. Another one starts.
    const next = await engineOn(database().db), live = createLiveCameras({ engine: next, database: database().db, vision: literalVision(), clock, log });
    const sources = [{ kind: 'video' as const, camera: CAMERA, path: '', startsAt: null, pace: 'free' as const, fps: 5, keyFramesOnly: false, region: null, scale: 1 }];
    expect(await live.recover(sources)).toBe(1);
    expect(await live.recover(sources)).toBe(0);
    const passes = await passesIn(database().db);
    expect(passes.map((p) => [p.id, p.rawText])).toEqual([[left?.id, 'LEC138447']]);
    expect(nameInPixels(await evidence.get(passes[0]!.evidence!, passes[0]!.id))).toContain(CAMERA);
    await next.close();
  });

  it('doubles nothing when the kill came between the pass and the end of its note', async () => {
    const engine = await engineOn(database().db), { lane, close } = engine.openLane(CAMERA);
    await drivesBy(lane, 'LEC138447', { frames: 3 });
    const [note] = await vehiclesInView(database().db, CAMERA, 10);
    await close();
    const { saveProvisional } = await import('../../src/store/provisional-passes.ts');
    await saveProvisional(database().db, note!, MORNING);
    const live = createLiveCameras({ engine, database: database().db, vision: literalVision(), clock, log });
    time.now = MORNING + 3_600_000;
    expect(await live.recover([])).toBe(0);
    expect(await passesIn(database().db)).toHaveLength(1);
    expect(await vehiclesInView(database().db, null, 10)).toEqual([]);
    await engine.close();
  });

  it('leaves to other processes what they have in view', async () => {
    const engine = await engineOn(database().db), { lane } = engine.openLane(CAMERA);
    await drivesBy(lane, 'LEC138447', { frames: 3 });
    const live = createLiveCameras({ engine, database: database().db, vision: literalVision(), clock, log });
    expect(await live.recover([])).toBe(0);
    expect(await vehiclesInView(database().db, CAMERA, 10)).toHaveLength(1);
    await engine.close();
  });
});

onBothDatabases('a stream whose passes cannot be stored', (database) => {
  beforeEach(async () => {
    await database().clear();
    time.now = MORNING;
  });

  /** A lane with one part that fails until told otherwise. */
  function failingLane(engine: Engine, what: 'evidence' | 'record') {
    const failing = { now: true, recorded: [] as Pass[] }, full = new DarwazaError('DATA_FOLDER_UNWRITABLE', { path: 'evidence', reason: 'ENOSPC' });
    const parts: LiveLaneParts = {
      cameraId: CAMERA, camera: null, passGapMs: 3000, database: database().db, vision: literalVision(), memory: createFrameMemory(), clock, log,
      evidence: { ...evidence, put: (...given) => (what === 'evidence' && failing.now ? Promise.reject(full) : evidence.put(...given)) },
      record: async (passes) => {
        if (what === 'record' && failing.now) throw new DarwazaError('DATABASE_UNAVAILABLE', { reason: 'connection refused' });
        failing.recorded.push(...passes);
        return engine.recordPasses(passes);
      },
      early: { raise: async () => [], withdraw: async () => undefined },
    };
    return { lane: new LiveLane(parts), failing };
  }

  it.each(['evidence', 'record'] as const)('for want of %s tries again and stores them once, with their pictures', async (what) => {
    const engine = await engineOn(database().db), { lane, failing } = failingLane(engine, what);
    await drivesBy(lane, 'LEC138447');
    await drivesBy(lane, 'LZR5678', { from: 8000 });
    time.now += 6000;
    await lane.timePasses();
    expect(lane.unstored).toBe(2);
    expect(await passesIn(database().db)).toEqual([]);
    failing.now = false;
    time.now += 1500;
    await lane.timePasses();
    expect(lane.unstored).toBe(0);
    const passes = await passesIn(database().db);
    expect(passes.map((p) => p.rawText).toSorted()).toEqual(['LEC138447', 'LZR5678']);
    for (const pass of passes) expect(nameInPixels(await evidence.get(pass.evidence!, pass.id))).toContain(CAMERA);
    await engine.close();
  });

  it('for want of a place for their pictures gives up the picture after a minute, never the pass', async () => {
    const engine = await engineOn(database().db), { lane } = failingLane(engine, 'evidence');
    await drivesBy(lane, 'LEC138447');
    for (let s = 0; s < 75; s++) {
      time.now += 1000;
      await lane.timePasses();
    }
    expect((await passesIn(database().db)).map((p) => [p.rawText, p.evidence])).toEqual([['LEC138447', null]]);
    await engine.close();
  });
});
