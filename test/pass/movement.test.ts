import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFollower } from '../../src/pass/follow.ts';
import { movementOf } from '../../src/pass/movement.ts';
import type { Place } from '../../src/pass/plate-motion.ts';
import { filmed, gauss, randomOf, type Driven } from './traffic-scene.ts';

const place = (at: number, x: number, y: number, width: number): Place => ({ at, box: { x, y, width, height: width / 2 } });
const places = (n: number, of: (i: number) => readonly [x: number, y: number, width: number]): Place[] => Array.from({ length: n }, (_, i) => place(200 * i, ...of(i)));

describe('the way a vehicle goes', () => {
  const coming = places(5, (i) => [800, 300 + 60 * i, 80 * 1.15 ** i]);

  it('is towards the camera when its plate grows and falls, and away when it is the other way round', () => {
    expect(movementOf(coming)).toBe('towards');
    expect(movementOf(coming.map(({ box }, i) => ({ at: -200 * i, box })).toReversed())).toBe('away');
  });

  it('is unknown of one place, of none, and of one time', () => {
    expect(movementOf([])).toBe('unknown');
    expect(movementOf(coming.slice(0, 1))).toBe('unknown');
    expect(movementOf(coming.map(({ box }) => ({ at: 0, box })))).toBe('unknown');
  });

  it('is told from two places that differ much, not from two that differ as boxes do', () => {
    expect(movementOf([place(0, 800, 300, 60), place(200, 800, 500, 110)])).toBe('towards');
    expect(movementOf([place(0, 800, 300, 100), place(200, 800, 310, 108)])).toBe('unknown');
  });

  it('is unknown of a vehicle that drives across, and of one that comes and goes back', () => {
    expect(movementOf(places(12, (i) => [200 + 120 * i, 500, 90]))).toBe('unknown');
    expect(movementOf(places(13, (i) => [800, 700 - 50 * Math.abs(6 - i), 120 - 8 * Math.abs(6 - i)]))).toBe('unknown');
  });

  it('is unknown when size and height say the opposite of each other', () => {
    expect(movementOf(places(8, (i) => [800, 700 - 40 * i, 80 * 1.1 ** i]))).toBe('unknown');
  });

  it('is not changed by a bad box', () => {
    expect(movementOf(coming.map((p, i) => (i === 3 ? place(p.at, 100, 50, 30) : p)))).toBe('towards');
  });

  it('of a plate that only trembles is unknown', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 48 }), (seed, n) => {
        const random = randomOf(seed);
        expect(movementOf(places(n, () => [800 + 5 * gauss(random), 500 + 5 * gauss(random), 100 * (1 + 0.03 * gauss(random))]))).toBe('unknown');
      }),
      { numRuns: 200 },
    );
  });
});

describe('vehicles filmed', () => {
  const SETTING = { fps: 8, focal: 4500, pole: 6, looksAt: 22, dropped: 0.1, misread: 0.02, jitter: 0.05 };

  it('from walking pace to 120 km/h go the way they do', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 2, max: 33, noNaN: true }), fc.boolean(), (seed, speed, away) => {
        const span = 60 / speed, vehicle: Driven = { text: 'LEC138447', from: 0, until: span, at: (t) => ({ ahead: away ? 10 + t * speed : 70 - t * speed, beside: 0 }) };
        const follower = createFollower({ trigger: 'continuous', reorderMs: 0 }), { frames } = filmed([vehicle], SETTING, seed);
        const ways = [...frames.flatMap((f) => follower.add(f)), ...follower.flush()].map((t) => (t.observations.length > 1 ? t.movement : null));
        // One read alone says nothing; whatever is said is right.
        for (const way of ways) expect([null, away ? 'away' : 'towards']).toContain(way);
      }),
      { numRuns: 60 },
    );
  });
});
