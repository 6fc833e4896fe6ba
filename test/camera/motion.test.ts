import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMotion, type MotionView } from '../../src/camera/motion.ts';
import type { Box } from '../../src/vision/picture.ts';
import { yuvBytes, type YuvPicture } from '../../src/vision/yuv-picture.ts';

const WIDTH = 960, HEIGHT = 540;

/** Numbers that look random and are the same each time. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A road with kerbs, a wall and lines, so that there are edges to stand still. */
const road = (x: number, y: number): number => (y < 150 ? 150 + ((x >> 6) % 2) * 40 : y < 200 ? 90 : 110 + (Math.abs(x - 480) < 12 && (y >> 5) % 2 === 0 ? 90 : 0));

interface View { readonly cars?: readonly (Box & { readonly luma?: number })[]; readonly light?: number; readonly sensor?: number; readonly seed?: number; readonly scene?: (x: number, y: number) => number }

function frame({ cars = [], light = 0, sensor = 0, seed = 1, scene = road }: View = {}): YuvPicture {
  const planes = new Uint8Array(yuvBytes(WIDTH, HEIGHT)).fill(128), next = noise(seed);
  for (let y = 0, at = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++, at++) {
      const car = cars.find((c) => x >= c.x && x < c.x + c.width && y >= c.y && y < c.y + c.height);
      const luma = (car === undefined ? scene(x, y) : car.luma ?? 230) + light + (sensor === 0 ? 0 : (next() + next() + next() - 1.5) * 2 * sensor);
      planes[at] = Math.round(16 + (219 / 255) * Math.max(0, Math.min(255, luma)));
    }
  }
  return { width: WIDTH, height: HEIGHT, planes };
}

const STEP_MS = 200;
/** What is seen of the views at five a second, after a second of empty road. */
function seen(views: readonly View[], region: Box | null = null, before: View = {}): MotionView[] {
  const motion = createMotion();
  for (let n = 0; n < 5; n++) motion.see(frame({ ...before, seed: n + 1 }), n * STEP_MS, region);
  return views.map((view, n) => motion.see(frame({ seed: n + 50, ...view }), (n + 5) * STEP_MS, region));
}

const car = (x: number, y = 300): Box => ({ x, y, width: 160, height: 100 });
const overlap = (a: Box, b: Box): number => Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)) * Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y));

