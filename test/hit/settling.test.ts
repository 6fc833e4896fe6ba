import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Hit } from '../../src/hit/hit.ts';
import { isSighting, Settling } from '../../src/hit/settling.ts';
import type { NewHitEvent } from '../../src/store/hit-events.ts';
import { aHit, COOLDOWN, type HitGiven } from '../support/hits.ts';
import { anEntry, MINUTE, MORNING } from '../support/passes.ts';

/** A store in memory: what one transaction after the other would leave. */
class Book {
  readonly hits = new Map<string, Hit>();
  readonly sightings = new Map<string, string>();
  readonly events: NewHitEvent[] = [];

  settle(work: (settling: Settling) => void, at = MORNING): NewHitEvent[] {
    const settling = new Settling({ hits: [...this.hits.values()], sightings: this.sightings }, { at, cooldownMs: () => COOLDOWN, headsUp: () => [] });
    work(settling);
    for (const hit of settling.changed) this.hits.set(hit.id, hit);
    for (const { detail, hitId } of settling.events) if (detail.sighting !== undefined) this.sightings.set(detail.sighting, hitId);
    this.events.push(...settling.events);
    return settling.events;
  }

  raise(...hits: readonly Hit[]): NewHitEvent[] {
    return hits.flatMap((hit) => this.settle((s) => s.raise(hit)));
  }

  deliver(): void {
    for (const [id, hit] of this.hits) this.hits.set(id, { ...hit, deliveredAt: hit.deliveredAt ?? hit.at });
  }

  change(id: string, change: Partial<Hit>): void {
    this.hits.set(id, { ...(this.hits.get(id) as Hit), ...change });
  }
}

const seen = (minute: number, given: HitGiven = {}): Hit => aHit({ capturedAt: MORNING + minute * MINUTE, ...given });
/** As the reader found it, with what the entry says against it. */
const doubtful = (minute: number): Hit => seen(minute, { match: { mayStop: false, contradictions: ['The entry says black, the camera saw white.'] } });
const kinds = (events: readonly NewHitEvent[]): [string, boolean][] => events.map((e) => [e.kind, e.ring]);

describe('a vehicle that was let go', () => {
  test('does not hide the listed one that comes after it under the same mark', () => {
    const book = new Book(), [first] = [doubtful(0)];
    book.raise(first);
    book.deliver();
    book.change(first.id, { status: 'rejected', rejectReason: 'wrong-vehicle' });
    expect(kinds(book.raise(doubtful(3)))).toEqual([['repeated', false]]);
    expect(kinds(book.raise(seen(5)))).toEqual([['raised', true]]);
    expect(book.hits.size).toBe(2);
  });

  test('while nobody has decided makes one hit with it, which rings again as "stop"', () => {
    const book = new Book(), first = doubtful(0);
    book.raise(first);
    book.deliver();
    const [event] = book.raise(seen(5));
    expect(event).toMatchObject({ kind: 'repeated', ring: true, detail: { message: 'It was shown as "check" and is now "stop".', count: 2 } });
    expect(book.hits.get(first.id)).toMatchObject({ action: 'stop', contradictions: [], count: 2 });
    expect(kinds(book.raise(doubtful(6), seen(7)))).toEqual([['repeated', false], ['repeated', false]]);
    expect(book.hits.get(first.id)?.action).toBe('stop');
  });

  test('is another than one whose jurisdiction was read and differs', () => {
    const entry = anEntry({ mark: 'AAR-540' });
    const quetta = seen(0, { entry, plate: 'BA:AAR-540' }), karachi = seen(1, { entry, plate: 'SD:AAR-540' }), unread = seen(2, { entry, plate: 'AAR-540' });
    expect([isSighting(quetta, karachi, COOLDOWN), isSighting(quetta, unread, COOLDOWN)]).toEqual([false, true]);
  });
});

describe('a late hit', () => {
  const late = seen(0, { at: MORNING + 5 * MINUTE });

  test('rings as live when its vehicle is seen live', () => {
    const book = new Book();
    expect(kinds(book.raise(late))).toEqual([['raised', false]]);
    book.deliver();
    expect(kinds(book.raise(seen(6)))).toEqual([['repeated', true]]);
    expect(book.hits.get(late.id)).toMatchObject({ late: false, count: 2, escalateAt: seen(6).escalateAt });
  });

  test('never makes another ring, nor does it ring by being seen again late', () => {
    const book = new Book();
    expect(kinds(book.raise(seen(3), late))).toEqual([['raised', true], ['repeated', false]]);
    const other = new Book();
    expect(kinds(other.raise(late, seen(2, { at: MORNING + 9 * MINUTE })))).toEqual([['raised', false], ['repeated', false]]);
  });
});

