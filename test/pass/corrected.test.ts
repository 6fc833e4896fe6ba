import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correctedPass, FIRST_CORRECTION } from '../../src/pass/corrected.ts';
import { passFromReport } from '../../src/pass/external.ts';
import { capturedAtOfPassId, passId } from '../../src/pass/pass-id.ts';
import { markKey, skeleton } from '../../src/plate/key.ts';
import { aPass, mark, MORNING } from '../support/passes.ts';

const original = aPass({ mark: 'LEB-17-4207' });
const corrected = (plate: string | null, sequence = FIRST_CORRECTION) => correctedPass(original, { mark: plate === null ? null : mark(plate), at: MORNING + 1, sequence });

describe('a corrected pass', () => {
  it('is the original but for what the person says', () => {
    const { id, sequence, mark: read, key, skeleton: folded, rawText, confidence, characters, alternatives, outcome, processedAt, source, corrects, ...rest } = corrected('LEB-17-4201');
    const kept = Object.fromEntries(Object.entries(original).filter(([name]) => name in rest));
    expect(rest).toEqual(kept);
    expect({ sequence, rawText, confidence, characters, alternatives, outcome, processedAt, source, corrects }).toEqual({
      sequence: FIRST_CORRECTION, rawText: 'LEB-17-4201', confidence: 1, characters: [], alternatives: [], outcome: 'mark', processedAt: MORNING + 1, source: 'correction', corrects: original.id,
    });
    expect(read).toEqual(mark('LEB-17-4201'));
    expect([key, folded]).toEqual([markKey(mark('LEB-17-4201')), skeleton(markKey(mark('LEB-17-4201')))]);
    expect([id, capturedAtOfPassId(id)]).toEqual([passId(original.cameraId, original.capturedAt, FIRST_CORRECTION), original.capturedAt]);
  });

  it('of a plate that nobody can read has no mark, no key and no text', () => {
    expect(corrected(null)).toMatchObject({ mark: null, key: null, skeleton: null, rawText: '', outcome: 'unreadable', confidence: 1 });
  });

  it('leaves the original as it was', () => {
    const before = structuredClone(original);
    corrected('LEA-1');
    expect(original).toEqual(before);
  });

  it('never has the id of a pass that a camera or another system numbered', () => {
    fc.assert(fc.property(fc.string(), fc.nat(), (text, n) => {
      const { sequence } = passFromReport({ cameraId: 'c', capturedAt: MORNING, text, confidence: 1 }, { receivedAt: 0, processedAt: 0, cameraDirection: 'in' });
      expect(sequence).toBeLessThan(FIRST_CORRECTION);
      expect(corrected('LEA-1', FIRST_CORRECTION + n % 1_000_000).sequence).toBeGreaterThanOrEqual(FIRST_CORRECTION);
    }));
    expect(() => corrected('LEA-1', FIRST_CORRECTION - 1)).toThrow(RangeError);
  });
});