describe('movement', () => {
  it('is none on the first frame and on an empty road', () => {
    expect(createMotion().see(frame(), 0, null)).toMatchObject({ moving: [], sameScene: 1 });
    expect(seen([{}, {}, {}]).flatMap((v) => v.moving)).toEqual([]);
  });

  it('is boxed where a vehicle drives, all of it and little more', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 210, max: 430 }), (x, y) => {
      const [, view] = seen([{ cars: [car(x, y)] }, { cars: [car(x + 40, y)] }]), box = view?.moving[0] as Box;
      expect(overlap(box, car(x + 40, y))).toBeGreaterThan(0.9 * 160 * 100);
      expect(box.width * box.height).toBeLessThan(1.6 * 240 * 120);
    }), { numRuns: 15 });
  });

  it('of two vehicles apart is two boxes', () => {
    const [, view] = seen([{ cars: [car(100, 220), car(600, 400)] }, { cars: [car(140, 220), car(560, 400)] }]);
    expect(view?.moving).toHaveLength(2);
  });

  it('of a vehicle in two parts with a gap is one box', () => {
    const halves = (x: number): Box[] => [{ x, y: 300, width: 60, height: 100 }, { x: x + 64, y: 300, width: 60, height: 100 }];
    expect(seen([{ cars: halves(200) }, { cars: halves(230) }])[1]?.moving).toHaveLength(1);
  });

  it('outside the region is not looked at, and boxes end at its edge', () => {
    const region = { x: 400, y: 200, width: 300, height: 340 };
    expect(seen([{ cars: [car(20)] }, { cars: [car(60)] }], region).flatMap((v) => v.moving)).toEqual([]);
    const [, view] = seen([{ cars: [car(300)] }, { cars: [car(340)] }], region);
    for (const box of view?.moving ?? []) expect(overlap(box, region)).toBe(box.width * box.height);
    expect(view?.moving).toHaveLength(1);
  });

  it('is none while a vehicle stands, and the place it left after long is not one that drives for ever', () => {
    const arrives = [{ cars: [car(100)] }, { cars: [car(140)] }], stands = Array.from({ length: 300 }, () => ({ cars: [car(180)] })), leaves = Array.from({ length: 60 }, () => ({}));
    const views = seen([...arrives, ...stands, ...leaves]);
    expect(views.slice(4, 302).flatMap((v) => v.moving)).toEqual([]);
    expect(views[302]?.moving).toHaveLength(1);
    expect(views.slice(304).flatMap((v) => v.moving)).toEqual([]);
  }, 60_000);

  it('is none when clouds pass, dusk falls or the exposure jumps', () => {
    const clouds = Array.from({ length: 40 }, (_, n) => ({ light: Math.round(30 * Math.sin(n / 6)) }));
    expect(seen(clouds).flatMap((v) => v.moving)).toEqual([]);
    expect(seen([{ light: 35 }, { light: 35 }]).flatMap((v) => v.moving)).toEqual([]);
  });

  it('is none in the noise of a sensor at night, and a vehicle is still seen in it', () => {
    const dark = { sensor: 9, light: -60 };
    const still = seen(Array.from({ length: 20 }, (_, n) => ({ ...dark, seed: n + 90 })), null, dark);
    expect(still.flatMap((v) => v.moving)).toEqual([]);
    const [, view] = seen([{ ...dark, cars: [car(200)] }, { ...dark, cars: [car(240)], seed: 7 }], null, dark);
    expect(overlap(view?.moving[0] as Box, car(240))).toBeGreaterThan(0.8 * 160 * 100);
  });

  it('is none in rain: streaks two pixels wide', () => {
    const rain = (seed: number): View => {
      const next = noise(seed);
      return { cars: Array.from({ length: 60 }, () => ({ x: Math.floor(next() * WIDTH), y: Math.floor(next() * HEIGHT), width: 2, height: 24, luma: 200 })) };
    };
    expect(seen(Array.from({ length: 15 }, (_, n) => rain(n))).flatMap((v) => v.moving)).toEqual([]);
  });

  it('is everything for a moment when the whole picture changes, and then none', () => {
    const other = { scene: (x: number, y: number): number => (x + y * 2) % 256 };
    const views = seen([other, other, other]);
    expect(views[0]?.moving).toEqual([{ x: 0, y: 0, width: WIDTH, height: HEIGHT }]);
    expect(views.slice(1).flatMap((v) => v.moving)).toEqual([]);
  });

  it('begins anew when frames have another size', () => {
    const motion = createMotion();
    motion.see(frame(), 0, null);
    expect(motion.see({ width: 64, height: 48, planes: new Uint8Array(yuvBytes(64, 48)) }, 200, null)).toEqual({ moving: [], brightness: 0, sameScene: 1 });
  });

  it('is told of any picture of any size without a fault, in boxes that lie in it', () => {
    const pictures = fc.array(fc.record({ luma: fc.integer({ min: 0, max: 255 }), seed: fc.nat(), waitMs: fc.integer({ min: -500, max: 100_000 }) }), { minLength: 1, maxLength: 8 });
    fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 120 }), pictures, (width, height, given) => {
      const motion = createMotion();
      let at = 0;
      for (const { luma, seed, waitMs } of given) {
        const next = noise(seed), view = motion.see({ width, height, planes: Uint8Array.from({ length: yuvBytes(width, height) }, () => luma * next()) }, at += waitMs, null);
        for (const box of view.moving) expect(overlap(box, { x: 0, y: 0, width, height })).toBe(box.width * box.height);
        expect(view.sameScene).toBeGreaterThanOrEqual(0);
        expect(view.sameScene).toBeLessThanOrEqual(1);
        expect(view.brightness).toBeGreaterThanOrEqual(0);
        expect(view.brightness).toBeLessThanOrEqual(255);
      }
    }), { numRuns: 60 });
  });
});

describe('whether a camera sees what it saw', () => {
  const after = (view: View): MotionView => seen([view, view, view])[2] as MotionView;

  it('is sure on an empty road, in traffic, at dusk and by night', () => {
    expect(after({}).sameScene).toBe(1);
    expect(after({ cars: [car(100, 220), car(500, 400)] }).sameScene).toBeGreaterThan(0.9);
    expect(after({ light: -50 }).sameScene).toBeGreaterThan(0.9);
    expect(after({ scene: (x, y) => road(x, y) * 0.4, sensor: 6 }).sameScene).toBeGreaterThan(0.8);
  });

  it('falls when it is covered, turned or blinded', () => {
    expect(after({ scene: () => 20 })).toMatchObject({ sameScene: 0, brightness: expect.closeTo(20, 0) });
    expect(after({ scene: (x, y) => road(x + 64, y + 130) }).sameScene).toBeLessThan(0.5);
    expect(after({ scene: () => 250 }).sameScene).toBe(0);
  });
});
