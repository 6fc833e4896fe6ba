import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant, parseInstant } from '../../src/core/instant.ts';

describe('times', () => {
  it.each([
    ['2026-11-03T06:15:02+05:00', Date.UTC(2026, 10, 3, 1, 15, 2)],
    ['2026-11-03T01:15:02Z', Date.UTC(2026, 10, 3, 1, 15, 2)],
    ['2026-11-03T06:15:02.123456+0500', Date.UTC(2026, 10, 3, 1, 15, 2, 123)],
    ['2026-11-03t06:15+05:00', Date.UTC(2026, 10, 3, 1, 15)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ])('%s is read', (text, at) => expect(parseInstant(text, 'from')).toBe(at));

  it.each(['2026-11-03T06:15:02', '2026-11-03 06:15'])('%s is refused: no offset', (text) => {
    expect(() => parseInstant(text, 'from')).toThrow(expect.objectContaining({ code: 'TIME_WITHOUT_OFFSET', message: expect.stringContaining('from') }));
  });

  it.each(['', 'yesterday', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '2025-02-29T00:00:00Z', '2026-11-03T24:00:00Z', '2026-11-03T06:61:02Z', '1762132502', '2026-11-03T06:15:02+99:00', '2026-11-03T06:15:02Z; drop', '0000-01-01T00:00:00Z', '0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59-01:00'])(
    '%s is refused: no such time',
    (text) => expect(() => parseInstant(text, 'to')).toThrow(expect.objectContaining({ code: 'TIME_INVALID' })),
  );

  it('are written with the offset of the city', () => {
    const at = Date.UTC(2026, 10, 3, 20, 15, 2, 7);
    expect(formatInstant(at, 300)).toBe('2026-11-04T01:15:02.007+05:00');
    expect(formatInstant(at, -210)).toBe('2026-11-03T16:45:02.007-03:30');
    expect(formatInstant(at, 0)).toBe('2026-11-03T20:15:02.007Z');
  });

  it('come back the same after writing and reading, in any offset', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), fc.integer({ min: -840, max: 840 }), (at, offset) => parseInstant(formatInstant(at, offset), 't') === at));
  });

  it('of any text are read or refused with a code of the table', () => {
    fc.assert(fc.property(fc.string(), (text) => {
      try {
        return Number.isFinite(parseInstant(text, 't'));
      } catch (error) {
        return (error as { code: string }).code.startsWith('TIME_');
      }
    }));
  });
});
