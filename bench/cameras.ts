/**
 * How many cameras this machine carries, and what each costs.
 *
 *   npm run bench -- cameras [--cameras N] [--seconds S] [--minutes M] [--threads T] [--source-fps F] [--naive-frames K] [--pglite]
 *
 * Every camera is the shipped rendered clip (fixtures/video/gate.mp4: eight vehicles in eighteen seconds, 1,600 an hour), brought to 1080p with a sensor's noise,
 * coded at F frames a second (default 5), and played in real time without end through ffmpeg, motion, detector, reader, tracking, evidence pictures and the
 * database, as `darwaza serve` with DARWAZA_SOURCES does: the compiled program, in a process of its own. Without --cameras their number is raised by one (each S seconds, default 40) until more than one frame in a hundred is
 * dropped; the last number before that is `count`. --cameras N measures N only. --minutes M then goes on with that number for M minutes, with the memory each minute.
 * CPU is that of the site's process with its threads and of its ffmpegs, as the kernel counts it. One more camera shows an empty road.
 *
 * Beside it, in the same run, the plain loop: one ffmpeg that gives every frame, and this program's `readPicture` on each (`naive_ratio` = its CPU a camera by ours).
 *
 *   cameras count=… cpu_per_camera=… p50_ms=… p99_ms=… rss_mb=… naive_ratio=… empty_cpu_per_camera=… naive_cpu_per_camera=… dropped_share=… fps_read=… passes=… expected_passes=… worker_mb=… rss_slope_mb_h=… minutes=… threads=… js_mb=…
 * `cpu_per_camera` in cores; `p50_ms`, `p99_ms`: from the arrival of the frame with a vehicle's first sure read to its provisional pass; `rss_mb`: the site's process and its ffmpegs, shared pages once, the most;
 * `worker_mb`: the process alone; `js_mb`: objects in the heap of its main thread. The database is a PostgreSQL of its own, as at a site; `--pglite` takes the embedded one, whose memory is that process's.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FRAME_SETTINGS } from '../src/camera/stream-sources.ts';
import { startPostgres } from '../test/support/postgres-server.ts';
import { createClips } from './cameras/clips.ts';
import { measureNaive } from './cameras/naive.ts';
import { openSite, type Site } from './cameras/site.ts';
import { slopePerHour } from './cameras/usage.ts';

const { values } = parseArgs({ options: {
  cameras: { type: 'string' }, seconds: { type: 'string', default: '40' }, minutes: { type: 'string', default: '0' }, threads: { type: 'string', default: '2' }, 'source-fps': { type: 'string', default: '5' }, 'naive-frames': { type: 'string', default: '60' }, pglite: { type: 'boolean', default: false },
} });
const seconds = Number(values.seconds), minutes = Number(values.minutes), threads = Number(values.threads), sourceFps = Number(values['source-fps']), fixed = values.cameras === undefined ? null : Number(values.cameras);
/** More are not tried: a site has eight. */
const MOST = 24, APART_MS = 2300, WARM_UP_S = 8, DROPPED_SHARE = 0.01;

const begun = performance.now(), log = (text: string): void => console.log(`${((performance.now() - begun) / 1000).toFixed(0).padStart(5)} s  ${text}`);
const folder = await mkdtemp(join(tmpdir(), 'darwaza-bench-cameras-'));

interface Step { readonly count: number; readonly cores: number; readonly p50: number; readonly p99: number; readonly ownMb: number; readonly ffmpegsMb: number; readonly jsMb: number; readonly droppedShare: number; readonly fpsRead: number; readonly passes: number; readonly expected: number }

async function measureStep(site: Site, count: number, forSeconds: number): Promise<Step> {
  while (site.count() < count) {
    await site.addCamera();
    // Cameras do not see the same vehicle at the same instant.
    await new Promise((resolve) => setTimeout(resolve, APART_MS));
  }
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_S * 1000));
  const { wallMs, cpuMs, offered, dropped, read, provisionalMs, passes, ownMb, ffmpegsMb, jsMb } = await site.measure(forSeconds * 1000);
  const sorted = provisionalMs.toSorted((a, b) => a - b), at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { count, cores: cpuMs / wallMs, p50: at(0.5), p99: at(0.99), ownMb, ffmpegsMb, jsMb, droppedShare: offered === 0 ? 0 : dropped / offered, fpsRead: (read * 1000) / wallMs, passes, expected: count * (wallMs / clips.loopMs) * clips.vehicles };
}

