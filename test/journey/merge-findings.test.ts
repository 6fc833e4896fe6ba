import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cloneFinding } from '../../src/journey/clones.ts';
import type { Evidence, Finding } from '../../src/journey/finding.ts';
import { EVIDENCE_KEPT, mergedFinding } from '../../src/journey/merge-findings.ts';
import { mark } from './sightings.ts';

const thing = (at: number, more: Partial<Evidence> = {}): Evidence =>
  ({ id: `e-${at}`, at, firm: true, words: `At ${at}.`, figures: { bound: 'straight-line', unread: 'jurisdiction', differs: '' }, passes: [], ...more });
function finding(...evidence: readonly Evidence[]): Finding {
  const made = cloneFinding({ key: 'LEA1234', mark: mark() }, evidence);
  if (made === null) throw new Error('a finding needs evidence');
  return made;
}

describe('what is found again', () => {
  it('gathers in one finding, each thing once', () => {
    const merged = mergedFinding(finding(thing(1), thing(2)), finding(thing(2), thing(3)));
    expect(merged).toMatchObject({ count: 3, firstAt: 1, lastAt: 3 });
    expect(merged?.evidence.map((e) => e.at)).toEqual([1, 2, 3]);
  });

  it('is labelled by all of its evidence', () => {
    expect(finding(thing(1)).label).toBe('possible-misread');
    expect(mergedFinding(finding(thing(1)), finding(thing(2)))).toMatchObject({ label: 'clone', summary: expect.stringContaining('2 times') });
  });

  it('says what it says now, where that changed', () => {
    expect(mergedFinding(finding(thing(1)), finding(thing(1, { firm: false, words: 'Now doubted.' })))?.evidence).toMatchObject([{ firm: false, words: 'Now doubted.' }]);
  });

  it('loses what was looked for again and not found', () => {
    const before = finding(thing(1), thing(5), thing(9));
    expect(mergedFinding(before, null, { from: 4, to: 6 })).toMatchObject({ count: 2, evidence: [{ at: 1 }, { at: 9 }] });
    expect(mergedFinding(before, finding(thing(5)), { from: 4, to: 6 })?.count).toBe(3);
    expect(mergedFinding(before, null)?.count).toBe(3);
  });

  it('is gone when nothing is left', () => {
    expect(mergedFinding(finding(thing(5)), null, { from: 5, to: 6 })).toBeNull();
    expect(mergedFinding(null, null)).toBeNull();
  });

  it('keeps the newest evidence and counts all', () => {
    let kept: Finding | null = null;
    for (let at = 1; at <= 250; at++) kept = mergedFinding(kept, finding(thing(at)));
    expect(kept).toMatchObject({ count: 250, firstAt: 1, lastAt: 250 });
    expect(kept?.evidence).toHaveLength(EVIDENCE_KEPT);
    expect(kept?.evidence[0]?.at).toBe(151);
  });

  it('comes to the same in whatever order it is found', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 5 }), (times, size) => {
      const parts = Array.from({ length: Math.ceil(times.length / size) }, (_, i) => times.slice(i * size, (i + 1) * size));
      const sorted = (of: readonly number[]): Evidence[] => of.toSorted((a, b) => a - b).map((at) => thing(at));
      const merged = parts.reduce<Finding | null>((before, part) => mergedFinding(before, finding(...sorted(part))), null);
      expect(merged).toEqual(finding(...sorted(times)));
    }));
  });
});
