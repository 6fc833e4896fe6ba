import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calibrationChart } from '../accuracy/calibration-chart.ts';
import { confusionChart } from '../accuracy/confusion-chart.ts';
import { missesOf, missesPage, type Miss } from '../accuracy/misses-page.ts';
import type { ReaderScore } from '../accuracy/reader-score.ts';
import { reportPage, type ReportHead, type Unusable } from '../accuracy/report-page.ts';
import { loadPicture } from '../camera/picture-file.ts';
import { DarwazaError } from '../core/errors.ts';
import { cutOut } from '../vision/cut-out.ts';

/** Names of cut-outs that an earlier report left. */
const CUT_OUT = /^\d{4,}\.jpg$/;

/** Makes the folder, before hours of reading end at a place that cannot be written. @throws FOLDER_UNWRITABLE */
export async function prepareReport(out: string): Promise<void> {
  try {
    await mkdir(join(out, 'plates'), { recursive: true });
  } catch (cause) {
    throw unwritable(out, cause);
  }
}

/**
 * Writes the report's folder: index.html, misses.html with plates/, and the charts as files. A report that was there is replaced, anything
 * else in the folder stays. Gives the path of its first page. @throws FOLDER_UNWRITABLE
 */
export async function writeReport(out: string, pictures: string, head: ReportHead, scores: readonly ReaderScore[], unusable: readonly Unusable[]): Promise<string> {
  const plates = join(out, 'plates'), misses = missesOf(scores);
  try {
    for (const old of await readdir(plates)) if (CUT_OUT.test(old)) await rm(join(plates, old));
    const shown = await cutOuts(misses, pictures, plates);
    await writeFile(join(out, 'misses.html'), missesPage(misses, shown));
    for (const { reader, calibration, confusion } of scores) {
      await writeFile(join(out, `calibration-${reader}.svg`), calibrationChart(reader, calibration));
      await writeFile(join(out, `confusion-${reader}.svg`), confusionChart(reader, confusion));
    }
    await writeFile(join(out, 'index.html'), reportPage(head, scores, unusable));
  } catch (cause) {
    throw unwritable(out, cause);
  }
  return join(out, 'index.html');
}

function unwritable(path: string, cause: unknown): DarwazaError {
  return cause instanceof DarwazaError ? cause : new DarwazaError('FOLDER_UNWRITABLE', { path, reason: (cause as NodeJS.ErrnoException).code ?? 'unknown fault' }, cause);
}

/** Cuts each miss out of its picture, a picture's misses together; null where the picture cannot be used (it is listed as such already). */
async function cutOuts(misses: readonly Miss[], pictures: string, folder: string): Promise<(string | null)[]> {
  const shown = misses.map((): string | null => null), numbers = new Map<string, number[]>();
  for (const [i, { file }] of misses.entries()) numbers.set(file, [...(numbers.get(file) ?? []), i]);
  for (const [file, own] of numbers) {
    const cut = await loadPicture(join(pictures, file), Number.POSITIVE_INFINITY).then(({ bytes }) => cutOut(bytes, own.map((i) => misses[i]?.box ?? null), file)).catch(() => []);
    for (const [k, jpeg] of cut.entries()) {
      const number = own[k] as number, name = `${String(number + 1).padStart(4, '0')}.jpg`;
      await writeFile(join(folder, name), jpeg);
      shown[number] = `plates/${name}`;
    }
  }
  return shown;
}
