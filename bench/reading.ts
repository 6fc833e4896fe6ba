/**
 * How many plates are read right and how fast, beside PP-OCRv4 in the same run.
 *
 *   npm run bench -- reading [FOLDER] [--labels FILE] [--set NAME,…] [--fold NAME,…] [--reader NAME] [--models FOLDER] [--pictures N]
 *
 * FOLDER holds pictures and a label file (default labels.csv in it, columns as `darwaza accuracy` takes them). Without FOLDER it is
 * ../shared/plates where that is there, else the shipped rendered frames, fixtures. The reader (default:
 * the product's) and ppocr read each picture one after the other, taking turns at being first, on one thread; each is warmed up with two
 * pictures that do not count. `--fold` names the sets whose labels mix O with 0 and I with 1 (default eu-scenes,us-scenes,br-scenes).
 * `--models` takes the weights of the reader `darwaza` from another folder. `--pictures` reads that many of each set, spread evenly over it. Scores follow `src/accuracy/score.ts`.
 *
 * The last lines are a contract for scripts, one a set:
 *   reading set=NAME full=0.974 ms_ratio_ppocr=0.21 mark=… found=… extra=… n=… ms=… ppocr_full=… ppocr_mark=… ppocr_extra=… ppocr_ms=… reader=… pictures=…
 * `full`, `mark` and `found` are shares of the n plates, `-` in a set without any (negatives). `ms` is the median of a whole picture:
 * decode, detect and read; `ms_ratio_ppocr` = ms / ppocr_ms, the peer in the same run, which a slower machine does not change.
 */
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { countPictures, quantile, type Figures } from '../src/accuracy/figures.ts';
import { grouped } from '../src/accuracy/grouped.ts';
import type { PlateLabel } from '../src/accuracy/label.ts';
import { readLabels } from '../src/accuracy/labels-csv.ts';
import { FIGURE_COLUMNS, figureCells } from '../src/accuracy/reader-score.ts';
import { scorePictures, type PictureAnswer } from '../src/accuracy/score.ts';
import { columns } from '../src/cli/output.ts';
import { toReadJson } from '../src/vision/read-json.ts';
import { checkReaderName, defaultReader } from '../src/vision/readers.ts';
import { createVision, type Vision } from '../src/vision/vision-pool.ts';

const PEER = 'ppocr', PHOTOGRAPHS = '../shared/plates';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    labels: { type: 'string' }, set: { type: 'string', default: '' }, fold: { type: 'string', default: 'eu-scenes,us-scenes,br-scenes' },
    reader: { type: 'string', default: defaultReader }, models: { type: 'string' }, pictures: { type: 'string', default: 'Infinity' },
  },
});
const folder = positionals[0] ?? (existsSync(join(PHOTOGRAPHS, 'labels.csv')) ? PHOTOGRAPHS : 'fixtures');
const labelFile = values.labels ?? join(folder, 'labels.csv'), wantedSets = values.set.split(',').filter(Boolean), folded = values.fold.split(',');


function stop(message: string): never {
  console.error(message);
  process.exit(2);
}

async function fileLabels(): Promise<PlateLabel[]> {
  if (!existsSync(labelFile)) stop(`There is no label file ${labelFile}. "darwaza label ${folder}" makes one.`);
  const labels: PlateLabel[] = [];
  for await (const item of readLabels(createReadStream(labelFile))) {
    if (item.kind === 'label') labels.push(item.label);
    else if (item.kind === 'fault') console.error(`${labelFile} line ${item.fault.line}: ${item.fault.message}`);
  }
  return labels;
}

function spread<T>(items: readonly T[], count: number): T[] {
  return items.length <= count ? [...items] : Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)] as T);
}

async function answer(vision: Vision, file: string, crop: boolean): Promise<PictureAnswer> {
  try {
    const { width, height, plates, ms } = toReadJson(file, await vision.read(readFileSync(join(folder, file)), { crop, name: file }));
    return { width, height, plates, ms: ms.decode + ms.detect + ms.read };
  } catch (error) {
    console.error(`${file}: ${(error as Error).message}`);
    return null;
  }
}

interface Contender { readonly name: string; readonly vision: Vision; readonly answers: Map<string, PictureAnswer> }

/** The contenders take turns at being first, so that neither always finds the picture's bytes in the cache of the machine. */
async function readSet(labels: readonly PlateLabel[], contenders: readonly Contender[]): Promise<PlateLabel[]> {
  const pictures = spread([...new Map(labels.map((l) => [l.file, l.kind === 'crop']))], Number(values.pictures));
  for (const [file, crop] of pictures.slice(0, 2)) for (const { vision } of contenders) await answer(vision, file, crop);
  for (const [i, [file, crop]] of pictures.entries()) {
    for (const { vision, answers } of i % 2 === 0 ? contenders : contenders.toReversed()) answers.set(file, await answer(vision, file, crop));
  }
  const read = new Set(pictures.map(([file]) => file));
  return labels.filter((label) => read.has(label.file));
}

const share = (count: number, n: number): string => (n === 0 ? '-' : (count / n).toFixed(3));

function contractLine(set: string, ours: Figures, peer: Figures, medians: readonly [number | null, number | null]): string {
  const [ms, peerMs] = medians, ratio = ms === null || !peerMs ? '-' : (ms / peerMs).toFixed(3);
  const fields = {
    set, full: share(ours.full, ours.n), ms_ratio_ppocr: ratio, mark: share(ours.mark, ours.n), found: share(ours.found, ours.n), extra: ours.extra ?? '-', n: ours.n, ms: ms?.toFixed(1) ?? '-',
    ppocr_full: share(peer.full, peer.n), ppocr_mark: share(peer.mark, peer.n), ppocr_extra: peer.extra ?? '-', ppocr_ms: peerMs?.toFixed(1) ?? '-', reader: values.reader, pictures: ours.pictures,
  };
  return `reading ${Object.entries(fields).map(([name, value]) => `${name}=${value}`).join(' ')}`;
}

const reader = checkReaderName(values.reader);
const sets = [...grouped(await fileLabels(), (label) => label.set.replaceAll(/\s+/g, '-'))].filter(([set]) => wantedSets.length === 0 || wantedSets.includes(set));
if (sets.length === 0) stop(`No labels to measure in ${labelFile}${wantedSets.length > 0 ? ` for the sets ${wantedSets.join(', ')}` : ''}.`);
const open = async (name: string): Promise<Contender> => ({ name, vision: await createVision({ threads: 1, reader: name, models: values.models }), answers: new Map() });
const ours = await open(reader), peer = reader === PEER ? ours : await open(PEER), contenders = [...new Set([ours, peer])];
const table: string[][] = [['set', 'reader', ...FIGURE_COLUMNS]], lines: string[] = [];
for (const [set, labels] of sets) {
  const own = await readSet(labels, contenders), fold = folded.includes(set);
  const scores = contenders.map(({ name, answers }) => ({ name, pictures: scorePictures(own, answers, { fold }) }));
  const figures = scores.map(({ name, pictures }) => ({ name, figures: countPictures(pictures), ms: quantile(pictures.flatMap((p) => p.ms ?? []), 0.5) }));
  for (const { name, figures: f } of figures) table.push([set, name, ...figureCells(f)]);
  const [first, last] = [figures[0], figures.at(-1)] as [(typeof figures)[0], (typeof figures)[0]];
  lines.push(contractLine(set, first.figures, last.figures, [first.ms, last.ms]));
}
await Promise.all(contenders.map(({ vision }) => vision.close()));
console.log(`${labelFile}, one thread of ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`);
for (const line of [...columns(table), ...lines]) console.log(line);
