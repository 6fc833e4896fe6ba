/** Pixels in memory: 8-bit RGB, row by row, no padding. `data.length === width * height * 3`. */
export interface Picture { readonly width: number; readonly height: number; readonly data: Uint8Array }

/** Pixels from the left top corner of the source picture. */
export interface Box { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

export type Point = readonly [x: number, y: number];

/** Left top, right top, right bottom, left bottom, in source pixels. */
export type Quad = readonly [Point, Point, Point, Point];

/** The smallest whole-pixel box around the corners. */
export function boxOf(corners: Quad): Box {
  const xs = corners.map((p) => p[0]), ys = corners.map((p) => p[1]);
  const x = Math.floor(Math.min(...xs)), y = Math.floor(Math.min(...ys));
  return { x, y, width: Math.ceil(Math.max(...xs)) - x, height: Math.ceil(Math.max(...ys)) - y };
}
