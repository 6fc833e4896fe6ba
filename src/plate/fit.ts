import { DIGIT_TO_LETTER, LETTER_TO_DIGIT } from './look-alikes.ts';
import type { ResolvedCharacter } from './mark.ts';
import type { SeriesDefinition } from './series-file.ts';

type Role = 'prefix' | 'letters' | 'year' | 'number' | 'group' | 'suffix';
/** One part of a layout; `minAfter` and `maxAfter` are the lengths that the parts behind it can take together. */
interface Slot {
  readonly role: Role;
  readonly letter: boolean;
  readonly min: number;
  readonly max: number;
  readonly minAfter: number;
  readonly maxAfter: number;
}

/** A series made ready for fitting. */
export interface Series extends SeriesDefinition {
  readonly slots: readonly Slot[];
  readonly shortest: number;
  readonly longest: number;
  /** Lengths of a leading run of letters that can fit, as bits; 0 when the layout does not begin with letters. */
  readonly leadingRuns: number;
  /** The letter patterns that spell at least one letter out. */
  readonly speltLetters: readonly string[];
  readonly oldestYear: number;
  readonly newestYear: number;
}

/** One way to lay a text over a series. */
export interface Fit {
  readonly series: Series;
  readonly letters: string;
  /** From the text; null when the series has a year and the text does not. */
  readonly year: string | null;
  readonly number: string;
  readonly suffix: string | null;
  /** Bit i is set where a part begins at glyph i (not for 0). */
  readonly cuts: number;
  readonly lettersEnd: number;
  readonly resolved: readonly ResolvedCharacter[];
}

function range(text: string | undefined): readonly [number, number] {
  const [low, high] = (text ?? '0').split('-').map(Number);
  return [low ?? 0, high ?? low ?? 0];
}

const bounds: Readonly<Record<SeriesDefinition['layout'][number], (series: SeriesDefinition) => readonly [number, number]>> = {
  letters: (series) => [Math.min(...series.letters.map((p) => p.length)), Math.max(...series.letters.map((p) => p.length))],
  // A bolt on the year leaves it unread: the series still fits, without it.
  year: () => [0, 2],
  number: (series) => range(series.digits),
  prefix: (series) => range(series.prefix),
  group: (series) => range(series.group),
  suffix: () => [1, 1],
  'suffix?': () => [0, 1],
};

/** Works out the slots of a series once, so that fitting is cheap. */
export function compileSeries(definition: SeriesDefinition): Series {
  const slots: Slot[] = [];
  let [minAfter, maxAfter] = [0, 0];
  for (const part of definition.layout.toReversed()) {
    const [min, max] = bounds[part](definition);
    const role = part === 'suffix?' ? 'suffix' : part;
    slots.unshift({ role, letter: role === 'letters' || role === 'suffix', min, max, minAfter, maxAfter });
    minAfter += min;
    maxAfter += max;
  }
  const [oldestYear, newestYear] = range(definition.year);
  const leadingRuns = definition.layout[0] === 'letters' ? definition.letters.reduce((bits, pattern) => bits | (1 << pattern.length), 0) : 0;
  const speltLetters = definition.letters.filter((pattern) => /[A-Z]/.test(pattern));
  return { ...definition, slots, leadingRuns, speltLetters, oldestYear, newestYear, shortest: minAfter, longest: maxAfter };
}

/** Whether letters fit one of the patterns ("?" is any letter). */
export function matchesLetters(letters: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    if (pattern.length !== letters.length) return false;
    for (let i = 0; i < pattern.length; i++) if (pattern[i] !== '?' && pattern[i] !== letters[i]) return false;
    return true;
  });
}

/** How many glyphs the grammar may change in one text: more would be writing, not reading. */
const MOST_RESOLVED = 2;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isLetter = (code: number): boolean => code >= 65 && code <= 90;

/** A stretch of glyphs as letters or as digits; `null` when it is not. Changes made are added to `resolved` where one is given. */
function block(glyphs: string, from: number, to: number, letter: boolean, resolved: ResolvedCharacter[] | null): string | null {
  let text = glyphs.slice(from, to);
  for (let index = from; index < to; index++) {
    const code = glyphs.charCodeAt(index);
    if (letter ? isLetter(code) : isDigit(code)) continue;
    const char = glyphs.charAt(index);
    const other = resolved === null ? undefined : (letter ? DIGIT_TO_LETTER : LETTER_TO_DIGIT)[char];
    if (other === undefined) return null;
    resolved?.push({ index, from: char, to: other });
    text = text.slice(0, index - from) + other + text.slice(index - from + 1);
  }
  return text;
}

