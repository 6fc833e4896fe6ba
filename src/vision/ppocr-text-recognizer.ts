import { alphabet, isSeparator, sharesOf } from './alphabet.ts';
import { openNetwork } from './onnx-session.ts';
import type { Network } from './onnx-session.ts';
import type { Picture } from './picture.ts';
import { ppocrClasses, ppocrModels } from './ppocr-models.ts';

/** One character seen on a line. */
export interface Glyph {
  /** Probability of each character of `alphabet`; they sum to 1 at most, the rest is "something else" or "nothing". */
  readonly probabilities: Float32Array;
  /** Index of the likeliest. */
  readonly best: number;
  /** Centre along the line, 0 left to 1 right. */
  readonly position: number;
  /** A separator (hyphen, dot, space) stands before it. */
  readonly separated: boolean;
}

/** Rows of pixels that the recogniser takes. */
export const lineHeight = 48;
const widest = 640;
/** Trained on lines padded to 320; below this many columns short lines (`31`) lose characters. */
const narrowest = 128;

interface Target { readonly classIndex: number; readonly index: number; readonly share: number }

/** PP-OCRv4's recogniser, its 6,625 symbols folded to the 36 of a registration mark. */
export class PpocrTextRecognizer {
  readonly #network: Network;
  readonly #targets: readonly Target[];
  readonly #separators: readonly number[];

  private constructor(network: Network) {
    this.#network = network;
    const classes = ppocrClasses();
    this.#targets = classes.flatMap((symbol, classIndex) =>
      sharesOf(symbol).map(({ char, share }) => ({ classIndex, index: alphabet.indexOf(char), share })));
    this.#separators = classes.flatMap((symbol, index) => (isSeparator(symbol) ? [index] : []));
  }

  static async open(): Promise<PpocrTextRecognizer> {
    return new PpocrTextRecognizer(await openNetwork(ppocrModels.recognition));
  }

  /** `line` must be `lineHeight` pixels high. */
  async recognize(line: Picture): Promise<Glyph[]> {
    const width = Math.min(widest, line.width), padded = Math.max(narrowest, width);
    const { values, shape } = await this.#network.run(normalised(line, padded), [1, 3, lineHeight, padded]);
    return this.#decode(values, shape[1]!, shape[2]!, padded / width);
  }

  close(): Promise<void> {
    return this.#network.close();
  }

  /** CTC: the likeliest symbol of each step, runs joined, blanks dropped; symbols that no plate holds are left out of the choice. */
  #decode(values: Float32Array, steps: number, classCount: number, stretch: number): Glyph[] {
    const glyphs: Glyph[] = [];
    let last = -1, peak = 0, separated = false;
    for (let step = 0; step < steps; step++) {
      const row = values.subarray(step * classCount, (step + 1) * classCount), probabilities = this.#folded(row);
      let best = -1, value = row[0]!;
      for (let i = 0; i < probabilities.length; i++) if (probabilities[i]! > value) { best = i; value = probabilities[i]!; }
      let separator = 0;
      for (const index of this.#separators) separator += row[index]!;
      if (separator > value) { separated ||= glyphs.length > 0; last = -1; continue; }
      if (best < 0) { last = -1; continue; }
      if (best !== last || value > peak) {
        const glyph = { probabilities, best, position: Math.min(1, ((step + 0.5) / steps) * stretch), separated: best === last ? glyphs.at(-1)!.separated : separated };
        if (best === last) glyphs[glyphs.length - 1] = glyph;
        else glyphs.push(glyph);
        peak = value;
      }
      last = best;
      separated = false;
    }
    return glyphs;
  }

  #folded(row: Float32Array): Float32Array {
    const folded = new Float32Array(alphabet.length);
    for (const { classIndex, index, share } of this.#targets) folded[index]! += row[classIndex]! * share;
    return folded;
  }
}

function normalised({ width, height, data }: Picture, padded: number): Float32Array {
  // Blue, green, red; the padding stays 0, which is mid-grey: what the network saw in training.
  const plane = padded * height, out = new Float32Array(plane * 3), used = Math.min(width, padded);
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < used; x++) out[channel * plane + y * padded + x] = data[(y * width + x) * 3 + 2 - channel]! / 127.5 - 1;
    }
  }
  return out;
}
