import { writeMark } from '../../src/plate/written-form.ts';
import type { Scene } from './scene.ts';

/** A plate must be so wide, whole and unhidden in at least one frame for its vehicle to count as one that could be seen, pixels. */
export const SEEN_FROM_PX = 40;
/** Share of a plate that must be in the picture and unhidden. */
const WHOLE = 0.99;

/** What one vehicle of a scene shows over all its frames. */
export interface VehicleTruth {
  readonly vehicle: number;
  readonly kind: string;
  readonly movement: string;
  readonly plate: 'readable' | 'buried' | 'none';
  /** Written form; null without a plate. */
  readonly mark: string | null;
  readonly jurisdiction: string | null;
  /** First and last frame in which any of it is in view. */
  readonly firstFrame: number;
  readonly lastFrame: number;
  /** First frame in which its plate is whole, unhidden and at least 40 px wide; null: never. */
  readonly seenFrom: number | null;
  /** Frames in which its plate is in view: index, box, width in pixels, share unhidden. */
  readonly plates: readonly (readonly [frame: number, x: number, y: number, width: number, height: number, widthPx: number, visible: number])[];
}

/** The truth of a whole scene, a vehicle a row; those that never come into view are left out. */
export function truthOfScene(scene: Scene): VehicleTruth[] {
  const rows = scene.vehicles.map(({ index, kind, movement, plate, mark }) => ({ vehicle: index, kind, movement, plate, mark: mark === null ? null : writeMark(mark), jurisdiction: mark?.jurisdiction ?? null, frames: [] as number[], seenFrom: null as number | null, plates: [] as VehicleTruth['plates'][number][] }));
  for (let i = 0; i < scene.frames; i++) for (const { vehicle, plate } of scene.truth(i).vehicles) {
    const row = rows[vehicle];
    if (row === undefined) continue;
    row.frames.push(i);
    if (plate === null || plate.visible === 0) continue;
    row.plates.push([i, plate.box.x, plate.box.y, plate.box.width, plate.box.height, Math.round(plate.widthPx), Math.round(plate.visible * 100) / 100]);
    if (plate.visible >= WHOLE && plate.widthPx >= SEEN_FROM_PX) row.seenFrom ??= i;
  }
  return rows.flatMap(({ frames, ...row }) => (frames.length === 0 ? [] : [{ ...row, firstFrame: frames[0] as number, lastFrame: frames[frames.length - 1] as number }]));
}
