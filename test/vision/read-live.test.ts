import { createHash } from 'node:crypto';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePicture } from '../../src/vision/decode.ts';
import type { Box, Picture, Quad } from '../../src/vision/picture.ts';
import { bySureness } from '../../src/vision/plate-detector.ts';
import { placesToLook, readLive } from '../../src/vision/read-live.ts';
import { readLocated } from '../../src/vision/read-picture.ts';
import { openEyes, type Eyes } from '../../src/vision/readers.ts';
import { sharpnessOf } from '../../src/vision/sharpness.ts';
import { createVision, type Vision } from '../../src/vision/vision-pool.ts';
import { RgbScratch, type YuvPicture } from '../../src/vision/yuv-picture.ts';
import { yuvOfRgb } from '../../bench/passes/yuv-of-rgb.ts';
import { islamabadPlate, scene, sindhPlate } from './rendered-plate.ts';

/** A street with two plates, drawn. */
async function drawn(): Promise<Picture> {
  const bytes = await scene(1280, 720, [{ drawing: sindhPlate, x: 200, y: 420, width: 150 }, { drawing: islamabadPlate, x: 900, y: 440, width: 140 }]);
  return (await decodePicture(bytes, 'street.jpg')).picture;
}

/** As a stream gives it: YUV over shared memory. */
async function street(): Promise<YuvPicture> {
  return yuvOfRgb(await drawn());
}

const FRAME = { width: 1280, height: 720 };
const boxIn = (width: number, height: number) => fc.tuple(fc.integer({ min: 0, max: width - 2 }), fc.integer({ min: 0, max: height - 2 }), fc.integer({ min: 1, max: width }), fc.integer({ min: 1, max: height }))
  .map(([x, y, w, h]): Box => ({ x, y, width: Math.min(w, width - x), height: Math.min(h, height - y) }));
const inside = (inner: Box, outer: Box): boolean => inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width && inner.y + inner.height <= outer.y + outer.height;

describe('a frame of a stream', () => {
  let vision: Vision;
  beforeAll(async () => void (vision = await createVision({ threads: 2 })));
  afterAll(() => vision.close());

  it('is read where it lies in shared memory, all of it when nobody says where to look', async () => {
    const { reads } = await vision.readLive(await street(), []);
    expect(reads.map((r) => r.text).toSorted()).toEqual(['AMD868', 'BCV294']);
    for (const read of reads) expect(read.sharpness).toBeGreaterThan(0.2);
  });

  it('is looked at only where something moves, and plates stand where they stand in the whole', async () => {
    const { reads: [read, ...others] } = await vision.readLive(await street(), [{ x: 180, y: 380, width: 200, height: 140 }]);
    expect(others).toEqual([]);
    expect(read?.text).toBe('BCV294');
    expect(Math.abs((read?.box.x ?? 0) - 200)).toBeLessThan(12);
    expect(Math.abs((read?.box.y ?? 0) - 420)).toBeLessThan(12);
    expect(Math.abs((read?.box.width ?? 0) - 150)).toBeLessThan(20);
  });

  it('of pixels that are not shared is read as well', async () => {
    const picture = await street();
    expect((await vision.readLive({ ...picture, planes: Uint8Array.from(picture.planes) }, [])).reads).toHaveLength(2);
  });

  it('becomes evidence whole, in its own size, by the SHA-256 of the bytes', async () => {
    const picture = await drawn(), { bytes, sha256 } = await vision.encode(yuvOfRgb(picture)), { picture: back, mediaType } = await decodePicture(bytes, 'evidence.jpg');
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect([back.width, back.height, mediaType]).toEqual([1280, 720, 'image/jpeg']);
    let difference = 0;
    for (let i = 0; i < back.data.length; i += 97) difference += Math.abs(back.data[i]! - picture.data[i]!);
    expect(difference / (back.data.length / 97)).toBeLessThan(3);
  });

  it('reads as evidence what it read as a frame', async () => {
    const { bytes } = await vision.encode(await street());
    expect((await vision.read(bytes)).reads.map((r) => r.text).toSorted()).toEqual(['AMD868', 'BCV294']);
  });
});

