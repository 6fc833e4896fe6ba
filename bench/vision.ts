/**
 * Milliseconds per stage per frame, for both readers, on one thread.
 *
 *   npm run bench -- vision [FOLDER] [--frames N]
 *
 * FOLDER (default `fixtures/frames`, the shipped rendered frames) is searched for pictures; N of them (default 60), spread evenly over the
 * sorted list, are read. Each frame is decoded, searched for plates once per reader, and read by PP-OCRv4 and by Tesseract; two frames go
 * first unmeasured, so that loading and first allocations do not count. Figures are medians over the frames; `read` is all proposals of a
 * frame together, also those that turn out to be no plate.
 *
 * The last line is a contract for scripts:
 *   vision decode_ms=… detect_ms=… read_ms=… tesseract_read_ms=… ratio=… frame_ms=… frame_p95_ms=… plates=… tesseract_plates=… frames=… megapixels=…
 * `ratio` is tesseract_read_ms / read_ms: the peer in the same run, which a slower machine does not change. `frame_ms` is decode + detect +
 * read with PP-OCRv4. `plates` counts what was reported as a plate.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PpocrPlateDetector } from '../src/vision/ppocr-plate-detector.ts';
import type { FrameRead } from '../src/vision/frame-read.ts';
import { readPicture } from '../src/vision/read-picture.ts';
import { openReader } from '../src/vision/readers.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { frames: { type: 'string', default: '60' } } });
const folder = positionals[0] ?? 'fixtures/frames', wanted = Math.max(1, Number(values.frames) || 60);

function picturesIn(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((f) => /\.(jpe?g|png|webp|tiff?)$/i.test(f)).sort().map((f) => join(path, f));
}

function spread<T>(items: readonly T[], count: number): T[] {
  return items.length <= count ? [...items] : Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!);
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

if (!existsSync(folder)) {
  console.error(`There is no folder ${folder}. Give one with pictures: npm run bench -- vision FOLDER`);
  process.exit(2);
}
const files = spread(picturesIn(folder), wanted);
if (files.length === 0) {
  console.error(`No pictures were found in ${folder}.`);
  process.exit(2);
}

const detector = await PpocrPlateDetector.open();
const readers = { ppocr: await openReader('ppocr'), tesseract: await openReader('tesseract') };
const frames: Record<keyof typeof readers, FrameRead[]> = { ppocr: [], tesseract: [] };
let pixels = 0;
for (const [i, file] of [...files.slice(0, 2), ...files].entries()) {
  const bytes = readFileSync(file);
  for (const name of ['ppocr', 'tesseract'] as const) {
    const frame = await readPicture(bytes, { detector, reader: readers[name], name: file });
    if (i < 2) continue;
    frames[name].push(frame);
    if (name === 'ppocr') pixels += frame.width * frame.height;
  }
}
await Promise.all([detector.close(), readers.ppocr.close(), readers.tesseract.close()]);

const median = (name: keyof typeof readers, stage: 'decode' | 'detect' | 'read'): number => quantile(frames[name].map((f) => f.ms[stage]), 0.5);
const whole = frames.ppocr.map((f) => f.ms.decode + f.ms.detect + f.ms.read), plates = (name: keyof typeof readers): number => frames[name].reduce((n, f) => n + f.reads.length, 0);
console.log(`${files.length} frames of ${folder}, one thread of ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`);
for (const name of ['ppocr', 'tesseract'] as const) {
  console.log(`${name.padEnd(10)} decode ${median(name, 'decode').toFixed(1)} ms, detect ${median(name, 'detect').toFixed(1)} ms, read ${median(name, 'read').toFixed(1)} ms, ${plates(name)} plates`);
}
const figures = {
  decode_ms: median('ppocr', 'decode'), detect_ms: median('ppocr', 'detect'), read_ms: median('ppocr', 'read'), tesseract_read_ms: median('tesseract', 'read'),
  ratio: median('tesseract', 'read') / Math.max(0.1, median('ppocr', 'read')), frame_ms: quantile(whole, 0.5), frame_p95_ms: quantile(whole, 0.95),
};
const counts = { plates: plates('ppocr'), tesseract_plates: plates('tesseract'), frames: files.length, megapixels: (pixels / files.length / 1e6).toFixed(2) };
console.log(`vision ${[...Object.entries(figures).map(([key, value]) => `${key}=${value.toFixed(2)}`), ...Object.entries(counts).map(([key, value]) => `${key}=${value}`)].join(' ')}`);
