import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const GATE = 'fixtures/video/gate.mp4', TRUTH = 'fixtures/video/gate.json';
/** Played without end: long enough for an hour. */
const HOURS = 1.2;
/** What a sensor adds to each pixel (of 255), frame by frame. */
const NOISE = 4;

export interface Clips { readonly busy: string; readonly empty: string; /** Length of one round. */ readonly loopMs: number; readonly vehicles: number }

/** The shipped clip at 1080p with noise, repeated without end; and its first second, in which the road is empty, the same way. */
export async function createClips(folder: string, fps: number): Promise<Clips> {
  const { frames, fps: ownFps, vehicles } = JSON.parse(readFileSync(TRUTH, 'utf8')) as { frames: number; fps: number; vehicles: readonly unknown[] };
  const loopMs = (frames / ownFps) * 1000, once = join(folder, 'once.mp4'), still = join(folder, 'still.mp4'), busy = join(folder, 'busy.mp4'), empty = join(folder, 'empty.mp4');
  const filter = `fps=${fps},scale=1920:1080,noise=alls=${NOISE}:allf=t`, coded = ['-c:v', 'libx264', '-preset', 'veryfast', '-b:v', '4M', '-g', String(2 * fps), '-pix_fmt', 'yuv420p'];
  await run('ffmpeg', ['-v', 'error', '-y', '-i', GATE, '-vf', filter, ...coded, once]);
  await run('ffmpeg', ['-v', 'error', '-y', '-loop', '1', '-framerate', String(fps), '-t', '20', '-i', await firstFrame(folder), '-vf', filter, ...coded, still]);
  for (const [from, to, length] of [[once, busy, loopMs], [still, empty, 20_000]] as const) await run('ffmpeg', ['-v', 'error', '-y', '-stream_loop', String(Math.ceil((HOURS * 3_600_000) / length)), '-i', from, '-c', 'copy', to]);
  return { busy, empty, loopMs, vehicles: vehicles.length };
}

async function firstFrame(folder: string): Promise<string> {
  const file = join(folder, 'first.png');
  await run('ffmpeg', ['-v', 'error', '-y', '-i', GATE, '-frames:v', '1', file]);
  return file;
}
