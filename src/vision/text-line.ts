import type { Point, Quad } from './picture.ts';

/** A line of text found in a picture, as a turned rectangle. Lengths in pixels, `angle` in radians, clockwise on the screen, within ±45°. */
export interface TextLine {
  readonly cx: number;
  readonly cy: number;
  readonly width: number;
  readonly height: number;
  readonly angle: number;
  /** Mean text probability inside, 0..1. */
  readonly score: number;
}

/** Left top, right top, right bottom, left bottom, after growing each side by `growX` and `growY` times the height. */
export function cornersOf(line: TextLine, growX = 0, growY = 0): Quad {
  const w = line.width / 2 + growX * line.height, h = line.height / 2 + growY * line.height;
  return [at(line, -w, -h), at(line, w, -h), at(line, w, h), at(line, -w, h)];
}

/** A point given in the line's own axes, from its centre. */
export function at(line: TextLine, along: number, across: number): Point {
  const c = Math.cos(line.angle), s = Math.sin(line.angle);
  return [line.cx + along * c - across * s, line.cy + along * s + across * c];
}

/** The line in the axes of a picture `scale` times as large, shifted by `dx`, `dy` of that picture. */
export function moved(line: TextLine, scaleX: number, scaleY: number, dx = 0, dy = 0): TextLine {
  const c = Math.cos(line.angle), s = Math.sin(line.angle);
  return {
    ...line, cx: line.cx * scaleX + dx, cy: line.cy * scaleY + dy,
    width: line.width * Math.hypot(c * scaleX, s * scaleY), height: line.height * Math.hypot(s * scaleX, c * scaleY),
    angle: Math.atan2(s * scaleY, c * scaleX),
  };
}

/** The angle of a group of lines: long lines know it, short ones (`31`) guess. */
export function commonAngle(lines: readonly TextLine[]): number {
  let weight = 0, sum = 0;
  for (const line of lines) {
    const w = line.width * Math.max(0, line.width / line.height - 0.8);
    weight += w;
    sum += w * line.angle;
  }
  return weight > 0 ? sum / weight : 0;
}

export interface Extent { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }

/** A line's extent in axes turned by `angle`: what "left of" and "above" mean on a tilted plate. */
export function extentAlong(line: TextLine, angle: number): Extent {
  const c = Math.cos(angle), s = Math.sin(angle);
  const x = line.cx * c + line.cy * s, y = -line.cx * s + line.cy * c;
  // A short box's own angle is noise: its extent is taken as if it lay along the common one.
  return { left: x - line.width / 2, right: x + line.width / 2, top: y - line.height / 2, bottom: y + line.height / 2 };
}

/** The upright rectangle of turned axes as a quadrilateral of the picture. */
export function quadOfExtent(extent: Extent, angle: number): Quad {
  const c = Math.cos(angle), s = Math.sin(angle);
  const back = (x: number, y: number): Point => [x * c - y * s, x * s + y * c];
  return [back(extent.left, extent.top), back(extent.right, extent.top), back(extent.right, extent.bottom), back(extent.left, extent.bottom)];
}

export function hull(extents: readonly Extent[]): Extent {
  return {
    left: Math.min(...extents.map((e) => e.left)), right: Math.max(...extents.map((e) => e.right)),
    top: Math.min(...extents.map((e) => e.top)), bottom: Math.max(...extents.map((e) => e.bottom)),
  };
}