function tell(step: Step): void {
  log(`${String(step.count).padStart(2)} cameras: ${step.cores.toFixed(2)} cores, ${(100 * step.droppedShare).toFixed(1)} % of frames dropped, ${step.fpsRead.toFixed(1)} frames read a second, provisional p50 ${step.p50.toFixed(0)} ms p99 ${step.p99.toFixed(0)} ms, ${step.passes} passes of about ${step.expected.toFixed(0)}, ${step.ownMb.toFixed(0)} MB (${step.jsMb.toFixed(0)} MB of objects) and ffmpegs of ${step.ffmpegsMb.toFixed(0)} MB`);
}

const server = values.pglite ? null : await startPostgres();
const newDatabase = async (): Promise<string | null> => server?.createDatabase('migrated') ?? null;

const clips = await createClips(folder, sourceFps);
try {
  log(`clips of ${(clips.loopMs / 1000).toFixed(0)} s made, ${clips.vehicles} vehicles each`);
  const site = await openSite({ folder: join(folder, 'site'), clip: clips.busy, threads, databaseUrl: await newDatabase() });
  let carried: Step | null = null, tried: Step | null = null;
  for (let count = fixed ?? 1; count <= (fixed ?? MOST); count++) {
    tried = await measureStep(site, count, seconds);
    tell(tried);
    if (tried.droppedShare > DROPPED_SHARE) break;
    carried = tried;
  }
  let last = fixed === null ? carried ?? tried : tried, slope = Number.NaN;
  if (minutes > 0 && last !== null) {
    while (site.count() > last.count) await site.removeCamera();
    const memory: [number, number][] = [];
    for (let minute = 1; minute <= minutes; minute++) {
      const step = await measureStep(site, last.count, 60 - WARM_UP_S);
      memory.push([performance.now(), step.ownMb + step.ffmpegsMb]);
      tell(step);
      last = { ...step, p50: last.p50, p99: Math.max(last.p99, step.p99), ownMb: Math.max(last.ownMb, step.ownMb), ffmpegsMb: Math.max(last.ffmpegsMb, step.ffmpegsMb) };
    }
    // The first minutes fill caches and pools; what grows after them would go on growing.
    slope = slopePerHour(memory.slice(Math.floor(memory.length / 4)));
  }
  await site.close();
  // After it, so that their memory is not counted with the site's.
  const empty = await emptyRoad();
  const naive = await measureNaive(clips.busy, Number(values['naive-frames']), FRAME_SETTINGS.fps);
  log(`plain loop: ${naive.msPerFrame.toFixed(0)} ms of CPU a frame, ${naive.coresPerCamera.toFixed(2)} cores a camera`);
  if (last !== null) {
    const perCamera = last.cores / last.count, n = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : 'none');
    console.log(`cameras count=${carried?.count ?? (fixed === null ? 0 : last.count)} cpu_per_camera=${n(perCamera, 3)} p50_ms=${n(last.p50, 0)} p99_ms=${n(last.p99, 0)} rss_mb=${n(last.ownMb + last.ffmpegsMb, 0)} naive_ratio=${n(naive.coresPerCamera / perCamera, 2)} `
      + `empty_cpu_per_camera=${n(empty, 3)} naive_cpu_per_camera=${n(naive.coresPerCamera, 3)} dropped_share=${n(last.droppedShare, 4)} fps_read=${n(last.fpsRead, 1)} passes=${last.passes} expected_passes=${n(last.expected, 0)} worker_mb=${n(last.ownMb, 0)} rss_slope_mb_h=${n(slope, 1)} minutes=${minutes} threads=${threads} js_mb=${n(last.jsMb, 0)}`);
  }
} finally {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
}

async function emptyRoad(): Promise<number> {
  const site = await openSite({ folder: join(folder, 'empty'), clip: clips.empty, threads: 1, databaseUrl: await newDatabase() });
  const step = await measureStep(site, 1, Math.min(20, seconds));
  await site.close();
  log(`an empty road: ${step.cores.toFixed(3)} cores, ${step.fpsRead.toFixed(1)} frames read a second`);
  return step.cores;
}
