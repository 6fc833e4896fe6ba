import { compareMarks } from '../plate/key.ts';
import { lookAlikesOf } from '../plate/look-alikes.ts';
import type { Mark } from '../plate/mark.ts';
import { keyMatches, type MarkPattern } from '../plate/pattern.ts';
import { keyExchanges, lookAlikeOf } from './look-alike-marks.ts';

/** What a search for marks looks for: candidates by their keys, and which of them it means. */
export interface MarkSearch {
  /** Either all keys that come into question, or patterns for SQL LIKE of which any may match. */
  readonly by: { readonly keys: readonly string[] } | { readonly likes: readonly string[] };
  /** Whether a mark that was read, of a key that came into question, is one that was looked for. */
  readonly accepts: (read: Mark, key: string) => boolean;
}

/** `lookAlikes`: also marks one look-alike character (near or far) away from what was asked. */
export function markSearch(pattern: Exclude<MarkPattern, { readonly kind: 'invalid' }>, lookAlikes: boolean): MarkSearch {
  if (pattern.kind === 'exact') return lookAlikes ? nearMark(pattern.mark, pattern.key) : { by: { keys: [pattern.key] }, accepts: (read) => compareMarks(pattern.mark, read).same };
  return lookAlikes ? nearPattern(pattern) : { by: { likes: pattern.likes }, accepts: (read) => openOrEqual(pattern.year, read.year) && openOrEqual(pattern.jurisdiction, read.jurisdiction) };
}

function nearMark(mark: Mark, key: string): MarkSearch {
  const keys = new Set([key, ...keyExchanges(mark, 'wide').map((exchange) => exchange.key)]);
  return {
    by: { keys: [...keys] },
    accepts: (read) => compareMarks(mark, read).same || (openOrEqual(mark.jurisdiction, read.jurisdiction) && lookAlikeOf(read, mark, 'wide') !== null),
  };
}

type Wildcards = Extract<MarkPattern, { readonly kind: 'pattern' }>;

/** One character in all may be another: in letters and number, or in the year. */
function nearPattern(pattern: Wildcards): MarkSearch {
  return {
    by: { likes: [...new Set([...pattern.likes, ...pattern.likes.flatMap(likesOneAway)])] },
    accepts: (read, key) => {
      if (!openOrEqual(pattern.jurisdiction, read.jurisdiction)) return false;
      return openOrEqual(pattern.year, read.year) || (keyMatches(pattern, key) && oneAway(pattern.year ?? '', read.year ?? ''));
    },
  };
}

/** The pattern with one of its letters or digits exchanged, in every way. */
function likesOneAway(like: string): string[] {
  return [...like].flatMap((char, at) => [...lookAlikesOf(char, 'wide')].map((other) => like.slice(0, at) + other + like.slice(at + 1)));
}

function oneAway(a: string, b: string): boolean {
  const differing = [...a].flatMap((char, i) => (char === b.charAt(i) ? [] : [i])), [at = -1] = differing;
  return a.length === b.length && differing.length === 1 && lookAlikesOf(a.charAt(at), 'wide').includes(b.charAt(at));
}

function openOrEqual(asked: string | null, read: string | null): boolean {
  return asked === null || read === null || asked === read;
}
