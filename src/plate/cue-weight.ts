import { leadingLetters, matchesLetters } from './fit.ts';
import type { Fit, Series } from './fit.ts';
import type { PlateCues, VehicleClass } from './mark.ts';
import type { PlateText } from './plate-text.ts';
import { comparableWord } from './plate-text.ts';
import type { Look } from './series-file.ts';
import type { SeriesTable, WordMeaning } from './series.ts';
import { SHORTEST_FORGIVEN_WORD } from './series.ts';

// Every factor below multiplies the belief in one fit. They are odds by judgement, not learned: only their order is known from the photographs.
const CERTAINTY: Readonly<Record<Series['certainty'], number>> = { H: 1, M: 0.35, L: 0.12, '-': 0.04 };
const JURISDICTION_WORD = 300;
const PLACE_WORD = 150;
// QUETTA in "TOYOTA QUETTA MOTORS" says where the vehicle was sold.
const PLACE_BESIDE_DEALER = 4;
const KNOWN_JURISDICTION = 1000;
const OTHER_JURISDICTION = 0.001;
// Letters written out in the data say more than "any three letters"; a series' usual letters say a little more than its others.
const SPELT_LETTERS = 3;
const USUAL_LETTERS = 2;
const UNUSUAL_LETTERS = 0.5;
const ZERO_NOT_PRINTED = 0.15;
const EASTERN = 30;
const NOT_EASTERN = 0.5;
const RESOLVED = 0.6;

/** What the words beside a mark say, put together. */
export interface WordCues {
  readonly jurisdictions: ReadonlyMap<string, number>;
  readonly districts: ReadonlyMap<string, string>;
  readonly class: VehicleClass | null;
  readonly appliedFor: boolean;
  readonly official: boolean;
}

/** Whether two words differ by at most one character changed, added or lost. */
function withinOne(a: string, b: string): boolean {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  return a.slice(start + (a.length < b.length ? 0 : 1)) === b.slice(start + (b.length < a.length ? 0 : 1));
}

function meaningOf(word: string, table: SeriesTable): WordMeaning | undefined {
  const exact = table.words.get(word);
  if (exact !== undefined || word.length < SHORTEST_FORGIVEN_WORD) return exact;
  for (const length of [word.length, word.length - 1, word.length + 1]) {
    for (const known of table.longWords.get(length) ?? []) if (withinOne(known, word)) return table.words.get(known);
  }
  return undefined;
}

const NO_WORDS: WordCues = { jurisdictions: new Map(), districts: new Map(), class: null, appliedFor: false, official: false };

/** Reads the meaning of the words beside a mark: each alone, and each run of two or three ("AZAD", "KASHMIR"). */
export function wordCues(words: readonly string[], table: SeriesTable): WordCues {
  if (words.length === 0) return NO_WORDS;
  const jurisdictions = new Map<string, number>();
  const districts = new Map<string, string>();
  const found = { class: null as VehicleClass | null, appliedFor: false, official: false };
  const parts = words.slice(0, 12).flatMap((word) => word.slice(0, 64).split(/[\s-]+/)).map(comparableWord)
    .filter((word) => word !== '').slice(0, 16);
  const dealer = parts.some((part) => table.dealers.has(part));
  const runs = parts.flatMap((_, i) => [1, 2, 3].filter((n) => i + n <= parts.length).map((n) => parts.slice(i, i + n).join('')));
  for (const run of runs) {
    const meaning = meaningOf(run, table);
    if (meaning === undefined) continue;
    if (meaning.jurisdiction !== undefined) {
      const weight = meaning.place === undefined ? JURISDICTION_WORD : dealer ? PLACE_BESIDE_DEALER : PLACE_WORD;
      jurisdictions.set(meaning.jurisdiction, Math.max(weight, jurisdictions.get(meaning.jurisdiction) ?? 0));
      if (meaning.place !== undefined && !districts.has(meaning.jurisdiction)) districts.set(meaning.jurisdiction, meaning.place);
    }
    found.class ??= meaning.class ?? null;
    found.appliedFor ||= meaning.appliedFor === true;
    found.official ||= meaning.official === true;
  }
  return { jurisdictions, districts, ...found };
}

function lookWeight(look: Look, cues: PlateCues): number {
  let weight = 1;
  if (cues.ground) {
    // Yellow is nearly always the issuer's; black is also what owners paint, so it speaks against nothing much.
    if (look.ground === cues.ground) weight *= cues.ground === 'white' || cues.ground === 'black' ? 1.3 : 3;
    else weight *= cues.ground === 'black' ? 0.7 : 0.25;
  }
  if (cues.leftBand) weight *= look.band === cues.leftBand ? 8 : 0.1;
  if (cues.lines !== undefined && look.lines !== undefined) weight *= look.lines === cues.lines ? 1.5 : 0.5;
  return weight;
}

function bestLook(series: Series, cues: PlateCues): { readonly weight: number; readonly look: Look | null } {
  // A series whose look nobody described is taken to have none of what was seen.
  let best: { weight: number; look: Look | null } = { weight: series.looks.length === 0 ? lookWeight({}, cues) : 0, look: null };
  for (const look of series.looks) {
    const weight = lookWeight(look, cues);
    if (weight > best.weight) best = { weight, look };
  }
  return best;
}

