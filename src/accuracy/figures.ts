import { grouped } from './grouped.ts';
import { wrongCharacters, type PictureResult, type PlateResult } from './score.ts';

/** What a table row counts. Shares are of `n`. */
export interface Figures {
  /** Plates that count. */
  readonly n: number;
  readonly found: number;
  readonly full: number;
  readonly mark: number;
  /** Share of characters wrong; null without any. */
  readonly cer: number | null;
  /** Plates reported where no label is; null where plates are not counted by picture. */
  readonly extra: number | null;
  readonly pictures: number;
  /** Pictures without an answer. */
  readonly unanswered: number;
  /** Median milliseconds a picture, and what 95 of 100 stay under; null without any answer. */
  readonly msMedian: number | null;
  readonly ms95: number | null;
}

export const GROUPINGS = ['set', 'region', 'lines', 'width'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface FiguresRow { readonly by: Grouping; readonly group: string; readonly figures: Figures }

/** Every row of the table: by set, then region, lines and width of the plate. */
export function figuresOf(pictures: readonly PictureResult[]): FiguresRow[] {
  const sets = grouped(pictures, (picture) => picture.set);
  return [
    ...[...sets].map(([group, own]) => ({ by: 'set' as const, group, figures: countPictures(own) })),
    ...rowsBy('region', pictures, regionOf), ...rowsBy('lines', pictures, linesOf), ...rowsBy('width', pictures, widthOf),
  ];
}

/** Figures of whole pictures: what is extra counts too. */
export function countPictures(pictures: readonly PictureResult[]): Figures {
  return { ...count(pictures, pictures.flatMap((p) => p.plates)), extra: pictures.reduce((sum, p) => sum + p.extra.length, 0) };
}

/** An extra plate has no label and so no region, lines or labelled width: it is counted by set alone. */
function rowsBy(by: Grouping, pictures: readonly PictureResult[], groupOf: (plate: PlateResult) => string): FiguresRow[] {
  const groups = [...new Set(pictures.flatMap((p) => p.plates.map(groupOf)))].toSorted((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));
  return groups.map((group) => {
    const holding = pictures.filter((p) => p.plates.some((plate) => groupOf(plate) === group));
    return { by, group, figures: count(holding, holding.flatMap((p) => p.plates.filter((plate) => groupOf(plate) === group))) };
  });
}

function count(pictures: readonly PictureResult[], plates: readonly PlateResult[]): Figures {
  const characters = plates.reduce((sum, p) => sum + p.truth.length, 0), times = pictures.flatMap((p) => p.ms ?? []);
  return {
    n: plates.length, found: plates.filter((p) => p.read !== null).length, full: plates.filter((p) => p.full).length, mark: plates.filter((p) => p.mark).length,
    cer: characters === 0 ? null : plates.reduce((sum, p) => sum + wrongCharacters(p), 0) / characters, extra: null,
    pictures: pictures.length, unanswered: pictures.filter((p) => p.ms === null).length, msMedian: quantile(times, 0.5), ms95: quantile(times, 0.95),
  };
}

/** The value that `share` of the numbers lie below; null of none. */
export function quantile(numbers: readonly number[], share: number): number | null {
  return numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(share * numbers.length))] ?? null;
}

const WIDTHS = ['< 60 px', '60–80 px', '80–120 px', '> 120 px'];
const UNKNOWN = 'not labelled';

const regionOf = ({ label }: PlateResult): string => label.region || UNKNOWN;
const linesOf = ({ label }: PlateResult): string => (label.lines === null ? UNKNOWN : String(label.lines));

function widthOf({ width }: PlateResult): string {
  return WIDTHS[width < 60 ? 0 : width < 80 ? 1 : width <= 120 ? 2 : 3] as string;
}

/** Widths rise, names go by the alphabet, the unknown comes last. */
function placeOf(group: string): number {
  return group === UNKNOWN ? WIDTHS.length : WIDTHS.indexOf(group);
}