describe('what of a frame is converted', () => {
  let eyes: Eyes;
  beforeAll(async () => void (eyes = await openEyes('darwaza')));
  afterAll(async () => void (await Promise.all([eyes.detector.close(), eyes.reader.close()])));

  /** Plates in the middle, small, large, and at the very corners of the picture. */
  const crowd = async (): Promise<YuvPicture> => yuvOfRgb((await decodePicture(await scene(1281, 721, [
    { drawing: sindhPlate, x: 2, y: 4, width: 150 }, { drawing: islamabadPlate, x: 1130, y: 640, width: 148 }, { drawing: sindhPlate, x: 500, y: 300, width: 60 }, { drawing: islamabadPlate, x: 700, y: 250, width: 320 },
  ]), 'crowd.jpg')).picture);

  it('is enough: plates read as they read in the whole frame, at its edges too', async () => {
    const frame = await crowd(), whole = new RgbScratch().partOf(frame, { x: 0, y: 0, width: frame.width, height: frame.height });
    const found = await (eyes.detector.detectSized?.(whole, 0.5 * frame.width) ?? []), { reads } = await readLive(frame, [], { ...eyes, scratch: new RgbScratch() });
    const there = await readLocated(whole, bySureness(found, eyes.detector).sure, { ...eyes, hint: { oftenSeen: true } });
    expect(reads.length).toBeGreaterThanOrEqual(3);
    expect(reads.map((r) => r.text)).toEqual(there.map((r) => r.text));
    for (const [i, read] of reads.entries()) {
      expect(read.box).toEqual(there[i]?.box);
      expect(read.confidence).toBeCloseTo(there[i]?.confidence ?? 0, 3);
      expect(read.sharpness).toBeCloseTo(sharpnessOf(whole, read.corners), 3);
    }
  });

  it('is nothing of the frame before: the same frame reads the same after any other', async () => {
    const scratch = new RgbScratch(), frame = await crowd(), boxes = [{ x: 20, y: 20, width: 200, height: 120 }, { x: 680, y: 230, width: 360, height: 200 }];
    const { reads: first } = await readLive(frame, boxes, { ...eyes, scratch });
    await readLive(await street(), [], { ...eyes, scratch });
    await readLive({ width: 640, height: 360, planes: new Uint8Array(640 * 360 * 1.5).fill(235) }, [], { ...eyes, scratch });
    expect((await readLive(frame, boxes, { ...eyes, scratch })).reads).toEqual(first);
    expect(first.length).toBeGreaterThan(0);
  });

  it('may be a frame of one pixel', async () => {
    expect((await readLive({ width: 1, height: 1, planes: new Uint8Array(3) }, [], { ...eyes, scratch: new RgbScratch() })).reads).toEqual([]);
  });
});

describe('where to look', () => {
  it('is everywhere when nothing is known', () => expect(placesToLook(FRAME, [])).toEqual([{ x: 0, y: 0, ...FRAME }]));

  it('holds every box, within the frame, no two of them over each other', () => {
    fc.assert(fc.property(fc.array(boxIn(FRAME.width, FRAME.height), { minLength: 1, maxLength: 12 }), (boxes) => {
      const places = placesToLook(FRAME, boxes);
      for (const box of boxes) expect(places.some((place) => inside(box, place))).toBe(true);
      for (const place of places) expect(inside(place, { x: 0, y: 0, ...FRAME })).toBe(true);
      for (const [i, a] of places.entries()) for (const b of places.slice(i + 1)) expect(a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height).toBe(true);
    }));
  });

  it('is one place when the boxes are most of the frame', () => {
    expect(placesToLook(FRAME, [{ x: 0, y: 0, width: 600, height: 720 }, { x: 700, y: 0, width: 580, height: 720 }])).toHaveLength(1);
  });
});

describe('sharpness', () => {
  const whole: Quad = [[0, 0], [320, 0], [320, 150], [0, 150]];
  const plate = async (change: (image: Sharp) => Sharp): Promise<number> => {
    const bytes = await change(sharp(await (await import('./rendered-plate.ts')).rendered(sindhPlate))).png().toBuffer();
    return sharpnessOf((await decodePicture(bytes, 'plate.png')).picture, whole);
  };

  it('falls with blur, whatever the contrast', async () => {
    const clear = await plate((i) => i), soft = await plate((i) => i.blur(3)), softer = await plate((i) => i.blur(8)), pale = await plate((i) => i.linear(0.3, 120));
    expect(clear).toBeGreaterThan(soft);
    expect(soft).toBeGreaterThan(softer);
    expect(Math.abs(pale - clear)).toBeLessThan(0.1);
  });

  it('falls with motion along one way only', async () => {
    const moved = await plate((i) => i.convolve({ width: 21, height: 3, kernel: Array.from({ length: 63 }, (_, at) => (at >= 21 && at < 42 ? 1 : 0)) }));
    expect(moved).toBeLessThan(0.7 * await plate((i) => i));
  });

  it('of a plate that shows nothing is none', () => expect(sharpnessOf({ width: 320, height: 150, data: new Uint8Array(320 * 150 * 3).fill(90) }, whole)).toBe(0));
});
