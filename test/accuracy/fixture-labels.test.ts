import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readLabels } from '../../src/accuracy/labels-csv.ts';
import { overlap } from '../../src/accuracy/score.ts';
import { all } from '../list/chunks.ts';

const fixture = (path: string): string => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));

interface Plate { readonly outcome: string; readonly text: string | null; readonly jurisdiction: string | null; readonly lines: number; readonly corners: readonly (readonly [number, number])[] }
interface Frame { readonly file: string; readonly vehicles: readonly { readonly plate: Plate | null }[] }
const { frames } = JSON.parse(readFileSync(fixture('scenario.json'), 'utf8')) as { frames: readonly Frame[] };

describe('the labels of the shipped frames (node scripts/fixture-labels.mjs makes them)', async () => {
  const items = await all(readLabels(createReadStream(fixture('labels.csv'))));
  const labels = items.flatMap((item) => (item.kind === 'label' ? [item.label] : []));

  it('are all usable, of frames that are there', () => {
    expect(labels).toHaveLength(items.length);
    expect(labels.filter((label) => !existsSync(fixture(label.file)))).toEqual([]);
  });

  it.each(frames.map((frame) => [frame.file, frame] as const))('say of %s what the scenario says', (file, { vehicles }) => {
    const own = labels.filter((label) => label.file === file), plates = vehicles.flatMap((v) => v.plate ?? []);
    if (plates.length === 0) expect(own).toMatchObject([{ set: 'negatives', text: '', legible: false, box: { width: 0 } }]);
    for (const plate of plates) {
      const [x, y] = [0, 1].map((axis) => Math.min(...plate.corners.map((c) => c[axis] as number))) as [number, number];
      const [right, bottom] = [0, 1].map((axis) => Math.max(...plate.corners.map((c) => c[axis] as number))) as [number, number];
      const label = own.find((l) => overlap(l.box, { x, y, width: right - x, height: bottom - y }) > 0.9);
      expect(label).toMatchObject({ legible: plate.outcome === 'mark', region: plate.jurisdiction ?? '', lines: plate.lines });
      expect(label?.textFull || label?.text).toBe(plate.outcome === 'mark' ? plate.text : '');
    }
    expect(own).toHaveLength(Math.max(1, plates.length));
  });
});
