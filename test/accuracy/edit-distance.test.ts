import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { align, edits } from '../../src/accuracy/edit-distance.ts';

/** Told as it is defined, without a table: slow and plain. */
function plain(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  if (a[0] === b[0]) return plain(a.slice(1), b.slice(1));
  return 1 + Math.min(plain(a.slice(1), b), plain(a, b.slice(1)), plain(a.slice(1), b.slice(1)));
}

/** `B>8` changed, `B>` missed, `>8` added; what is equal is left out. */
const told = (truth: string, read: string): string[] => align(truth, read).filter((s) => s.truth !== s.read).map((s) => `${s.truth ?? ''}>${s.read ?? ''}`);

describe('two texts laid against each other', () => {
  it.each([
    ['LEB8147', 'LEB8147', []], ['LEB8147', 'LE88147', ['B>8']], ['LEB138147', 'LEB8147', ['1>', '3>']], ['ATE074', 'ATE0740', ['>0']],
    ['', 'A', ['>A']], ['A', '', ['A>']], ['', '', []], ['ABC', 'XYZ', ['A>X', 'B>Y', 'C>Z']], ['AB', 'BA', ['A>B', 'B>A']],
  ])('%s read as %s', (truth, read, steps) => expect(told(truth, read)).toEqual(steps));

  const text = fc.string({ unit: fc.constantFrom('A', 'B', '8', '0'), maxLength: 6 });
  it('differ in as few places as can be', () => {
    fc.assert(fc.property(text, text, (truth, read) => void expect(edits(align(truth, read))).toBe(plain(truth, read))), { numRuns: 300 });
  });

  it('are both whole, in order', () => {
    fc.assert(fc.property(text, text, (truth, read) => {
      const steps = align(truth, read);
      expect([steps.map((s) => s.truth ?? '').join(''), steps.map((s) => s.read ?? '').join('')]).toEqual([truth, read]);
      expect(steps.filter((s) => s.truth === null && s.read === null)).toEqual([]);
    }));
  });

  it('differ the same from either side', () => {
    fc.assert(fc.property(text, text, (a, b) => void expect(edits(align(a, b))).toBe(edits(align(b, a)))));
  });
});
