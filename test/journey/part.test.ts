import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOCKS_APART_MS, journeyId, journeysOfVehicle } from '../../src/journey/build.ts';
import type { Journey, JourneyOutline, Sighting } from '../../src/journey/journey.ts';
import { joinedOutline, JOURNEYS_AFTER, JOURNEYS_BEFORE, planPart, type Part, type StoredOutline } from '../../src/journey/part.ts';
import { profileOf, vehiclesOf, type Vehicle } from '../../src/journey/vehicles.ts';
import { entry, exit, inside, mark, MORNING, sighting } from './sightings.ts';

const vehicle = [...vehiclesOf([profileOf(mark())]).values()][0] as Vehicle;

const outline = (journey: Journey): JourneyOutline => {
  const { sightings, ...rest } = journey;
  return { ...rest, sightingCount: sightings.length };
};
const stored = (j: JourneyOutline): StoredOutline => ({ id: j.id, startedAt: j.startedAt, lastSeenAt: j.lastSeenAt, startsWithEntry: j.entry !== null && journeyId(j.key, j.entry.passId) === j.id, exitAt: j.exit?.capturedAt ?? null });

/** A store in memory that works as the database does: it reads and writes only what a plan names. Counts what it had to read. */
class KeptInParts {
  journeys: JourneyOutline[] = [];
  readonly seen: Sighting[] = [];
  read = 0;

  add(batch: readonly Sighting[]): Part | null {
    const added = batch.filter((s) => !this.seen.some((known) => known.passId === s.passId));
    if (added.length === 0) return null;
    this.seen.push(...added);
    const part = planPart(this.#around(added), added);
    if (part.kind === 'join') for (const { journeyId, sightings } of part.joined) this.#join(journeyId, sightings);
    else this.#rebuild(part, added);
    this.journeys.sort((a, b) => a.startedAt - b.startedAt || a.lastSeenAt - b.lastSeenAt || (a.exit?.capturedAt ?? 0) - (b.exit?.capturedAt ?? 0) || (a.id < b.id ? -1 : 1));
    return part;
  }

  #around(added: readonly Sighting[]): StoredOutline[] {
    const times = added.map((s) => s.capturedAt), first = Math.min(...times), last = Math.max(...times);
    const before = this.journeys.filter((j) => j.startedAt < first), between = this.journeys.filter((j) => j.startedAt >= first && j.startedAt <= last);
    return [...before.slice(-JOURNEYS_BEFORE), ...between, ...this.journeys.filter((j) => j.startedAt > last).slice(0, JOURNEYS_AFTER)].map(stored);
  }

  #join(journeyId: string, sightings: readonly Sighting[]): void {
    const more = joinedOutline(sightings), merged = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])].toSorted();
    this.journeys = this.journeys.map((j) => {
      if (j.id !== journeyId) return j;
      const lastSeenAt = Math.max(j.lastSeenAt, more.lastSeenAt), { inferredExit } = j;
      return {
        ...j, lastSeenAt, sightingCount: j.sightingCount + more.count, sites: merged(j.sites, more.sites), classes: merged(j.classes, more.classes),
        inferredExit: inferredExit && { ...inferredExit, from: lastSeenAt },
      };
    });
  }

  #rebuild(part: Part & { kind: 'rebuild' }, added: readonly Sighting[]): void {
    const within = (at: number): boolean => (part.from === null || at >= part.from) && (part.to === null || at < part.to);
    const sightings = part.stored ? this.seen.filter((s) => within(s.capturedAt)) : added;
    this.read += part.stored ? sightings.length : 0;
    if (!part.stored && this.seen.some((s) => within(s.capturedAt) && !added.includes(s))) throw new Error('a part that is said to be new has sightings already');
    this.journeys = [...this.journeys.filter((j) => !within(j.startedAt)), ...journeysOfVehicle(vehicle, sightings, part).map(outline)];
  }
}

const kept = (...batches: Sighting[][]): KeptInParts => {
  const store = new KeptInParts();
  for (const batch of batches) store.add(batch);
  return store;
};
const sorted = (journeys: readonly JourneyOutline[]): JourneyOutline[] => journeys.toSorted((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
const whole = (sightings: readonly Sighting[]): JourneyOutline[] => sorted(journeysOfVehicle(vehicle, sightings).map(outline));

/** Minutes in steps of half a minute, so that the limits of a crossing (1) and of clocks (2) are met, and ties are common. */
const anySighting = fc.tuple(
  fc.constantFrom(['baleli', 'in'] as const, ['baleli', 'out'] as const, ['baleli', 'unknown'] as const, ['lak-pass', 'out'] as const, ['lak-pass', 'in'] as const, ['sariab', 'unknown'] as const, ['airport-road', 'unknown'] as const),
  fc.oneof(fc.integer({ min: 0, max: 24 }).map((n) => n * 0.5), fc.integer({ min: 0, max: 400 })), fc.constantFrom('car', 'van', null),
).map(([[site, direction], minutes, vehicleClass]) => sighting(site, direction, minutes, { boundary: site === 'baleli' || site === 'lak-pass', vehicleClass }));
const anyDay = fc.uniqueArray(anySighting, { maxLength: 24, selector: (s) => s.passId });
const inBatches = anyDay.chain((day) => fc.tuple(fc.constant(day), fc.shuffledSubarray(day, { minLength: day.length }), fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 24, maxLength: 24 })));

function batchesOf(sightings: readonly Sighting[], sizes: readonly number[]): Sighting[][] {
  const batches: Sighting[][] = [];
  for (let at = 0, i = 0; at < sightings.length; at += sizes[i++] ?? 1) batches.push(sightings.slice(at, at + (sizes[i] ?? 1)));
  return batches;
}

