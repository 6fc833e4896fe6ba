import { BOLTED_ELEVEN_COST, confusionCost, familyOf, folded } from './look-alikes.ts';
import type { Mark, VehicleClass } from './mark.ts';

const withoutZeros = (number: string): string => number.replace(/^0+(?=\d)/, '');

/** Letters and number without leading zeros: equal for every way in which one mark is printed and typed. Year and suffix are not in it. */
export const markKey = (mark: Pick<Mark, 'letters' | 'number'>): string => mark.letters + withoutZeros(mark.number);

/** A key with the hard look-alikes (0 O D Q, 1 I, 2 Z, 5 S, 8 B, 6 G) folded into one, for an equality lookup in place of a fuzzy scan. */
export function skeleton(key: string): string {
  let out = '';
  for (const char of key) out += folded(char);
  return out;
}

/** A key with whole families of look-alikes folded into one: keys that differ by any look-alikes, near or far, have the same. Coarser than `skeleton`. */
export function foldOf(key: string): string {
  let out = '';
  for (const char of key) out += familyOf(char);
  return out;
}

export const MARK_PARTS = ['jurisdiction', 'district', 'year', 'suffix', 'class'] as const;
export type MarkPart = (typeof MARK_PARTS)[number];

export interface MarkComparison {
  /** Keys are equal and no part known on both sides contradicts. With `unread` parts the two may still be different vehicles. */
  readonly same: boolean;
  readonly contradicts: readonly MarkPart[];
  /** Parts known on one side only. */
  readonly unread: readonly MarkPart[];
}

/** Colours tell the class, and owners paint: only motorcycle against another class, which Sindh numbers apart, tells two vehicles apart. */
function classesContradict(a: Mark, b: Mark, left: VehicleClass, right: VehicleClass): boolean {
  return a.jurisdiction === 'SD' && b.jurisdiction === 'SD' && left !== right && (left === 'motorcycle' || right === 'motorcycle');
}

/** Compares two marks part by part. Symmetric. */
export function compareMarks(a: Mark, b: Mark): MarkComparison {
  const contradicts: MarkPart[] = [];
  const unread: MarkPart[] = [];
  for (const part of MARK_PARTS) {
    const left = a[part];
    const right = b[part];
    if (left === null && right === null) continue;
    if (part === 'class') {
      if (a.class !== null && b.class !== null && classesContradict(a, b, a.class, b.class)) contradicts.push(part);
    } else if (left === null || right === null) unread.push(part);
    else if (left !== right) contradicts.push(part);
  }
  return { same: contradicts.length === 0 && markKey(a) === markKey(b), contradicts, unread };
}

/**
 * Edit distance of two strings in which look-alikes cost less than others (0.1 in a hard class to 1), a character more or less costs 1, and
 * an H may stand for "11". Symmetric; 0 only for equal strings.
 */
export function lookAlikeDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      let cost = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + confusionCost(a.charAt(i - 1), b.charAt(j - 1)));
      if (a.charAt(i - 1) === 'H' && b.slice(Math.max(0, j - 2), j) === '11') cost = Math.min(cost, at(i - 1, j - 2) + BOLTED_ELEVEN_COST);
      if (b.charAt(j - 1) === 'H' && a.slice(Math.max(0, i - 2), i) === '11') cost = Math.min(cost, at(i - 2, j - 1) + BOLTED_ELEVEN_COST);
      row.push(cost);
    }
  }
  return at(a.length, b.length);
}

/**
 * How far apart two marks look: letters and number (as printed or without leading zeros, whichever is nearer), and year and suffix where
 * both are known.
 */
export function markDistance(a: Mark, b: Mark): number {
  const part = (left: string | null, right: string | null): number => (left === null || right === null ? 0 : lookAlikeDistance(left, right));
  const key = Math.min(lookAlikeDistance(markKey(a), markKey(b)), lookAlikeDistance(a.letters + a.number, b.letters + b.number));
  return key + part(a.year, b.year) + part(a.suffix, b.suffix);
}
