import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPasses } from '../../src/pass/build.ts';
import { createFollower } from '../../src/pass/follow.ts';
import type { SeenFrame, Track } from '../../src/pass/observation.ts';
import type { PlateBox } from '../../src/pass/pass.ts';
import { read } from './reads.ts';
import { filmed, frameAt, gauss, HEIGHT, randomOf, WIDTH, type Driven, type Setting } from './traffic-scene.ts';

const CONTEXT = { cameraId: 'baleli-in-1', direction: 'in', processedAt: 0 } as const;
const SETTING: Setting = { fps: 5, focal: 2600, pole: 6, looksAt: 18, dropped: 0, misread: 0, jitter: 0.03, moving: true };
const NO_PLATE = { plates: [] } as const;

function follow(frames: readonly SeenFrame[]): Track[] {
  const follower = createFollower({ trigger: 'continuous', reorderMs: 0 });
  return [...frames.flatMap((f) => follower.add(f)), ...follower.flush()];
}

const tell = (frames: readonly SeenFrame[]): string[] => buildPasses(follow(frames), CONTEXT).map((p) => (p.outcome === 'no-plate' ? 'no plate' : p.rawText));
const coming = (text: string, when: number, speed: number, beside = 0, more: Partial<Driven> = {}): Driven => ({ text, from: when - 60 / speed, until: when, at: (t) => ({ ahead: (when - t) * speed, beside }), ...more });

/** Frames five times a second in which something moves. */
const moving = (seconds: number, of: (t: number) => readonly PlateBox[], from = 0): SeenFrame[] => Array.from({ length: Math.round(seconds * 5) }, (_, i) => frameAt(from + i / 5, [], of(i / 5)));
const box = (x: number, y: number, width: number, height: number): PlateBox => ({ x, y, width, height });

describe('a vehicle without a plate before a camera that films all the time', () => {
  it('is a pass, with the largest frame that shows it whole', () => {
    const frames = moving(4, (t) => [box(300 + 200 * t, 200 + 100 * t, 300 + 40 * t, 250 + 30 * t)]);
    const [pass, ...others] = buildPasses(follow(frames), CONTEXT);
    expect(others).toEqual([]);
    const whole = frames.filter((f) => (f.moving ?? []).every((b) => b.x + b.width < 0.99 * WIDTH && b.y + b.height < 0.99 * HEIGHT));
    expect(pass).toMatchObject({ outcome: 'no-plate', evidence: whole.at(-1)?.evidence, mark: null, plateBox: null });
  });

  it('is one pass at every speed at which it is seen large twice', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 3, max: 10, noNaN: true }), fc.constantFrom(-2, 0, 2), (seed, speed, beside) => {
      expect(tell(filmed([coming('', 12, speed, beside, NO_PLATE)], SETTING, seed).frames)).toEqual(['no plate']);
    }), { numRuns: 60, seed: 6 });
  });

  it('is told from those with a plate that go by in other lanes', () => {
    const scene = filmed([coming('LEC138447', 10, 8, -3), coming('', 14, 8, 3, NO_PLATE), coming('RIA4521', 22, 8, -3)], SETTING, 1);
    expect(tell(scene.frames).toSorted()).toEqual(['LEC138447', 'RIA4521', 'no plate']);
  });

  it('has its frame wanted for as long as it may be the picture', () => {
    const follower = createFollower({ trigger: 'continuous', reorderMs: 0 }), frames = moving(4, (t) => [box(300 + 200 * t, 200 + 60 * t, 300 + 40 * t, 250 + 30 * t)]);
    let most = 0;
    for (const f of frames) {
      follower.add(f);
      most = Math.max(most, follower.wanted().size);
    }
    expect(most).toBe(1);
    expect(follower.heldFrames()).toEqual(follower.wanted());
    const [pass] = buildPasses(follower.advance(frames.at(-1)!.capturedAt + 10_000), CONTEXT);
    expect(pass?.outcome).toBe('no-plate');
    expect(follower.wanted()).toEqual(new Set());
  });
});

