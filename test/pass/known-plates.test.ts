import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KnownPlates } from '../../src/pass/known-plates.ts';
import type { PlateBox } from '../../src/pass/pass.ts';
import { plateRead } from '../support/live-frames.ts';

const CAR: PlateBox = { x: 0, y: 0, width: 200, height: 120 };
const read = (text: string, confidence = 0.9, x = 80) => plateRead(text, { x, y: 60, width: 40, confidence });

/** Reads 200 ms apart, the last one at 0. */
const after = (...texts: (string | readonly [string, number])[]): KnownPlates => {
  const known = new KnownPlates();
  texts.forEach((given, i) => known.note([typeof given === 'string' ? read(given) : read(given[0], given[1])], 200 * (i + 1 - texts.length)));
  return known;
};

describe('a vehicle that moves', () => {
  it('is known once it was read surely three times, and is looked at again half a second later', () => {
    expect(after('LEA1234', 'LEA1234').isKnown(CAR, 200)).toBe(false);
    const known = after('LEA1234', 'LEA1234', 'LEA1234');
    expect([200, 400, 449, 450, 2000].map((at) => known.isKnown(CAR, at))).toEqual([true, true, true, false, false]);
  });

  it('is not known by reads in doubt, or that differ', () => {
    expect(after(['LEA1234', 0.5], ['LEA1234', 0.6], ['LEA1234', 0.7], ['LEA1234', 0.79]).isKnown(CAR, 200)).toBe(false);
    expect(after('LEA1234', 'LEA1284', 'LEA1234', 'LEA1284').isKnown(CAR, 200)).toBe(false);
  });

  it('is not known while another beside it is not', () => {
    const known = after('LEA1234', 'LEA1234', 'LEA1234');
    known.note([read('LEA1234'), read('BCX777', 0.9, 20)], 200);
    expect(known.isKnown(CAR, 300)).toBe(false);
    expect(known.isKnown({ x: 70, y: 40, width: 60, height: 60 }, 300)).toBe(true);
  });

  it('elsewhere in the view is not the known one', () => expect(after('LEA1234', 'LEA1234', 'LEA1234').isKnown({ x: 500, y: 60, width: 100, height: 80 }, 200)).toBe(false));

  it('that went is forgotten: one that comes with the same plate is read anew', () => {
    const known = after('LEA1234', 'LEA1234', 'LEA1234');
    known.note([read('LEA1234')], 2000);
    expect(known.isKnown(CAR, 2100)).toBe(false);
  });

  it('is looked for where it was read, for a second and a half', () => {
    const known = after('LEA1234');
    expect([known.placesBefore(1000).length, known.placesBefore(1600).length]).toEqual([1, 0]);
  });
});

it('of whatever was read and moves nothing unread is ever known', () => {
  const reads = fc.array(fc.tuple(fc.constantFrom('LEA1234', 'BCX777', 'QAA1'), fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 900 })), { maxLength: 40 });
  fc.assert(fc.property(reads, fc.integer({ min: 0, max: 1000 }), (given, x) => {
    const known = new KnownPlates(), box = { x, y: 0, width: 100, height: 120 };
    given.forEach(([text, confidence, at], i) => known.note([read(text, confidence, at)], 100 * i));
    if (known.isKnown(box, 100 * given.length)) expect(given.filter(([, confidence]) => confidence >= 0.8).length).toBeGreaterThanOrEqual(3);
  }));
});
