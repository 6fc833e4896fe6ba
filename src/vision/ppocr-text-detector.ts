import { openCv } from './opencv.ts';
import type { RotatedRect } from './opencv.ts';
import { openNetwork } from './onnx-session.ts';
import type { Network } from './onnx-session.ts';
import type { Picture } from './picture.ts';
import { ppocrModels } from './ppocr-models.ts';
import { cornersOf } from './text-line.ts';
import type { TextLine } from './text-line.ts';

export interface TextDetectorOptions {
  /** A pixel is text above this probability (PaddleOCR's default). */
  readonly pixelThreshold: number;
  /** A line is kept above this mean probability. */
  readonly lineThreshold: number;
  /** How far the shrunken text kernels of the network are grown back (PaddleOCR's default 1.5; plates' tight boxes like a little more). */
  readonly unclipRatio: number;
}
const defaults: TextDetectorOptions = { pixelThreshold: 0.3, lineThreshold: 0.45, unclipRatio: 1.7 };

/** ImageNet statistics in the blue, green, red order that PaddleOCR trained with. */
const mean = [0.485, 0.456, 0.406], deviation = [0.229, 0.224, 0.225];

/** PP-OCRv4's text detector (differentiable binarisation): a picture to turned rectangles around lines of text. */
export class PpocrTextDetector {
  readonly #network: Network;

  private constructor(network: Network) {
    this.#network = network;
  }

  static async open(): Promise<PpocrTextDetector> {
    return new PpocrTextDetector(await openNetwork(ppocrModels.detection));
  }

  /** Sides must be multiples of 32 (`networkSize`). Lines come in pixels of the picture given, largest first. */
  async detect(picture: Picture, options: Partial<TextDetectorOptions> = {}): Promise<TextLine[]> {
    const { width, height } = picture;
    const { values } = await this.#network.run(normalised(picture), [1, 3, height, width]);
    return linesOf(values, width, height, { ...defaults, ...options });
  }

  close(): Promise<void> {
    return this.#network.close();
  }
}

/** The nearest size that the network takes, at least 32 px a side. */
export function networkSize(width: number, height: number): { readonly width: number; readonly height: number } {
  return { width: wholeStrides(width), height: wholeStrides(height) };
}

function wholeStrides(pixels: number): number {
  return Math.max(32, Math.round(pixels / 32) * 32);
}

function normalised({ width, height, data }: Picture): Float32Array {
  const plane = width * height, out = new Float32Array(plane * 3);
  for (let channel = 0; channel < 3; channel++) {
    const scale = 1 / (255 * deviation[channel]!), shift = mean[channel]! / deviation[channel]!, from = 2 - channel, to = channel * plane;
    for (let i = 0; i < plane; i++) out[to + i] = data[i * 3 + from]! * scale - shift;
  }
  return out;
}

function linesOf(probability: Float32Array, width: number, height: number, options: TextDetectorOptions): TextLine[] {
  const cv = openCv(), mask = new cv.Mat(height, width, cv.CV_8UC1), contours = new cv.MatVector(), hierarchy = new cv.Mat();
  try {
    const pixels = mask.data;
    for (let i = 0; i < probability.length; i++) pixels[i] = probability[i]! > options.pixelThreshold ? 255 : 0;
    cv.findContours(mask, contours, hierarchy, cv.RETR_EXTERNAL, cv.CHAIN_APPROX_SIMPLE);
    const lines: TextLine[] = [];
    for (let i = 0; i < contours.size(); i++) {
      const contour = contours.get(i), core = lineOf(cv.minAreaRect(contour));
      contour.delete();
      if (core.height < 2 || core.width < 2) continue;
      const score = meanInside(probability, width, height, core);
      if (score >= options.lineThreshold) lines.push({ ...grown(core, options.unclipRatio), score });
    }
    return lines.sort((a, b) => b.width * b.height - a.width * a.height);
  } finally {
    for (const mat of [mask, contours, hierarchy]) mat.delete();
  }
}

/** OpenCV gives any of the four equal descriptions of a turned rectangle; ours lies within ±45°. */
function lineOf({ center, size, angle }: RotatedRect): TextLine {
  let { width, height } = size, degrees = angle;
  while (degrees > 45) { degrees -= 90; [width, height] = [height, width]; }
  while (degrees <= -45) { degrees += 90; [width, height] = [height, width]; }
  return { cx: center.x + 0.5, cy: center.y + 0.5, width: width + 1, height: height + 1, angle: (degrees * Math.PI) / 180, score: 0 };
}

/** Growing a polygon by area x ratio / perimeter (Vatti clipping in the paper) is, for a rectangle, moving each side out by that much. */
function grown(line: TextLine, ratio: number): TextLine {
  const distance = (line.width * line.height * ratio) / (2 * (line.width + line.height));
  return { ...line, width: line.width + 2 * distance, height: line.height + 2 * distance };
}

function meanInside(probability: Float32Array, width: number, height: number, line: TextLine): number {
  const corners = cornersOf(line), xs = corners.map((p) => p[0]), ys = corners.map((p) => p[1]);
  const c = Math.cos(line.angle), s = Math.sin(line.angle);
  let sum = 0, count = 0;
  for (let y = Math.max(0, Math.floor(Math.min(...ys))); y <= Math.min(height - 1, Math.max(...ys)); y++) {
    for (let x = Math.max(0, Math.floor(Math.min(...xs))); x <= Math.min(width - 1, Math.max(...xs)); x++) {
      const dx = x + 0.5 - line.cx, dy = y + 0.5 - line.cy;
      if (Math.abs(dx * c + dy * s) > line.width / 2 || Math.abs(dy * c - dx * s) > line.height / 2) continue;
      sum += probability[y * width + x]!;
      count++;
    }
  }
  return count > 0 ? sum / count : 0;
}
