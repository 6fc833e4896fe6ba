import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { listPictures } from '../camera/picture-folder.ts';
import { loadPicture } from '../camera/picture-file.ts';
import { writeMark } from '../plate/written-form.ts';
import { toReadJson } from '../vision/read-json.ts';
import { createVision, type Vision } from '../vision/vision-pool.ts';
import { loadOwnSeries } from './instance.ts';
import { asDarwazaError } from './report.ts';
import type { Output } from './output.ts';

export interface ReadOptions { readonly crop?: boolean; readonly reader?: string; readonly threads?: number }

/** `darwaza read`: one line a picture in the order given. Answers the exit code: 1 when a picture could not be used. */
export async function readCommand(files: readonly string[], options: ReadOptions, config: Config, output: Output): Promise<number> {
  const threads = options.threads ?? config.DARWAZA_THREADS;
  const vision = await createVision({ threads, reader: options.reader ?? config.DARWAZA_READER, series: loadOwnSeries(config), models: config.DARWAZA_MODELS });
  const progress = files.length > 1 && !output.json ? output.progress('Reading', files.length) : undefined;
  let faults = 0;
  try {
    for await (const answer of inOrder(expanded(files), threads * 2, (file) => readFileOf(file, options, config, vision))) {
      faults += 'error' in answer.json ? 1 : 0;
      if (output.json) output.object(answer.json);
      else for (const line of answer.lines) output.line(line);
      progress?.step();
    }
  } finally {
    progress?.done();
    await vision.close();
  }
  return faults > 0 ? 1 : 0;
}

interface Answer { readonly json: object; readonly lines: readonly string[] }

/** Files as given; a folder gives the pictures in it. What cannot be listed is answered like a picture that cannot be read. */
async function* expanded(paths: readonly string[]): AsyncIterable<string | { path: string; error: DarwazaError }> {
  for (const path of paths) {
    try {
      yield* await listPictures([path]);
    } catch (cause) {
      yield { path, error: asDarwazaError(cause) };
    }
  }
}

async function readFileOf(item: string | { path: string; error: DarwazaError }, options: ReadOptions, config: Config, vision: Vision): Promise<Answer> {
  if (typeof item !== 'string') return fault(item.path, item.error);
  try {
    const { bytes } = await loadPicture(item, config.DARWAZA_MAX_FRAME_MB * 1_000_000);
    const read = await vision.read(bytes, { crop: options.crop ?? false, name: item });
    const lines = read.reads.map((r) => {
      const mark = r.parse.kind === 'mark' ? writeMark(r.parse.candidates[0].mark) : `${r.text} (${r.parse.kind})`;
      return `${item}: ${mark}  ${Math.round(r.confidence * 100)} %  at ${r.box.x},${r.box.y} ${r.box.width}x${r.box.height}`;
    });
    return { json: toReadJson(item, read), lines: lines.length > 0 ? lines : [`${item}: no plate`] };
  } catch (cause) {
    return fault(item, asDarwazaError(cause));
  }
}

function fault(file: string, error: DarwazaError): Answer {
  return { json: { file, error: { code: error.code, message: error.message } }, lines: [`${file}: ${error.code}: ${error.message}`] };
}

/** Works on `width` items at a time and gives the answers in the order of the items. */
export async function* inOrder<T, R>(items: AsyncIterable<T>, width: number, work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  for await (const item of items) {
    running.push(work(item));
    if (running.length >= width) yield await (running.shift() as Promise<R>);
  }
  for (const answer of running) yield await answer;
}
