import { DIGIT_TO_LETTER, LETTER_TO_DIGIT } from './look-alikes.ts';
import type { ResolvedCharacter } from './mark.ts';
import type { SeriesDefinition } from './series-file.ts';

type Role = 'prefix' | 'letters' | 'year' | 'number' | 'group' | 'suffix';
interface Slot { readonly role: Role; readonly min: number; readonly max: number }

/** A series made ready for fitting. */
export interface Series extends SeriesDefinition {
  readonly slots: readonly Slot[];
  readonly shortest: number;
  readonly longest: number;
  /** Lengths of a leading run of letters that can fit, as bits; 0 when the layout does not begin with letters. */
  readonly leadingRuns: number;
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
  const slots = definition.layout.map((part): Slot => {
    const [min, max] = bounds[part](definition);
    return { role: part === 'suffix?' ? 'suffix' : part, min, max };
  });
  const [oldestYear, newestYear] = range(definition.year);
  const leadingRuns = definition.layout[0] === 'letters' ? definition.letters.reduce((bits, pattern) => bits | (1 << pattern.length), 0) : 0;
  const sum = (pick: (slot: Slot) => number): number => slots.reduce((total, slot) => total + pick(slot), 0);
  return { ...definition, slots, leadingRuns, oldestYear, newestYear, shortest: sum((s) => s.min), longest: sum((s) => s.max) };
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

interface Block { readonly text: string; readonly resolved: readonly ResolvedCharacter[] }

const isDigit = (char: string): boolean => char >= '0' && char <= '9';
const isLetter = (char: string): boolean => char >= 'A' && char <= 'Z';

function block(glyphs: string, from: number, to: number, letter: boolean, resolve: boolean): Block | null {
  const natural = letter ? isLetter : isDigit;
  const table = letter ? DIGIT_TO_LETTER : LETTER_TO_DIGIT;
  let text = '';
  const resolved: ResolvedCharacter[] = [];
  for (let index = from; index < to; index++) {
    const char = glyphs.charAt(index);
    if (natural(char)) {
      text += char;
      continue;
    }
    const other = resolve ? table[char] : undefined;
    if (other === undefined) return null;
    resolved.push({ index, from: char, to: other });
    text += other;
  }
  return { text, resolved };
}

interface Partial { letters: string; prefix: string; year: string | null; number: string; suffix: string | null; cuts: number; lettersEnd: number; resolved: readonly ResolvedCharacter[] }

function accepted(series: Series, role: Role, text: string): boolean {
  if (role === 'letters') return matchesLetters(text, series.letters) && !matchesLetters(text, series.notLetters);
  if (role === 'year' && text !== '') return Number(text) >= series.oldestYear && Number(text) <= series.newestYear;
  return true;
}

function extended(partial: Partial, role: Role, text: string, from: number, to: number, resolved: readonly ResolvedCharacter[]): Partial {
  const next: Partial = { ...partial, cuts: from > 0 && to > from ? partial.cuts | (1 << from) : partial.cuts };
  if (resolved.length > 0) next.resolved = [...partial.resolved, ...resolved];
  if (role === 'prefix') next.prefix = text;
  else if (role === 'letters') {
    next.letters = text;
    next.lettersEnd = to;
  } else if (role === 'year') next.year = text === '' ? null : text;
  else if (role === 'suffix') next.suffix = text === '' ? null : text;
  else next.number = partial.number + text;
  return next;
}

/** Resolving needs a block that is mostly read as what it must be: one changed letter, and twice as many true digits as changed ones. */
function soundlyResolved(partial: Partial): boolean {
  const letters = partial.resolved.filter((change) => isLetter(change.to)).length;
  const digits = partial.resolved.length - letters;
  const digitCount = partial.prefix.length + (partial.year?.length ?? 0) + partial.number.length;
  return partial.resolved.length <= MOST_RESOLVED && letters <= 1 && (letters === 0 || partial.letters.length >= 2)
    && (digits === 0 || digitCount - digits >= 2 * digits);
}

function walk(series: Series, glyphs: string, resolve: boolean, slotIndex: number, at: number, partial: Partial, out: Fit[]): void {
  const slot = series.slots[slotIndex];
  if (slot === undefined) {
    if (at !== glyphs.length || (partial.resolved.length > 0 && !soundlyResolved(partial))) return;
    const { prefix, letters, ...rest } = partial;
    out.push({ ...rest, series, letters: prefix + letters });
    return;
  }
  for (let length = slot.min; length <= slot.max && at + length <= glyphs.length; length++) {
    if (slot.role === 'year' && length === 1) continue;
    // A suffix is never made from a digit: nothing requires one to be there.
    const part = block(glyphs, at, at + length, slot.role === 'letters' || slot.role === 'suffix', resolve && slot.role !== 'suffix');
    if (part === null) continue;
    if (accepted(series, slot.role, part.text)) walk(series, glyphs, resolve, slotIndex + 1, at + length, extended(partial, slot.role, part.text, at, at + length, part.resolved), out);
  }
}

const EMPTY: Partial = { letters: '', prefix: '', year: null, number: '', suffix: null, cuts: 0, lettersEnd: 0, resolved: [] };

export function leadingLetters(glyphs: string): number {
  let run = 0;
  while (run < glyphs.length && isLetter(glyphs.charAt(run))) run++;
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
