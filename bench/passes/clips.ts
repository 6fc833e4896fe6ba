import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVideoStream } from '../../src/camera/video-stream.ts';
import { FRAME_SETTINGS } from '../../src/camera/stream-sources.ts';
import { systemClock } from '../../src/core/clock.ts';
import { createLog } from '../../src/core/log.ts';
import type { LiveFrame } from '../../src/camera/live-frame.ts';
import type { Vision } from '../../src/vision/vision-pool.ts';
import { followFrames, type Told } from './follow-scene.ts';
import type { KeptReads } from './kept-reads.ts';
import type { SceneFrameRead } from './read-scene.ts';

const FPS = 10;

interface ClipReads { readonly width: number; readonly height: number; readonly times: readonly number[]; readonly frames: readonly SceneFrameRead[] }

/** The video files of a folder, by name. */
export function clipsIn(folder: string): string[] {
  return readdirSync(folder).filter((f) => /\.(mp4|mkv|avi)$/.test(f)).toSorted();
}

/** The passes of a filmed road, its frames taken as the program takes a video file's, ten a second, each looked at whole. */
export async function passesOfClip(folder: string, file: string, vision: () => Promise<Vision>, kept: KeptReads, fresh: boolean): Promise<readonly Told[]> {
  const whole = [createHash('sha256').update(readFileSync(join(folder, file))).digest('hex'), FPS], known = fresh ? null : kept.of<ClipReads>(file, whole);
  const reads = known ?? await readClip(join(folder, file), await vision());
  if (known === null) kept.keep(file, whole, reads);
  return followFrames({ name: file, width: reads.width, height: reads.height, at: (i) => reads.times[i] ?? 0 }, reads.frames).passes;
}

async function readClip(path: string, vision: Vision): Promise<ClipReads> {
  const times: number[] = [], frames: SceneFrameRead[] = [];
  let size = { width: 0, height: 0 }, turn = Promise.resolve();
  const look = async ({ capturedAt, picture, moving, release }: LiveFrame): Promise<void> => {
    size = { width: picture.width, height: picture.height };
    const { reads } = await vision.readLive(picture, []);
    release();
    times.push(capturedAt);
    frames.push({ moving, reads });
  };
  const stream = createVideoStream({ ...FRAME_SETTINGS, kind: 'video', camera: 'clip', path, startsAt: Date.parse('2026-11-03T08:00:00+05:00'), pace: 'free', fps: FPS }, {
    clock: systemClock, log: createLog('error'), onFrame: (frame) => { turn = turn.then(() => look(frame)); },
  });
  await stream.ended;
  await turn;
  const { fault } = stream.state();
  if (frames.length === 0) throw new Error(`${path} gave no frames: ${fault ?? 'it is empty'}`);
  return { ...size, times, frames };
}
