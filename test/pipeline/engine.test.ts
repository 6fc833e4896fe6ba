import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Frame } from '../../src/camera/frame.ts';
import { UNPLACED_CAMERA } from '../../src/camera/picture-folder.ts';
import { readConfig } from '../../src/core/config.ts';
import { createLog } from '../../src/core/log.ts';
import type { Engine } from '../../src/pipeline/engine-interface.ts';
import { createEngine } from '../../src/pipeline/engine.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { openEvidence } from '../../src/store/evidence.ts';
import { openFrames } from '../../src/store/frames.ts';
import { listJourneys } from '../../src/store/list-journeys.ts';
import { listPasses } from '../../src/store/list-passes.ts';
import type { Vision } from '../../src/vision/vision-pool.ts';
import { onBothDatabases, openTestDatabase } from '../support/databases.ts';
import { literalVision } from '../support/literal-vision.ts';
import { MORNING, quetta } from '../support/passes.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { matcherOn } from '../support/recorder.ts';

// The text of a picture stands in its bytes (literal-vision.ts): what is tested is what comes before and after reading, not reading.

let dataDir: string;
beforeAll(async () => void (dataDir = await mkdtemp(join(tmpdir(), 'darwaza-engine-'))));
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const frame = (text: string, atMs: number, cameraId = 'baleli-in-1', more: Partial<Frame> = {}): Frame =>
  ({ cameraId, capturedAt: MORNING + atMs, timeSource: 'camera', bytes: Buffer.from(`${text}\n${cameraId} ${atMs}`), name: `${text}.jpg`, ...more });

async function engineOn(database: Database, more: { vision?: Vision; settings?: Record<string, string>; time?: { now: number } } = {}): Promise<Engine> {
  const config = readConfig({ DARWAZA_DATA_DIR: dataDir, ...more.settings }), clock = (): number => more.time?.now ?? MORNING;
  const evidence = await openEvidence(dataDir), matcher = matcherOn(database, clock);
  return createEngine({ config, database, register: quetta(), evidence, vision: more.vision ?? literalVision(), clock, log: createLog('silent'), matcher });
}

const stored = async (database: Database): Promise<string[]> =>
  (await listPasses(database, {}, { limit: 1000 })).items.map((p) => `${p.cameraId} ${p.capturedAt - MORNING} ${p.outcome} ${p.rawText} of ${p.readCount}`).toSorted();

/** A vision that reads when it is told to. */
function heldVision(): { vision: Vision; release: () => void } {
  const held: (() => void)[] = [], literal = literalVision();
  return { vision: { ...literal, read: async (...given) => {
    await new Promise<void>((resolve) => held.push(resolve));
    return literal.read(...given);
  } }, release: () => held.splice(0).forEach((go) => go()) };
}

