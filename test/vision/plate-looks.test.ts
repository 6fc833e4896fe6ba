import { describe, expect, it } from 'vitest';
import { lookAtCrop, lookAtPlate, surestOf } from '../../src/vision/plate-looks.ts';
import type { Look, ViewingReader } from '../../src/vision/plate-looks.ts';
import type { Picture, Quad } from '../../src/vision/picture.ts';
import type { PlateDetector } from '../../src/vision/plate-detector.ts';
import type { PlateText } from '../../src/vision/plate-reader.ts';

const corners: Quad = [[10, 10], [110, 10], [110, 50], [10, 50]];
const grey: Picture = { width: 200, height: 100, data: new Uint8Array(200 * 100 * 3).fill(120) };
const text = (said: string, confidence: number): PlateText => ({ text: said, characters: [], confidence, cues: {} });
const look = (said: string, confidence: number): Look => ({ text: text(said, confidence), corners, seen: corners });

/** A reader that says what it is told to, look after look, and remembers how many there were. */
function saying(...answers: readonly (PlateText | null)[]): ViewingReader & { looks: number } {
  return {
    name: 'told', looks: 0, views: () => [{ width: 16, height: 8, margin: 0.04 }, { width: 16, height: 8, margin: 0 }, { width: 24, height: 6, margin: 0.04 }],
    async read() { return answers[this.looks++] ?? null; },
    async close() { /* holds nothing */ },
  };
}
const finding = (confidence: number | null): PlateDetector & { searches: number } => ({
  name: 'told', searches: 0, async detect() { return []; }, async close() { /* holds nothing */ },
  async detectFilling() { this.searches++; return confidence === null ? [] : [{ corners, confidence }]; },
});

describe('of several looks', () => {
  it('the surest is believed', () => expect(surestOf([look('ABC12', 0.2), look('ABC123', 0.6)])?.text.text).toBe('ABC123'));
  it('those that agree outweigh a surer one', () => expect(surestOf([look('ABC128', 0.5), look('ABC123', 0.4), look('ABC123', 0.3)])?.text.text).toBe('ABC123'));
  it('disagreement is doubt, agreement is none', () => {
    expect(surestOf([look('ABC123', 0.6), look('ABC128', 0.2)])!.text.confidence).toBeCloseTo(0.6 * 0.75, 9);
    expect(surestOf([look('ABC123', 0.6), look('ABC123', 0.2)])!.text.confidence).toBe(0.6);
  });
  it('none is none', () => expect(surestOf([])).toBeNull());
  it('without any confidence one is still chosen', () => expect(surestOf([look('A', 0), look('B', 0)])!.text.confidence).toBe(0));
});

describe('a text that reaches the edge of what was seen', () => {
  const cut = (said: string, confidence: number): PlateText => ({ ...text(said, confidence), atEdge: true });

  it('gives way to a longer one that holds it, though it was surer', () => {
    expect(surestOf([{ text: cut('ABC12', 0.9), corners, seen: corners }, look('ABC123', 0.5)])?.text.text).toBe('ABC123');
    expect(surestOf([{ text: cut('BC123', 0.9), corners, seen: corners }, look('ABC123', 0.5)])?.text.text).toBe('ABC123');
  });
  it('stands against a longer one that hardly anything speaks for, and against another text', () => {
    expect(surestOf([{ text: cut('ABC12', 0.9), corners, seen: corners }, look('ABC123', 0.1)])?.text.text).toBe('ABC12');
    expect(surestOf([{ text: cut('ABC12', 0.9), corners, seen: corners }, look('XBC123', 0.5)])?.text.text).toBe('ABC12');
  });
  it('is looked at once more with more around it, however sure it is', async () => {
    const reader = saying(cut('ABC12', 0.95), text('ABC123', 0.7));
    expect((await lookAtPlate(grey, corners, reader))?.text.text).toBe('ABC123');
    expect(reader.looks).toBe(2);
  });
});

describe('a plate', () => {
  it('read surely is not looked at again', async () => {
    const reader = saying(text('ABC123', 0.95), text('WRONG1', 1));
    expect((await lookAtPlate(grey, corners, reader))?.text.text).toBe('ABC123');
    expect(reader.looks).toBe(1);
  });
  it('read in doubt is looked at in the other views, until one is sure', async () => {
    const reader = saying(null, text('ABC123', 0.9), text('WRONG1', 1));
    expect((await lookAtPlate(grey, corners, reader))?.text.text).toBe('ABC123');
    expect(reader.looks).toBe(2);
  });
  it('of which two looks make nothing is given up, unless it is known to be one', async () => {
    const nothing = [text('A1', 0.01), text('B2', 0.02), text('C3', 0.9)], reader = saying(...nothing), known = saying(...nothing);
    expect((await lookAtPlate(grey, corners, reader))?.text.confidence).toBeLessThan(0.05);
    expect(reader.looks).toBe(2);
    expect((await lookAtPlate(grey, corners, known, { surelyPlate: true }))?.text.text).toBe('C3');
  });
  it('in which no view shows a text has none', async () => expect(await lookAtPlate(grey, corners, saying(null, null, null))).toBeNull());
  it('too small for anybody is not read at all', async () => {
    const reader = saying(text('ABC123', 0.95));
    expect(await lookAtPlate(grey, [[10, 10], [18, 10], [18, 13], [10, 13]], reader)).toBeNull();
    expect(reader.looks).toBe(0);
  });
});

