import shipped from './jurisdictions.json' with { type: 'json' };
import { compileSeries, fitSeries } from './fit.ts';
import type { Series } from './fit.ts';
import type { VehicleClass } from './mark.ts';
import { comparableWord, plateText } from './plate-text.ts';
import { seriesFile } from './series-file.ts';
import type { Jurisdiction, SeriesFile } from './series-file.ts';

export type { Series } from './fit.ts';
export type { Jurisdiction } from './series-file.ts';

/** What a word beside the mark says. */
export interface WordMeaning {
  readonly jurisdiction?: string;
  /** The word is a place in the jurisdiction: a weaker hint, and the district where that is part of the mark. */
  readonly place?: string;
  readonly class?: VehicleClass;
  readonly appliedFor?: true;
  readonly official?: true;
}

/** Jurisdictions and series, checked and made ready for parsing. */
export interface SeriesTable {
  readonly jurisdictions: ReadonlyMap<string, Jurisdiction>;
  readonly series: readonly Series[];
  readonly words: ReadonlyMap<string, WordMeaning>;
  /** The words that are known with one wrong character too, by their length. */
  readonly longWords: ReadonlyMap<number, readonly string[]>;
  readonly appliedFor: readonly string[];
  readonly personalised: ReadonlySet<string>;
  readonly dealers: ReadonlySet<string>;
  readonly persianLetters: Readonly<Record<string, string>>;
  /** The files that it was made from, merged. */
  readonly file: SeriesFile;
}

/** One fault of a series file: where (`series[3].letters[0]`) and what. */
export interface SeriesFault { readonly path: string; readonly message: string }

export type LoadedSeries =
  | { readonly kind: 'loaded'; readonly table: SeriesTable }
  | { readonly kind: 'faults'; readonly faults: readonly SeriesFault[] };