describe('a sighting counted into a hit', () => {
  const provisional = seen(0, { frame: 'f1' }), second = seen(4, { frame: 'f2' }), secondPass = seen(4);

  test('in view stays one hit when its pass is finished, and is counted once', () => {
    const book = new Book();
    book.raise(seen(0), second);
    expect(kinds(book.settle((s) => s.confirm(second.id, secondPass)))).toEqual([['repeated', false]]);
    expect(book.settle((s) => s.confirm(second.id, secondPass))).toEqual([]);
    expect(book.raise(secondPass)).toEqual([]);
    expect([...book.hits.values()]).toEqual([expect.objectContaining({ count: 2, latestPassId: secondPass.passId, passId: seen(0).passId })]);
  });

  test('leaves the hit as it is when its own pass does not bear it out', () => {
    const book = new Book();
    book.raise(seen(0), second);
    expect(book.settle((s) => s.withdraw(second.id, 'No.'))).toEqual([]);
    expect([...book.hits.values()].map((h) => h.status)).toEqual(['confirmed']);
  });

  test('is raised on its own when the hit that it was counted into is withdrawn: nobody knows of it else', () => {
    const book = new Book();
    book.raise(provisional, second);
    book.settle((s) => s.withdraw(provisional.id, 'The vote says LEC-13-8441.'));
    expect(kinds(book.settle((s) => s.confirm(second.id, secondPass)))).toEqual([['raised', true]]);
    expect([...book.hits.values()].map((h) => [h.status, h.passId])).toEqual([['withdrawn', null], ['confirmed', secondPass.passId]]);
    expect(book.settle((s) => s.confirm(second.id, secondPass))).toEqual([]);
  });

  test('of a finished pass bears the hit out before its own pass does', () => {
    const book = new Book(), other = seen(1, { cameraId: 'baleli-in-2' });
    book.raise(provisional);
    expect(kinds(book.raise(other))).toEqual([['repeated', true], ['confirmed', false]]);
    expect(book.settle((s) => s.withdraw(provisional.id, 'No.'))).toEqual([]);
    expect(book.hits.get(provisional.id)).toMatchObject({ status: 'confirmed', passId: other.passId, count: 2 });
  });
});

describe('whatever comes, in whatever order', () => {
  interface Vehicle { readonly late: boolean; readonly plate: string; readonly siteId: string | null; readonly list: string; readonly doubt: boolean; readonly minute: number }
  const vehicle: fc.Arbitrary<Vehicle> = fc.record({
    minute: fc.integer({ min: 0, max: 60 }), late: fc.boolean(), plate: fc.constantFrom('LEC-13-8447', 'LEC-8447'),
    siteId: fc.constantFrom('baleli', 'sariab', null), list: fc.constantFrom('stolen', 'tax'), doubt: fc.boolean(),
  });
  const hitOfVehicle = ({ minute, late, doubt, list, ...given }: Vehicle, frame: string | null): Hit => seen(minute, {
    ...given, ...(frame !== null && { frame }), entry: anEntry({ list }), match: { mayStop: !doubt }, ...(late && { at: MORNING + (minute + 9) * MINUTE }),
  });
  /** What happens to six vehicles that come at different minutes, in any order and any number of times. */
  const story = fc.record({
    vehicles: fc.uniqueArray(vehicle, { minLength: 1, maxLength: 6, selector: (v) => v.minute }),
    steps: fc.array(fc.record({ kind: fc.constantFrom('pass', 'frame', 'confirm', 'withdraw', 'deliver'), of: fc.nat(5) }), { maxLength: 16 }),
  }).map(({ vehicles, steps }) => steps.map(({ kind, of }) => ({ kind, vehicle: vehicles[of % vehicles.length] as Vehicle })));
  interface Step { readonly kind: string; readonly vehicle: Vehicle }
  const passAt = (s: Step): Hit => hitOfVehicle(s.vehicle, null);
  const frameAt = (s: Step): Hit => hitOfVehicle(s.vehicle, `f${s.vehicle.minute}`);
  const run = (book: Book, s: Step): void => {
    if (s.kind === 'deliver') book.deliver();
    else if (s.kind === 'confirm') book.settle((settling) => settling.confirm(frameAt(s).id, passAt(s)));
    else if (s.kind === 'withdraw') book.settle((settling) => settling.withdraw(frameAt(s).id, 'No.'));
    else book.raise(s.kind === 'pass' ? passAt(s) : frameAt(s));
  };

  test('the same again changes nothing', () => {
    fc.assert(fc.property(story, (steps) => {
      const book = new Book();
      for (const s of steps) {
        run(book, s);
        if (s.kind === 'pass' || s.kind === 'confirm') {
          const before = [...book.hits.entries()];
          expect([(run(book, s), book.events.length), [...book.hits.entries()]]).toEqual([book.events.length, before]);
        }
      }
    }));
  });

  test('every live pass belongs to a hit that rang', () => {
    fc.assert(fc.property(story, (steps) => {
      const book = new Book();
      for (const s of steps) run(book, s);
      for (const s of steps.filter((one) => one.kind === 'pass' && !one.vehicle.late)) {
        const pass = passAt(s), own = [...book.hits.values()].filter((h) => h.passId === pass.passId).map((h) => h.id);
        const ids = new Set([...own, book.sightings.get(pass.id)]);
        expect(book.events.some((e) => e.ring && ids.has(e.hitId))).toBe(true);
      }
    }));
  });

  test('counts add up: each hit has as many sightings as were raised into it', () => {
    fc.assert(fc.property(story, (steps) => {
      const book = new Book();
      for (const s of steps) run(book, s);
      for (const [id, hit] of book.hits) {
        const counts = book.events.filter((e) => e.hitId === id && e.detail.count !== undefined).map((e) => e.detail.count as number);
        expect(hit.count).toBe(Math.max(1, ...counts));
        expect(counts).toEqual(counts.toSorted((a, b) => a - b));
        expect(hit.firstSeenAt).toBeLessThanOrEqual(hit.lastSeenAt);
      }
    }));
  });

  test('sightings of one vehicle, each within the cooldown of one before it, are one hit', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -15, max: 15 }), { maxLength: 20 }), (gaps) => {
      const book = new Book(), minutes = [100];
      for (const gap of gaps) minutes.push((gap < 0 ? Math.min(...minutes) : Math.max(...minutes)) + gap);
      book.raise(...[...new Set(minutes)].map((minute) => seen(minute)));
      const [hit, ...more] = book.hits.values();
      expect(more).toEqual([]);
      expect(hit).toMatchObject({ count: new Set(minutes).size, firstSeenAt: MORNING + Math.min(...minutes) * MINUTE, lastSeenAt: MORNING + Math.max(...minutes) * MINUTE });
    }));
  });
});
