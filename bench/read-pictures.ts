/**
 * Reads pictures with the library itself and prints the lines of `darwaza read --json`, without a build:
 *   npx tsx bench/read-pictures.ts [--crop] [--reader ppocr|tesseract] [--threads N] [--base FOLDER] FILE… > out.jsonl
 * Files may also come on standard input, one a line (`-`). `--base` is put before each file's name when opening it, not when printing it.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DarwazaError } from '../src/core/errors.ts';
import { toReadJson } from '../src/vision/read-json.ts';
import { createVision } from '../src/vision/vision-pool.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { crop: { type: 'boolean', default: false }, reader: { type: 'string' }, threads: { type: 'string', default: '1' }, base: { type: 'string', default: '' } },
});
const files = positionals.flatMap((p) => (p === '-' ? readFileSync(0, 'utf8').split('\n').filter(Boolean) : [p]));
const vision = await createVision({ threads: Number(values.threads), ...(values.reader === undefined ? {} : { reader: values.reader }) });

async function lineOf(file: string): Promise<object> {
  try {
    return toReadJson(file, await vision.read(await readFile(join(values.base, file)), { crop: values.crop, name: file }));
  } catch (error) {
    if (error instanceof DarwazaError) return { file, error: { code: error.code, message: error.message } };
    throw error;
  }
}

for (let i = 0; i < files.length; i += vision.threads) {
  for (const line of await Promise.all(files.slice(i, i + vision.threads).map(lineOf))) console.log(JSON.stringify(line));
}
await vision.close();
