import { scaledFrame } from './decode.ts';
import { openOwnModel } from './model-card.ts';
import type { Network } from './onnx-session.ts';
import type { Picture, Point, Quad } from './picture.ts';
import type { LocatedPlate, PlateDetector } from './plate-detector.ts';
import { plateMapChannels, platesOf } from './plate-map.ts';

/** Longer side of the frame as the network sees it, pixels: plates from 60 px of a 1080p frame, and from 36 px. */
const usualSide = 640, farSide = 960;
/** A plate that fills the picture is larger than any that the network was shown: the picture is made small and its edges go on around it, by this share. */
const fillingSide = 320, surroundings = 0.3;
/** Finds down to this share of the threshold are given too: of 150 plates 36 to 60 px wide 110 lie above the threshold and 136 above this. */
const faintest = 0.6;
/** The network halves its input five times. */
const step = 32;
const grey = 0.5;

/** Finds plates with Darwaza's own network: four corners and a probability for each. */
export class DarwazaPlateDetector implements PlateDetector {
  readonly name = 'darwaza';
  readonly knowsPlates = true;
  readonly sureFrom: number;
  readonly #network: Network;

  private constructor(network: Network, sureFrom: number) {
    this.#network = network;
    this.sureFrom = sureFrom;
  }

  /** Throws DarwazaError MODEL_INVALID when `detector.json` or its network in the folder cannot be used. */
  static async open(folder: string): Promise<DarwazaPlateDetector> {
    const { card, network } = await openOwnModel(folder, 'detector', () => ({ shape: [1, 3, 64, 96], outputs: { plates: [1, plateMapChannels, null, null] } }));
    return new DarwazaPlateDetector(network, card.threshold ?? 0.5);
  }

  close(): Promise<void> {
    return this.#network.close();
  }

  detect(picture: Picture): Promise<readonly LocatedPlate[]> {
    return this.#search(picture, usualSide);
  }

  detectCloser(picture: Picture): Promise<readonly LocatedPlate[]> | null {
    return Math.max(picture.width, picture.height) > usualSide ? this.#search(picture, farSide) : null;
  }

  detectFilling(picture: Picture): Promise<readonly LocatedPlate[]> {
    return this.#search(picture, fillingSide, surroundings);
  }

  detectSized(picture: Picture, longSide: number): Promise<readonly LocatedPlate[]> {
    return this.#search(picture, longSide);
  }

  async #search(picture: Picture, longSide: number, around = 0): Promise<readonly LocatedPlate[]> {
    const { width, height } = sizeWithin(picture, longSide), frame = await scaledFrame(picture, width, height);
    const left = Math.round(width * around), top = Math.round(height * around), columns = step * Math.ceil((width + 2 * left) / step), rows = step * Math.ceil((height + 2 * top) / step);
    const { values, shape } = await this.#network.run(planesOf(frame, columns, rows, left, top), [1, 3, rows, columns]);
    const plates = platesOf({ values, rows: shape[2]!, columns: shape[3]! }, faintest * this.sureFrom), across = picture.width / width, down = picture.height / height;
    return plates.map(({ corners, confidence }) => ({ corners: corners.map(([x, y]): Point => [(x - left) * across, (y - top) * down]) as unknown as Quad, confidence }));
  }
}

/** The picture's size with its longer side brought to `longSide`; smaller pictures keep their size. */
export function sizeWithin({ width, height }: Pick<Picture, 'width' | 'height'>, longSide: number): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, longSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * All red, all green, all blue, 0..1, in a grey frame of `columns` x `rows`. The picture's left top corner stands at `left`, `top`; what
 * is left and above of it, and as much right and below, repeats its edges.
 */
export function planesOf({ data, width, height }: Picture, columns: number, rows: number, left = 0, top = 0): Float32Array {
  const area = columns * rows, out = new Float32Array(3 * area).fill(grey), right = Math.min(columns, width + 2 * left), bottom = Math.min(rows, height + 2 * top);
  for (let y = 0; y < bottom; y++) {
    const line = Math.min(height - 1, Math.max(0, y - top)) * width;
    for (let x = 0, to = y * columns; x < right; x++, to++) {
      const from = 3 * (line + Math.min(width - 1, Math.max(0, x - left)));
      out[to] = data[from]! / 255;
      out[to + area] = data[from + 1]! / 255;
      out[to + 2 * area] = data[from + 2]! / 255;
    }
  }
  return out;
}
