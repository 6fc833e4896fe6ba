import type { Picture, Point, Quad } from './picture.ts';
import { sizeOfQuad } from './plate-quads.ts';

/** Most samples along one side of a pixel: beyond this a plate is so large that what lies between the samples is not missed. */
const mostSamples = 4;
/** A plate of up to this many pixels for each one wanted is interpolated rather than averaged. */
const enlargedUpTo = 1.5;

/** From the unit square to the picture: x = (a u + b v + c) / (g u + h v + 1), y likewise. */
interface Projection { readonly x: Row; readonly y: Row; readonly g: number; readonly h: number }
type Row = readonly [a: number, b: number, c: number];

/**
 * The quadrilateral of a picture, grown by `margin` of its width and height on each side, as an upright picture of `width` x `height`
 * pixels. Each pixel of a large plate is the mean of as many samples as source pixels fall on it, so that it is averaged rather than
 * thinned out; a small plate is enlarged by a cubic, which keeps thin strokes. Outside the picture its edge pixels are repeated. Plain
 * arithmetic: it takes a few milliseconds at most, and no WebAssembly to be loaded. The reader is trained on pictures made the same way.
 */
export function uprightPlate(picture: Picture, corners: Quad, width: number, height: number, margin = 0): Picture {
  const span = 1 + 2 * margin, projection = projectionTo(corners, margin), samples = samplesOf(corners, width, height, span);
  return samples === null ? enlarged(picture, projection, width, height, margin) : averaged(picture, projection, width, height, margin, samples);
}

/** Another quadrilateral of the plane that a quadrilateral shows: its corners as shares of what that shows across and down. */
export function quadOnto(corners: Quad, shares: Quad): Quad {
  const margin = Math.max(0, ...shares.flat().map((v) => Math.max(-v, v - 1))), { x, y, g, h } = projectionTo(corners, margin);
  const at = ([u, v]: Point): Point => {
    const w = g * u + h * v + 1;
    return [(x[0] * u + x[1] * v + x[2]) / w, (y[0] * u + y[1] * v + y[2]) / w];
  };
  return [at(shares[0]), at(shares[1]), at(shares[2]), at(shares[3])];
}

function averaged(picture: Picture, projection: Projection, width: number, height: number, margin: number, [across, down]: readonly [number, number]): Picture {
  const span = 1 + 2 * margin, { x: [ax, bx, cx], y: [ay, by, cy], g, h } = projection;
  const right = picture.width - 1, bottom = picture.height - 1, stride = picture.width * 3, source = picture.data, share = 1 / (across * down);
  const sums = new Float32Array(width * 3), data = new Uint8Array(width * height * 3), columns = width * across;
  for (let row = 0; row < height; row++) {
    sums.fill(0);
    for (let line = row * down; line < (row + 1) * down; line++) {
      const v = ((line + 0.5) / (height * down)) * span - margin, x0 = bx * v + cx, y0 = by * v + cy, w0 = h * v + 1;
      for (let column = 0; column < columns; column++) {
        const u = ((column + 0.5) / columns) * span - margin, w = 1 / (g * u + w0);
        const x = Math.min(right, Math.max(0, (ax * u + x0) * w - 0.5)), y = Math.min(bottom, Math.max(0, (ay * u + y0) * w - 0.5));
        const left = x | 0, top = y | 0, fx = x - left, fy = y - top, i = top * stride + left * 3, next = left < right ? 3 : 0, below = top < bottom ? stride : 0;
        const p = (1 - fx) * (1 - fy), q = fx * (1 - fy), r = (1 - fx) * fy, s = fx * fy, out = ((column / across) | 0) * 3;
        sums[out]! += p * source[i]! + q * source[i + next]! + r * source[i + below]! + s * source[i + below + next]!;
        sums[out + 1]! += p * source[i + 1]! + q * source[i + next + 1]! + r * source[i + below + 1]! + s * source[i + below + next + 1]!;
        sums[out + 2]! += p * source[i + 2]! + q * source[i + next + 2]! + r * source[i + below + 2]! + s * source[i + below + next + 2]!;
      }
    }
    for (let i = 0, out = row * width * 3; i < sums.length; i++, out++) data[out] = sums[i]! * share + 0.5;
  }
  return { width, height, data };
}

