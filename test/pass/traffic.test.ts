import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPasses } from '../../src/pass/build.ts';
import { createFollower, type FollowOptions } from '../../src/pass/follow.ts';
import type { SeenFrame, Track } from '../../src/pass/observation.ts';
import { passId } from '../../src/pass/pass-id.ts';
import { HARD, SIMPLE, traffic } from './traffic-kinds.ts';
import { filmed, frameAt, type Scene } from './traffic-scene.ts';
import { read } from './reads.ts';

const STREAM: FollowOptions = { trigger: 'continuous', reorderMs: 0 };
const CONTEXT = { cameraId: 'baleli-in-1', direction: 'in', processedAt: 0 } as const;

function sceneOf(kind: string, seed: number): Scene {
  const { vehicles, setting } = traffic(kind, seed);
  return filmed(vehicles, setting, seed);
}

function follow(frames: readonly SeenFrame[], options: FollowOptions = STREAM): Track[] {
  const follower = createFollower(options);
  return [...frames.flatMap((f) => follower.add(f)), ...follower.flush()];
}

/** How many passes each vehicle that was seen got, by the reads in them. */
function passesOfVehicles({ frames, vehicleOf, seen }: Scene): number[] {
  const got = new Map([...seen].map((v) => [v, 0]));
  for (const track of follow(frames)) {
    const votes = new Map<unknown, number>();
    for (const { read: said } of track.observations) votes.set(vehicleOf.get(said), (votes.get(vehicleOf.get(said)) ?? 0) + 1);
    const [most] = [...votes].toSorted((a, b) => b[1] - a[1])[0] as [never, number];
    got.set(most, (got.get(most) ?? 0) + 1);
  }
  return [...got.values()];
}

const seed = fc.integer({ min: 1, max: 1e6 });
const anyKind = fc.constantFrom(...Object.keys(SIMPLE), ...Object.keys(HARD));

describe('one vehicle, one pass', () => {
  it.each(Object.keys(SIMPLE))('always: %s', (kind) => {
    fc.assert(fc.property(seed, (n) => {
      for (const passes of passesOfVehicles(sceneOf(kind, n))) expect(passes).toBe(1);
    }), { numRuns: 25, seed: 7 });
  });

  it.each(Object.keys(HARD))('within one of a hundred: %s', (kind) => {
    const counts = Array.from({ length: 12 }, (_, n) => passesOfVehicles(sceneOf(kind, n + 1))).flat();
    const perVehicle = counts.reduce((a, b) => a + b) / counts.length;
    expect(perVehicle).toBeGreaterThanOrEqual(0.99);
    expect(perVehicle).toBeLessThanOrEqual(1.01);
    // Nor does one that is counted twice make up for one that is missed.
    expect(counts.filter((n) => n !== 1).length / counts.length).toBeLessThanOrEqual(0.015);
  });
});

