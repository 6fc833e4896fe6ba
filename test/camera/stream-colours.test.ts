import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveFrame } from '../../src/camera/live-frame.ts';
import { FRAME_SETTINGS, type VideoSource } from '../../src/camera/stream-sources.ts';
import { createVideoStream } from '../../src/camera/video-stream.ts';
import { RgbScratch, yuvBytes, type YuvPicture } from '../../src/vision/yuv-picture.ts';
import { filmFolder, hasFfmpeg } from '../support/rendered-film.ts';

/** What stands left and right in every film. */
const LEFT = [200, 60, 40], RIGHT = [40, 120, 200];

describe.skipIf(!hasFfmpeg)('the colours of a stream', { timeout: 60_000 }, () => {
  let folder: string, remove: () => Promise<void>;
  beforeAll(async () => void ({ folder, remove } = await filmFolder()));
  afterAll(() => remove());

  /** Two still frames, coded as the arguments say. */
  function film(name: string, width: number, height: number, coded: readonly string[]): string {
    const file = join(folder, name), half = Math.ceil(width / 2), hex = (rgb: readonly number[]): string => `0x${rgb.map((v) => v.toString(16).padStart(2, '0')).join('')}`;
    const drawn = `color=${hex(LEFT)}:s=${half}x${height}:r=5:d=0.4,format=yuv444p[a];color=${hex(RIGHT)}:s=${width - half}x${height}:r=5:d=0.4,format=yuv444p[b];[a][b]hstack`;
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', drawn, ...coded, file]);
    return file;
  }

  async function firstFrame(path: string, settings: Partial<VideoSource> = {}): Promise<YuvPicture> {
    const frames: YuvPicture[] = [], onFrame = ({ picture, release }: LiveFrame): void => {
      frames.push({ ...picture, planes: Uint8Array.from(picture.planes) });
      release();
    };
    await createVideoStream({ ...FRAME_SETTINGS, kind: 'video', camera: 'gate', path, startsAt: 0, pace: 'free', ...settings }, { clock: Date.now, log: pino({ level: 'silent' }), onFrame }).ended;
    return frames[0] as YuvPicture;
  }

  function expectColours(frame: YuvPicture, within = 5): void {
    const { width, height } = frame, { data } = new RgbScratch().partOf(frame, { x: 0, y: 0, width, height });
    // Far from the middle, where one value of chroma may lie over both; the corners show that no plane is shifted.
    for (const [x, rgb] of [[0, LEFT], [Math.floor(width / 4), LEFT], [Math.floor((3 * width) / 4), RIGHT], [width - 1, RIGHT]] as const) for (const y of [0, height >> 1, height - 1]) {
      for (const c of [0, 1, 2]) expect(Math.abs(data[3 * (y * width + x) + c]! - rgb[c]!), `${x},${y}`).toBeLessThanOrEqual(within);
    }
  }

  const x264 = ['-c:v', 'libx264', '-qp', '1'];
  it.each([
    ['4:2:0 that says nothing of itself', ['-pix_fmt', 'yuv420p', ...x264]],
    ['BT.709, as most cameras send it', ['-vf', 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p', '-colorspace', 'bt709', '-color_range', 'tv', ...x264]],
    ['the full range', ['-vf', 'scale=out_range=pc,format=yuvj420p', '-color_range', 'pc', ...x264]],
    ['the full range of BT.709', ['-vf', 'scale=out_color_matrix=bt709:out_range=pc,format=yuvj420p', '-colorspace', 'bt709', '-color_range', 'pc', ...x264]],
    ['4:2:2', ['-pix_fmt', 'yuv422p', ...x264]],
    ['4:4:4 of ten bits', ['-pix_fmt', 'yuv444p10le', ...x264]],
    ['motion JPEG', ['-c:v', 'mjpeg', '-q:v', '2', '-pix_fmt', 'yuvj420p']],
  ])('are right of %s', async (name, coded) => {
    const frame = await firstFrame(film(`${name.replaceAll(/\W+/g, '-')}.mkv`, 160, 120, coded));
    expect([frame.width, frame.height, frame.planes.length]).toEqual([160, 120, yuvBytes(160, 120)]);
    expectColours(frame);
  });

  it.each([
    [161, 121, 'yuv420p'], [160, 121, 'yuv420p'], [161, 120, 'yuv420p'], [17, 9, 'yuv420p'], [161, 121, 'yuv444p'], [161, 121, 'yuvj420p'],
  ])('are right at %d x %d pixels of %s: the last column and row have their own', async (width, height, format) => {
    const frame = await firstFrame(film(`odd-${width}x${height}-${format}.mkv`, width, height, ['-c:v', ...(format === 'yuvj420p' ? ['mjpeg', '-q:v', '2'] : ['ffv1']), '-pix_fmt', format]));
    expect([frame.width, frame.height, frame.planes.length]).toEqual([width, height, yuvBytes(width, height)]);
    expectColours(frame);
  });

  it('are right when frames are made smaller', async () => {
    const coded = ['-vf', 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p', '-colorspace', 'bt709', '-color_range', 'tv', ...x264], frame = await firstFrame(film('smaller.mkv', 320, 240, coded), { scale: 0.5 });
    expect([frame.width, frame.height]).toEqual([160, 120]);
    // The mean of an area is off by a little more in the last row.
    expectColours(frame, 8);
  });
});
