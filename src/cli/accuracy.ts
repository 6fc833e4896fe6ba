import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlateLabel } from '../accuracy/label.ts';
import { readLabels } from '../accuracy/labels-csv.ts';
import { scoreReader, calibrationLines, FIGURE_COLUMNS, type ReaderScore } from '../accuracy/reader-score.ts';
import { mistakes } from '../accuracy/confusion.ts';
import { inWords } from '../accuracy/confusion-chart.ts';
import { GROUPINGS } from '../accuracy/figures.ts';
import { groupRows, type ReportHead } from '../accuracy/report-page.ts';
import type { PictureAnswer } from '../accuracy/score.ts';
import { loadPicture } from '../camera/picture-file.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import type { RowFault } from '../list/entry.ts';
import { toReadJson } from '../vision/read-json.ts';
import { checkReaderName } from '../vision/readers.ts';
import { createVision, type Vision } from '../vision/vision-pool.ts';
import { prepareReport, writeReport } from './accuracy-report.ts';
import { checkPath } from './check-path.ts';
import { loadOwnSeries } from './instance.ts';
import { columns, type Output, type Progress } from './output.ts';
import { inOrder } from './read.ts';
import { asDarwazaError } from './report.ts';

export interface AccuracyOptions { readonly labels?: string; readonly reader?: string; readonly set?: string; readonly fold?: boolean; readonly threads?: number; readonly out: string }

/** `darwaza accuracy`: readers against labels. Answers 1 when a row or a picture could not be used. */
export async function accuracyCommand(folder: string, options: AccuracyOptions, config: Config, output: Output): Promise<number> {
  const readers = namesIn(options.reader ?? config.DARWAZA_READER).map(checkReaderName);
  const labelsFile = options.labels ?? join(folder, 'labels.csv'), threads = options.threads ?? config.DARWAZA_THREADS, fold = options.fold ?? false;
  const { labels, faults } = await usableLabels(labelsFile, folder, namesIn(options.set ?? ''));
  await prepareReport(options.out);
  for (const fault of faults) output.note(faultLine(labelsFile, fault));
  const unusable = new Map<string, DarwazaError>(), scores: ReaderScore[] = [], series = loadOwnSeries(config);
  for (const reader of readers) {
    const vision = await createVision({ threads, reader, series, models: config.DARWAZA_MODELS });
    const files = new Map(labels.map((label) => [label.file, label.kind === 'crop'])), progress = output.progress(`Reading with ${reader}`, files.size);
    try {
      scores.push(scoreReader(reader, labels, await answersOf(folder, files, vision, config, unusable, progress), { fold }));
    } finally {
      progress.done();
      await vision.close();
    }
  }
  for (const [file, error] of unusable) output.note(`${file}: ${error.code}: ${error.message}`);
  const notCounted = [...faults.map((f) => ({ name: lineName(labelsFile, f), message: f.message })), ...[...unusable].map(([name, e]) => ({ name, message: e.message }))];
  const head: ReportHead = { folder, labels: labelsFile, made: `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`, threads, fold };
  const report = await writeReport(options.out, folder, head, scores, notCounted);
  print(scores, faults, unusable, report, output);
  return notCounted.length > 0 ? 1 : 0;
}

function namesIn(text: string): string[] {
  return [...new Set(text.split(',').map((name) => name.trim()).filter(Boolean))];
}

interface UsableLabels { readonly labels: readonly PlateLabel[]; readonly faults: readonly RowFault[] }

/** The labels of the chosen sets whose pictures are there. @throws FILE_NOT_FOUND, FILE_UNREADABLE, ARGUMENT_INVALID, LABELS_UNUSABLE */
async function usableLabels(file: string, folder: string, sets: readonly string[]): Promise<UsableLabels> {
  await checkPath(file, 'file');
  await checkPath(folder, 'folder');
  const labels: PlateLabel[] = [], faults: RowFault[] = [], known = new Set<string>(), missing = new Set<string>(), there = new Set<string>();
  for await (const item of readLabels(createReadStream(file))) {
    if (item.kind === 'fault') faults.push(item.fault);
    if (item.kind !== 'label') continue;
    known.add(item.label.set);
    if (sets.length > 0 && !sets.includes(item.label.set)) continue;
    const path = item.label.file;
    if (!there.has(path) && !missing.has(path)) (await isFile(join(folder, path)) ? there : missing).add(path);
    if (there.has(path)) labels.push(item.label);
    else faults.push({ line: item.line, column: 'file', code: 'FILE_NOT_FOUND', message: `There is no picture ${path} in ${folder}. Check the spelling, or the folder given.` });
  }
  const strange = sets.find((set) => !known.has(set));
  if (strange !== undefined && known.size > 0) throw new DarwazaError('ARGUMENT_INVALID', { name: '--set', reason: `there is no set ${strange} in ${file}; there are ${[...known].join(', ')}` });
  if (labels.length === 0) throw new DarwazaError('LABELS_UNUSABLE', { path: file, reason: faults[0] === undefined ? 'it holds no row' : `no row of it is usable; line ${faults[0].line}: ${faults[0].message.replace(/\.$/, '')}` });
  return { labels, faults };
}