describe('journeys kept in parts', () => {
  it('are the same as built whole, in any order of arrival and any batches', () => {
    fc.assert(fc.property(inBatches, ([day, shuffled, sizes]) => {
      expect(sorted(kept(...batchesOf(shuffled, sizes)).journeys)).toEqual(whole(day));
    }), { numRuns: 3000 });
  });

  it('are the same when passes come again', () => {
    fc.assert(fc.property(inBatches, ([day, shuffled, sizes]) => {
      expect(sorted(kept(...batchesOf(shuffled, sizes), shuffled, day).journeys)).toEqual(whole(day));
    }), { numRuns: 300 });
  });
});

describe('what a new sighting makes the store read', () => {
  /** In, seen inside, out: every day for a year. */
  const year = Array.from({ length: 365 }, (_, day) => [entry(day * 1440), inside(day * 1440 + 30), inside(day * 1440 + 60), exit(day * 1440 + 90)]).flat();

  it('is no more after a year than on the second day', () => {
    const store = kept(...year.map((s) => [s])), before = store.read;
    store.add([entry(365 * 1440)]);
    store.add([inside(365 * 1440 + 30)]);
    store.add([exit(365 * 1440 + 60)]);
    expect(store.read - before).toBeLessThanOrEqual(3);
    expect(before).toBeLessThanOrEqual(365 * 4);
  });

  it('is nothing for a sighting inside that follows or falls into a journey', () => {
    const store = kept(year);
    expect(store.add([inside(100 * 1440 + 45)])).toMatchObject({ kind: 'join' });
    expect(store.add([entry(400 * 1440), inside(400 * 1440 + 5)])).toMatchObject({ kind: 'rebuild', stored: false });
    expect(store.add([inside(400 * 1440 + 500)])).toMatchObject({ kind: 'join' });
  });

  it('is the journey that an exit ends, and no other', () => {
    const store = kept(year.slice(0, 4 * 30), [entry(30 * 1440), inside(30 * 1440 + 10)]), before = store.read;
    store.add([exit(30 * 1440 + 60)]);
    expect(store.read - before).toBe(3);
  });

  it('is, for a late one, the part up to the next entry with quiet before it', () => {
    const store = kept(year), before = store.read;
    expect(store.add([sighting('lak-pass', 'out', 200 * 1440 + 40)])).toMatchObject({ kind: 'rebuild', from: MORNING + 200 * 86_400_000, to: MORNING + 201 * 86_400_000 });
    expect(store.read - before).toBe(5);
  });

  it('an entry within clock difference of the sightings before it begins nothing afresh', () => {
    const tolerance = CLOCKS_APART_MS / 60_000;
    const store = kept([inside(0)], [entry(30)], [exit(60)]);
    expect(store.add([exit(30 - tolerance / 2)])).toMatchObject({ kind: 'rebuild', to: null });
    expect(sorted(store.journeys)).toEqual(whole(store.seen));
  });
});

describe('clocks that are apart', () => {
  const told = (sightings: Sighting[]): string[] => whole(sightings).map((j) => `${j.sightingCount}${j.entryMissing ? ' entry missing' : ''}${j.exitMissing ? ' exit missing' : ''}`);
  const limit = CLOCKS_APART_MS / 60_000;

  it('seen inside shortly before the entry is seen inside', () => {
    expect(told([inside(0), entry(limit), exit(60)])).toEqual(['3']);
    expect(told([inside(0), entry(limit + 0.01), exit(60)])).toEqual(['1 entry missing exit missing', '2']);
  });

  it('seen inside shortly after the exit is seen inside', () => {
    expect(told([entry(0), exit(60), inside(60 + limit)])).toEqual(['3']);
    expect(told([entry(0), exit(60), inside(60.01 + limit)])).toEqual(['2', '1 entry missing']);
  });

  it('another camera between two sights of one entry does not make two of it', () => {
    expect(told([entry(0), inside(0.3), entry(0.8, { cameraId: 'baleli-in-2' }), exit(60)])).toEqual(['4']);
  });
});

describe('an end that nobody saw lies in a window', () => {
  const windows = (sightings: Sighting[]): unknown[] => whole(sightings).map((j) => [j.inferredEntry, j.inferredExit]);
  const at = (minutes: number): number => MORNING + minutes * 60_000;

  it('of an entry: between the exit before it and the first sighting', () => {
    expect(windows([entry(0), exit(60), inside(300), exit(400)])).toEqual([[null, null], [{ from: at(60), to: at(300) }, null]]);
  });

  it('of an entry that nothing came before: open at its beginning', () => {
    expect(windows([exit(30)])).toEqual([[{ from: null, to: at(30) }, null]]);
  });

  it('of an exit: between the last sighting and the next entry', () => {
    expect(windows([entry(0), inside(20), entry(300)])).toEqual([[null, { from: at(20), to: at(300) }], [null, null]]);
  });
});

describe('how sure a journey is', () => {
  it('is the product of the confidences of its ends', () => {
    expect(whole([entry(0, { confidence: 0.9 }), inside(5, { confidence: 0.1 }), exit(60, { confidence: 0.8 })])[0]?.confidence).toBeCloseTo(0.72);
  });

  it('is that of its first sighting where it has no end', () => {
    expect(whole([inside(5, { confidence: 0.7 }), inside(9, { confidence: 0.1 })])[0]?.confidence).toBeCloseTo(0.7);
  });
});