const pathText = (path: readonly PropertyKey[]): string =>
  path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${String(key)}`)).join('') || '(file)';

const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];

function merged(base: SeriesFile, extra: SeriesFile): SeriesFile {
  const jurisdictions = new Map(base.jurisdictions.map((one) => [one.code, one]));
  for (const one of extra.jurisdictions) {
    const old = jurisdictions.get(one.code);
    jurisdictions.set(one.code, old === undefined ? one : {
      ...old, ...one, words: union(old.words, one.words), places: union(old.places, one.places),
      identity: [...new Set([...old.identity, ...one.identity])],
    });
  }
  const series = new Map(base.series.map((one) => [one.id, one]));
  for (const id of extra.remove) series.delete(id);
  for (const one of extra.series) series.set(one.id, one);
  return {
    jurisdictions: [...jurisdictions.values()], series: [...series.values()], remove: [],
    persianLetters: { ...base.persianLetters, ...extra.persianLetters },
    words: {
      appliedFor: union(base.words.appliedFor, extra.words.appliedFor), official: union(base.words.official, extra.words.official),
      personalised: union(base.words.personalised, extra.words.personalised), dealers: union(base.words.dealers, extra.words.dealers),
      class: { ...base.words.class, ...extra.words.class },
    },
  };
}

function meanings(file: SeriesFile): Map<string, WordMeaning> {
  const table = new Map<string, WordMeaning>();
  const add = (word: string, meaning: WordMeaning): void => {
    const key = comparableWord(word);
    table.set(key, { ...table.get(key), ...meaning });
  };
  for (const one of file.jurisdictions) for (const place of one.places) add(place, { jurisdiction: one.code, place });
  for (const one of file.jurisdictions) for (const word of one.words) add(word, { jurisdiction: one.code });
  for (const word of file.words.appliedFor) add(word, { appliedFor: true });
  for (const word of file.words.official) add(word, { official: true });
  for (const [word, vehicleClass] of Object.entries(file.words.class)) add(word, { class: vehicleClass });
  return table;
}

/** Faults that only show between entries: repeated ids, unknown jurisdictions, examples that do not fit their own series. */
function crossFaults(file: SeriesFile, whole: SeriesFile): SeriesFault[] {
  const faults: SeriesFault[] = [];
  const codes = new Set(whole.jurisdictions.map((one) => one.code));
  const seen = new Set<string>();
  file.series.forEach((definition, i) => {
    if (seen.has(definition.id)) faults.push({ path: `series[${i}].id`, message: `${definition.id} stands twice in this file` });
    seen.add(definition.id);
    if (definition.jurisdiction !== null && !codes.has(definition.jurisdiction)) {
      const message = `${definition.jurisdiction} is not among the jurisdictions: add it to "jurisdictions"`;
      faults.push({ path: `series[${i}].jurisdiction`, message });
    }
    const compiled = compileSeries(definition);
    definition.examples.forEach((example, j) => {
      const text = plateText(example, whole.persianLetters, () => false);
      if (text === null || fitSeries(compiled, text.glyphs, false).length === 0) {
        const message = `${example} does not fit the layout that ${definition.id} gives: correct the example or the series`;
        faults.push({ path: `series[${i}].examples[${j}]`, message });
      }
    });
  });
  const repeated = file.jurisdictions.filter((one, i) => file.jurisdictions.findIndex((other) => other.code === one.code) !== i);
  for (const one of repeated) faults.push({ path: 'jurisdictions', message: `${one.code} stands twice in this file` });
  return faults;
}

// One wrong character in a short word makes another word (HUB, HUT); captions are small print, so one in a long word is common.
export const SHORTEST_FORGIVEN_WORD = 6;

function byLength(words: Iterable<string>): Map<number, string[]> {
  const table = new Map<number, string[]>();
  for (const word of words) if (word.length >= SHORTEST_FORGIVEN_WORD) table.set(word.length, [...(table.get(word.length) ?? []), word]);
  return table;
}

function ready(file: SeriesFile): SeriesTable {
  const words = meanings(file);
  return {
    jurisdictions: new Map(file.jurisdictions.map((one) => [one.code, one])),
    series: file.series.map(compileSeries),
    words,
    longWords: byLength(words.keys()),
    appliedFor: file.words.appliedFor.map(comparableWord),
    personalised: new Set(file.words.personalised.map(comparableWord)),
    dealers: new Set(file.words.dealers.map(comparableWord)),
    persianLetters: file.persianLetters,
    file,
  };
}

/**
 * Checks a parsed series file and lays it over another table (the shipped one by default; `null` for none): a series of the same id is
 * replaced, words and places of a jurisdiction are added, `remove` takes series away. Every fault is told with its path; nothing is thrown.
 */
export function loadSeries(json: unknown, onto: SeriesTable | null = shippedSeries()): LoadedSeries {
  const checked = seriesFile.safeParse(json);
  if (!checked.success) {
    return { kind: 'faults', faults: checked.error.issues.map((issue) => ({ path: pathText(issue.path), message: issue.message })) };
  }
  const extra = checked.data;
  const whole = onto === null ? extra : merged(onto.file, extra);
  const faults = crossFaults(extra, whole);
  const known = new Set(onto?.file.series.map((one) => one.id));
  extra.remove.forEach((id, i) => {
    if (!known.has(id)) faults.push({ path: `remove[${i}]`, message: `${id} is not a series that could be removed` });
  });
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'loaded', table: ready(whole) };
}

let shippedTable: SeriesTable | undefined;

/** The series that are shipped in `jurisdictions.json`. */
export function shippedSeries(): SeriesTable {
  if (shippedTable === undefined) {
    const loaded = loadSeries(shipped, null);
    if (loaded.kind === 'faults') {
      throw new Error(`jurisdictions.json is broken: ${loaded.faults.map((fault) => `${fault.path}: ${fault.message}`).join('; ')}`);
    }
    shippedTable = loaded.table;
  }
  return shippedTable;
}

let tableInForce: SeriesTable | undefined;

/** The series that marks are parsed by where none are named: the shipped ones, or those put in force at start. */
export function seriesInForce(): SeriesTable {
  return tableInForce ?? shippedSeries();
}

/**
 * Puts a department's table in force for this thread; `null` goes back to the shipped one. Called once at start, before anything is parsed: for
 * the life of the process it is a constant, as the shipped table is.
 */
export function putSeriesInForce(table: SeriesTable | null): void {
  tableInForce = table ?? undefined;
}
