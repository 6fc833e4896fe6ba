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

/** A part of a picture, as a picture of its own. The box lies inside. */
export function partOf({ data, width }: Picture, box: Box): Picture {
  const stride = 3 * box.width, part = new Uint8Array(stride * box.height);
  for (let row = 0; row < box.height; row++) {
    const from = 3 * ((box.y + row) * width + box.x);
    part.set(data.subarray(from, from + stride), row * stride);
  }
  return { width: box.width, height: box.height, data: part };
}
