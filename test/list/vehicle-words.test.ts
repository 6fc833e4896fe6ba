import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classesDiffer, classesNamed, coloursDiffer, makesDiffer } from '../../src/list/vehicle-words.ts';

const differ = (a: string | null, b: string | null): boolean => classesDiffer(classesNamed(a), classesNamed(b));

describe('classes of vehicles', () => {
  it.each([['car', 'Saloon'], ['Motor Cycle', 'BIKE'], ['M/Cycle', 'motorbike'], ['pick-up', 'Pickup'], ['lorry', 'truck'], ['SUV', 'jeep'], ['Toyota Corolla car', 'sedan'], ['three-wheeler', 'rickshaw']])(
    '%s is %s', (a, b) => {
      expect([classesNamed(a).length > 0, differ(a, b)]).toEqual([true, false]);
    });

  it.each([['car', 'truck'], ['motorcycle', 'car'], ['Motor Cycle', 'motor car'], ['rickshaw', 'motorbike'], ['bus', 'van']])('%s is not %s', (a, b) => expect(differ(a, b)).toBe(true));

  it.each([[null, 'car'], ['', 'car'], ['unknown', 'car'], ['کار', 'truck'], ['vehicle', 'bus']])('%s says nothing against %s', (a, b) => expect(differ(a, b)).toBe(false));
});

describe('colours', () => {
  it.each([['Silver', 'grey'], ['gray', 'GREY'], ['pearl white', 'White'], ['maroon', 'red'], ['white/red', 'red'], ['dark blue', 'navy'], ['unknown', 'red'], [null, 'red']])(
    '%s agrees with %s', (a, b) => expect(coloursDiffer(a, b)).toBe(false));

  it.each([['white', 'black'], ['light blue', 'green'], ['Silver', 'white']])('%s is not %s', (a, b) => expect(coloursDiffer(a, b)).toBe(true));
});

describe('makes', () => {
  it.each([['Toyota Corolla', 'TOYOTA'], ['Mercedes-Benz', 'mercedes'], ['VW', 'Volkswagen Golf'], ['unknown', 'Honda'], ['N/A', 'Honda'], [null, 'Honda'], ['-', 'Honda']])(
    '%s agrees with %s', (a, b) => expect(makesDiffer(a, b)).toBe(false));

  it.each([['Toyota', 'Honda'], ['Suzuki Mehran', 'Daihatsu Cuore']])('%s is not %s', (a, b) => expect(makesDiffer(a, b)).toBe(true));
});

it('nothing differs from itself, and differing is mutual, whatever the words', () => {
  const words = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('car', 'bus', 'red', 'grey', ' ', '/', 'Honda') }), fc.constant(null));
  fc.assert(fc.property(words, words, (a, b) => {
    for (const compare of [differ, coloursDiffer, makesDiffer]) {
      expect(compare(a, a)).toBe(false);
      expect(compare(a, b)).toBe(compare(b, a));
    }
  }));
});
