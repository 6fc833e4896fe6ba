import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { FRAME_SETTINGS } from '../../src/camera/stream-sources.ts';
import { systemClock } from '../../src/core/clock.ts';
import { readConfig } from '../../src/core/config.ts';
import { createLog } from '../../src/core/log.ts';
import { readRegister } from '../../src/geo/register.ts';
import { createThreadIndexHost } from '../../src/hit/index-host.ts';
import { createMatcher } from '../../src/hit/matcher.ts';
import { createEngine } from '../../src/pipeline/engine.ts';
import { createLiveCameras } from '../../src/pipeline/live-cameras.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openEvidence } from '../../src/store/evidence.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createVision } from '../../src/vision/vision-pool.ts';
import { cpuMs, memoryMb } from './usage.ts';

export interface Measured { readonly wallMs: number; readonly cpuMs: number; readonly offered: number; readonly dropped: number; readonly read: number; readonly provisionalMs: readonly number[]; readonly passes: number; readonly ownMb: number; readonly ffmpegsMb: number }

/** One process as a site runs it: cameras can be added and taken away. */
export interface Site {
  count(): number;
  addCamera(): void;
  removeCamera(): Promise<void>;
  measure(ms: number): Promise<Measured>;
  close(): Promise<void>;
}

export async function openSite({ folder, clip, threads, databaseUrl }: { readonly folder: string; readonly clip: string; readonly threads: number; readonly databaseUrl: string | null }): Promise<Site> {
  const config = readConfig({ DARWAZA_DATA_DIR: folder, DARWAZA_THREADS: String(threads), DARWAZA_LOG: 'warn' });
  const reading = readRegister(JSON.parse(readFileSync(fileURLToPath(new URL('../../fixtures/quetta.json', import.meta.url)), 'utf8')));
  if (reading.kind !== 'ok') throw new Error('the shipped register has faults');
  const clock = systemClock, log = createLog('warn'), database = await openDatabase({ url: databaseUrl, dataDir: folder });
  await migrate(database);
  const evidence = await openEvidence(folder), vision = await createVision({ threads }), matcher = createMatcher({ database, host: createThreadIndexHost(), timeZone: reading.register.city.timeZone, clock });
  const engine = await createEngine({ config, register: reading.register, database, evidence, vision, clock, log, matcher });
  let provisionalMs: number[] = [], passes = 0, added = 0;
  engine.onRecorded(({ stored }) => void (passes += stored.length));
  // A film's clock runs from when it was asked for, not from when ffmpeg was ready: that is no delay of the program. A camera's stream is timed by its arrival.
  const lag = new Map<string, number>(), nothing = (): void => undefined;
  const watcher = { frameCame: (camera: string, at: number) => void lag.set(camera, Math.min(lag.get(camera) ?? Infinity, clock() - at)), frameRead: nothing, dropped: nothing, failed: nothing, streamState: nothing };
  const live = createLiveCameras({ engine, database, vision, clock, log, watcher, onProvisional: (pass, latencyMs) => provisionalMs.push(latencyMs - (lag.get(pass.cameraId) ?? 0)) }), open: string[] = [];
  const sums = (): { offered: number; dropped: number; read: number } => live.cameras().reduce((sum, { stream, figures }) => ({
    offered: sum.offered + stream.frames + stream.dropped, dropped: sum.dropped + figures.dropped + stream.dropped, read: sum.read + figures.read,
  }), { offered: 0, dropped: 0, read: 0 });
  return {
    count: () => open.length,
    addCamera: () => {
      const camera = `bench-${++added}`;
      open.push(camera);
      live.open({ ...FRAME_SETTINGS, kind: 'video', camera, path: clip, startsAt: clock(), pace: 'real' });
    },
    removeCamera: async () => {
      const camera = open.pop();
      if (camera !== undefined) await live.stop(camera);
    },
    measure: async (ms) => {
      const before = sums(), cpu = cpuMs(), from = performance.now(), passesBefore = passes;
      provisionalMs = [];
      let ownMb = 0, ffmpegsMb = 0;
      while (performance.now() - from < ms) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(5000, Math.max(0, ms - performance.now() + from))));
        const memory = memoryMb();
        [ownMb, ffmpegsMb] = [Math.max(ownMb, memory.own), Math.max(ffmpegsMb, memory.ffmpegs)];
      }
      const after = sums(), wallMs = performance.now() - from;
      return { wallMs, cpuMs: cpuMs() - cpu, offered: after.offered - before.offered, dropped: after.dropped - before.dropped, read: after.read - before.read, provisionalMs, passes: passes - passesBefore, ownMb, ffmpegsMb };
    },
    close: async () => {
      await live.close();
      await engine.close();
      await matcher.close();
      await vision.close();
      await database.close();
    },
  };
}