onBothDatabases('the engine', (database) => {
  beforeEach(() => database().clear());

  it('makes one pass of a vehicle\'s frames, with the frame as evidence, unaltered', async () => {
    const engine = await engineOn(database().db);
    for (const at of [0, 300, 600]) await engine.submitFrame(frame('LEC-13-8447', at));
    await engine.drain();
    const { items: [pass, ...others] } = await listPasses(database().db, {});
    expect(others).toEqual([]);
    expect(pass).toMatchObject({ cameraId: 'baleli-in-1', siteId: 'baleli', direction: 'in', readCount: 3, mark: { letters: 'LEC', year: '13', number: '8447' } });
    const file = (await readdir(join(dataDir, 'evidence'), { recursive: true })).find((f) => f.includes(pass?.evidence?.sha256 ?? '?'));
    expect(createHash('sha256').update(await readFile(join(dataDir, 'evidence', file ?? ''))).digest('hex')).toBe(pass?.evidence?.sha256);
    expect(await openFrames(database().db)).toEqual([]);
    await engine.close();
  });

  it('takes the same frame once, whether it comes again at once, later, or to another process', async () => {
    const engine = await engineOn(database().db), same = frame('LEC-13-8447', 0);
    const first = await Promise.all([engine.submitFrame(same), engine.submitFrame(same), engine.submitFrame(same)]);
    expect(first.map((r) => r.repeated).toSorted()).toEqual([false, true, true]);
    await engine.close();
    const other = await engineOn(database().db);
    expect(await other.submitFrame(same)).toMatchObject({ repeated: true, read: null, passes: [] });
    await other.close();
    expect(await stored(database().db)).toEqual(['baleli-in-1 0 mark LEC-13-8447 of 1']);
    expect(other.statistics()).toMatchObject({ framesRead: 0, framesRepeated: 1, passesStored: 0 });
  });

  it('follows a camera\'s frames in the order they came, though later ones are read sooner', async () => {
    const literal = literalVision();
    const uneven: Vision = { ...literal, read: async (bytes, options) => {
      await new Promise((resolve) => setTimeout(resolve, bytes.length % 2 === 0 ? 30 : 0));
      return literal.read(bytes, options);
    } };
    const engine = await engineOn(database().db, { vision: uneven });
    await Promise.all([0, 300, 20_000, 20_300, 40_000, 40_300].map((at) => engine.submitFrame(frame(`BCS-${(at / 20_000 + 36) | 0}`, at))));
    await engine.close();
    expect((await stored(database().db)).map((line) => line.replace(/^\S+ \d+ /, '')).toSorted()).toEqual(['mark BCS-36 of 2', 'mark BCS-37 of 2', 'mark BCS-38 of 2']);
  });

  it('stores a vehicle that nothing follows once it has gone by', async () => {
    const time = { now: MORNING }, engine = await engineOn(database().db, { time });
    const recorded: string[] = [], stop = engine.onRecorded((result) => recorded.push(...result.stored.map((p) => p.rawText)));
    await engine.submitFrame(frame('BCS-036', 0));
    expect(await stored(database().db)).toEqual([]);
    time.now += 10_000;
    while (recorded.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await stored(database().db)).toEqual(['baleli-in-1 0 mark BCS-036 of 1']);
    stop();
    await engine.close();
  });

  it('keeps two cameras apart', async () => {
    const engine = await engineOn(database().db);
    await engine.submitFrame(frame('BCS-036', 0));
    await engine.submitFrame(frame('BCS-036', 300, 'lak-pass-in-1'));
    await engine.close();
    expect(await stored(database().db)).toHaveLength(2);
  });

  it('never takes two pictures without a camera for one, though their file dates are the same, nor for a journey', async () => {
    const engine = await engineOn(database().db);
    const picture = (text: string): Frame => frame(text, 0, UNPLACED_CAMERA, { timeSource: 'file', bytes: Buffer.from(text) });
    for (const text of ['BCS-036', 'BCS-036 ', 'BCS-038', '-']) await engine.submitFrame(picture(text));
    await engine.close();
    expect(await stored(database().db)).toEqual(['unplaced 0 mark BCS-036  of 1', 'unplaced 0 mark BCS-036 of 1', 'unplaced 0 mark BCS-038 of 1']);
    expect((await listJourneys(database().db, {})).items).toEqual([]);
  });

  it('reads again, at the next start, the frames of a process that was killed', async () => {
    const killed = await engineOn(database().db);
    await killed.submitFrame(frame('LEC-13-8447', 0));
    await killed.submitFrame(frame('LEC-13-8447', 300));
    // Nothing of it is closed: its memory is gone, its frames are on the disk.
    expect(await openFrames(database().db)).toHaveLength(2);
    const next = await engineOn(database().db);
    await next.submitFrame(frame('LEC-13-8447', 600));
    await next.close();
    expect((await stored(database().db)).map((line) => line.replace(/ \d+ /, ' '))).toEqual(['baleli-in-1 mark LEC-13-8447 of 3']);
    expect(await openFrames(database().db)).toEqual([]);
  });

  it('says that it is busy before it takes a frame, and takes it when there is room', async () => {
    const { vision, release } = heldVision(), engine = await engineOn(database().db, { vision, settings: { DARWAZA_QUEUE: '2' } });
    const taken = [engine.submitFrame(frame('BCS-036', 0)), engine.submitFrame(frame('BCS-036', 300))];
    await expect(engine.submitFrame(frame('BCS-036', 600))).rejects.toMatchObject({ code: 'BUSY', status: 503 });
    expect(engine.queue()).toEqual({ waiting: 2, limit: 2 });
    const settled = Promise.all(taken);
    const pump = setInterval(release, 10);
    await settled;
    await engine.submitFrame(frame('BCS-036', 600));
    clearInterval(pump);
    await engine.close();
    expect(await stored(database().db)).toHaveLength(1);
    expect(engine.statistics().failures).toEqual({ BUSY: 1 });
  });

  it('goes on after a picture that cannot be read', async () => {
    const literal = literalVision();
    const picky: Vision = { ...literal, read: async (bytes, options) => {
      if (Buffer.from(bytes).toString().startsWith('broken')) throw new TypeError('a bug');
      return literal.read(bytes, options);
    } };
    const engine = await engineOn(database().db, { vision: picky });
    const results = await Promise.allSettled([frame('BCS-036', 0), frame('broken', 300), frame('BCS-036', 600)].map((f) => engine.submitFrame(f)));
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await engine.close();
    expect((await stored(database().db)).map((line) => line.slice(-4))).toEqual(['of 2']);
  });

  it.each([['a camera that is not in the register', frame('BCS-036', 0, 'nowhere-1'), 'CAMERA_UNKNOWN'], ['a clock in 1970', frame('BCS-036', -MORNING), 'TIME_IMPLAUSIBLE']])(
    'refuses %s and stores nothing of it',
    async (_, bad, code) => {
      const engine = await engineOn(database().db);
      await expect(engine.submitFrame(bad)).rejects.toMatchObject({ code });
      await engine.submitFrame(frame('LEC-13-8447', 0));
      await engine.close();
      expect(await stored(database().db)).toEqual(['baleli-in-1 0 mark LEC-13-8447 of 1']);
    },
  );

  it('comes to the same passes whatever of a burst comes twice', async () => {
    const day = [0, 300, 600, 30_000, 30_300, 60_000].map((at) => frame(at < 30_000 ? 'LEC-13-8447' : at < 60_000 ? 'BCS-036' : '-', at));
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(5), { maxLength: 8 }), async (again) => {
      await database().clear();
      const engine = await engineOn(database().db);
      for (const [i, one] of day.entries()) {
        await engine.submitFrame(one);
        for (const earlier of again) if (earlier <= i) await engine.submitFrame(day[earlier] as Frame);
      }
      await engine.close();
      expect((await stored(database().db)).map((line) => line.replace(/^\S+ \d+ /, '')).toSorted()).toEqual(['mark BCS-036 of 2', 'mark LEC-13-8447 of 3', 'no-plate  of 0']);
    }), { numRuns: 8 });
  });
});

