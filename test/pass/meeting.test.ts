import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areSideBySide, isApart, isMidView, type Blob } from '../../src/pass/blob.ts';
import { isPlates, join, newMover, sawPlate, whole } from '../../src/pass/mover.ts';
import { buildPasses } from '../../src/pass/build.ts';
import { createFollower } from '../../src/pass/follow.ts';
import type { SeenFrame } from '../../src/pass/observation.ts';
import type { PlateBox } from '../../src/pass/pass.ts';
import type { Place } from '../../src/pass/plate-motion.ts';
import { PlateTrails } from '../../src/pass/plate-trails.ts';
import { around } from '../../src/pass/box.ts';
import { read } from './reads.ts';
import { frameAt } from './traffic-scene.ts';

const box = (x: number, y: number, width: number, height: number): PlateBox => ({ x, y, width, height });
const PICTURE = box(0, 0, 1920, 1080);
const way = (of: (t: number) => PlateBox, frames = 12, from = 0): Place[] => Array.from({ length: frames }, (_, i) => ({ at: from + i * 200, box: of(i / 5) }));
const blob = (places: Place[], from: Blob | null = null): Blob => ({ mover: newMover(0, false), picture: PICTURE, from, places, count: places.length, largest: (places.at(-1) as Place).box, seenAt: (places.at(-1) as Place).at });

function tell(frames: readonly SeenFrame[]): string[] {
  const follower = createFollower({ trigger: 'continuous', reorderMs: 0 });
  return buildPasses([...frames.flatMap((f) => follower.add(f)), ...follower.flush()], { cameraId: 'baleli-in-1', direction: 'in', processedAt: 0 }).map((p) => (p.outcome === 'no-plate' ? 'no plate' : p.rawText)).toSorted();
}

/** Two that go by each other: where their boxes touch the camera sees one movement. `plate`: the first shows its own. */
function meeting(gap: number, plate: boolean): SeenFrame[] {
  return Array.from({ length: 25 }, (_, i) => {
    const t = i / 5, down = box(500, 20 + 190 * t, 320, 220), up = box(820 + gap, 840 - 190 * t, 320, 220), touching = gap < 40 && Math.abs(down.y - up.y) < 240;
    const reads = plate && down.y + 250 < 1080 ? [read('LEC138447', { x: 630, y: down.y + 170, width: 70 })] : [];
    return { ...frameAt(t, [], touching ? [around([down, up])] : [down, up]), reads };
  });
}

describe('two vehicles that go by each other', () => {
  it('are two passes, however near: one with its plate, one without', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 200 }), (gap) => {
      expect(tell(meeting(gap, true))).toEqual(['LEC138447', 'no plate']);
    }), { numRuns: 40, seed: 6 });
  });

  it('are two passes when neither has a plate', () => {
    expect(tell(meeting(10, false))).toEqual(['no plate', 'no plate']);
  });
});

describe('movements beside each other', () => {
  const left = way((t) => box(400 - 20 * t, 100 + 120 * t, 60 + 20 * t, 60 + 20 * t)), right = way((t) => box(560 + 20 * t, 100 + 120 * t, 60 + 20 * t, 60 + 20 * t));

  it('are the lamps of one vehicle when they go alike and near', () => {
    expect(areSideBySide(left, right)).toBe(true);
    expect(areSideBySide(left, way((t) => box(1500, 100 + 120 * t, 60, 60)))).toBe(false);
    expect(areSideBySide(left, way((t) => box(560, 500 - 120 * t, 60, 60)))).toBe(false);
  });

  it('of which nothing was seen at one time are two', () => {
    expect(areSideBySide(left, way((t) => box(400, 100 + 120 * t, 60, 60), 12, 9000))).toBe(false);
  });
});

describe('a movement that begins beside another', () => {
  const from = blob(way((t) => box(600, 100 + 150 * t, 300, 240)));

  it('is a part of it when it goes with it', () => expect(isApart(blob(way((t) => box(640, 160 + 150 * t, 100, 80)), from), from)).toBe(false));
  it('is another vehicle when it goes the other way', () => expect(isApart(blob(way((t) => box(640, 600 - 150 * t, 300, 240)), from), from)).toBe(true));
  it('is another vehicle when it begins far behind', () => expect(isApart(blob(way((t) => box(600, 40 + 120 * t, 200, 160), 12, 3000), from), from)).toBe(true));

  it('came into view at the edge or afar, or in the midst of it', () => {
    expect([box(0, 300, 200, 200), box(700, 300, 40, 40), box(700, 300, 200, 200)].map((b) => isMidView(b, PICTURE))).toEqual([false, false, true]);
  });
});

describe('a plate that was seen in several movements', () => {
  const seen = (within: number, of: number): ReturnType<typeof newMover> => {
    const mover = newMover(0, false);
    for (let i = 0; i < of; i += 1) sawPlate(mover, 7, i < within);
    return mover;
  };

  it('is that one\'s in which it was most', () => {
    const own = seen(9, 10), met = seen(4, 6), passing = seen(2, 10);
    expect([own, met, passing].map((m) => isPlates(m, [own, met, passing]))).toEqual([true, false, false]);
  });

  it('belongs to the whole of what was joined, and joining twice changes nothing', () => {
    const part = newMover(0, false), own = seen(3, 3);
    join(part, own);
    join(part, whole(own));
    expect(whole(own)).toBe(part);
    expect(isPlates(part, [part])).toBe(true);
  });
});

describe('the trail of a plate', () => {
  const holdsIt = (plate: PlateBox, place: PlateBox): boolean => Math.abs(plate.x - place.x) < 30 && Math.abs(plate.y - place.y) < 30;
  const trails = (): PlateTrails => {
    const made = new PlateTrails();
    for (let i = 0; i < 6; i += 1) made.take(i * 200, [{ track: 1, box: box(500, 300 + 20 * i, 80, 40) }]);
    return made;
  };

  it('goes on for a second and a half before and after, and no longer', () => {
    expect(trails().share([{ at: 500, box: box(500, 350, 80, 40) }, { at: 1400, box: box(500, 440, 80, 40) }, { at: -200, box: box(500, 280, 80, 40) }], holdsIt)).toBe(1);
    expect(trails().share([{ at: 4000, box: box(500, 700, 80, 40) }], holdsIt)).toBe(0);
  });

  it('is forgotten after half a minute', () => {
    const made = trails();
    made.take(60_000, []);
    expect(made.share([{ at: 500, box: box(500, 350, 80, 40) }], holdsIt)).toBe(0);
  });
});