describe('a plate whose rows are not level', () => {
  /** Remembers in which rows and columns of the plate that it was shown red is seen. */
  const tilted = (tilt: number, confidence: number, ...more: readonly PlateText[]): ViewingReader & { shown: Picture[] } => {
    const shown: Picture[] = [], answers = [{ ...text('ABC123', confidence), tilt }, ...more];
    return { name: 'told', views: () => [{ width: 100, height: 50, margin: 0 }], async read(plate) { shown.push(plate); return answers[shown.length - 1] ?? null; }, async close() { /* holds nothing */ }, shown };
  };
  const square: Quad = [[10, 10], [110, 10], [110, 60], [10, 60]];
  /** A red line that falls from the left's middle by 20 px over the plate's 100. */
  const sloped: Picture = { width: 120, height: 70, data: Uint8Array.from({ length: 120 * 70 * 3 }, (_, i) => (i % 3 === 0 && Math.abs(Math.floor(i / 360) - (25 + (Math.floor(i / 3) % 120 - 10) * 0.2)) < 1.5 ? 255 : 20)) };
  const rowOfRed = ({ data, width, height }: Picture, column: number): number => {
    const rows = Array.from({ length: height }, (_, y) => y).filter((y) => data[(y * width + column) * 3]! > 120);
    return rows.reduce((a, b) => a + b, 0) / rows.length;
  };

  it('is looked at again with its rows level', async () => {
    const reader = tilted(0.4, 0.3, text('ABC128', 0.9));
    expect((await lookAtPlate(sloped, square, reader))?.text.text).toBe('ABC128');
    const [first, second] = reader.shown;
    expect(rowOfRed(first!, 90) - rowOfRed(first!, 10)).toBeGreaterThan(13);
    expect(Math.abs(rowOfRed(second!, 90) - rowOfRed(second!, 10))).toBeLessThan(3);
  });
  it.each([['is nearly level', 0.05, 0.3], ['was read surely', 0.4, 0.85]])('is not when it %s', async (_, tilt, confidence) => {
    const reader = tilted(tilt, confidence);
    await lookAtPlate(sloped, square, reader);
    expect(reader.shown).toHaveLength(1);
  });
  it('keeps the corners that the detector gave it', async () => {
    expect((await lookAtPlate(sloped, square, tilted(0.4, 0.3, text('ABC128', 0.9))))?.corners).toEqual(square);
  });
});

describe('a part that a closer look may tell better', () => {
  const wide: Quad = [[10, 10], [130, 10], [130, 70], [10, 70]], small: Quad = [[10, 10], [50, 10], [50, 30], [10, 30]], large: Picture = { width: 200, height: 100, data: new Uint8Array(200 * 100 * 3).fill(120) };
  const hinting = (said: string, confidence: number, closer: PlateText | null, parts: Picture[] = []): PlateText =>
    ({ ...text(said, confidence), closer: { left: 0.5, top: 0, right: 1, bottom: 0.5, view: { width: 32, height: 16, margin: 0.04 }, unseen: false, rest: 'LEE2403', async read(part) { parts.push(part); return closer; } } });

  it('is looked at while the read is in doubt, and what it tells stands for all looks that differ in it alone', async () => {
    const parts: Picture[] = [], reader = saying(hinting('LEE172403', 0.3, text('LEE112403', 0.6), parts), hinting('LEE182403', 0.1, null), hinting('LEE172403', 0.2, null));
    const found = await lookAtPlate(large, wide, reader);
    expect([found?.text.text, found?.text.confidence]).toEqual(['LEE112403', 0.6]);
    expect(parts.map(({ width, height }) => [width, height])).toEqual([[32, 16]]);
  });
  it('leaves the doubt of looks that differ in the rest', async () => {
    const found = await lookAtPlate(large, wide, saying(hinting('LEE172403', 0.4, text('LEE112403', 0.6)), text('LEF172403', 0.2), null));
    expect(found?.text.text).toBe('LEE112403');
    expect(found?.text.confidence).toBeCloseTo(0.6 * (0.4 / 0.6), 9);
  });
  it('changes nothing when it shows nothing better', async () => {
    expect((await lookAtPlate(large, wide, saying(hinting('LEE172403', 0.3, null), null, null)))?.text.text).toBe('LEE172403');
  });
  it('that was not seen at all is looked at however sure the read is', async () => {
    const sure = hinting('LEE2403', 0.95, text('LEE112403', 0.7));
    expect((await lookAtPlate(large, wide, saying({ ...sure, closer: { ...sure.closer!, unseen: true } })))?.text.text).toBe('LEE112403');
  });
  it('that was not seen at all must be believable to count', async () => {
    const read = hinting('LEA1956', 0.7, text('LEA161956', 0.1));
    expect((await lookAtPlate(large, wide, saying({ ...read, closer: { ...read.closer!, unseen: true } })))?.text.text).toBe('LEA1956');
  });
  it('is not looked at when the read is sure, or the plate too small to show more', async () => {
    const parts: Picture[] = [];
    await lookAtPlate(large, wide, saying(hinting('LEE172403', 0.9, null, parts)));
    await lookAtPlate(large, small, saying(hinting('LEE172403', 0.3, null, parts), null, null));
    expect(parts).toEqual([]);
  });
});

describe('a crop', () => {
  it('read surely is the plate, whole', async () => {
    const detector = finding(0.9);
    expect((await lookAtCrop(grey, detector, saying(text('ABC123', 0.95))))?.corners).toEqual([[0, 0], [200, 0], [200, 100], [0, 100]]);
    expect(detector.searches).toBe(0);
  });
  it('read in doubt is searched for a plate inside it, which then is read', async () => {
    const found = await lookAtCrop(grey, finding(0.9), saying(text('A1', 0.1), null, null, text('ABC123', 0.9)));
    expect(found).toMatchObject({ text: { text: 'ABC123' }, corners, detection: 0.9 });
  });
  it('in which nothing is found keeps its best text', async () => {
    expect((await lookAtCrop(grey, finding(null), saying(text('A12', 0.1), null, null)))?.text.text).toBe('A12');
  });
});
