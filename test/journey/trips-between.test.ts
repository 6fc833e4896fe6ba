import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tripsBetween, type PlacedPass } from '../../src/journey/trips-between.ts';
import { compareMarks, markKey } from '../../src/plate/key.ts';
import { mark, MINUTE } from '../support/passes.ts';

let count = 0;
const at = (place: 'a' | 'b', minute: number, text = 'LEC-13-8447'): PlacedPass => {
  const read = mark(text);
  return { passId: `p${String(count++).padStart(4, '0')}`, key: markKey(read), mark: read, capturedAt: minute * MINUTE, place };
};
const hour = { withinMs: 60 * MINUTE, order: 'any' } as const;
const told = (passes: readonly PlacedPass[], rules: Parameters<typeof tripsBetween>[1] = hour) =>
  tripsBetween(passes, rules).map(({ earlier, later }) => `${earlier.place}${earlier.capturedAt / MINUTE} ${later.place}${later.capturedAt / MINUTE}`);

describe('trips between two places', () => {
  it('are told newest arrival first, both ways', () => expect(told([at('a', 0), at('b', 20), at('a', 50)])).toEqual(['b20 a50', 'a0 b20']));
  it('are told one way when asked so', () => expect(told([at('a', 0), at('b', 20), at('a', 50)], { ...hour, order: 'a-first' })).toEqual(['a0 b20']));
  it('are at most as long as asked, to the millisecond', () => {
    expect(told([at('a', 0), at('b', 60)])).toEqual(['a0 b60']);
    expect(told([at('a', 0), { ...at('b', 60), capturedAt: 60 * MINUTE + 1 }])).toEqual([]);
  });
  it('end once: a vehicle parked at the second place does not arrive again and again', () => expect(told([at('a', 0), at('b', 20), at('b', 21), at('b', 40)])).toEqual(['a0 b20']));
  it('begin at the last pass at the first place', () => expect(told([at('a', 0), at('a', 10), at('b', 20)])).toEqual(['a10 b20']));
  it('are of one vehicle: another year is another one, and stands in no other\'s way', () => {
    expect(told([at('a', 0), at('b', 10, 'LEC-14-8447')])).toEqual([]);
    expect(told([at('a', 0), at('b', 5, 'LEC-14-8447'), at('b', 10)])).toEqual(['a0 b10']);
  });
  it('say when a part that tells vehicles apart was unread', () => {
    expect(tripsBetween([at('a', 0), at('b', 10)], hour).map((t) => t.certain)).toEqual([true]);
    expect(tripsBetween([at('a', 0), at('b', 10, 'LEC-8447')], hour).map((t) => t.certain)).toEqual([false]);
  });
  it('of nobody are none', () => expect(told([])).toEqual([]));

  const anyPass = fc.record({ place: fc.constantFrom('a' as const, 'b' as const), minute: fc.nat(200), text: fc.constantFrom('LEC-13-8447', 'LEC-14-8447', 'LEC-8447', 'BCS-036') })
    .map(({ place, minute, text }) => at(place, minute, text));

  it('do not depend on the order in which the passes are given', () => {
    fc.assert(fc.property(fc.array(anyPass, { maxLength: 30 }), (passes) => {
      expect(told(passes.toReversed())).toEqual(told(passes));
    }));
  });

  it('hold what they promise', () => {
    fc.assert(fc.property(fc.array(anyPass, { maxLength: 30 }), (passes) => {
      const trips = tripsBetween(passes, hour);
      for (const { earlier, later } of trips) {
        expect(earlier.place).not.toBe(later.place);
        expect(compareMarks(earlier.mark, later.mark).same).toBe(true);
        expect(later.capturedAt - earlier.capturedAt).toBeGreaterThanOrEqual(0);
        expect(later.capturedAt - earlier.capturedAt).toBeLessThanOrEqual(hour.withinMs);
      }
      expect(new Set(trips.map((t) => t.later.passId)).size).toBe(trips.length);
    }));
  });
});
