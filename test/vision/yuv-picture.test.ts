import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { yuvOfRgb } from '../../bench/passes/yuv-of-rgb.ts';
import type { Box, Picture } from '../../src/vision/picture.ts';
import { RgbScratch, rgbInto, yuvBytes, type YuvPicture } from '../../src/vision/yuv-picture.ts';
import { hasFfmpeg } from '../support/rendered-film.ts';

const whole = ({ width, height }: Pick<YuvPicture, 'width' | 'height'>): Box => ({ x: 0, y: 0, width, height });

/** The formula of ITU-R BT.601-7 in real numbers, from its luma weights alone. */
function byFormula(y: number, cb: number, cr: number): number[] {
  const luma = (y - 16) / 219, blue = luma + (2 * (1 - 0.114) * (cb - 128)) / 224, red = luma + (2 * (1 - 0.299) * (cr - 128)) / 224, green = (luma - 0.299 * red - 0.114 * blue) / 0.587;
  return [red, green, blue].map((v) => Math.max(0, Math.min(255, 255 * v)));
}

/** Frames of any bytes, also such as no camera may give, with a box inside. */
const frames = fc.tuple(fc.integer({ min: 1, max: 21 }), fc.integer({ min: 1, max: 15 }), fc.nat()).chain(([width, height, seed]) => {
  const planes = Uint8Array.from({ length: yuvBytes(width, height) }, (_, i) => Math.imul(i + seed + 1, 2_654_435_761) >>> 24);
  const box = fc.tuple(fc.nat(width - 1), fc.nat(height - 1), fc.integer({ min: 1, max: width }), fc.integer({ min: 1, max: height })).map(([x, y, w, h]): Box => ({ x, y, width: Math.min(w, width - x), height: Math.min(h, height - y) }));
  return fc.record({ frame: fc.constant<YuvPicture>({ width, height, planes }), box });
});

/** Where the three values of a pixel stand. */
function valuesAt({ width, height, planes }: YuvPicture, x: number, y: number): [number, number, number] {
  const half = Math.ceil(width / 2), chroma = width * height + Math.floor(y / 2) * half + Math.floor(x / 2);
  return [planes[y * width + x]!, planes[chroma]!, planes[chroma + half * Math.ceil(height / 2)]!];
}

describe('a frame in YUV', () => {
  it('has one value of each colour for four pixels, of odd sizes too', () => {
    expect([[1920, 1080], [4, 2], [3, 3], [1, 1], [5, 1]].map(([w, h]) => yuvBytes(w!, h!))).toEqual([3_110_400, 12, 17, 3, 11]);
  });

  it('is the RGB of the standard within 1, whichever part of it is looked at', () => {
    fc.assert(fc.property(frames, ({ frame, box }) => {
      const { width, height, data } = new RgbScratch().partOf(frame, box);
      expect([width, height, data.length]).toEqual([box.width, box.height, 3 * box.width * box.height]);
      for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
        const right = byFormula(...valuesAt(frame, box.x + x, box.y + y));
        for (const c of [0, 1, 2]) expect(Math.abs(data[3 * (y * width + x) + c]! - right[c]!)).toBeLessThanOrEqual(1);
      }
    }));
  });

  it('is within 1 of the standard at every value there is', () => {
    const out = new Uint8ClampedArray(3);
    let worst = 0;
    for (let y = 0; y < 256; y += 3) for (let cb = 0; cb < 256; cb += 5) for (let cr = 0; cr < 256; cr += 5) {
      rgbInto({ width: 1, height: 1, planes: Uint8Array.of(y, cb, cr) }, { x: 0, y: 0, width: 1, height: 1 }, out);
      const right = byFormula(y, cb, cr);
      for (const c of [0, 1, 2]) worst = Math.max(worst, Math.abs(out[c]! - right[c]!));
    }
    expect(worst).toBeLessThan(0.52);
  });

  it('shows black, white and the primaries as they are', () => {
    const shown = ([y, cb, cr]: readonly [number, number, number]): number[] => [...new RgbScratch().partOf({ width: 1, height: 1, planes: Uint8Array.of(y, cb, cr) }, { x: 0, y: 0, width: 1, height: 1 }).data];
    expect([shown([16, 128, 128]), shown([235, 128, 128]), shown([0, 128, 128]), shown([255, 128, 128])]).toEqual([[0, 0, 0], [255, 255, 255], [0, 0, 0], [255, 255, 255]]);
    // The 8-bit values of ITU-R BT.601 for pure red, green and blue.
    for (const [yuv, rgb] of [[[81, 90, 240], [255, 0, 0]], [[145, 54, 34], [0, 255, 0]], [[41, 240, 110], [0, 0, 255]]] as const) shown(yuv).forEach((v, c) => expect(Math.abs(v - rgb[c]!)).toBeLessThanOrEqual(2));
  });
});

describe('the memory in which parts of frames are looked at', () => {
  it('shows of one part nothing that stood in another', () => {
    fc.assert(fc.property(fc.array(frames, { minLength: 2, maxLength: 6 }), (looked) => {
      const scratch = new RgbScratch();
      for (const { frame, box } of looked) expect(scratch.partOf(frame, box)).toEqual(new RgbScratch().partOf(frame, box));
    }));
  });

  it('is made once for the largest, and used again', () => {
    const scratch = new RgbScratch(), frame = { width: 8, height: 8, planes: new Uint8Array(yuvBytes(8, 8)) }, { buffer } = scratch.partOf(frame, whole(frame)).data;
    expect(scratch.partOf(frame, { x: 2, y: 2, width: 3, height: 3 }).data.buffer).toBe(buffer);
    expect(scratch.partOf(frame, whole(frame)).data.buffer).toBe(buffer);
  });
});

describe('a drawn picture as a stream would give it', () => {
  it('comes back as it was where its colours are even', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)), (width, height, colour) => {
      const picture: Picture = { width, height, data: Uint8Array.from({ length: 3 * width * height }, (_, i) => colour[i % 3]!) }, frame = yuvOfRgb(picture);
      expect(frame.planes.buffer).toBeInstanceOf(SharedArrayBuffer);
      const { data } = new RgbScratch().partOf(frame, whole(frame));
      // One step of chroma is 2 of blue.
      for (let i = 0; i < data.length; i++) expect(Math.abs(data[i]! - picture.data[i]!)).toBeLessThanOrEqual(3);
    }));
  });
});

describe.runIf(hasFfmpeg)('beside ffmpeg', () => {
  const film = (args: readonly string[], format: string): Buffer => execFileSync('ffmpeg', ['-v', 'error', '-nostdin', ...args, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', format, 'pipe:1'], { maxBuffer: 1 << 26 });

  it('a frame of a filmed road is the same RGB but for rounding', () => {
    const args = ['-ss', '5', '-i', 'fixtures/video/gate.mp4'], planes = film(args, 'yuv420p'), theirs = film(args, 'rgb24');
    const frame = { width: 1280, height: 720, planes: new Uint8Array(planes) }, { data } = new RgbScratch().partOf(frame, whole(frame));
    expect(data.length).toBe(theirs.length);
    let sum = 0, worst = 0;
    for (let i = 0; i < data.length; i++) {
      const off = Math.abs(data[i]! - theirs[i]!);
      sum += off;
      worst = Math.max(worst, off);
    }
    // Its fast way rounds down, each of three products.
    expect(sum / data.length).toBeLessThan(1.5);
    expect(worst).toBeLessThanOrEqual(3);
  });
});
