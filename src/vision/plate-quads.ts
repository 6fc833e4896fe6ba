import type { Picture, Point, Quad } from './picture.ts';

/** Twice-signed area by the shoelace rule, halved: positive when the corners go clockwise on the screen, as those of an upright plate do. */
export function areaOf(corners: readonly Point[]): number {
  return corners.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = corners[(i + 1) % corners.length]!;
    return sum + x * nextY - nextX * y;
  }, 0) / 2;
}

/** Area that two convex quadrilaterals share. */
export function sharedArea(a: Quad, b: Quad): number {
  let rest: readonly Point[] = a;
  for (let i = 0; i < 4 && rest.length > 0; i++) rest = cutBy(rest, b[i]!, b[(i + 1) % 4]!);
  return rest.length < 3 ? 0 : Math.max(0, areaOf(rest));
}

/** What lies right of the line, seen along it (inside, for a clockwise outline). */
function cutBy(outline: readonly Point[], from: Point, to: Point): Point[] {
  const side = ([x, y]: Point): number => (to[0] - from[0]) * (y - from[1]) - (to[1] - from[1]) * (x - from[0]);
  const out: Point[] = [];
  outline.forEach((point, i) => {
    const next = outline[(i + 1) % outline.length]!, here = side(point), there = side(next);
    if (here >= 0) out.push(point);
    if ((here > 0 && there < 0) || (here < 0 && there > 0)) {
      const t = here / (here - there);
      out.push([point[0] + t * (next[0] - point[0]), point[1] + t * (next[1] - point[1])]);
    }
  });
  return out;
}

/** Whether four corners go round clockwise without a dent, as those of a plate seen from any side in front of it do. */
export function isConvex(corners: Quad): boolean {
  return corners.every(([x, y], i) => {
    const [nx, ny] = corners[(i + 1) % 4]!, [mx, my] = corners[(i + 2) % 4]!;
    return (nx - x) * (my - ny) - (ny - y) * (mx - nx) > 0;
  });
}

/** The corners moved to the nearest place in the picture. */
export function within(picture: Pick<Picture, 'width' | 'height'>, corners: Quad): Quad {
  return corners.map(([x, y]) => [Math.min(picture.width, Math.max(0, x)), Math.min(picture.height, Math.max(0, y))] as const) as unknown as Quad;
}

/** Side lengths of the quadrilateral in pixels: the longer of each opposite pair. */
export function sizeOfQuad([a, b, c, d]: Quad): { readonly width: number; readonly height: number } {
  return { width: Math.max(span(a, b), span(d, c)), height: Math.max(span(a, d), span(b, c)) };
}

function span(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
