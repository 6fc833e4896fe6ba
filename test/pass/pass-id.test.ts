import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capturedAtOfPassId, passId } from '../../src/pass/pass-id.ts';

const time = fc.integer({ min: 0, max: 4e12 });
const sequence = fc.integer({ min: 0, max: 2 ** 31 - 1 });

describe('a pass id', () => {
  it('is the same for the same camera, time and sequence', () => {
    // Written out, because ids are stored: a program that computes another one would store every pass again.
    expect(passId('baleli-in-1', 1_793_000_000_000, 0)).toBe('0mvoxwmbk-56048e9350f7ca81');
    expect(passId('baleli-in-1', 1_793_000_000_000, 0)).toMatch(/^[0-9a-z]{9}-[0-9a-f]{16}$/);
  });

  it('differs when any of them differs', () => {
    const id = passId('baleli-in-1', 1000, 0);
    expect([passId('baleli-in-2', 1000, 0), passId('baleli-in-1', 1001, 0), passId('baleli-in-1', 1000, 1)]).not.toContain(id);
  });

  it('is not confused by separators in a camera id', () => {
    expect(passId('a,1', 1000, 0)).not.toBe(passId('a', 1000, 0));
    expect(passId('a"', 1000, 0)).not.toBe(passId('a\\"', 1000, 0));
  });

  it('carries the capture time', () => {
    fc.assert(
      fc.property(fc.string(), time, sequence, (camera, at, n) => {
        expect(capturedAtOfPassId(passId(camera, at, n))).toBe(at);
      }),
    );
  });

  it('sorts as the capture times do', () => {
    fc.assert(
      fc.property(time, time, (a, b) => {
        fc.pre(a !== b);
        expect(passId('c', a, 0) < passId('c', b, 0)).toBe(a < b);
      }),
    );
  });

  it.each([Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, 36 ** 9])('is not made for the time %d', (at) => {
    expect(() => passId('c', at, 0)).toThrow(RangeError);
  });

  it.each([-1, 0.5, Number.NaN])('is not made for the sequence %d', (n) => {
    expect(() => passId('c', 0, n)).toThrow(RangeError);
  });
});

describe('the capture time of a text that is no pass id', () => {
  it.each([
    '',
    'abc',
    '000000000',
    '000000000-',
    '000000000-0123456789abcde',
    '000000000-0123456789abcdeg',
    ' 000000000-0123456789abcdef',
    '00000000-0123456789abcdef0',
    '000000000-0123456789ABCDEF',
  ])('is none: %j', (id) => expect(capturedAtOfPassId(id)).toBeNull());

  it('is none or a whole number for any text', () => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        const at = capturedAtOfPassId(id);
        expect(at === null || Number.isInteger(at)).toBe(true);
      }),
    );
  });
});
