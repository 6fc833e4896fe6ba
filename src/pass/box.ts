import type { PlateBox } from './pass.ts';

export function areaOf(box: PlateBox): number {
  return box.width * box.height;
}

export function centreOf(box: PlateBox): { readonly x: number; readonly y: number } {
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Area that two boxes have in common. */
export function sharedArea(a: PlateBox, b: PlateBox): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x), height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width <= 0 || height <= 0 ? 0 : width * height;
}

/** Intersection over union, 0..1. */
export function overlap(a: PlateBox, b: PlateBox): number {
  const shared = sharedArea(a, b);
  return shared === 0 ? 0 : shared / (areaOf(a) + areaOf(b) - shared);
}

/** The share of the smaller box that lies in the larger one, 0..1. */
export function inside(a: PlateBox, b: PlateBox): number {
  return sharedArea(a, b) / Math.max(1e-9, Math.min(areaOf(a), areaOf(b)));
}

/** A box grown on every side by a share of its width and height. */
export function grown(box: PlateBox, share: number): PlateBox {
  return { x: box.x - share * box.width, y: box.y - share * box.height, width: box.width * (1 + 2 * share), height: box.height * (1 + 2 * share) };
}

export function holds(box: PlateBox, { x, y }: { readonly x: number; readonly y: number }): boolean {
  return x >= box.x && y >= box.y && x <= box.x + box.width && y <= box.y + box.height;
}

export function around(boxes: readonly PlateBox[]): PlateBox {
  const x = Math.min(...boxes.map((b) => b.x)), y = Math.min(...boxes.map((b) => b.y));
  return { x, y, width: Math.max(...boxes.map((b) => b.x + b.width)) - x, height: Math.max(...boxes.map((b) => b.y + b.height)) - y };
}
