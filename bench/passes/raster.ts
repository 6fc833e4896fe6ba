import type { Picture, Point, Quad } from '../../src/vision/picture.ts';
import type { Texture, TextureLevel } from './texture.ts';

/** How a surface is lit and how it moved while the shutter was open. */
export interface Surface {
  readonly texture: Texture;
  /** Where the texture's left top, right top, right bottom and left bottom corner come to stand. */
  readonly corners: Quad;
  /** Factor of its brightness. */
  readonly light: number;
  /** Share of the haze's colour in it, 0..1. */
  readonly haze: number;
  readonly hazeColour: readonly [number, number, number];
  /** Pixels that it moved while the shutter was open. */
  readonly motion: readonly [number, number];
  /** Steps by which a coarser size of the texture is taken: what is out of focus. 0: none. */
  readonly blur: number;
}

/** More samples along the motion would cost more than anyone sees. */
const MOST_SAMPLES = 6;

/** Draws a texture on a quadrilateral (homography), with its transparency. Pixels outside the picture are left out. */
export function drawSurface(picture: Picture, surface: Surface): void {
  const map = toUnitSquare(surface.corners), [dx, dy] = surface.motion;
  if (map === null) return;
  const level = levelFor(surface.texture, surface.corners, surface.blur), samples = Math.min(MOST_SAMPLES, Math.max(1, Math.ceil(Math.hypot(dx, dy))));
  const ys = surface.corners.map((p) => p[1]), reachX = Math.abs(dx) / 2, reachY = Math.abs(dy) / 2;
  const top = Math.max(0, Math.floor(Math.min(...ys) - reachY)), bottom = Math.min(picture.height - 1, Math.ceil(Math.max(...ys) + reachY));
  for (let y = top; y <= bottom; y++) {
    const [left, right] = spanOf(surface.corners, y - reachY, y + 1 + reachY);
    drawRow(picture, y, Math.max(0, Math.floor(left - reachX)), Math.min(picture.width - 1, Math.ceil(right + reachX)), level, map, surface, samples);
  }
}

/** The least and greatest x of a quadrilateral between two heights. */
function spanOf(corners: Quad, from: number, to: number): readonly [number, number] {
  let left = Number.POSITIVE_INFINITY, right = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < 4; i++) {
    const [ax, ay] = corners[i] as Point, [bx, by] = corners[(i + 1) % 4] as Point;
    if (Math.max(ay, by) < from || Math.min(ay, by) > to) continue;
    const flat = Math.abs(by - ay) < 1e-9, s = flat ? 0 : Math.min(1, Math.max(0, (from - ay) / (by - ay))), e = flat ? 1 : Math.min(1, Math.max(0, (to - ay) / (by - ay)));
    left = Math.min(left, ax + s * (bx - ax), ax + e * (bx - ax));
    right = Math.max(right, ax + s * (bx - ax), ax + e * (bx - ax));
  }
  return [left, right];
}

/** Every pixel is the mean of `samples` places along the motion, each bilinear; a place outside the texture gives nothing. */
function drawRow({ width: across, data: out }: Picture, y: number, from: number, until: number, { width, height, data }: TextureLevel, map: Homography, { light, haze, hazeColour, motion }: Surface, samples: number): void {
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = map, [dx, dy] = motion, [hr, hg, hb] = hazeColour, keep = (light * (1 - haze)) / (255 * samples);
  for (let x = from; x <= until; x++) {
    let r = 0, g = 0, b = 0, a = 0;
    for (let s = 0; s < samples; s++) {
      const share = samples === 1 ? 0 : s / (samples - 1) - 0.5, px = x + 0.5 - dx * share, py = y + 0.5 - dy * share, w = m6 * px + m7 * py + m8;
      const u = (m0 * px + m1 * py + m2) / w, v = (m3 * px + m4 * py + m5) / w;
      if (!(u >= 0 && u < 1 && v >= 0 && v < 1)) continue;
      const fx = Math.max(0, u * width - 0.5), fy = Math.max(0, v * height - 0.5), x0 = fx | 0, y0 = fy | 0, tx = fx - x0, ty = fy - y0;
      const i00 = (y0 * width + x0) << 2, i01 = x0 + 1 < width ? i00 + 4 : i00, down = y0 + 1 < height ? width << 2 : 0, i10 = i00 + down, i11 = i01 + down;
      const w00 = (1 - tx) * (1 - ty) * data[i00 + 3]!, w01 = tx * (1 - ty) * data[i01 + 3]!, w10 = (1 - tx) * ty * data[i10 + 3]!, w11 = tx * ty * data[i11 + 3]!;
      r += data[i00]! * w00 + data[i01]! * w01 + data[i10]! * w10 + data[i11]! * w11;
      g += data[i00 + 1]! * w00 + data[i01 + 1]! * w01 + data[i10 + 1]! * w10 + data[i11 + 1]! * w11;
      b += data[i00 + 2]! * w00 + data[i01 + 2]! * w01 + data[i10 + 2]! * w10 + data[i11 + 2]! * w11;
      a += w00 + w01 + w10 + w11;
    }
    if (a < 1) continue;
    const to = (y * across + x) * 3, alpha = a / (255 * samples), rest = 1 - alpha, hazed = haze * alpha;
    out[to] = Math.min(255, out[to]! * rest + r * keep + hr * hazed);
    out[to + 1] = Math.min(255, out[to + 1]! * rest + g * keep + hg * hazed);
    out[to + 2] = Math.min(255, out[to + 2]! * rest + b * keep + hb * hazed);
  }
}

