import { describe, expect, it } from 'vitest';
import { compareMarks, markKey } from '../../src/plate/key.ts';
import type { Mark } from '../../src/plate/mark.ts';
import { parseMark } from '../../src/plate/parse.ts';
import { shippedSeries } from '../../src/plate/series.ts';
import { writeMarkInFull } from '../../src/plate/written-form.ts';
import { FleetMarks } from '../../src/simulate/fleet-marks.ts';
import { RandomNumbers } from '../../src/simulate/random-numbers.ts';

const CLASSES = ['car', 'motorcycle', 'rickshaw', 'van', 'pickup', 'jeep', 'bus', 'truck'];
const draw = (count: number, seed = 1): { marks: Mark[]; from: FleetMarks } => {
  const from = new FleetMarks(new RandomNumbers(seed));
  return { from, marks: Array.from({ length: count }, (_, i) => from.draw(CLASSES[i % CLASSES.length] as string)) };
};

describe('marks of a fleet', () => {
  const { marks, from } = draw(4000);

  it('are marks that the parser knows, with all their parts', () => {
    for (const mark of marks) {
      const parsed = parseMark(writeMarkInFull(mark));
      if (parsed.kind !== 'mark') throw new Error(`${writeMarkInFull(mark)}: ${parsed.reason}`);
      expect(compareMarks(parsed.mark, mark)).toMatchObject({ same: true, contradicts: [] });
      expect([parsed.mark.letters, parsed.mark.year, parsed.mark.number, parsed.mark.suffix, parsed.mark.jurisdiction, parsed.mark.district])
        .toEqual([mark.letters, mark.year, mark.number, mark.suffix, mark.jurisdiction, mark.district]);
    }
  });

  it('name series that there are, of their own province', () => {
    const series = new Map(shippedSeries().series.map((s) => [s.id, s.jurisdiction]));
    expect(marks.filter((mark) => series.get(mark.series ?? '') !== mark.jurisdiction)).toEqual([]);
  });

  it('come from all provinces, most from Balochistan', () => {
    const count = (code: string): number => marks.filter((mark) => mark.jurisdiction === code).length;
    for (const code of ['SD', 'PB', 'KP', 'IS', 'AF']) expect([code, count(code) > 20, count(code) < count('BA')]).toEqual([code, true, true]);
  });

  it('have no key twice', () => expect(new Set(marks.map(markKey)).size).toBe(marks.length));

  it('have twins where another vehicle may carry the same letters and number, which contradict them', () => {
    const pairs = marks.map((mark) => [mark, from.twinOf(mark)] as const).filter(([, twin]) => twin !== null);
    expect(pairs.length).toBeGreaterThan(500);
    for (const [mark, twin] of pairs) {
      expect(markKey(mark)).toBe(markKey(twin as Mark));
      expect(compareMarks(mark, twin as Mark).contradicts.length).toBeGreaterThan(0);
      expect(parseMark(writeMarkInFull(twin as Mark))).toMatchObject({ kind: 'mark', mark: { jurisdiction: twin?.jurisdiction, year: twin?.year } });
    }
  });

  it('are the same for the same seed', () => expect(draw(50, 9).marks).toEqual(draw(50, 9).marks));
});
