import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clipsIn, passesOfClip } from '../../../bench/passes/clips.ts';
import type { Conditions } from '../../../bench/passes/conditions.ts';
import { KeptReads } from '../../../bench/passes/kept-reads.ts';
import { createScene } from '../../../bench/passes/scene.ts';
import { writeVideo } from '../../../bench/passes/write-video.ts';
import type { Mark } from '../../../src/plate/mark.ts';
import { createVision, type Vision } from '../../../src/vision/vision-pool.ts';

const MARK: Mark = { jurisdiction: 'SD', district: null, letters: 'BGX', number: '581', year: null, suffix: null, class: 'private', series: 'SD-3' };
const ROAD: Conditions = {
  name: 'a clip', width: 960, height: 540, fps: 10, nearPlatePx: 90, lanes: ['towards'], vehicles: 1, gapS: 1, speedKmh: [30, 31], light: 'day', rain: false, blur: 0, shutterMs: 2, queue: false, parked: 0, pole: false,
};

let folder: string, kept: KeptReads;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-clips-'));
  kept = new KeptReads(join(folder, 'reads'));
  const scene = await createScene(ROAD, 3, { wanted: [{ lane: 0, kind: 'car', mark: MARK }] });
  await writeVideo(join(folder, 'one-car.mp4'), { width: 960, height: 540, fps: 10, frames: scene.frames, quality: 22, keyEvery: 10 }, (i) => scene.picture(i));
  await writeFile(join(folder, 'notes.txt'), 'no film');
  await writeFile(join(folder, 'torn.mp4'), 'no film either');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('filmed clips', { timeout: 60_000 }, () => {
  it('are the video files of the folder', () => {
    expect(clipsIn(folder)).toEqual(['one-car.mp4', 'torn.mp4']);
  });

  it('are read as the program reads a file, once: one vehicle, one pass', async () => {
    const vision = await createVision({ threads: 1 });
    const first = await passesOfClip(folder, 'one-car.mp4', () => Promise.resolve(vision), kept, false);
    await vision.close();
    expect(first.map((p) => [p.pass.rawText, p.pass.movement])).toEqual([['BGX581', 'towards']]);
    const again = await passesOfClip(folder, 'one-car.mp4', () => Promise.reject(new Error('no second look')), kept, false);
    expect(again.map((p) => p.pass.id)).toEqual(first.map((p) => p.pass.id));
  });

  it('that give no frames are told', async () => {
    const blind = { readLive: () => Promise.reject(new Error('not asked')) } as unknown as Vision;
    await expect(passesOfClip(folder, 'torn.mp4', () => Promise.resolve(blind), kept, false)).rejects.toThrow(/torn\.mp4 gave no frames/);
  });
});
