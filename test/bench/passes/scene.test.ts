import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Conditions } from '../../../bench/passes/conditions.ts';
import { CAR_PLATE_M, roadCamera } from '../../../bench/passes/road-camera.ts';
import { truthOfScene } from '../../../bench/passes/scene-truth.ts';
import { createScene, type Scene } from '../../../bench/passes/scene.ts';
import type { Mark } from '../../../src/plate/mark.ts';
import { openEyes, type Eyes } from '../../../src/vision/readers.ts';
import { readPicture } from '../../../src/vision/read-picture.ts';
import type { Picture } from '../../../src/vision/picture.ts';

const road = (more: Partial<Conditions> = {}): Conditions => ({
  name: 'a test', width: 960, height: 540, fps: 10, nearPlatePx: 70, lanes: ['away', 'towards'], vehicles: 6, gapS: 2.5, speedKmh: [30, 50], light: 'day', rain: false, blur: 0, shutterMs: 2, queue: false, parked: 0, pole: false, ...more,
});
const hashOf = ({ data }: Picture): string => createHash('sha256').update(data).digest('hex');
const mark = (letters: string, number: string): Mark => ({ jurisdiction: 'SD', district: null, letters, number, year: null, suffix: null, class: 'private', series: 'SD-3' });
const bright = ({ data }: Picture): number => data.reduce((sum, v) => sum + v, 0) / data.length;
/** The frame in which a vehicle's plate is widest and whole. */
function widest(scene: Scene, vehicle: number): number {
  const rows = truthOfScene(scene).find((t) => t.vehicle === vehicle)?.plates.filter((p) => p[6] === 1) ?? [];
  return rows.toSorted((a, b) => b[5] - a[5])[0]?.[0] ?? 0;
}

describe('the camera over the road', () => {
  it.each([[1280, 720, 44], [1280, 720, 130], [1920, 1080, 200]])('of %d x %d sees a plate of %d px where it leaves the picture', (width, height, px) => {
    const camera = roadCamera(width, height, px);
    expect(camera.pixelsPerMetre(16) * CAR_PLATE_M).toBeCloseTo(px, 0);
    expect(camera.project([0, 0.6, 16])[1]).toBeGreaterThan(height * 0.8);
    expect(camera.project([0, 0, camera.bottomM])[1]).toBeCloseTo(height, 3);
    expect(camera.topM).toBeGreaterThan(camera.bottomM);
  });

  it('has what is farther higher and smaller, and what is right on the right', () => {
    const camera = roadCamera(1280, 720, 60), near = camera.project([1, 0, 20]), far = camera.project([1, 0, 60]);
    expect(far[1]).toBeLessThan(near[1]);
    expect(far[0] - 640).toBeLessThan(near[0] - 640);
    expect(near[0]).toBeGreaterThan(640);
  });
});

describe('a scene', () => {
  it('is the same for the same seed, frame by frame in any order, and another for another', async () => {
    const [a, b, c] = await Promise.all([createScene(road(), 5), createScene(road(), 5), createScene(road(), 6)]);
    const forwards = [40, 41, 60].map((i) => hashOf(a.picture(i))), backwards = [60, 41, 40].map((i) => hashOf(b.picture(i))).reverse();
    expect(forwards).toEqual(backwards);
    expect(hashOf(c.picture(40))).not.toBe(forwards[0]);
    expect(truthOfScene(a)).toEqual(truthOfScene(b));
  });

  it('shows vehicles that come towards the camera growing, and those that leave shrinking', async () => {
    const scene = await createScene(road(), 5), rows = truthOfScene(scene).filter((t) => t.plates.length > 4);
    expect(new Set(rows.map((r) => r.movement))).toEqual(new Set(['towards', 'away']));
    for (const { movement, plates } of rows) expect([movement, Math.sign((plates.at(-1)?.[5] ?? 0) - (plates[0]?.[5] ?? 0))]).toEqual([movement, movement === 'towards' ? 1 : -1]);
  });

  it('ends when all have gone by, each of them in view once and without a gap', async () => {
    const scene = await createScene(road(), 5), rows = truthOfScene(scene);
    expect(rows).toHaveLength(6);
    for (const row of rows) {
      expect(row.lastFrame).toBeLessThan(scene.frames - 1);
      for (let i = row.firstFrame; i <= row.lastFrame; i++) expect(scene.truth(i).vehicles.some((v) => v.vehicle === row.vehicle)).toBe(true);
    }
  });

  it('has the vehicles that are asked for, with their marks', async () => {
    const wanted = [{ lane: 1, kind: 'jeep' as const, mark: mark('BGX', '581') }], scene = await createScene(road({ vehicles: 2 }), 5, { wanted });
    expect(truthOfScene(scene)).toContainEqual(expect.objectContaining({ kind: 'jeep', mark: 'BGX-581', movement: 'towards', plate: 'readable' }));
  });

  it('stops at the time given', async () => {
    expect((await createScene(road(), 5, { mostS: 3 })).frames).toBe(30);
  });

  it('has vehicles without a plate, and some whose plate nobody can read', async () => {
    const scene = await createScene(road({ vehicles: 120, gapS: 1.2 }), 9, { mostS: 1 }), plates = scene.vehicles.map((v) => v.plate);
    expect(plates.filter((p) => p === 'none').length).toBeGreaterThan(3);
    expect(plates.filter((p) => p === 'buried').length).toBeGreaterThan(1);
    expect(plates.filter((p) => p === 'readable').length).toBeGreaterThan(90);
    for (const v of scene.vehicles) expect(v.plate === 'none').toBe(v.drawing === null);
  });

  it('has queues that stand and go on', async () => {
    const scene = await createScene(road({ queue: true, vehicles: 6 }), 5), speeds = Array.from({ length: scene.frames }, (_, i) => scene.vehicles.flatMap((v) => Math.abs(v.place(i / 10)?.speedMs ?? 9)));
    expect(speeds.flat().filter((s) => s < 0.1).length).toBeGreaterThan(50);
    expect(scene.vehicles.every((v) => v.goneS > 0)).toBe(true);
  });

  it('has parked vehicles at the side from beginning to end', async () => {
    const scene = await createScene(road({ parked: 2, lanes: ['towards'], nearPlatePx: 56 }), 5), parked = truthOfScene(scene).filter((t) => t.movement === 'unknown');
    expect(parked.map((p) => [p.firstFrame, p.lastFrame])).toEqual([[0, scene.frames - 1], [0, scene.frames - 1]]);
  });
});

