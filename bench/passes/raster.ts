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
  const { corners, texture } = surface, { width, height, data } = picture;
  const xs = corners.map((p) => p[0]), ys = corners.map((p) => p[1]);
  const left = Math.max(0, Math.floor(Math.min(...xs))), right = Math.min(width - 1, Math.ceil(Math.max(...xs)));
  const top = Math.max(0, Math.floor(Math.min(...ys))), bottom = Math.min(height - 1, Math.ceil(Math.max(...ys)));
  const map = left > right || top > bottom ? null : toUnitSquare(corners);
  if (map === null) return;
  const level = levelFor(texture, corners, surface.blur), [dx, dy] = surface.motion;
  const samples = Math.min(MOST_SAMPLES, Math.max(1, Math.ceil(Math.hypot(dx, dy)))), sum = new Float64Array(4);
  const [hr, hg, hb] = surface.hazeColour, keep = surface.light * (1 - surface.haze), { haze } = surface;
  for (let y = top; y <= bottom; y++) for (let x = left; x <= right; x++) {
    sum.fill(0);
    for (let s = 0; s < samples; s++) {
      const share = samples === 1 ? 0 : s / (samples - 1) - 0.5;
      sample(level, map, x + 0.5 - dx * share, y + 0.5 - dy * share, sum);
    }
    const alpha = (sum[3] as number) / (255 * samples);
    if (alpha <= 0.004) continue;
    const to = (y * width + x) * 3, by = keep / (255 * samples), rest = 1 - alpha, hazed = haze * alpha;
    data[to] = clamped((data[to] as number) * rest + (sum[0] as number) * by + hr * hazed);
    data[to + 1] = clamped((data[to + 1] as number) * rest + (sum[1] as number) * by + hg * hazed);
    data[to + 2] = clamped((data[to + 2] as number) * rest + (sum[2] as number) * by + hb * hazed);
  }
}

function clamped(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : value;
}

type Homography = readonly [number, number, number, number, number, number, number, number];

/** From picture pixels to the unit square (Heckbert 1989, inverse of square to quadrilateral); null for a quadrilateral without area. */
function toUnitSquare([p0, p1, p2, p3]: Quad): readonly number[] | null {
  const sx = p0[0] - p1[0] + p2[0] - p3[0], sy = p0[1] - p1[1] + p2[1] - p3[1];
  const dx1 = p1[0] - p2[0], dx2 = p3[0] - p2[0], dy1 = p1[1] - p2[1], dy2 = p3[1] - p2[1], det = dx1 * dy2 - dx2 * dy1;
  if (Math.abs(det) < 1e-9) return null;
  const g = (sx * dy2 - dx2 * sy) / det, h = (dx1 * sy - sx * dy1) / det;
  const m: Homography = [p1[0] - p0[0] + g * p1[0], p3[0] - p0[0] + h * p3[0], p0[0], p1[1] - p0[1] + g * p1[1], p3[1] - p0[1] + h * p3[1], p0[1], g, h];
  const [a, b, c, d, e, f] = m;
  const adjugate = [e - f * h, c * h - b, b * f - c * e, f * g - d, a - c * g, c * d - a * f, d * h - e * g, b * g - a * h, a * e - b * d];
  return Math.abs(a * (e - f * h) - b * (d - f * g) + c * (d * h - e * g)) < 1e-9 ? null : adjugate;
}

/** Adds the texture's colour (times its alpha) and alpha at one place of the picture, bilinear; nothing outside the unit square. */
function sample({ width, height, data }: TextureLevel, m: readonly number[], x: number, y: number, sum: Float64Array): void {
  const w = (m[6] as number) * x + (m[7] as number) * y + (m[8] as number);
  const u = ((m[0] as number) * x + (m[1] as number) * y + (m[2] as number)) / w, v = ((m[3] as number) * x + (m[4] as number) * y + (m[5] as number)) / w;
  if (!(u >= 0 && u < 1 && v >= 0 && v < 1)) return;
  const fx = u * width - 0.5, fy = v * height - 0.5, x0 = Math.max(0, Math.floor(fx)), y0 = Math.max(0, Math.floor(fy));
  const x1 = Math.min(width - 1, x0 + 1), y1 = Math.min(height - 1, y0 + 1), tx = Math.min(1, Math.max(0, fx - x0)), ty = Math.min(1, Math.max(0, fy - y0));
  add(data, (y0 * width + x0) * 4, (1 - tx) * (1 - ty), sum);
  add(data, (y0 * width + x1) * 4, tx * (1 - ty), sum);
  add(data, (y1 * width + x0) * 4, (1 - tx) * ty, sum);
  add(data, (y1 * width + x1) * 4, tx * ty, sum);
}

function add(data: Uint8Array, at: number, weight: number, sum: Float64Array): void {
  const alpha = (data[at + 3] as number) * weight;
  if (alpha === 0) return;
  sum[0] = (sum[0] as number) + (data[at] as number) * alpha;
  sum[1] = (sum[1] as number) + (data[at + 1] as number) * alpha;
  sum[2] = (sum[2] as number) + (data[at + 2] as number) * alpha;
  sum[3] = (sum[3] as number) + alpha;
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
