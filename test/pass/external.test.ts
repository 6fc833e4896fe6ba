import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passFromReport, type ReportedPass } from '../../src/pass/external.ts';
import { passId } from '../../src/pass/pass-id.ts';

const AT = Date.parse('2026-11-03T06:15:02.200+05:00');
const CONTEXT = { receivedAt: AT + 300, processedAt: AT + 310, cameraDirection: 'in' } as const;
const report = (more: Partial<ReportedPass> = {}): ReportedPass => ({
  cameraId: 'baleli-in-1',
  capturedAt: AT,
  text: 'LEC-13-8447',
  confidence: 0.9,
  ...more,
});
const passOf = (more: Partial<ReportedPass> = {}) => passFromReport(report(more), CONTEXT);

describe("another system's pass", () => {
  it('keeps the text as given and is parsed like any read', () => {
    expect(passOf()).toMatchObject({
      rawText: 'LEC-13-8447',
      outcome: 'mark',
      key: 'LEC8447',
      mark: { letters: 'LEC', year: '13', number: '8447' },
      confidence: 0.9,
    });
  });

  it('says who made it, when it was captured, received and processed', () => {
    expect(passOf()).toMatchObject({ source: 'api', capturedAt: AT, receivedAt: AT + 300, processedAt: AT + 310 });
  });

  it("has its own direction, else the camera's", () => {
    expect(passOf().direction).toBe('in');
    expect(passOf({ direction: 'out' }).direction).toBe('out');
  });

  it('uses what the other system knows of the plate', () => {
    expect(passOf({ text: 'BCS036', cues: { jurisdiction: 'SD' } }).mark?.jurisdiction).toBe('SD');
    expect(passOf({ text: 'BCS036' }).mark?.jurisdiction).toBeNull();
  });

  it('without a text is a vehicle without a plate', () => {
    for (const text of ['', ' ', '---']) expect(passOf({ text })).toMatchObject({ outcome: 'no-plate', key: null, rawText: text });
  });

  it('has evidence only where a picture came with it', () => {
    expect(passOf().evidence).toBeNull();
    const evidence = { sha256: 'ab', mediaType: 'image/jpeg', width: 1, height: 1 };
    expect(passOf({ evidence }).evidence).toEqual(evidence);
  });
});

describe('its id', () => {
  it('is the same when the report is sent again, however its text is spaced or cased', () => {
    expect(passOf().id).toBe(passOf().id);
    expect(passOf({ text: 'lec 13 8447' }).id).toBe(passOf().id);
  });

  it('differs for another plate of the same millisecond, so that neither hides the other', () => {
    expect(passOf({ text: 'RIA-4521' }).id).not.toBe(passOf().id);
  });

  it('follows from the sequence where the other system gives one', () => {
    expect(passOf({ sequence: 3 }).id).toBe(passId('baleli-in-1', AT, 3));
    expect(passOf({ sequence: 3, text: 'RIA4521' }).id).toBe(passOf({ sequence: 3 }).id);
  });

  it('never meets the ids of the first plates of a picture of the same instant', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        const { sequence } = passOf({ text });
        expect(sequence).toBeGreaterThan(0);
        expect(sequence).toBeLessThanOrEqual(1_000_000);
      }),
    );
  });
});

describe('whatever the text', () => {
  it('there is a pass, and the text is unchanged in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(passOf({ text }).rawText).toBe(text);
      }),
      { numRuns: 100 },
    );
  });
});