describe('a vehicle with a plate', () => {
  it('is never a second pass for its movement, however well or badly its plate is read', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 3, max: 16, noNaN: true }), fc.double({ min: 0, max: 0.5, noNaN: true }), fc.boolean(), (seed, speed, dropped, unreadable) => {
      const { frames, seen } = filmed([coming('LEC138447', 12, speed, 0, { unreadable })], { ...SETTING, dropped }, seed);
      const told = tell(frames);
      // Of half as many plates without any text nobody can tell that they are one.
      if (!unreadable || dropped < 0.2) expect(told).toHaveLength(1);
      if (seen.size > 0) expect(told).not.toContain('no plate');
    }), { numRuns: 60, seed: 6 });
  });

  it('is one pass though its plate shows in one frame only', () => {
    const frames = moving(4, (t) => [box(300 + 200 * t, 200 + 60 * t, 300 + 40 * t, 250 + 30 * t)]);
    expect(tell(frames.map((f, i) => (i === 9 ? { ...f, reads: [read('LEC138447', { x: 750, y: 480, width: 70 })] } : f)))).toEqual(['LEC138447']);
  });

  it('that stops, and goes on without its plate being seen again, is one', () => {
    const first = moving(2, (t) => [box(200 + 200 * t, 200 + 100 * t, 350, 300)]).map((f, i) => (i === 5 ? { ...f, reads: [read('LEC138447', { x: 500, y: 450, width: 70 })] } : f));
    const standing = Array.from({ length: 30 }, (_, i) => frameAt(2 + 2 * i, [], []));
    const on = moving(3, (t) => [box(600 + 300 * t, 400 + 100 * t, 350, 300)], 62);
    expect(tell([...first, ...standing, ...on])).toEqual(['LEC138447']);
  });
});

describe('a vehicle without a plate that stops', () => {
  it('is one pass, also when it goes on a minute later', () => {
    const first = moving(3, (t) => [box(100 + 200 * t, 200 + 80 * t, 350, 300)]), standing = Array.from({ length: 30 }, (_, i) => frameAt(3 + 2 * i, [], []));
    const on = moving(4, (t) => [box(700 + 250 * t, 440 + 60 * t, 350, 300)], 63);
    expect(tell([...first, ...standing, ...on])).toEqual(['no plate']);
  });

  it('does not hide one that comes after it to the same place', () => {
    const stop = (from: number): SeenFrame[] => [...moving(4, (t) => [box(Math.max(0, 250 * t - 100), 300, 350, 300)], from), ...Array.from({ length: 4 }, (_, i) => frameAt(from + 4 + 2 * i, [], []))];
    const leave = (from: number): SeenFrame[] => moving(4, (t) => [box(900 + 300 * t, 300, Math.max(30, Math.min(350, WIDTH - 900 - 300 * t)), 300)], from);
    expect(tell([...stop(0), ...leave(20), ...stop(40), ...leave(60)])).toEqual(['no plate', 'no plate']);
  });
});

describe('what moves and is no vehicle', () => {
  const random = randomOf(5);

  it.each<[string, (t: number) => readonly PlateBox[]]>([
    ['a tree in the wind', (t) => [box(200 + 60 * Math.sin(4 * t), 100 + 20 * Math.sin(7 * t), 420, 380)]],
    ['rain', () => Array.from({ length: 30 }, () => box(WIDTH * random(), HEIGHT * random(), 12, 40))],
    ['a cloud, or lamps that go on', () => [box(0, 0, WIDTH, HEIGHT)]],
    ['a person', (t) => [box(100 + 150 * t, 300 + 5 * gauss(random), 170, 520)]],
    ['a bird', (t) => [box(100 + 300 * t, 200, 60, 40)]],
    ['something that flickers where it is', (t) => (Math.round(t * 5) % 2 === 0 ? [box(500, 300, 500, 400)] : [])],
    ['nothing', () => []],
  ])('%s is no pass', (_, of) => {
    expect(tell(moving(20, of))).toEqual([]);
  });

  it('is no pass however it moves to and fro', () => {
    fc.assert(fc.property(fc.integer(), (seed) => {
      const noise = randomOf(seed);
      expect(tell(moving(20, () => [box(700 + 50 * gauss(noise), 400 + 30 * gauss(noise), 400 + 60 * noise(), 300 + 60 * noise())]))).toEqual([]);
    }), { numRuns: 40, seed: 6 });
  });
});

describe('movement for a day', () => {
  it('needs no more memory in the end than in the beginning', () => {
    const follower = createFollower({ trigger: 'continuous', reorderMs: 0 });
    let held = 0;
    for (let i = 0; i < 6000; i += 1) {
      follower.add(frameAt(i / 5, [], [box(200 + 50 * Math.sin(i), 200, 500, 400), box((i * 40) % 1500, 600, 300, 200)]));
      held = Math.max(held, follower.heldFrames().size);
    }
    expect(held).toBeLessThanOrEqual(12);
  });

  it('frames without word of movement say nothing of vehicles', () => {
    expect(follow(Array.from({ length: 20 }, (_, i) => frameAt(i / 5, [])))).toEqual([]);
  });
});