const isFile = (path: string): Promise<boolean> => stat(path).then((found) => found.isFile(), () => false);

async function answersOf(folder: string, files: ReadonlyMap<string, boolean>, vision: Vision, config: Config, unusable: Map<string, DarwazaError>, progress: Progress): Promise<Map<string, PictureAnswer>> {
  const answers = new Map<string, PictureAnswer>();
  const read = async (file: string, crop: boolean): Promise<readonly [string, PictureAnswer | DarwazaError]> => {
    try {
      const { bytes } = await loadPicture(join(folder, file), config.DARWAZA_MAX_FRAME_MB * 1_000_000);
      const { width, height, plates, ms } = toReadJson(file, await vision.read(bytes, { crop, name: file }));
      return [file, { width, height, plates, ms: ms.decode + ms.detect + ms.read }];
    } catch (cause) {
      return [file, asDarwazaError(cause)];
    }
  };
  for await (const [file, answer] of inOrder(eachOf(files), vision.threads * 2, ([name, crop]) => read(name, crop))) {
    progress.step();
    if (answer instanceof DarwazaError) unusable.set(file, answer);
    else answers.set(file, answer);
  }
  return answers;
}

async function* eachOf<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

const lineName = (file: string, { line }: RowFault): string => `${file} line ${line}`;
const faultLine = (file: string, fault: RowFault): string => `${lineName(file, fault)}${fault.column === null ? '' : `, ${fault.column}`}: ${fault.code}: ${fault.message}`;

function print(scores: readonly ReaderScore[], faults: readonly RowFault[], unusable: ReadonlyMap<string, DarwazaError>, report: string, output: Output): void {
  if (output.json) return printJson(scores, faults, unusable, report, output);
  for (const by of GROUPINGS) {
    for (const line of columns([[by, 'reader', ...FIGURE_COLUMNS], ...groupRows(by, scores)])) output.line(line);
    output.line();
  }
  for (const { reader, calibration, confusion } of scores) {
    output.line(`${reader}: ${calibrationLines(calibration).join(' ')}`);
    const reads = calibration.bins.filter((bin) => bin.n > 0).map((bin) => [`${bin.from.toFixed(1)}–${bin.to.toFixed(1)}`, String(bin.n), bin.meanConfidence.toFixed(3), (bin.right / bin.n).toFixed(3)]);
    for (const line of columns([['confidence', 'reads', 'mean', 'right'], ...reads])) output.line(`  ${line}`);
    const worst = mistakes(confusion).slice(0, 8).map(inWords);
    output.line(`  misread: ${worst.length === 0 ? 'no character' : worst.join(', ')}${confusion.leftOut > 0 ? `; ${confusion.leftOut} reads with more than half of the characters wrong left out` : ''}`);
    output.line();
  }
  output.line(`Report: ${report}`);
}

/** One object a line, told apart by `kind`: a contract, fields are only ever added. */
function printJson(scores: readonly ReaderScore[], faults: readonly RowFault[], unusable: ReadonlyMap<string, DarwazaError>, report: string, output: Output): void {
  for (const { reader, rows, calibration, confusion } of scores) {
    for (const { by, group, figures } of rows) output.object({ kind: 'figures', reader, by, group, ...figures });
    output.object({ kind: 'calibration', reader, ...calibration });
    output.object({ kind: 'confusion', reader, ...confusion });
  }
  for (const fault of faults) output.object({ kind: 'fault', ...fault });
  for (const [file, { code, message }] of unusable) output.object({ kind: 'unusable', file, code, message });
  output.object({ kind: 'report', file: report });
}
