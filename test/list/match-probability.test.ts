import { describe, expect, it } from 'vitest';
import { confusionsFrom } from '../../src/list/confusions.ts';
import type { Exchange } from '../../src/list/look-alike-marks.ts';
import { alternativeProbability, characterConfidence, lookAlikeProbability } from '../../src/list/match-probability.ts';
import type { MatchablePass } from '../../src/list/matchable-pass.ts';
import type { Mark } from '../../src/plate/mark.ts';
import { pass } from './listed.ts';

/** Characters as read, the one at `weak` less sure than the rest. */
const read = (text: string, weak: number, confidence = 0.5): MatchablePass['characters'] => [...text].map((char, i) => ({ char, confidence: i === weak ? confidence : 0.98 }));
const lec: Partial<Mark> = { letters: 'LEC', year: '13', number: '8447' };
const sure = (parts: Partial<Mark>, characters: MatchablePass['characters'], at: Pick<Exchange, 'part' | 'index'>): number => characterConfidence(pass(parts, { characters, confidence: 0.5 }), at);

describe('how sure the reader was of one character', () => {
  it.each([
    ['with the year between', 'LEC138447', 5],
    ['with the year behind', 'LEC844713', 3],
    ['with the year read apart', 'LEC8447', 3],
    ['with hyphens', 'LEC-13-8447', 7],
    ['with a caption before', 'PUNJAB LEC138447', 12],
    ['where the grammar put a letter right', 'LEC13B447', 5],
  ])('%s', (_, text, weak) => {
    expect(sure(lec, read(text, weak), { part: 'number', index: 0 })).toBe(0.5);
    expect(sure(lec, read(text, weak), { part: 'letters', index: 0 })).toBe(0.98);
  });

  it('of year and suffix', () => {
    expect(sure(lec, read('LEC138447', 4), { part: 'year', index: 1 })).toBe(0.5);
    expect(sure({ ...lec, suffix: 'A' }, read('LEC138447A', 9), { part: 'suffix', index: 0 })).toBe(0.5);
  });

  it('is that of an average one where the characters do not spell the mark, or there are none', () => {
    const average = 0.5 ** (1 / 9);
    expect(sure(lec, read('LEX138447', 2), { part: 'letters', index: 2 })).toBeCloseTo(average);
    expect(sure(lec, [], { part: 'letters', index: 2 })).toBeCloseTo(average);
    // The year was read apart: nothing tells how sure its characters are.
    expect(sure(lec, read('LEC8447', 2), { part: 'year', index: 1 })).toBeCloseTo(average);
  });

  it('is never more than 0.99', () => {
    expect(sure(lec, read('LEC138447', 2, 1), { part: 'letters', index: 2 })).toBe(0.99);
    expect(characterConfidence(pass(lec, { confidence: 1 }), { part: 'letters', index: 2 })).toBe(0.99);
  });
});

describe('the probability of a look-alike', () => {
  const exchange: Exchange = { part: 'number', index: 0, read: '8', listed: 'B' }, confusions = { share: () => 0.5 };
  const probability = (confidence: number, of: number): number => lookAlikeProbability(pass(lec, { confidence, characters: read('LEC138447', 5, of) }), exchange, confusions);

  it('is that all is right but the one character, times the share of that confusion', () => {
    expect(probability(0.76, 0.8)).toBeCloseTo(0.76 * (0.2 / 0.8) * 0.5);
  });

  it('falls as the reader is surer of the character', () => {
    const falling = [0.6, 0.7, 0.8, 0.9, 0.95, 0.99].map((of) => probability(0.5, of));
    expect(falling).toEqual(falling.toSorted((a, b) => b - a));
  });

  it('leaves room for the read itself, also where the reader contradicts itself', () => {
    expect(probability(0.9, 0.01)).toBeCloseTo(0.1);
    expect(probability(0.9, 0)).toBeCloseTo(0.1);
  });

  it('is small and not nothing where another system is certain: none is surer than 0.99', () => {
    const certain = lookAlikeProbability(pass(lec, { confidence: 1 }), exchange, confusionsFrom([]));
    expect(certain).toBeGreaterThan(0.001);
    expect(certain).toBeLessThan(0.01);
  });
});

describe('the probability of an alternative', () => {
  const given = (confidence: number, ...alternatives: [string, number][]): MatchablePass => pass(lec, { confidence, alternatives: alternatives.map(([mark, of]) => ({ mark, confidence: of })) });

  it('is the reader\'s own, as far as the read leaves room', () => {
    expect(alternativeProbability(given(0.7, ['LEC-13-8441', 0.2]), 'LEC-13-8441')).toBe(0.2);
    expect(alternativeProbability(given(0.7, ['LEC-13-8441', 0.65]), 'LEC-13-8441')).toBeCloseTo(0.3);
  });

  it('is none of one that was not offered, and the best of one that was offered twice', () => {
    expect(alternativeProbability(given(0.7), 'LEC-13-8441')).toBe(0);
    expect(alternativeProbability(given(0.7, ['LEC-13-8441', 0.1], ['LEC-13-8441', 0.2]), 'LEC-13-8441')).toBe(0.2);
    expect(alternativeProbability(given(0.7, ['LEC-13-8441', Number.NaN]), 'LEC-13-8441')).toBe(0);
  });
});
