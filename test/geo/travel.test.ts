import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastTravelMs, straightLineMetres } from '../../src/geo/travel.ts';

const CENTRE = { lat: 30.18414, lon: 67.00141 };
const LAK_PASS = { lat: 30.0, lon: 66.91 };
const place = fc.record({ lat: fc.double({ min: 24, max: 37, noNaN: true }), lon: fc.double({ min: 60, max: 77, noNaN: true }) });

describe('straight-line distance', () => {
  it('from the centre of Quetta to Lak Pass is about 22 km', () => {
    expect(straightLineMetres(CENTRE, LAK_PASS)).toBeGreaterThan(21_500);
    expect(straightLineMetres(CENTRE, LAK_PASS)).toBeLessThan(22_500);
  });

  it('is the same both ways and nothing to itself', () => {
    fc.assert(
      fc.property(place, place, (a, b) => {
        expect(straightLineMetres(a, b)).toBeCloseTo(straightLineMetres(b, a), 3);
        expect(straightLineMetres(a, a)).toBe(0);
      }),
    );
  });
});

describe('the least possible travel time', () => {
  it('is distance over speed, a little less for the shape of the earth', () => {
    const exact = (straightLineMetres(CENTRE, LAK_PASS) / (120 / 3.6)) * 1000;
    expect(leastTravelMs(CENTRE, LAK_PASS, 120)).toBeLessThan(exact);
    expect(leastTravelMs(CENTRE, LAK_PASS, 120)).toBeGreaterThan(exact * 0.99);
  });

  it('never exceeds what the ellipsoid allows: one degree of latitude at the equator is 110,574 m, not the 111,195 m of the sphere', () => {
    const seconds = leastTravelMs({ lat: 0, lon: 67 }, { lat: 1, lon: 67 }, 3.6) / 1000;
    expect(seconds).toBeLessThanOrEqual(110_574);
    expect(seconds).toBeGreaterThan(110_000);
  });

  it('is shorter for places that may be nearer than stated, and never negative', () => {
    fc.assert(
      fc.property(place, place, fc.double({ min: 0, max: 1e6, noNaN: true }), (a, b, error) => {
        const least = leastTravelMs(a, b, 150, error);
        expect(least).toBeGreaterThanOrEqual(0);
        expect(least).toBeLessThanOrEqual(leastTravelMs(a, b, 150));
      }),
    );
  });

  it('falls as the speed cap rises', () => {
    expect(leastTravelMs(CENTRE, LAK_PASS, 200)).toBeLessThan(leastTravelMs(CENTRE, LAK_PASS, 100));
  });

  it.each([0, -5, Number.NaN])('has no meaning for a cap of %d km/h', (cap) => {
    expect(() => leastTravelMs(CENTRE, LAK_PASS, cap)).toThrow(RangeError);
  });
});