type Homography = readonly [number, number, number, number, number, number, number, number, number];

/** From picture pixels to the unit square (Heckbert 1989, inverse of square to quadrilateral); null for a quadrilateral without area. */
function toUnitSquare([p0, p1, p2, p3]: Quad): Homography | null {
  const sx = p0[0] - p1[0] + p2[0] - p3[0], sy = p0[1] - p1[1] + p2[1] - p3[1];
  const dx1 = p1[0] - p2[0], dx2 = p3[0] - p2[0], dy1 = p1[1] - p2[1], dy2 = p3[1] - p2[1], det = dx1 * dy2 - dx2 * dy1;
  if (Math.abs(det) < 1e-9) return null;
  const g = (sx * dy2 - dx2 * sy) / det, h = (dx1 * sy - sx * dy1) / det;
  const a = p1[0] - p0[0] + g * p1[0], b = p3[0] - p0[0] + h * p3[0], c = p0[0], d = p1[1] - p0[1] + g * p1[1], e = p3[1] - p0[1] + h * p3[1], f = p0[1];
  const adjugate: Homography = [e - f * h, c * h - b, b * f - c * e, f * g - d, a - c * g, c * d - a * f, d * h - e * g, b * g - a * h, a * e - b * d];
  return Math.abs(a * (e - f * h) - b * (d - f * g) + c * (d * h - e * g)) < 1e-9 ? null : adjugate;
}

/** The size of which a texture pixel is about one of the picture's, in the direction that is shortened less. */
function levelFor(texture: Texture, [a, b, c, d]: Quad, blur: number): TextureLevel {
  const across = Math.max(distance(a, b), distance(d, c)), down = Math.max(distance(a, d), distance(b, c)), [full] = texture.levels;
  const texels = Math.max(1, Math.min(full.width / Math.max(1, across), full.height / Math.max(1, down)));
  const index = Math.round(Math.log2(texels) - 0.2 + blur);
  return texture.levels[Math.min(texture.levels.length - 1, Math.max(0, index))] ?? full;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** A lamp's glare: brightest in the middle, added to what is there. */
export function addGlow(picture: Picture, [cx, cy]: Point, radius: number, colour: readonly [number, number, number]): void {
  const { width, height, data } = picture;
  for (let y = Math.max(0, Math.ceil(cy - radius)); y <= Math.min(height - 1, cy + radius); y++) for (let x = Math.max(0, Math.ceil(cx - radius)); x <= Math.min(width - 1, cx + radius); x++) {
    const far = Math.hypot(x - cx, y - cy) / radius;
    if (far >= 1) continue;
    const by = (1 - far) ** 3, to = (y * width + x) * 3;
    for (let c = 0; c < 3; c++) data[to + c] = Math.min(255, (data[to + c] as number) + (colour[c] as number) * by);
  }
}

/** A streak of light one pixel wide. */
export function addStreak(picture: Picture, [x, y]: Point, [dx, dy]: Point, brightness: number): void {
  const { width, height, data } = picture, steps = Math.ceil(Math.max(Math.abs(dx), Math.abs(dy)));
  for (let i = 0; i < steps; i++) {
    const px = Math.round(x + (dx * i) / steps), py = Math.round(y + (dy * i) / steps);
    if (px < 0 || py < 0 || px >= width || py >= height) continue;
    const to = (py * width + px) * 3;
    for (let c = 0; c < 3; c++) data[to + c] = Math.min(255, (data[to + c] as number) + brightness);
  }
}

/** A sheet of sensor noise, mean 0, deviation 1, as bytes of 1/32; drawn once and laid on every frame at another place. */
export function noiseSheet(size: number, normal: () => number): Int8Array {
  return Int8Array.from({ length: size }, () => Math.max(-127, Math.min(127, Math.round(normal() * 32))));
}

/** Adds noise of the given deviation (of 255) to every pixel, grey with a little colour. */
export function addNoise({ data }: Picture, sheet: Int8Array, offset: number, deviation: number): void {
  const size = sheet.length, scale = Math.round((deviation * 256) / 32);
  let at = offset % size;
  for (let i = 0; i < data.length; i += 3) {
    if (++at >= size - 2) at = 0;
    const grey = (sheet[at] as number) * scale;
    data[i] = clampedWhole((data[i] as number) + ((grey + ((sheet[at + 1] as number) * scale >> 2)) >> 8));
    data[i + 1] = clampedWhole((data[i + 1] as number) + (grey >> 8));
    data[i + 2] = clampedWhole((data[i + 2] as number) + ((grey + ((sheet[at + 2] as number) * scale >> 2)) >> 8));
  }
}

function clampedWhole(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
