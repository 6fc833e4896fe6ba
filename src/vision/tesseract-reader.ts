import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { createWorker, OEM, PSM } from 'tesseract.js';
import type { Worker } from 'tesseract.js';
import { alphabet } from './alphabet.ts';
import { captionOf } from './caption-words.ts';
import { charactersOf } from './character-runs.ts';
import type { CharacterEvidence } from './character-runs.ts';
import type { Picture } from './picture.ts';
import { groundCues } from './plate-ground.ts';
import type { PlateReader, PlateText } from './plate-reader.ts';
import { calibrated, doubtOfShape } from './read-confidence.ts';
import { scaled, withMargin } from './rectify.ts';

/** Plates are brought to this height: of 80, 120 and 180 px the best on pk-crops, where the letters of two lines are 50 px high. */
const readingHeight = 180, widest = 640;

interface Symbol { readonly text: string; readonly confidence: number; readonly top: number; readonly bottom: number; readonly line: number }

/** Reads plates with Tesseract 5 (its LSTM network) from data that npm ships; no network, no cache on disk. */
export class TesseractReader implements PlateReader {
  readonly name = 'tesseract';
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  static async open(): Promise<TesseractReader> {
    const data = dirname(createRequire(import.meta.url).resolve('@tesseract.js-data/eng/package.json'));
    const worker = await createWorker('eng', OEM.LSTM_ONLY, { langPath: join(data, '4.0.0_best_int'), cacheMethod: 'none', gzip: true });
    await worker.setParameters({ tessedit_char_whitelist: `${alphabet}-`, tessedit_pageseg_mode: PSM.SINGLE_BLOCK, user_defined_dpi: '150' });
    return new TesseractReader(worker);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  async read(plate: Picture): Promise<PlateText | null> {
    const { data } = await this.#worker.recognize(await prepared(plate), {}, { blocks: true, text: false });
    const lines = (data.blocks ?? []).flatMap((b) => b.paragraphs).flatMap((p) => p.lines);
    const symbols = lines.flatMap((line, number) => line.words.flatMap((w) => w.symbols).map((s): Symbol => (
      { text: s.text, confidence: s.confidence / 100, top: s.bbox.y0, bottom: s.bbox.y1, line: number })));
    return textOf(symbols, plate);
  }
}

/** Grey, dark on light, contrast stretched, letters at the size that Tesseract knows, a quiet margin around. */
async function prepared(plate: Picture): Promise<Buffer> {
  const scale = Math.min(readingHeight / plate.height, widest / plate.width);
  const small = withMargin(scaled(plate, Math.max(16, Math.round(plate.width * scale)), Math.max(16, Math.round(plate.height * scale))), 10, 10);
  const whole = { left: 0, top: 0, right: small.width, bottom: small.height };
  const inverted = ['black', 'green', 'blue', 'red'].includes(groundCues(small, whole).ground ?? '');
  const image = sharp(small.data, { raw: { width: small.width, height: small.height, channels: 3 } }).greyscale().normalise();
  return (inverted ? image.negate() : image).png({ compressionLevel: 1 }).toBuffer();
}

function textOf(symbols: readonly Symbol[], plate: Picture): PlateText | null {
  const captions: string[] = [], lines = new Map<number, Symbol[]>();
  for (const symbol of symbols) lines.set(symbol.line, [...(lines.get(symbol.line) ?? []), symbol]);
  const kept = [...lines.values()].filter((line) => {
    const caption = captionOf(line.map((s) => s.text).join('').replace(/-/g, ''));
    if (caption !== null) captions.push(caption);
    return caption === null;
  });
  const tallest = Math.max(0, ...kept.flat().filter((s) => s.text !== '-').map((s) => s.bottom - s.top));
  const rows = kept.map((line) => line.filter((s) => s.text === '-' || s.bottom - s.top > 0.35 * tallest)).filter((line) => line.some((s) => s.bottom - s.top > 0.6 * tallest));
  const evidence = rows.flatMap(evidenceOf);
  if (evidence.length === 0) return null;
  const characters = charactersOf(evidence), text = characters.map((c) => c.char).join('');
  const whole = { left: 0, top: 0, right: plate.width, bottom: plate.height };
  return {
    text, characters, confidence: calibrated(characters.reduce((p, c) => p * c.confidence, 1) * doubtOfShape(text)),
    cues: { words: captions, lines: rows.length, lettersLength: /^[A-Z]*/.exec(text)![0].length, ...groundCues(plate, whole) },
  };
}

/** Tesseract gives one character and a confidence: the rest of the belief is spread over the alphabet. */
function evidenceOf(line: readonly Symbol[]): CharacterEvidence[] {
  const out: CharacterEvidence[] = [];
  let newPart = true;
  for (const { text, confidence } of line) {
    const index = alphabet.indexOf(text);
    if (index < 0) { newPart = true; continue; }
    const probabilities = new Float32Array(alphabet.length).fill((1 - confidence) / (2 * alphabet.length));
    probabilities[index] = confidence;
    out.push({ probabilities, newPart });
    newPart = false;
  }
  return out;
}