describe('the engine, when the database goes away', () => {
  it('refuses what it cannot keep, keeps what it took, and stores it by itself when the database is back', async () => {
    const real = await openTestDatabase('postgres'), { hostname, port, pathname, username, password } = new URL(real.url as string);
    const proxy = await startProxy({ host: hostname, port: Number(port) });
    const database = await openDatabase({ url: `postgres://${username}:${password}@127.0.0.1:${proxy.port}${pathname}`, dataDir });
    const time = { now: MORNING }, engine = await engineOn(database, { time });
    await engine.submitFrame(frame('LEC-13-8447', 0));
    await proxy.cut();
    await expect(engine.submitFrame(frame('BCS-036', 20_000))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', status: 503 });
    const clock = setInterval(() => void (time.now += 1000), 50);
    // Once for the frame that was refused, once for the vehicle that has gone by.
    while ((engine.statistics().failures['DATABASE_UNAVAILABLE'] ?? 0) < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await stored(real.db)).toEqual([]);
    await proxy.restore();
    while ((await stored(real.db)).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    clearInterval(clock);
    expect(await stored(real.db)).toEqual(['baleli-in-1 0 mark LEC-13-8447 of 1']);
    await engine.submitFrame(frame('BCS-036', 20_000));
    await engine.close();
    expect(await stored(real.db)).toHaveLength(2);
    await database.close();
    await proxy.close();
    await real.close();
  });
});
