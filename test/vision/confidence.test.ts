import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CharacterRead } from '../../src/vision/plate-reader.ts';
import { alternativesOf } from '../../src/vision/alternative-marks.ts';
import { looksLikePlate } from '../../src/vision/plate-likelihood.ts';
import { calibrated, doubtOfShape } from '../../src/vision/read-confidence.ts';
import { parsePlate } from '../../src/plate/parse.ts';

const characters = (text: string, confidence: number): CharacterRead[] => [...text].map((char) => ({ char, confidence, alternatives: [] }));
const plate = (text: string, confidence = 0.97): boolean => looksLikePlate({ text, characters: characters(text, confidence), parse: parsePlate(text) });

describe('confidence', () => {
  it('is a probability and grows with the belief', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (x, y) => {
      const [low, high] = [Math.min(x, y), Math.max(x, y)].map(calibrated);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      expect(high).toBeGreaterThanOrEqual(low!);
    }));
  });
  it('is taken from a text that lacks its letters or its digits', () => {
    expect(doubtOfShape('LEC138447')).toBe(1);
    expect(doubtOfShape('8447')).toBeLessThan(0.5);
    expect(doubtOfShape('LEC')).toBeLessThan(0.5);
  });
});

describe('what is reported as a plate', () => {
  it.each(['LEC138447', 'BCV294', 'A1214', 'RIZ3725', 'MH02BM5048', 'KV57CKC', 'TD483C'])('%s', (text) => expect(plate(text)).toBe(true));
  it.each(['SALE', '03001234567', '2019', 'WWWHOTELCOM', 'C200', 'A1', '', 'HOTEL5', '100', '24HOURSERVICE'])('not %s', (text) => expect(plate(text)).toBe(false));
  it('not what was hardly read', () => expect(plate('LEC138447', 0.5)).toBe(false));
  it('a vehicle that says that it is applied for', () => expect(plate('APPLIEDFOR')).toBe(true));
});

describe('what is reported of a plate that the detector knows by its look', () => {
  const found = (text: string, detection: number, confidence: number): boolean => looksLikePlate({ text, detection, characters: characters(text, confidence), parse: parsePlate(text) });
  it('any text of a plate, whatever its shape', () => expect(['LEC138447', 'C200', 'WOBNP300', '14B02819'].map((text) => found(text, 0.6, 0.9))).toEqual([true, true, true, true]));
  it('a doubtful text when the plate is sure, and not when it is in doubt itself', () => expect([found('LEC8447', 0.9, 0.5), found('LEC8447', 0.6, 0.5)]).toEqual([true, false]));
  it('letters alone, digits alone and short texts when all is sure', () => {
    expect(['AFRIDI', '2019', 'A1'].map((text) => found(text, 0.6, 0.95))).toEqual([false, false, false]);
    expect(['AFRIDI', '2019', 'A1'].map((text) => found(text, 0.95, 0.95))).toEqual([true, true, true]);
  });
  it('of a faint find only what reads clearly', () => expect([found('LEC8447', 0.4, 0.75), found('LEC8447', 0.4, 0.85)]).toEqual([false, true]));
  it('never what could not be read', () => expect(found('LEC8447', 0.99, 0.3)).toBe(false));
});

describe('alternative marks', () => {
  const read = { text: 'LEC138447', confidence: 0.8, characters: characters('LEC138447', 0.98) };

  it('exchange one character, likeliest first, with the probability of the whole', () => {
    const doubtful = read.characters.map((c, i) => (i === 8 ? { ...c, confidence: 0.8, alternatives: [{ char: '1', confidence: 0.15 }] } : i === 2 ? { ...c, alternatives: [{ char: 'G', confidence: 0.02 }] } : c));
    expect(alternativesOf({ ...read, characters: doubtful })).toEqual([{ mark: 'LEC-13-8441', confidence: 0.15 }, { mark: 'LEG-13-8447', confidence: 0.016 }]);
  });
  it('are none when nothing was in doubt', () => expect(alternativesOf(read)).toEqual([]));
  it('are marks: what does not parse as one is left out', () => {
    const doubtful = read.characters.map((c, i) => (i === 0 ? { ...c, alternatives: [{ char: '7', confidence: 0.3 }] } : c));
    expect(alternativesOf({ ...read, characters: doubtful })).toEqual([]);
  });
});
