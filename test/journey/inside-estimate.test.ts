import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateInside, survival, type InsideEvidence } from '../../src/journey/inside-estimate.ts';

const HOUR = 3_600_000, DAY = 24 * HOUR;

/** mulberry32: the same numbers in every run. */
function drawn(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Traffic { readonly seed: number; readonly entries: number; readonly days: number; readonly missed: number; readonly misread: number; readonly returning: number }

/** Vehicles that come in all the time; most cross in an hour, some stay the day, a few for weeks. What cameras make of it, and how many are inside at the end. */
function traffic({ seed, entries, days, missed, misread, returning }: Traffic): { readonly inside: number; readonly evidence: InsideEvidence } {
  const random = drawn(seed), end = days * DAY;
  const open: number[] = [], closedDwells: number[] = [], unseenExits: number[] = [];
  let inside = 0, followedSeen = 0, followedMissed = 0, exitsSeen = 0, withoutEntry = 0;
  const dwellOf = (): number => {
    const kind = random(), spread = -Math.log(1 - random());
    return kind < 0.6 ? 0.7 * HOUR + spread * 0.4 * HOUR : kind < 0.95 ? 6 * HOUR + spread * 2 * HOUR : 2 * DAY + spread * 6 * DAY;
  };
  for (let i = 0; i < entries; i++) {
    const at = random() * end, dwell = dwellOf(), left = at + dwell < end;
    const entryCaptured = random() >= missed, entryRight = random() >= misread, exitCaptured = random() >= missed, exitRight = random() >= misread;
    const cameAgain = left && random() < returning * Math.min(1, (end - at - dwell) / DAY);
    if (!left) inside++;
    if (entryCaptured && !entryRight) open.push(end - at);
    if (left && exitCaptured) {
      exitsSeen++;
      if (!exitRight || !entryCaptured || !entryRight) withoutEntry++;
    }
    if (!entryCaptured || !entryRight) continue;
    const exitSeen = left && exitCaptured && exitRight;
    if (exitSeen) closedDwells.push(dwell);
    else if (cameAgain) unseenExits.push(end - at);
    else open.push(end - at);
    if (!cameAgain) continue;
    if (exitSeen) followedSeen++;
    else followedMissed++;
  }
  return { inside, evidence: { open, closedDwells, unseenExits, followed: { seen: followedSeen, missed: followedMissed }, exits: { seen: exitsSeen, withoutEntry } } };
}

describe('how many are inside', () => {
  it.each([1, 2, 3])('is known within 2 % where exits are missed and marks misread, when the plain count is far off (seed %i)', (seed) => {
    const { inside, evidence } = traffic({ seed, entries: 200_000, days: 4, missed: 0.02, misread: 0.02, returning: 0.6 });
    const { plain, estimate, missRate, misreadRate, weightOf } = estimateInside(evidence);
    expect(Math.abs(estimate - inside) / inside).toBeLessThan(0.02);
    expect(plain / inside).toBeGreaterThan(1.15);
    const byAge = evidence.open.reduce<number>((sum, ms) => sum + weightOf(ms as number), 0);
    expect(Math.abs(byAge - estimate) / estimate).toBeLessThan(0.02);
    expect(missRate).toBeCloseTo(0.04, 2);
    expect(misreadRate).toBeCloseTo(0.02, 2);
  });

  it('is the plain count where nothing is missed', () => {
    const { inside, evidence } = traffic({ seed: 7, entries: 20_000, days: 10, missed: 0, misread: 0, returning: 0.5 });
    const result = estimateInside(evidence);
    expect(result.plain).toBe(inside);
    expect(result.estimate).toBeCloseTo(inside, 6);
  });

  it('does not grow with what lies back: an open journey older than any stay counts for next to nothing', () => {
    const { evidence } = traffic({ seed: 8, entries: 100_000, days: 28, missed: 0.03, misread: 0.01, returning: 0.6 });
    const { weightOf } = estimateInside({ ...evidence, closedDwells: evidence.closedDwells.filter((d) => typeof d === 'number' && d < 20 * HOUR) });
    expect(weightOf(HOUR / 2)).toBeGreaterThan(0.95);
    expect(weightOf(20 * DAY)).toBeLessThan(weightOf(HOUR / 2) / 2);
  });

  it('of nothing is nothing, and of open journeys alone all of them', () => {
    const nothing: InsideEvidence = { open: [], closedDwells: [], followed: { seen: 0, missed: 0 }, exits: { seen: 0, withoutEntry: 0 } };
    expect(estimateInside(nothing)).toMatchObject({ plain: 0, estimate: 0 });
    expect(estimateInside({ ...nothing, open: [HOUR, { ms: 2 * HOUR, count: 3 }] })).toMatchObject({ plain: 4, estimate: 4 });
  });

  const durations = fc.array(fc.integer({ min: 0, max: 30 * DAY }), { maxLength: 40 });
  const evidence = fc.record({ open: durations, closedDwells: durations, unseenExits: durations, followed: fc.record({ seen: fc.nat(50), missed: fc.nat(50) }), seen: fc.nat(50), orphans: fc.nat(50) })
    .map(({ seen, orphans, ...rest }): InsideEvidence => ({ ...rest, exits: { seen: seen + orphans, withoutEntry: orphans } }));

  it('is a number from 0 to a bound, whatever was seen; and counts given one by one or together are the same', () => {
    fc.assert(fc.property(evidence, (seen) => {
      const { estimate, uncapturedRate } = estimateInside(seen), together = estimateInside({ ...seen, open: seen.open.map((ms) => ({ ms: ms as number, count: 1 })) });
      expect(Number.isFinite(estimate)).toBe(true);
      expect(estimate).toBeGreaterThanOrEqual(0);
      expect(together.estimate).toBeCloseTo(estimate, 6);
      expect(estimate).toBeLessThanOrEqual((seen.open.length + (seen.unseenExits?.length ?? 0)) / (1 - uncapturedRate) + 1e-9);
    }));
  });

  it('never counts an older journey for more than a younger one where none came in again', () => {
    fc.assert(fc.property(evidence, fc.integer({ min: 0, max: 30 * DAY }), fc.integer({ min: 0, max: 30 * DAY }), (seen, a, b) => {
      const { weightOf } = estimateInside({ ...seen, unseenExits: [] });
      expect(weightOf(Math.max(a, b))).toBeLessThanOrEqual(weightOf(Math.min(a, b)) + 1e-9);
    }));
  });
});

describe('survival', () => {
  it('is the share that lasts longer where nobody is lost from sight', () => {
    const lasts = survival([1, 2, 3, 4].map((ms) => ({ ms, count: 1 })), []);
    expect([0, 1, 2.5, 4, 9].map(lasts)).toEqual([1, 0.75, 0.5, 0, 0]);
  });

  it('counts the censored as long as they were seen (Kaplan and Meier 1958, the example of their table)', () => {
    // Deaths at 0.8, 3.1, 5.4, 9.2; losses at 1.0, 2.7, 7.0, 12.1.
    const lasts = survival([0.8, 3.1, 5.4, 9.2].map((ms) => ({ ms, count: 1 })), [1, 2.7, 7, 12.1].map((ms) => ({ ms, count: 1 })));
    expect([0.8, 3.1, 5.4, 9.2].map((t) => Number(lasts(t).toFixed(3)))).toEqual([0.875, 0.7, 0.525, 0.263]);
  });
});
