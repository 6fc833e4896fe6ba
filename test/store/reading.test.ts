import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readReading, writeReading } from '../../src/store/reading.ts';

describe('characters with their confidences as text', () => {
  it('are short and can be read by a person', () => {
    expect(writeReading([{ char: 'L', confidence: 0.9984 }, { char: 'E', confidence: 0.97 }])).toBe('LE 9984,9700');
  });

  it('are nothing for no characters', () => {
    expect(writeReading([])).toBeNull();
    expect(readReading(null)).toEqual([]);
  });

  it('come back to a ten-thousandth, whatever they are', () => {
    fc.assert(fc.property(fc.array(fc.record({ char: fc.oneof(fc.constantFrom(' ', ',', '"', '7', 'ﷺ', '🚗'), fc.stringMatching(/^[A-Z0-9]$/)), confidence: fc.double({ min: 0, max: 1, noNaN: true }) }), { maxLength: 12 }), (characters) => {
      const back = readReading(writeReading(characters));
      expect(back.map((c) => c.char)).toEqual(characters.map((c) => c.char));
      for (const [i, { confidence }] of back.entries()) expect(Math.abs(confidence - (characters[i]?.confidence ?? 0))).toBeLessThanOrEqual(0.0001);
    }));
  });

  it('never make doubt certainty: what is left of the confidence is what a look-alike has', () => {
    expect(readReading(writeReading([{ char: 'L', confidence: 0.999999 }]))).toEqual([{ char: 'L', confidence: 0.9999 }]);
    expect(readReading(writeReading([{ char: 'L', confidence: 1 }]))).toEqual([{ char: 'L', confidence: 1 }]);
  });
});
