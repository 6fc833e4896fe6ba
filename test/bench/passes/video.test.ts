import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeVideo } from '../../../bench/passes/write-video.ts';
import type { VehicleTruth } from '../../../bench/passes/scene-truth.ts';
import { openEyes } from '../../../src/vision/readers.ts';
import { readPicture } from '../../../src/vision/read-picture.ts';

const fixtures = fileURLToPath(new URL('../../../fixtures/', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-video-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const probe = (file: string, fields: string): string => spawnSync('ffprobe', ['-v', 'error', '-count_frames', '-select_streams', 'v:0', '-show_entries', `stream=${fields}`, '-of', 'csv=p=0', file], { encoding: 'utf8' }).stdout.trim();

describe('a video that is written', () => {
  const picture = { width: 64, height: 48, data: new Uint8Array(64 * 48 * 3) }, options = { width: 64, height: 48, fps: 5, frames: 12, quality: 25, keyEvery: 5 };
  const frame = (i: number) => {
    picture.data.fill(i * 20);
    return picture;
  };

  it('has every frame, in its size and rate, and the same bytes again', async () => {
    const files = [join(folder, 'a.mp4'), join(folder, 'b.mp4')];
    for (const file of files) await writeVideo(file, options, frame);
    expect(probe(files[0] as string, 'width,height,r_frame_rate,nb_read_frames')).toBe('64,48,5/1,12');
    const [a, b] = await Promise.all(files.map(async (file) => createHash('sha256').update(await readFile(file)).digest('hex')));
    expect(a).toBe(b);
  });

  it('that cannot be written is told with what ffmpeg said', async () => {
    await expect(writeVideo(join(folder, 'nowhere', 'a.mp4'), { ...options, frames: 400 }, frame)).rejects.toThrow(/ffmpeg could not write .*nowhere.*No such file/s);
  });
});

interface Gate { readonly rendered: boolean; readonly fps: number; readonly frames: number; readonly width: number; readonly height: number; readonly vehicles: readonly VehicleTruth[] }

describe('fixtures/video/gate.mp4', () => {
  const gate = JSON.parse(readFileSync(join(fixtures, 'video/gate.json'), 'utf8')) as Gate;

  it('is small, and what its truth says it is', () => {
    const file = join(fixtures, 'video/gate.mp4');
    expect(statSync(file).size).toBeLessThan(1_500_000);
    expect(probe(file, 'width,height,r_frame_rate,nb_read_frames')).toBe(`${gate.width},${gate.height},${gate.fps}/1,${gate.frames}`);
    expect(gate.rendered).toBe(true);
  });

  it('has listed vehicles and others, of both ways, each seen well', () => {
    const listed = new Set(['stolen', 'wanted'].flatMap((list) => readFileSync(join(fixtures, `lists/${list}.csv`), 'utf8').split('\n').slice(1).map((row) => row.split(',')[0])));
    const marks = gate.vehicles.map((v) => v.mark ?? '');
    expect(marks.filter((m) => listed.has(m))).toEqual(['KHN-6104', 'BHT-739', 'LEA-09-2716', 'TLC-563', 'QAC-207']);
    expect(marks.filter((m) => !listed.has(m)).length).toBe(3);
    expect(new Set(gate.vehicles.map((v) => v.movement))).toEqual(new Set(['towards', 'away']));
    for (const { seenFrom, plates } of gate.vehicles) expect([seenFrom !== null, plates.length > 10]).toEqual([true, true]);
  });

  it('shows each of them where the truth says, readable', { timeout: 60_000 }, async () => {
    const eyes = await openEyes('darwaza');
    for (const { mark, plates } of gate.vehicles) {
      const [index, x] = plates.filter((p) => p[6] === 1).toSorted((a, b) => b[5] - a[5])[0] ?? [0, 0];
      const picture = spawnSync('ffmpeg', ['-v', 'error', '-i', join(fixtures, 'video/gate.mp4'), '-vf', `select=eq(n\\,${index})`, '-frames:v', '1', '-f', 'image2pipe', '-c:v', 'png', '-'], { maxBuffer: 1 << 26 }).stdout;
      const { reads } = await readPicture(picture, eyes), read = reads.find((r) => r.text === mark?.replaceAll('-', ''));
      expect(Math.abs((read?.box.x ?? 1e6) - x), `${mark} in frame ${index}, read ${reads.map((r) => r.text).join()}`).toBeLessThan(12);
    }
    await Promise.all([eyes.detector.close(), eyes.reader.close()]);
  });
});
