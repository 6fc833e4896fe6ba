import { createHash } from 'node:crypto';
import { buildPasses } from '../../src/pass/build.ts';
import { createFollower } from '../../src/pass/follow.ts';
import type { SeenFrame, Track } from '../../src/pass/observation.ts';
import type { Pass } from '../../src/pass/pass.ts';
import type { SceneFrameRead } from './read-scene.ts';
import { frameTime } from './read-scene.ts';
import type { Scene } from './scene.ts';

/** A vehicle as the program told it: its track, its pass, and when. */
export interface Told { readonly track: Track; readonly pass: Pass; /** Video time, epoch milliseconds. */ readonly at: number }
export interface Followed { readonly passes: readonly Told[]; readonly provisional: readonly Told[]; /** Time of each frame → its index. */ readonly indexOf: ReadonlyMap<number, number> }

const CAMERA = 'bench', PASS_GAP_MS = 3000, WHOLE_LOOK_MS = 10_000;

/** What frames are of: a scene, a clip. `at`: the time of a frame, epoch milliseconds. */
export interface Filmed { readonly name: string; readonly width: number; readonly height: number; at(index: number): number }

export function followScene(scene: Pick<Scene, 'conditions' | 'seed'>, frames: readonly SceneFrameRead[]): Followed {
  const { name, width, height } = scene.conditions;
  return followFrames({ name: `${scene.seed} ${name}`, width, height, at: (i) => frameTime(scene, i) }, frames);
}

/** Follows reads as the pipeline follows those of a stream (src/pipeline/live-lane.ts), and votes. */
export function followFrames({ name, width, height, at: timeOf }: Filmed, frames: readonly SceneFrameRead[]): Followed {
  const follower = createFollower({ trigger: 'continuous', passGapMs: PASS_GAP_MS, reorderMs: 0 });
  const passes: Told[] = [], provisional: Told[] = [], indexOf = new Map<number, number>();
  const told = (tracks: readonly Track[], at: number): Told[] => tracks.flatMap((track) => buildPasses([track], { cameraId: CAMERA, direction: 'unknown', processedAt: at, source: 'stream' }).map((pass) => ({ track, pass, at })));
  let lookedAt = Number.NEGATIVE_INFINITY, last = 0;
  frames.forEach(({ moving, reads }, i) => {
    const at = timeOf(i);
    indexOf.set(at, i);
    last = at;
    const whole = moving.length === 0 || at - lookedAt >= WHOLE_LOOK_MS;
    if (reads === null || (moving.length === 0 && follower.heldFrames().size === 0 && at - lookedAt < WHOLE_LOOK_MS)) return void passes.push(...told(follower.advance(at), at));
    if (whole) lookedAt = at;
    const sha256 = createHash('sha256').update(`${name} ${i}`).digest('hex');
    const frame: SeenFrame = { capturedAt: at, timeSource: 'camera', receivedAt: at, evidence: { sha256, mediaType: 'image/jpeg', width, height }, reads, moving };
    passes.push(...told(follower.add(frame), at));
    provisional.push(...told(follower.provisional(), at));
    // As the lane does after every frame: the follower keeps only what it is asked for.
    follower.wanted();
    follower.withdrawn();
  });
  return { passes: [...passes, ...told(follower.flush(), last + PASS_GAP_MS)], provisional, indexOf };
}