describe('a provisional pass', () => {
  const told = (frames: readonly SeenFrame[]) => {
    const follower = createFollower(STREAM), provisional: string[] = [], withdrawn: string[] = [], final: string[] = [], wantedNow: ReadonlySet<string>[] = [];
    const idOf = (o: { frame: SeenFrame; order: number }): string => passId(CONTEXT.cameraId, o.frame.capturedAt, o.order);
    const evidence: string[] = [];
    const finish = (tracks: readonly Track[], added?: SeenFrame): void => {
      const passes = buildPasses(tracks, CONTEXT);
      final.push(...passes.map((p) => p.id));
      evidence.push(...passes.map((p) => p.evidence?.sha256 ?? '').filter((sha256) => sha256 !== added?.evidence.sha256));
    };
    for (const frame of frames) {
      finish(follower.add(frame), frame);
      provisional.push(...buildPasses(follower.provisional(), CONTEXT).map((p) => p.id));
      withdrawn.push(...follower.withdrawn().map(idOf));
      wantedNow.push(follower.wanted());
    }
    finish(follower.flush());
    withdrawn.push(...follower.withdrawn().map(idOf));
    return { provisional, withdrawn, final, evidence, wantedNow };
  };

  it('comes once, and has the id of the final one, unless it was withdrawn', () => {
    fc.assert(fc.property(anyKind, seed, (kind, n) => {
      const { provisional, withdrawn, final } = told(sceneOf(kind, n).frames);
      expect(new Set(provisional).size).toBe(provisional.length);
      expect(provisional.filter((id) => !final.includes(id)).toSorted()).toEqual(withdrawn.toSorted());
      expect(withdrawn.filter((id) => final.includes(id))).toEqual([]);
    }), { numRuns: 25 });
  });

  it('is seldom withdrawn', () => {
    const all = Object.keys(HARD).flatMap((kind) => [1, 2, 3].map((n) => told(sceneOf(kind, n).frames)));
    const count = (of: 'provisional' | 'withdrawn'): number => all.reduce((sum, one) => sum + one[of].length, 0);
    // Half of the vehicles with two plates have both read for sure before it shows that they are one.
    expect(count('withdrawn') / count('provisional')).toBeLessThan(0.05);
  });

  it('comes with the first sure read, and says what the vote said then', () => {
    const follower = createFollower(STREAM), at = (s: number, text: string, confidence: number): SeenFrame => frameAt(s, [read(text, { confidence, y: 300 + 100 * s })]);
    follower.add(at(0, 'LEC138441', 0.4));
    expect(follower.provisional()).toEqual([]);
    follower.add(at(0.2, 'LEC138447', 0.9));
    const [track, ...others] = follower.provisional();
    expect(others).toEqual([]);
    expect(track?.first?.frame.capturedAt).toBe(at(0.2, '', 1).capturedAt);
    follower.add(at(0.4, 'LEC138447', 0.95));
    expect(follower.provisional()).toEqual([]);
    expect(buildPasses(follower.flush(), CONTEXT)[0]).toMatchObject({ capturedAt: track?.first?.frame.capturedAt, rawText: 'LEC138447', readCount: 3 });
  });

  it('waits for a mark, however sure a read is of something else', () => {
    const follower = createFollower(STREAM);
    follower.add(frameAt(0, [read('APPLIEDFOR')]));
    expect(follower.provisional()).toEqual([]);
  });

  it('keeps its first read though memory lets go of it', () => {
    const follower = createFollower({ ...STREAM, maxTrackMs: 3_600_000 }), first = frameAt(0, [read('LEC138447', { confidence: 0.61, width: 40 })]);
    follower.add(first);
    for (let i = 1; i < 200; i += 1) follower.add(frameAt(i / 5, [read('LEC138447', { width: 40 + i / 4 })]));
    expect(follower.heldFrames()).toContain(first.evidence.sha256);
    const [track] = follower.flush();
    expect(track?.observations.map((o) => o.frame)).not.toContain(first);
    expect(track?.first?.frame).toBe(first);
  });

  it('never takes a frame for evidence that was not wanted all along', () => {
    fc.assert(fc.property(anyKind, seed, (kind, n) => {
      const { frames } = sceneOf(kind, n), { evidence, wantedNow } = told(frames);
      for (const sha256 of evidence) {
        const added = frames.findIndex((f) => f.evidence.sha256 === sha256), held = wantedNow.slice(added).map((w) => w.has(sha256));
        // Named from its own frame on, and once let go never again.
        expect(held.join(' ')).toMatch(/^true( true)*( false)*$/);
      }
    }), { numRuns: 20 });
  });

  it('needs few frames kept', () => {
    const most = Object.keys(HARD).map((kind) => {
      const { wantedNow } = told(sceneOf(kind, 3).frames);
      return Math.max(...wantedNow.map((w) => w.size));
    });
    // Twelve vehicles in view, four texts each at the most.
    expect(Math.max(...most)).toBeLessThanOrEqual(48);
  });
});

describe('any order of arrival', () => {
  it('within the time for it gives the same vehicles', () => {
    const outline = (tracks: readonly Track[]): string[] => tracks.map((t) => JSON.stringify([t.firstAt, t.lastAt, t.movement, t.first?.order, t.observations.map((o) => [o.frame.capturedAt, o.read.text])])).toSorted();
    const orders = fc.tuple(anyKind, seed).chain(([kind, n]) => {
      const frames = sceneOf(kind, n).frames.slice(0, 150);
      return fc.tuple(fc.constant(frames), fc.array(fc.double({ min: 0, max: 900, noNaN: true }), { minLength: frames.length, maxLength: frames.length }));
    });
    fc.assert(fc.property(orders, ([frames, late]) => {
      const arriving = frames.map((frame, i) => ({ frame, at: frame.capturedAt + (late[i] as number) })).toSorted((a, b) => a.at - b.at).map(({ frame }) => frame);
      expect(outline(follow(arriving, { trigger: 'continuous' }))).toEqual(outline(follow(frames, { trigger: 'continuous' })));
    }), { numRuns: 25 });
  });
});

describe('a vehicle that is parked for hours', () => {
  it('is one pass, and needs no more memory for the ten thousandth frame than for the hundredth', () => {
    const follower = createFollower(STREAM);
    const said = ['LEC138447', 'LEC138447', 'LEC138441', 'LEC138447', 'LE138447'].flatMap((text, i) => [0, 1, 2].map((n) => read(text, { x: 800 + i, y: 600 + n, confidence: 0.7 + n / 10 })));
    let given = 0, held = 0;
    for (let i = 0; i < 10_000; i += 1) {
      given += follower.add(frameAt(2 * i, [said[(i * 7) % said.length]!])).length;
      held = Math.max(held, follower.heldFrames().size);
    }
    expect([given, follower.flush().length]).toEqual([1, 0]);
    expect(held).toBeLessThanOrEqual(40);
  });
});
