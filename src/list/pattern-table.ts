import type { Mark } from '../plate/mark.ts';
import { keyMatches, parseMarkPattern, type MarkPattern } from '../plate/pattern.ts';
import { comparePart } from './look-alike-marks.ts';

type CompiledPattern = MarkPattern & { readonly kind: 'pattern' };
interface Held { readonly serial: number; readonly text: string; readonly compiled: CompiledPattern }

/** Bucket of patterns whose first character is not known. */
const ANY = '';

/** The patterns of a list, compiled once and looked at only where their first character fits: a list has hundreds, not thousands. */
export class PatternTable {
  readonly #held = new Map<number, Held>();
  readonly #byFirst = new Map<string, Set<Held>>();

  get size(): number {
    return this.#held.size;
  }

  add(serial: number, text: string): void {
    const held: Held = { serial, text, compiled: compilePattern(text) };
    this.#held.set(serial, held);
    for (const first of firstsOf(held.compiled)) {
      const bucket = this.#byFirst.get(first);
      if (bucket === undefined) this.#byFirst.set(first, new Set([held]));
      else bucket.add(held);
    }
  }

  remove(serial: number): boolean {
    const held = this.#held.get(serial);
    if (held === undefined) return false;
    for (const first of firstsOf(held.compiled)) this.#byFirst.get(first)?.delete(held);
    return this.#held.delete(serial);
  }

  /** Hands every pattern that the mark fits to `found`. */
  find(key: string, mark: Pick<Mark, 'year' | 'jurisdiction'>, found: (serial: number, pattern: string) => void): void {
    for (const first of [key.charAt(0), ANY]) {
      for (const held of this.#byFirst.get(first) ?? []) if (fits(held.compiled, key, mark)) found(held.serial, held.text);
    }
  }
}

/** A text that is no pattern: a mark in full stands for itself, and what cannot be read matches nothing. */
export function compilePattern(text: string): CompiledPattern {
  const parsed = parseMarkPattern(text);
  if (parsed.kind === 'pattern') return parsed;
  if (parsed.kind === 'invalid') return { kind: 'pattern', likes: [], year: null, jurisdiction: null };
  return { kind: 'pattern', likes: [parsed.key], year: parsed.mark.year, jurisdiction: parsed.mark.jurisdiction };
}

/** First characters of the keys that a pattern matches; a pattern with a wildcard there stands in one bucket only, so that it is found once. */
function firstsOf({ likes }: CompiledPattern): string[] {
  const firsts = [...new Set(likes.map((like) => like.charAt(0)))];
  return firsts.some((first) => first === '%' || first === '_') ? [ANY] : firsts;
}

function fits(pattern: CompiledPattern, key: string, { year, jurisdiction }: Pick<Mark, 'year' | 'jurisdiction'>): boolean {
  const known = comparePart(pattern.year, year) !== 'differs' && comparePart(pattern.jurisdiction, jurisdiction) !== 'differs';
  return known && keyMatches(pattern, key);
}
