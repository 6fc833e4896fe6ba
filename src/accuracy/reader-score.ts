import { calibrationOf, type Calibration } from './calibration.ts';
import { confusionOf, type ConfusionMatrix } from './confusion.ts';
import { figuresOf, type Figures, type FiguresRow } from './figures.ts';
import type { PlateLabel } from './label.ts';
import { scorePictures, type PictureAnswer, type PictureResult, type ScoreOptions } from './score.ts';

/** All that is counted of one reader on one folder. */
export interface ReaderScore {
  readonly reader: string;
  readonly pictures: readonly PictureResult[];
  readonly rows: readonly FiguresRow[];
  readonly calibration: Calibration;
  readonly confusion: ConfusionMatrix;
}

export function scoreReader(reader: string, labels: readonly PlateLabel[], answers: ReadonlyMap<string, PictureAnswer>, options: ScoreOptions = {}): ReaderScore {
  const pictures = scorePictures(labels, answers, options);
  return { reader, pictures, rows: figuresOf(pictures), calibration: calibrationOf(pictures), confusion: confusionOf(pictures) };
}

export const FIGURE_COLUMNS = ['n', 'found', 'full', 'mark', 'CER', 'extra', 'ms p50', 'ms p95', 'no answer'] as const;

/** Figures as a table shows them; the columns are `FIGURE_COLUMNS`. */
export function figureCells(figures: Figures): string[] {
  const { n, found, full, mark, cer, extra, msMedian, ms95, unanswered } = figures;
  const share = (count: number): string => (n === 0 ? '-' : `${count} ${percent(count / n)}`);
  return [String(n), share(found), share(full), share(mark), shown(cer, 3), shown(extra, 0), shown(msMedian, 0), shown(ms95, 0), String(unanswered)];
}

function shown(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits);
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** The calibration in sentences. */
export function calibrationLines({ plates, reads, expectedError, sure, sureExtra, coverage }: Calibration): string[] {
  if (expectedError === null) return ['No labelled plate was read: nothing tells what the confidence means.'];
  const extra = sureExtra === 0 ? '' : `; beside them ${sureExtra} where no plate is labelled`;
  return [
    `Expected calibration error ${expectedError.toFixed(3)} over ${reads} reads.`,
    sure.n === 0 ? 'No read has a confidence of 0.9 or more.' : `At confidence 0.9 or more ${sure.right} of ${sure.n} reads are right (${percent(sure.right / sure.n)})${extra}.`,
    coverage === null ? 'At no confidence are 99 % of the reads right.' : `99 % precision holds from confidence ${coverage.threshold.toFixed(3)}, for ${coverage.n} of ${plates} plates (${percent(coverage.n / plates)}).`,
  ];
}
