import { beforeAll, describe, expect, it } from 'vitest';
import type { Conditions } from '../../../bench/passes/conditions.ts';
import { followScene, type Followed } from '../../../bench/passes/follow-scene.ts';
import { measureScene, NOTHING, sumOf } from '../../../bench/passes/measure.ts';
import { frameTime, type SceneFrameRead } from '../../../bench/passes/read-scene.ts';
import { truthOfScene, type VehicleTruth } from '../../../bench/passes/scene-truth.ts';
import { createScene, type Scene } from '../../../bench/passes/scene.ts';
import { parsePlate } from '../../../src/plate/parse.ts';
import type { Read } from '../../../src/vision/frame-read.ts';

const CONDITIONS: Conditions = {
  name: 'measured', width: 960, height: 540, fps: 10, nearPlatePx: 70, lanes: ['away', 'towards'], vehicles: 8, gapS: 3.5, speedKmh: [30, 40], light: 'day', rain: false, blur: 0, shutterMs: 2, queue: false, parked: 0, pole: false,
};

let scene: Scene, truths: readonly VehicleTruth[];
beforeAll(async () => {
  scene = await createScene(CONDITIONS, 12);
  truths = truthOfScene(scene);
});
const countable = (): VehicleTruth[] => truths.filter((t) => t.plate === 'readable' && t.seenFrom !== null);

function readAt([x, y, width, height]: readonly [number, number, number, number], text: string, confidence = 0.95): Read {
  const characters = [...text].map((char) => ({ char, confidence, alternatives: [] }));
  return { text, parse: parsePlate(text), confidence, characters, corners: [[x, y], [x + width, y], [x + width, y + height], [x, y + height]], box: { x, y, width, height } };
}

/** What a reader gives that sees every plate of 30 px on; `say` may change what it says of one. */
function readings(say: (truth: VehicleTruth, frame: number) => string | null = (t) => t.mark?.replaceAll('-', '') ?? null): SceneFrameRead[] {
  return Array.from({ length: scene.frames }, (_, i) => {
    const { vehicles } = scene.truth(i);
    const reads = truths.flatMap((truth) => truth.plates.filter((p) => p[0] === i && p[6] === 1 && p[5] >= 30 && truth.plate === 'readable').flatMap(([, x, y, w, h]) => {
      const text = say(truth, i);
      return text === null ? [] : [readAt([x, y, w, h], text)];
    }));
    return { moving: vehicles.map((v) => v.box), reads };
  });
}

const measured = (frames: SceneFrameRead[]) => measureScene(scene, followScene(scene, frames));

describe('passes of a scene', () => {
  it('of a perfect reader: one for each vehicle, right, with its way', () => {
    const { counts } = measured(readings());
    expect(counts.vehicles).toBe(countable().length);
    expect(counts).toMatchObject({ missed: 0, doubled: 0, phantom: 0, passes: counts.vehicles, read: counts.vehicles, voteRight: counts.vehicles, bestRight: counts.vehicles, firstRight: counts.vehicles, directionRight: counts.moved, directionWrong: 0, provisionals: counts.vehicles });
    expect(Math.max(...counts.provisionalMs)).toBeLessThanOrEqual(0);
  });

  it('of a vehicle that is never read are none with its mark', () => {
    const silent = countable()[0] as VehicleTruth, { counts, outcomes } = measured(readings((t) => (t.vehicle === silent.vehicle ? null : (t.mark?.replaceAll('-', '') ?? null))));
    expect(counts.read).toBe(counts.vehicles - 1);
    expect(outcomes.find((o) => o.truth.vehicle === silent.vehicle)?.passes.every((p) => p.track.plateless !== null)).toBe(true);
  });

  it('read wrong in the first frames are right by the vote, wrong by the first read', () => {
    const firstOf = (t: VehicleTruth): number => t.plates.find((p) => p[5] >= 30 && p[6] === 1)?.[0] ?? 0, otherDigit = (text: string): string => text.slice(0, -1) + ((Number(text.at(-1)) + 5) % 10);
    const { counts } = measured(readings((t, i) => {
      const text = t.mark?.replaceAll('-', '') ?? '';
      return i <= firstOf(t) + 1 ? otherDigit(text) : text;
    }));
    expect(counts.voteRight).toBe(counts.vehicles);
    expect(counts.firstRight).toBeLessThan(counts.vehicles / 2);
  });

  it('that nothing stands behind are phantoms', () => {
    const frames = readings(), extra = frames.map(({ moving, reads }, i): SceneFrameRead => ({ moving, reads: i % 2 === 0 && i > 20 && i < 50 ? [...(reads ?? []), readAt([5, 5 + i, 60, 30], 'ZZZ999')] : reads }));
    expect(measured(extra).counts).toMatchObject({ phantom: 1 });
  });

  it('with everything given twice are doubled, and the figures show it', () => {
    const followed = followScene(scene, readings()), twice: Followed = { ...followed, passes: [...followed.passes, ...followed.passes.filter((p) => p.track.plateless === null)] }, { counts } = measureScene(scene, twice);
    expect(counts).toMatchObject({ doubled: counts.vehicles, passes: 2 * counts.vehicles, missed: 0 });
  });

  it('with the opposite way are wrong, with none neither right nor wrong', () => {
    const followed = followScene(scene, readings()), turned = (movement: 'unknown' | null): Followed => ({
      ...followed, passes: followed.passes.map((p) => ({ ...p, pass: { ...p.pass, movement: movement ?? (p.pass.movement === 'away' ? 'towards' : 'away') } })),
    });
    expect(measureScene(scene, turned(null)).counts).toMatchObject({ directionRight: 0, directionWrong: countable().length });
    expect(measureScene(scene, turned('unknown')).counts).toMatchObject({ directionRight: 0, directionWrong: 0, moved: countable().length });
  });

  it('that are gone from the record are missed', () => {
    expect(measureScene(scene, { ...followScene(scene, readings()), passes: [], provisional: [] }).counts).toMatchObject({ missed: countable().length, passes: 0, provisionals: 0, platelessFound: 0 });
  });

  it('are told later when the plate is read later', () => {
    const late = measured(readings((t, i) => (i < (t.seenFrom ?? 0) + 5 ? null : (t.mark?.replaceAll('-', '') ?? null)))).counts;
    expect(Math.min(...late.provisionalMs)).toBeGreaterThanOrEqual(500);
  });
});

describe('counts', () => {
  it('add up, times as well', () => {
    const one = { ...NOTHING, vehicles: 2, passes: 3, provisionalMs: [10] };
    expect(sumOf([one, one, NOTHING])).toEqual({ ...NOTHING, vehicles: 4, passes: 6, provisionalMs: [10, 10] });
    expect(sumOf([])).toEqual(NOTHING);
  });
});

describe('the times of frames', () => {
  it('are whole milliseconds, rising, at the rate of the camera', () => {
    const times = [0, 1, 2, 25].map((i) => frameTime({ conditions: { ...CONDITIONS, fps: 25 } }, i) - frameTime({ conditions: CONDITIONS }, 0));
    expect(times).toEqual([0, 40, 80, 1000]);
  });
});
