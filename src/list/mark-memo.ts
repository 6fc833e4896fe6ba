import { parseMark } from '../plate/parse.ts';
import type { Mark } from '../plate/mark.ts';
import type { SeriesTable } from '../plate/series.ts';

export type MarkReading = { readonly kind: 'mark'; readonly mark: Mark } | { readonly kind: 'invalid'; readonly reason: string };

/** Letters, a year or none, a number: what a list writes in nearly all of its rows. */
const PLAIN = /^(?:([A-Za-z]{2}):)?([A-Za-z]{1,4})[- ](?:(\d\d)[- ])?(\d{1,4})$/;
/** Two generations of these are about 25 MB; the letters and years of a country, in any order, seldom need more at once. */
const GENERATION = 60_000;

/**
 * Reads marks as `parseMark` does, five times as fast where a mark differs from one read before in its last digits only. What the grammar
 * makes of a plain mark depends on its letters and year, on how many digits the number has and whether it begins with zero, and without a
 * year on the first two digits, which might be one. All else goes to `parseMark`.
 */
export class MarkMemo {
  readonly #series: SeriesTable;
  #known = new Map<string, Mark>();
  /** What was known before: what is still asked for moves on, the rest goes. */
  #older = new Map<string, Mark>();

  constructor(series: SeriesTable) {
    this.#series = series;
  }

  read(text: string): MarkReading {
    const plain = PLAIN.exec(text);
    if (plain === null) return parseMark(text, this.#series);
    const [, issuer = '', letters = '', year = '', number = ''] = plain;
    const key = `${issuer}:${letters}-${year}-${number.length}${year === '' ? number.slice(0, 2) : number.startsWith('0')}`;
    const known = this.#known.get(key) ?? this.#remember(key, this.#older.get(key));
    if (known !== undefined) return { kind: 'mark', mark: { ...known, number } };
    const parsed = parseMark(text, this.#series);
    if (parsed.kind === 'mark' && this.#saysSo(parsed.mark, letters, year, number) && !this.#mayBeLegend(letters)) this.#remember(key, parsed.mark);
    return parsed;
  }

  #remember(key: string, mark: Mark | undefined): Mark | undefined {
    if (mark === undefined) return undefined;
    if (this.#known.size >= GENERATION) {
      this.#older = this.#known;
      this.#known = new Map();
    }
    this.#known.set(key, mark);
    return mark;
  }

  /** Whether the mark is just what was written: nothing put right, nothing cut elsewhere. */
  #saysSo(mark: Mark, letters: string, year: string, number: string): boolean {
    return mark.letters === letters.toUpperCase() && (mark.year ?? '') === year && mark.number === number && mark.suffix === null;
  }

  /** AFR-2011 is "applied for" and AFR-201 a mark: there all digits count. */
  #mayBeLegend(letters: string): boolean {
    const upper = letters.toUpperCase();
    return upper.startsWith('AFR') || this.#series.appliedFor.some((legend) => upper.startsWith(legend) || legend.startsWith(upper));
  }
}
