import type { Point, Quad } from './picture.ts';
import type { LocatedPlate } from './plate-detector.ts';
import { areaOf, isConvex, sharedArea } from './plate-quads.ts';

/** The detector's answer: nine maps (probability, then x and y of the four corners in input pixels), each `rows` x `columns`. */
export interface PlateMap { readonly values: Float32Array; readonly rows: number; readonly columns: number }

export const plateMapChannels = 9;
/** A plate makes a few cells speak; a picture that makes thousands do so is noise, of which the surest cells are enough. */
const mostCells = 400;
/** Two finds that share this much of both together, or of the smaller one, are one plate. */
const sharedOfBoth = 0.3, sharedOfSmaller = 0.6;
/** Cells that agree this much with the surest one of their plate have a say in its corners. */
const agreeing = 0.65;
/** No plate of fewer square pixels can be read. */
const leastArea = 30;

/** The plates of a map, surest first, in input pixels. Whatever the values are (NaN too), the answer is well formed. */
export function platesOf({ values, rows, columns }: PlateMap, threshold: number): LocatedPlate[] {
  const cells = rows * columns, speaking: LocatedPlate[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const confidence = values[cell]!;
    if (!(confidence >= threshold)) continue;
    const corners = cornersAt(values, cell, cells);
    if (corners.every(([x, y]) => Number.isFinite(x) && Number.isFinite(y)) && isConvex(corners) && areaOf(corners) >= leastArea) speaking.push({ corners, confidence: Math.min(1, confidence) });
  }
  return withoutRepeats(speaking.sort((a, b) => b.confidence - a.confidence).slice(0, mostCells));
}

function cornersAt(values: Float32Array, cell: number, cells: number): Quad {
  return [1, 3, 5, 7].map((channel): Point => [values[channel * cells + cell]!, values[(channel + 1) * cells + cell]!]) as unknown as Quad;
}

/** The surest cell of each plate, its corners settled with its neighbours. */
function withoutRepeats(surestFirst: readonly LocatedPlate[]): LocatedPlate[] {
  const kept: { surest: LocatedPlate; agreed: LocatedPlate[] }[] = [];
  for (const one of surestFirst) {
    const own = kept.find((k) => isSame(k.surest.corners, one.corners));
    if (own === undefined) kept.push({ surest: one, agreed: [one] });
    else if (overlap(own.surest.corners, one.corners).both > agreeing) own.agreed.push(one);
  }
  return kept.map(({ surest, agreed }) => ({ corners: meanOf(agreed), confidence: surest.confidence }));
}

function isSame(a: Quad, b: Quad): boolean {
  const { both, smaller } = overlap(a, b);
  return both > sharedOfBoth || smaller > sharedOfSmaller;
}

function overlap(a: Quad, b: Quad): { readonly both: number; readonly smaller: number } {
  const shared = sharedArea(a, b), ofA = areaOf(a), ofB = areaOf(b);
  return { both: shared / (ofA + ofB - shared), smaller: shared / Math.min(ofA, ofB) };
}

function meanOf(plates: readonly LocatedPlate[]): Quad {
  const total = plates.reduce((sum, p) => sum + p.confidence, 0);
  const mean = (corner: number, axis: 0 | 1): number => plates.reduce((sum, p) => sum + p.confidence * p.corners[corner]![axis], 0) / total;
  return [0, 1, 2, 3].map((corner): Point => [mean(corner, 0), mean(corner, 1)]) as unknown as Quad;
}
