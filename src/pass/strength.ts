import type { PlateRead } from './observation.ts';

/** Weight of a read: confidence times plate area in pixels. */
export function strength(read: PlateRead): number {
  return read.confidence * Math.max(1, read.box.width * read.box.height);
}
