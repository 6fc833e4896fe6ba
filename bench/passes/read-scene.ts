import { createMotion } from '../../src/camera/motion.ts';
import { KnownPlates } from '../../src/pass/known-plates.ts';
import type { PlateBox } from '../../src/pass/pass.ts';
import type { Read } from '../../src/vision/frame-read.ts';
import type { Vision } from '../../src/vision/vision-pool.ts';
import { yuvBytes } from '../../src/vision/yuv-picture.ts';
import type { Scene } from './scene.ts';
import { yuvOfRgb } from './yuv-of-rgb.ts';

/** What the program saw in one frame; `reads` null: it had no reason to look. */
export interface SceneFrameRead { readonly moving: readonly PlateBox[]; readonly reads: readonly Read[] | null }

/** As the pipeline has it (src/pipeline/live-scheduler.ts): the whole view so often at least. */
const WHOLE_LOOK_MS = 10_000;
/** While nothing moves the pipeline looks on as long as a vehicle is in view, so for the 3 s in which it may come again. What is read too much here is left out when followed. */
const WATCHED_MS = 4000;

/** Reads every frame of a scene in which the pipeline could look, in order, as a stream would give it. */
export async function readScene(scene: Scene, vision: Pick<Vision, 'readLive'>): Promise<SceneFrameRead[]> {
  const motion = createMotion(), known = new KnownPlates(), frames: SceneFrameRead[] = [], { width, height } = scene.conditions, pixels = new Uint8Array(new SharedArrayBuffer(yuvBytes(width, height)));
  let wholeAt = Number.NEGATIVE_INFINITY, activeAt = 0;
  for (let i = 0; i < scene.frames; i++) {
    const picture = yuvOfRgb(scene.picture(i), pixels), at = frameTime(scene, i), { moving } = motion.see(picture, at, null), due = at - wholeAt >= WHOLE_LOOK_MS;
    const news = moving.filter((box) => !known.isKnown(box, at));
    if (moving.length > 0) activeAt = at;
    if (!due && (moving.length > 0 ? news.length === 0 : at - activeAt > WATCHED_MS)) {
      frames.push({ moving, reads: null });
      continue;
    }
    const whole = moving.length === 0 || due, { reads } = await vision.readLive(picture, whole ? [] : [...news, ...known.placesBefore(at)]);
    if (whole) wholeAt = at;
    if (reads.length > 0) activeAt = at;
    known.note(reads, at);
    frames.push({ moving, reads });
  }
  return frames;
}

/** Milliseconds of a frame on the bench's clock: whole, and from an instant that is no multiple of anything. */
export function frameTime({ conditions }: Pick<Scene, 'conditions'>, index: number): number {
  return STARTS_AT + Math.round((index * 1000) / conditions.fps);
}
const STARTS_AT = Date.parse('2026-11-03T08:00:00.137+05:00');