interface Partial {
  readonly prefix: string;
  readonly letters: string;
  readonly year: string | null;
  readonly number: string;
  readonly suffix: string | null;
  readonly cuts: number;
  readonly lettersEnd: number;
  readonly numberStart: number;
  readonly resolved: readonly ResolvedCharacter[];
}

function accepted(series: Series, role: Role, text: string): boolean {
  if (role === 'letters') return matchesLetters(text, series.letters) && !matchesLetters(text, series.notLetters);
  if (role === 'year' && text !== '') return Number(text) >= series.oldestYear && Number(text) <= series.newestYear;
  return true;
}

function extended(partial: Partial, role: Role, text: string, from: number, changes: readonly ResolvedCharacter[] | null): Partial {
  if (text === '') return partial;
  const cuts = from > 0 ? partial.cuts | (1 << from) : partial.cuts;
  const resolved = changes === null || changes.length === 0 ? partial.resolved : [...partial.resolved, ...changes];
  return {
    prefix: role === 'prefix' ? text : partial.prefix,
    letters: role === 'letters' ? text : partial.letters,
    year: role === 'year' ? text : partial.year,
    number: role === 'number' || role === 'group' ? partial.number + text : partial.number,
    suffix: role === 'suffix' ? text : partial.suffix,
    cuts, resolved,
    lettersEnd: role === 'letters' ? from + text.length : partial.lettersEnd,
    numberStart: role === 'number' ? from : partial.numberStart,
  };
}

/**
 * Resolving needs blocks that are mostly read as what they must be: one changed letter, twice as many true digits as changed ones, and
 * a true digit in the number.
 */
function soundlyResolved(partial: Partial): boolean {
  const letters = partial.resolved.filter((change) => isLetter(change.to.charCodeAt(0))).length;
  const digits = partial.resolved.length - letters;
  const digitCount = partial.prefix.length + (partial.year?.length ?? 0) + partial.number.length;
  return partial.resolved.length <= MOST_RESOLVED && letters <= 1 && (letters === 0 || partial.letters.length >= 2)
    && (digits === 0 || digitCount - digits >= 2 * digits)
    && partial.resolved.filter((change) => change.index >= partial.numberStart).length < partial.number.length;
}

function walk(series: Series, glyphs: string, resolve: boolean, slotIndex: number, at: number, partial: Partial, out: Fit[]): void {
  const slot = series.slots[slotIndex];
  if (slot === undefined) {
    if (partial.resolved.length > 0 && !soundlyResolved(partial)) return;
    const { prefix, letters, year, number, suffix, cuts, lettersEnd, resolved } = partial;
    out.push({ series, letters: prefix + letters, year, number, suffix, cuts, lettersEnd, resolved });
    return;
  }
  const left = glyphs.length - at;
  const longest = Math.min(slot.max, left - slot.minAfter);
  for (let length = Math.max(slot.min, left - slot.maxAfter); length <= longest; length++) {
    if (slot.role === 'year' && length === 1) continue;
    // A suffix is never made from a digit: nothing requires one to be there.
    const changes: ResolvedCharacter[] | null = resolve && slot.role !== 'suffix' ? [] : null;
    const text = block(glyphs, at, at + length, slot.letter, changes);
    if (text === null || !accepted(series, slot.role, text)) continue;
    walk(series, glyphs, resolve, slotIndex + 1, at + length, extended(partial, slot.role, text, at, changes), out);
  }
}

const EMPTY: Partial = { letters: '', prefix: '', year: null, number: '', suffix: null, cuts: 0, lettersEnd: 0, numberStart: 0, resolved: [] };

export function leadingLetters(glyphs: string): number {
  let run = 0;
  while (run < glyphs.length && isLetter(glyphs.charCodeAt(run))) run++;
  return run;
}

/**
 * Every way in which a text fits a series. With `resolve`, look-alikes may be changed where the position class requires it, and only fits
 * that needed it are given. Two fits that differ only in where a group was cut count as one.
 */
export function fitSeries(series: Series, glyphs: string, resolve: boolean): Fit[] {
  if (glyphs.length < series.shortest || glyphs.length > series.longest) return [];
  if (!resolve && series.leadingRuns !== 0 && (series.leadingRuns & (1 << leadingLetters(glyphs))) === 0) return [];
  const out: Fit[] = [];
  walk(series, glyphs, resolve, 0, 0, EMPTY, out);
  return resolve ? out.filter((fit) => fit.resolved.length > 0) : out;
}
