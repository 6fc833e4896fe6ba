import { markKey } from './key.ts';
import type { Mark } from './mark.ts';
import { parseMark } from './parse.ts';
import { seriesInForce } from './series.ts';
import type { SeriesTable } from './series.ts';

/** What a person searches for: one mark, or many by `*` (any characters, or none) and `?` (one character). */
export type MarkPattern =
  | { readonly kind: 'exact'; readonly mark: Mark; readonly key: string }
  | {
    readonly kind: 'pattern';
    /** Patterns for SQL LIKE over the key column, any of which may match. Only A–Z, 0–9, `%` and `_`: nothing to escape. */
    readonly likes: readonly string[];
    /** Year that the marks must not contradict; null when the pattern names none. */
    readonly year: string | null;
    readonly jurisdiction: string | null;
  }
  | { readonly kind: 'invalid'; readonly reason: string };

const LONGEST_PATTERN = 32;
const SEPARATORS = /[\s.\-·•|/]+/;

const MOST_DIGITS = 4;
const MOST_LETTERS = 4;
const toLike = (pattern: string): string => pattern.replaceAll('*', '%').replaceAll('?', '_');
const withoutZeros = (number: string): string => number.replace(/^0+(?=.)/, '');

/** The last group of a search is the number where separators part it; otherwise it begins behind the first letters. */
function lettersAndNumber(groups: readonly string[]): readonly [string, string] {
  const last = groups.at(-1) ?? '';
  if (groups.length > 1) return [groups.slice(0, -1).join(''), last];
  const letters = /^[A-Z]*/.exec(last)?.[0] ?? '';
  return [letters, last.slice(letters.length)];
}

/**
 * Key patterns of a search. A key has no leading zeros, so what begins the number may stand for zeros that the key has not: zeros are
 * dropped, a `?` is there in one pattern and not in another, and zeros behind a wildcard may be leading ones. Where nothing parts them and
 * more than four characters follow the letters, a `?` behind the letters is one more letter. A search may so find a little more than was
 * asked for, never less.
 */
function keyPatterns(groups: readonly string[]): string[] {
  const [letters, number] = lettersAndNumber(groups);
  const bare = withoutZeros(number);
  const [wild = ''] = /^[?*]*/.exec(bare) ?? [];
  const tail = bare.slice(wild.length);
  const rest = withoutZeros(tail);
  const variants = [letters + bare];
  if (letters === '') {
    const lettersHidden = wild.includes('*') ? Array.from({ length: MOST_LETTERS }, (_, i) => '?'.repeat(i + 1)) : [wild];
    if (tail !== rest) variants.push(...lettersHidden.map((hidden) => hidden + rest));
  } else if (groups.length > 1 || bare.replaceAll('*', '').length <= MOST_DIGITS) {
    for (let dropped = 1; dropped < wild.length; dropped++) variants.push(letters + wild.slice(dropped) + tail);
    if (wild !== '' && rest !== '' && (tail !== rest || !wild.includes('*'))) variants.push(letters + rest);
  }
  return [...new Set(variants.map(toLike))];
}

/**
 * Parses what a person typed into a search: `LEB-17-4201`, `LE*4201`, `BCS-03?`, `LEB-17-42*`, `PB:LE*`. Upper or lower case; spaces, dots and
 * hyphens part it. A year counts only between separators. Never throws.
 */
export function parseMarkPattern(text: string, table: SeriesTable = seriesInForce()): MarkPattern {
  const trimmed = text.trim().toUpperCase();
  if (trimmed === '') return { kind: 'invalid', reason: 'it is empty' };
  if (trimmed.length > LONGEST_PATTERN) {
    return { kind: 'invalid', reason: `it is ${trimmed.length} characters long; a search has at most ${LONGEST_PATTERN}` };
  }
  if (!/[*?]/.test(trimmed)) {
    const parsed = parseMark(trimmed, table);
    return parsed.kind === 'mark' ? { kind: 'exact', mark: parsed.mark, key: markKey(parsed.mark) } : parsed;
  }
  const qualified = /^([A-Z]{2,3}):(.*)$/.exec(trimmed);
  const jurisdiction = qualified?.[1] ?? null;
  if (jurisdiction !== null && !table.jurisdictions.has(jurisdiction)) return { kind: 'invalid', reason: `${jurisdiction} is not a known jurisdiction` };
  const body = qualified?.[2] ?? trimmed;
  const bad = /[^A-Z0-9*?\s.\-·•|/]/u.exec(body)?.[0];
  if (bad !== undefined) return { kind: 'invalid', reason: `"${bad}" cannot stand in a mark: use letters, digits, * and ?` };
  if (!/[A-Z0-9]/.test(body)) return { kind: 'invalid', reason: 'it has no letter and no digit: give at least one beside * and ?' };
  const groups = body.replaceAll(/\*+/g, '*').split(SEPARATORS).filter((group) => group !== '');
  const year = groups.length >= 3 && /^(0[4-9]|1\d|2[01])$/.test(groups[1] ?? '') ? groups[1] ?? null : null;
  return { kind: 'pattern', likes: keyPatterns(year === null ? groups : groups.toSpliced(1, 1)), year, jurisdiction };
}

/** Whether a key matches a pattern, as the database would say. */
export function keyMatches(pattern: MarkPattern & { readonly kind: 'pattern' }, key: string): boolean {
  return pattern.likes.some((like) => likeMatches(like, key));
}

function likeMatches(like: string, key: string): boolean {
  let p = 0;
  let k = 0;
  let star = -1;
  let mark = 0;
  while (k < key.length) {
    if (like[p] === '%') {
      star = p++;
      mark = k;
    } else if (p < like.length && (like[p] === '_' || like[p] === key[k])) {
      p++;
      k++;
    } else if (star >= 0) {
      p = star + 1;
      k = ++mark;
    } else return false;
  }
  while (like[p] === '%') p++;
  return p === like.length;
}