describe('what hides a plate', () => {
  it('is a vehicle before it', async () => {
    const scene = await createScene(road({ lanes: ['towards'], queue: true, vehicles: 5, gapS: 1 }), 5);
    const shares = Array.from({ length: scene.frames }, (_, i) => scene.truth(i).vehicles.flatMap((v) => v.plate?.visible ?? [])).flat();
    expect(shares.some((s) => s === 0)).toBe(true);
    expect(shares.some((s) => s > 0 && s < 1)).toBe(true);
    expect(shares.every((s) => s >= 0 && s <= 1)).toBe(true);
  });

  it('is a pole for a part of the way', async () => {
    const [free, behind] = await Promise.all([createScene(road(), 5), createScene(road({ pole: true }), 5)]);
    const shown = (scene: Scene): number => truthOfScene(scene).filter((t) => t.movement === 'towards').reduce((sum, t) => sum + t.plates.filter((p) => p[6] === 1).length, 0);
    expect(shown(behind)).toBeLessThan(shown(free));
    expect(truthOfScene(behind).filter((t) => t.movement === 'towards' && t.plate === 'readable').every((t) => t.seenFrom !== null)).toBe(true);
  });
});

describe('light and weather', () => {
  it('make night darker than dusk, and dusk than day', async () => {
    const [day, dusk, night] = await Promise.all((['day', 'dusk', 'night'] as const).map(async (light) => bright((await createScene(road({ light }), 5)).picture(40))));
    expect(day).toBeGreaterThan((dusk as number) * 1.5);
    expect(dusk).toBeGreaterThan((night as number) * 1.5);
  });

  it('put rain into every frame, another one each time', async () => {
    const dry = await createScene(road(), 5), wet = await createScene(road({ rain: true }), 5), before = Uint8Array.from(dry.picture(0).data), after = wet.picture(0).data;
    expect(after.filter((v, i) => v > (before[i] as number) + 20).length).toBeGreaterThan(1000);
    expect(hashOf(wet.picture(0))).not.toBe(hashOf(wet.picture(1)));
  });

  it('smear what is fast for the shutter, and blur what is out of focus', async () => {
    const wanted = [{ lane: 0, kind: 'car' as const, mark: mark('BGX', '581') }], lanes = ['towards'] as const;
    const steps = async (more: Partial<Conditions>): Promise<number> => {
      const scene = await createScene(road({ lanes, vehicles: 1, ...more }), 5, { wanted }), i = widest(scene, 0), { data, width } = scene.picture(i), box = scene.truth(i).vehicles[0]?.plate?.box ?? { x: 0, y: 0, width: 0, height: 0 };
      let sum = 0;
      for (let y = box.y; y < box.y + box.height - 1; y++) for (let x = box.x; x < box.x + box.width; x++) sum += Math.abs((data[(y * width + x) * 3] as number) - (data[((y + 1) * width + x) * 3] as number));
      return sum / (box.width * box.height);
    };
    const [sharp, smeared, soft] = await Promise.all([steps({}), steps({ shutterMs: 20 }), steps({ blur: 1.5 })]);
    expect(smeared).toBeLessThan(sharp * 0.8);
    expect(soft).toBeLessThan(sharp * 0.8);
  });
});

describe('the truth of a frame', () => {
  let eyes: Eyes;
  beforeAll(async () => {
    eyes = await openEyes('darwaza');
  });
  afterAll(() => Promise.all([eyes.detector.close(), eyes.reader.close()]));

  it.each([['day', 0], ['night', 1]] as const)('says what the program reads there by %s', async (light, lane) => {
    const wanted = [{ lane, kind: 'car' as const, mark: mark('BGX', '581') }], scene = await createScene(road({ light, vehicles: 2 }), 8, { wanted });
    const vehicle = scene.vehicles.find((v) => v.mark?.letters === 'BGX')?.index ?? -1, index = widest(scene, vehicle), plate = scene.truth(index).vehicles.find((v) => v.vehicle === vehicle)?.plate;
    const { reads } = await readPicture(scene.picture(index), eyes), read = reads.find((r) => r.text === 'BGX581');
    expect(read?.box).toBeDefined();
    expect(Math.abs((read?.box.x ?? 0) - (plate?.box.x ?? 0))).toBeLessThan(8);
    expect(Math.abs((read?.box.y ?? 0) - (plate?.box.y ?? 0))).toBeLessThan(8);
    expect(Math.abs((read?.box.width ?? 0) - (plate?.widthPx ?? 0))).toBeLessThan(12);
  });
});