function enlarged(picture: Picture, projection: Projection, width: number, height: number, margin: number): Picture {
  const span = 1 + 2 * margin, { x: [ax, bx, cx], y: [ay, by, cy], g, h } = projection, { data: source } = picture;
  const right = picture.width - 1, bottom = picture.height - 1, data = new Uint8ClampedArray(width * height * 3);
  const columns = new Int32Array(4), across = new Float64Array(4), down = new Float64Array(4);
  for (let row = 0, out = 0; row < height; row++) {
    const v = ((row + 0.5) / height) * span - margin;
    for (let column = 0; column < width; column++, out += 3) {
      const u = ((column + 0.5) / width) * span - margin, w = 1 / (g * u + h * v + 1);
      const x = Math.min(right, Math.max(0, (ax * u + bx * v + cx) * w - 0.5)), y = Math.min(bottom, Math.max(0, (ay * u + by * v + cy) * w - 0.5)), left = x | 0, top = y | 0;
      cubicWeights(x - left, across);
      cubicWeights(y - top, down);
      for (let i = 0; i < 4; i++) columns[i] = 3 * Math.min(right, Math.max(0, left + i - 1));
      let red = 0, green = 0, blue = 0;
      for (let dy = 0; dy < 4; dy++) {
        const line = 3 * picture.width * Math.min(bottom, Math.max(0, top + dy - 1)), weight = down[dy]!, a = across[0]! * weight, b = across[1]! * weight, c = across[2]! * weight, d = across[3]! * weight;
        const i = line + columns[0]!, j = line + columns[1]!, k = line + columns[2]!, l = line + columns[3]!;
        red += a * source[i]! + b * source[j]! + c * source[k]! + d * source[l]!;
        green += a * source[i + 1]! + b * source[j + 1]! + c * source[k + 1]! + d * source[l + 1]!;
        blue += a * source[i + 2]! + b * source[j + 2]! + c * source[k + 2]! + d * source[l + 2]!;
      }
      data[out] = red;
      data[out + 1] = green;
      data[out + 2] = blue;
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

/** Keys' cubic with a = -0.75, as OpenCV's: the weights of the four pixels around a place `f` past the second. */
function cubicWeights(f: number, out: Float64Array): void {
  const a = -0.75, g = 1 - f;
  out[0] = a * f * g * g;
  out[1] = ((a + 2) * f - (a + 3)) * f * f + 1;
  out[2] = ((a + 2) * g - (a + 3)) * g * g + 1;
  out[3] = a * g * f * f;
}

/** How many source pixels fall on one pixel, across and down; null when it is about one, or less. */
function samplesOf(corners: Quad, width: number, height: number, span: number): readonly [number, number] | null {
  const size = sizeOfQuad(corners), across = (size.width * span) / width, down = (size.height * span) / height;
  if (!(Math.max(across, down) > enlargedUpTo)) return null;
  return [across, down].map((n) => Math.min(mostSamples, Math.max(1, Math.round(n)))) as unknown as readonly [number, number];
}

function projectionTo([p, q, r, s]: Quad, margin: number): Projection {
  const dx1 = q[0] - r[0], dy1 = q[1] - r[1], dx2 = s[0] - r[0], dy2 = s[1] - r[1], sx = p[0] - q[0] + r[0] - s[0], sy = p[1] - q[1] + r[1] - s[1];
  const area = dx1 * dy2 - dx2 * dy1, g = (sx * dy2 - dx2 * sy) / area, h = (dx1 * sy - sx * dy1) / area;
  const nearest = 1 - margin * Math.abs(g) - margin * Math.abs(h) + Math.min(0, g) + Math.min(0, h);
  if (nearest > 0.1) return { x: [q[0] - p[0] + g * q[0], s[0] - p[0] + h * s[0], p[0]], y: [q[1] - p[1] + g * q[1], s[1] - p[1] + h * s[1], p[1]], g, h };
  // Corners that are no view of a rectangle (folded, or nearly on one line): the parallelogram nearest to them.
  const along = (i: 0 | 1): Row => [(q[i] - p[i] + r[i] - s[i]) / 2, (s[i] - p[i] + r[i] - q[i]) / 2, (3 * p[i] + q[i] + s[i] - r[i]) / 4];
  return { x: along(0), y: along(1), g: 0, h: 0 };
}
