import { isLikelyLetter } from './character-map.ts';
import type { SeenCharacter, SeenCharacters } from './character-map.ts';
import type { PlateRows } from './reading-order.ts';

/**
 * The part of a plate that tells its small year, as a closer look takes it in: from the last letter before it to where its row ends. In
 * pixels of the plate as the network saw it. `year` are the characters that the first look took for the year, if any, and `letters` how many
 * stand before it in its row.
 */
export interface YearPlace { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number; readonly year: readonly SeenCharacter[]; readonly letters: number }

/** Beside the letters of the first of two rows a year may stand unseen (pale, under a bolt) where this many letters' widths are free. */
const leastRoom = 1;
/** More than a year's two digits after the letters of the first row are a number. */
const yearLength = 2;

/** Where to look closer for the year of a plate, `width` x `height` px. Null when there is no room for one. */
export function placeOfYear({ rows, year }: PlateRows, { width, height }: { readonly width: number; readonly height: number }): YearPlace | null {
  const [first, second] = rows, letters = first?.findIndex((c) => !isLikelyLetter(c)) ?? 0, before = first === undefined || letters < 0 ? first : first.slice(0, letters);
  const last = before?.at(-1);
  if (first === undefined || before === undefined || last === undefined) return null;
  const tail = first.slice(before.length), seen = second === undefined || year.length > 0 ? year : tail;
  if (seen.length > yearLength || (second !== undefined && year.length > 0 && tail.length > 0)) return null;
  if (seen.length === 0 && (second === undefined || width - last.x - last.width / 2 < leastRoom * last.width)) return null;
  const previous = before.at(-2), next = seen === tail ? undefined : tail[0], bottom = Math.max(...[last, ...seen].map((c) => c.y + c.height / 2));
  return {
    left: previous === undefined ? last.x - 0.8 * last.width : between(previous, last), right: next === undefined ? width : between(seen.at(-1)!, next),
    top: 0, bottom: second === undefined ? height : (bottom + Math.min(...second.map((c) => c.y - c.height / 2))) / 2, year: seen, letters: before.length,
  };
}

/** The year that a closer look shows: two digits beside each other, and what else looks like one. Null without. */
export function yearIn({ characters, faint }: SeenCharacters): { readonly digits: readonly [SeenCharacter, SeenCharacter]; readonly others: readonly SeenCharacter[] } | null {
  const [a, b, ...others] = characters.filter((c) => c.raised >= 0.5).sort((p, q) => q.presence * q.raised - p.presence * p.raised);
  if (a === undefined || b === undefined || Math.abs(a.x - b.x) > 2.5 * Math.max(a.width, b.width) || Math.abs(a.y - b.y) > 0.6 * Math.max(a.height, b.height)) return null;
  return { digits: a.x < b.x ? [a, b] : [b, a], others: [...others, ...faint.filter((c) => c.raised >= 0.5)] };
}

function between(a: SeenCharacter, b: SeenCharacter): number {
  return (a.x + a.width / 2 + b.x - b.width / 2) / 2;
}
