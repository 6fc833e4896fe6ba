import type { SeenCharacter } from './character-map.ts';

/** The characters of a plate by their rows, each row from left to right, the small raised year apart. */
export interface PlateRows {
  readonly rows: readonly (readonly SeenCharacter[])[];
  /** The two digits of the small raised year, or none. */
  readonly year: readonly SeenCharacter[];
  /** How far the rows fall for each pixel to the right, in pixels. */
  readonly slope: number;
}

/** A character off its row by this share of the characters' height is as unlikely as one standard deviation. */
const deviation = 0.3;
/** One character may contradict its row by this much at most, so that one wrong line cannot turn a plate over. */
const leastChance = 0.02;
/** Rows nearer than this share of the characters' height are one row. */
const leastSpacing = 0.5;
/** What two characters of one row that stand above each other take from the belief in that row, as a logarithm. */
const stackedCost = 4;
/** A year is smaller than the mark's other characters; what is as high as they are is one of them. */
const largestYear = 0.92;

/** Sorts what was seen into rows. `lineChances`: how likely the plate has one, two and three lines. Pure geometry and probability. */
export function inRows(seen: readonly SeenCharacter[], lineChances: readonly number[]): PlateRows {
  const year = yearOf(seen), main = seen.filter((c) => !year.includes(c));
  const best = [1, 2, 3].flatMap((lines) => arrangements(main, lines, lineChances)).sort((a, b) => b.belief - a.belief)[0];
  if (best === undefined) return { rows: [], year: [], slope: 0 };
  const rows = Array.from({ length: best.lines }, (_, line) => main.filter((_c, i) => best.lineOf[i] === line).sort((a, b) => a.x - b.x));
  return { rows: rows.filter((row) => row.length > 0), year, slope: slopeOf(main, best.lineOf) };
}

/** The two likeliest characters of a year; none when there is no mark beside them or only one was seen. */
function yearOf(seen: readonly SeenCharacter[]): SeenCharacter[] {
  const likeliest = seen.toSorted((a, b) => b.raised - a.raised).slice(0, 2);
  if (likeliest.length < 2 || seen.length < 4 || likeliest[0]!.raised < 0.5 || likeliest[1]!.raised < 0.25) return [];
  const others = seen.filter((c) => !likeliest.includes(c)), height = middle(others.map((c) => c.height));
  const beside = Math.abs(likeliest[0]!.x - likeliest[1]!.x) < 2.5 * Math.max(...likeliest.map((c) => c.width));
  return beside && likeliest.every((c) => c.height < largestYear * height) ? likeliest.sort((a, b) => a.x - b.x) : [];
}

interface Arrangement { readonly lines: number; readonly lineOf: readonly number[]; readonly belief: number }

/** Ways to put the characters on so many lines: as the network says, and as the gaps between their heights say. */
function arrangements(seen: readonly SeenCharacter[], lines: number, lineChances: readonly number[]): Arrangement[] {
  if (seen.length < lines) return [];
  const told = seen.map((c) => likeliestLine(c, lines)), prior = Math.log(Math.max(leastChance, lineChances[lines - 1] ?? 0));
  return [told, byGaps(seen, lines)].flatMap((start) => {
    const settled = settle(seen, start, lines);
    return settled === null ? [] : [{ ...settled, belief: settled.belief + prior }];
  });
}

function likeliestLine({ lines }: SeenCharacter, count: number): number {
  const known = lines.slice(0, count);
  return known.indexOf(Math.max(...known));
}

/** Cuts the characters, from the top down, at the largest gaps between their middles. */
function byGaps(seen: readonly SeenCharacter[], lines: number): number[] {
  const order = seen.map((_, i) => i).sort((a, b) => seen[a]!.y - seen[b]!.y);
  const gaps = order.slice(1).map((i, rank) => ({ rank: rank + 1, size: seen[i]!.y - seen[order[rank]!]!.y })).sort((a, b) => b.size - a.size).slice(0, lines - 1);
  const lineOf = seen.map(() => 0);
  order.forEach((i, rank) => { lineOf[i] = gaps.filter((g) => g.rank <= rank).length; });
  return lineOf;
}

/** Rows through the characters as put, then each character to its likeliest row, until nothing moves. Null: these lines are not there. */
function settle(seen: readonly SeenCharacter[], start: readonly number[], lines: number): Arrangement | null {
  const height = middle(seen.map((c) => c.height));
  let lineOf = start;
  for (let round = 0; round < 4; round++) {
    const slope = slopeOf(seen, lineOf), middles = middlesOf(seen, lineOf, lines, slope);
    if (middles.some((m, i) => Number.isNaN(m) || (i > 0 && m - middles[i - 1]! < leastSpacing * height))) return null;
    const chance = (c: SeenCharacter, line: number): number =>
      Math.log(Math.max(leastChance, c.lines[line]!)) - Math.min(9, ((c.y - slope * c.x - middles[line]!) / (deviation * height)) ** 2) / 2;
    const next = seen.map((c) => middles.map((_, line) => chance(c, line))).map((chances) => chances.indexOf(Math.max(...chances)));
    if (round < 3 && next.some((line, i) => line !== lineOf[i])) { lineOf = next; continue; }
    return { lines, lineOf, belief: seen.reduce((sum, c, i) => sum + chance(c, lineOf[i]!), 0) - stackedCost * stackedPairs(seen, lineOf) };
  }
  return null;
}

/** Tilt that all rows share: the plate was made upright, so it is slight. */
function slopeOf(seen: readonly SeenCharacter[], lineOf: readonly number[]): number {
  let xx = 0, xy = 0;
  for (const line of new Set(lineOf)) {
    const row = seen.filter((_, i) => lineOf[i] === line), x = mean(row.map((c) => c.x)), y = mean(row.map((c) => c.y));
    for (const c of row) {
      xx += (c.x - x) ** 2;
      xy += (c.x - x) * (c.y - y);
    }
  }
  return xx < 1 ? 0 : Math.min(0.5, Math.max(-0.5, xy / xx));
}

function middlesOf(seen: readonly SeenCharacter[], lineOf: readonly number[], lines: number, slope: number): number[] {
  return Array.from({ length: lines }, (_, line) => mean(seen.filter((_c, i) => lineOf[i] === line).map((c) => c.y - slope * c.x)));
}

function stackedPairs(seen: readonly SeenCharacter[], lineOf: readonly number[]): number {
  let pairs = 0;
  for (let i = 0; i < seen.length; i++) {
    for (let j = 0; j < i; j++) {
      const a = seen[i]!, b = seen[j]!;
      if (lineOf[i] === lineOf[j] && Math.abs(a.x - b.x) < 0.3 * Math.min(a.width, b.width) && Math.abs(a.y - b.y) > 0.4 * Math.min(a.height, b.height)) pairs++;
    }
  }
  return pairs;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