function lettersWeight(fit: Fit): number {
  const { series, letters } = fit;
  const bare = series.prefix === undefined ? letters : letters.slice(letters.search(/[A-Z]/));
  const spelt = matchesLetters(bare, series.speltLetters);
  const usual = series.usual.length === 0 ? 1 : matchesLetters(bare, series.usual) ? USUAL_LETTERS : UNUSUAL_LETTERS;
  return (spelt ? SPELT_LETTERS : 1) * usual;
}

// Without a separator, LEB1131 is a four-digit number rather than a year and a number below 100, but not by much: of the labelled real plates
// two had such a number, and about one a four-digit number that begins like a year.
const SHORT_NUMBER: Readonly<Record<number, number>> = { 1: 0.1, 2: 0.3, 3: 1, 4: 1 };
// Who sets the letters apart (AA-0804) sets a year apart too.
const YEAR_GLUED_ON = 0.1;
const YEAR_UNREAD = 0.3;
const RAISED_YEAR_AGREES = 3;
const RAISED_YEAR_ADDED = 1.5;
const RAISED_YEAR_UNUSED = 0.5;
/** The reader looked for a small raised year and saw none: the first two digits of a number are then no year, rather the year is unread. */
const YEAR_SOUGHT_IN_VAIN = 0.1;

/** The raised year of the cues when it can be this series' year. Sindh embosses tiny years too, and those are no part of a mark. */
export function usableRaisedYear(series: Series, cues: PlateCues): string | null {
  const year = cues.raisedYear;
  if (year === undefined || year === null || !/^\d\d$/.test(year) || series.year === undefined) return null;
  return Number(year) >= series.oldestYear && Number(year) <= series.newestYear ? year : null;
}

function yearWeight(fit: Fit, text: PlateText, cues: PlateCues): number {
  const raised = usableRaisedYear(fit.series, cues);
  if (fit.series.year === undefined) return cues.raisedYear ? RAISED_YEAR_UNUSED : 1;
  if (fit.year === null) return raised === null ? YEAR_UNREAD : RAISED_YEAR_ADDED;
  if (raised !== null) return raised === fit.year ? RAISED_YEAR_AGREES : 0.1;
  const separated = (fit.cuts & ~text.breaks) === 0;
  if (separated) return 1;
  const sought = cues.raisedYear === null ? YEAR_SOUGHT_IN_VAIN : 1;
  return sought * (SHORT_NUMBER[fit.number.length] ?? 1) * (text.breaks !== 0 && fit.number.length < 3 ? YEAR_GLUED_ON : 1);
}

function bits(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function breakWeight(fit: Fit, text: PlateText, cues: PlateCues): number {
  let weight = 1;
  if (text.breaks !== 0) weight *= 0.02 ** bits(text.breaks & ~fit.cuts) * 0.7 ** bits(fit.cuts & ~text.breaks);
  if (cues.lettersLength !== undefined) weight *= cues.lettersLength === fit.lettersEnd ? 2 : 0.1;
  return weight;
}

/** A suffix that may as well be a digit (I, O, S, Z): none of these was ever seen as a suffix, A to C were. */
const suffixWeight = (fit: Fit): number => (fit.suffix !== null && /[IOSZ]/.test(fit.suffix) ? 0.8 : 1);

export interface Weight { readonly weight: number; readonly class: VehicleClass | null }

/** Unnormalised belief in one fit, and the class that the plate's look gives it. */
export function weigh(fit: Fit, text: PlateText, cues: PlateCues, words: WordCues, table: SeriesTable): Weight {
  const { series } = fit;
  const look = bestLook(series, cues);
  let weight = CERTAINTY[series.certainty] * look.weight * lettersWeight(fit) * suffixWeight(fit)
    * yearWeight(fit, text, cues) * breakWeight(fit, text, cues);
  const code = series.jurisdiction;
  if (code !== null) {
    weight *= (words.jurisdictions.get(code) ?? 1) * (table.jurisdictions.get(code)?.traffic ?? 1);
    if (cues.jurisdiction) weight *= cues.jurisdiction === code ? KNOWN_JURISDICTION : OTHER_JURISDICTION;
  }
  if (!series.leadingZeros && fit.number.length > 1 && fit.number.startsWith('0')) weight *= ZERO_NOT_PRINTED;
  if (series.easternNumerals) weight *= text.easternNumerals ? EASTERN : NOT_EASTERN;
  else if (text.easternNumerals) weight *= 0.2;
  weight *= RESOLVED ** fit.resolved.length;
  return { weight, class: words.class ?? classOf(series, look.look, cues) };
}

/** Without a colour seen, only a series of a single use tells the class. */
function classOf(series: Series, look: Look | null, cues: PlateCues): VehicleClass | null {
  if (series.class !== undefined) return series.class;
  return cues.ground && look?.ground === cues.ground ? look.class ?? null : null;
}

/** Whether the position of the letters is known apart from the glyphs: by the layout or by a separator at the cut. */
export const lettersAreSetApart = (fit: Fit, text: PlateText, cues: PlateCues): boolean =>
  cues.lettersLength === fit.lettersEnd || (text.breaks & (1 << fit.lettersEnd)) !== 0;

/** A name with at most three digits: the shape of a fancy plate. */
export function hasFancyShape(glyphs: string): boolean {
  const start = glyphs.search(/[A-Z]/);
  if (start < 0 || start > 3) return false;
  const letters = leadingLetters(glyphs.slice(start));
  const tail = glyphs.slice(start + letters);
  if (!/^\d{0,3}$/.test(tail)) return false;
  return letters >= 4 || (letters === 3 && start === 0 && tail === '');
}
