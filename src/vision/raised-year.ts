import { charactersOf } from './character-runs.ts';
import type { Picture } from './picture.ts';
import type { JoinedPlate } from './plate-layout.ts';
import type { CharacterRead } from './plate-reader.ts';
import { at } from './text-line.ts';
import type { TextLine } from './text-line.ts';
import type { Glyph } from './ppocr-text-recognizer.ts';

/** Where a raised year stands in a joined plate: after the letters of the first row, in place of what was read there. */
export interface YearPlace {
  /** Index of its first character, and of the first character after it. */
  readonly from: number;
  readonly until: number;
  /** The line that the letters stand on. */
  readonly line: TextLine;
  /** Right edge of the last letter, in pixels along the line from its centre. */
  readonly edge: number;
  /** What the line's own reading has there: two digits, or ''. */
  readonly asRead: string;
}

/** Years that Punjab issued marks with: 2004 to 2021. */
export function isMarkYear(text: string): boolean {
  return /^(0[4-9]|1\d|2[01])$/.test(text);
}

/** The place of the year when the plate has the layout of one: letters (and perhaps something small) over a row of digits. Null otherwise. */
export function yearPlaceOf(joined: JoinedPlate): YearPlace | null {
  const [upper, lower] = joined.rows, text = joined.text, n = joined.firstRowLength;
  if (upper === undefined || lower === undefined || !/^\d{1,4}[A-Z]?$/.test(text.slice(n))) return null;
  const lettersRead = /^[A-Z]*/.exec(text.slice(0, n))![0].length;
  let letters = joined.separatorAt === null ? lettersRead : Math.min(lettersRead, joined.separatorAt);
  // No civil mark has four letters over its number: an unsure fourth one is a year that blur made a letter of.
  if (letters === 4 && n === 4 && joined.characters[3]!.confidence < 0.7) letters = 3;
  if (letters < 2 || letters > 3 || n - letters > 2) return null;
  let before = 0;
  for (const piece of upper.pieces) {
    const last = piece.glyphs[letters - before - 1];
    if (last !== undefined) {
      // Letters of these plates are about 0.6 as wide as their row is high.
      const edge = (last.position - 0.5) * piece.line.width + 0.32 * piece.line.height;
      return { from: letters, until: n, line: piece.line, edge, asRead: /^\d\d$/.test(text.slice(letters, n)) ? text.slice(letters, n) : '' };
    }
    before += piece.glyphs.length;
  }
  return null;
}

/** A part of the row right of the letters; sides in row heights from the last letter's edge and from the row's middle. */
export function regionRightOf({ line, edge }: YearPlace, left: number, right: number, top: number, bottom: number): TextLine {
  const [cx, cy] = at(line, edge + ((left + right) / 2) * line.height, ((top + bottom) / 2) * line.height);
  return { ...line, cx, cy, width: (right - left) * line.height, height: (bottom - top) * line.height };
}

/** Frames that a year fits in, tried one after the other: year sizes and bolts differ, and a tight frame reads best. */
export const yearFrames: readonly (readonly [left: number, right: number, top: number, bottom: number])[] = [
  [0.75, 1.75, -0.5, 0.3], [0.75, 1.75, -0.4, 0.45], [0.75, 1.6, -0.5, 0.1], [0.3, 1.8, -0.5, 0.5], [0.6, 1.8, -0.45, 0.3],
];

/** Collects several readings of one year. */
export class YearVote {
  readonly #weights = new Map<string, number>();

  /** One reading: two digits count by their probability; what a bolt makes of "11" (H, N, M) counts a little for it. */
  add(glyphs: readonly Glyph[], weight = 1): void {
    const characters = charactersOf(glyphs.map((g) => ({ probabilities: g.probabilities, newPart: true })));
    const digits = characters.map((c) => [c, ...c.alternatives].find((a) => a.char <= '9' && a.confidence > 0.1));
    const [tens, ones] = digits;
    if (characters.length === 2 && tens !== undefined && ones !== undefined) this.#support(tens.char + ones.char, weight * tens.confidence * ones.confidence);
    else if (characters.length === 1 && 'HNMUW'.includes(characters[0]!.char)) this.#support('11', weight * 0.35 * characters[0]!.confidence);
  }

  /** A year read elsewhere. */
  addYear(year: string, weight: number): void {
    this.#support(year, weight);
  }

  #support(year: string, weight: number): void {
    if (isMarkYear(year)) this.#weights.set(year, (this.#weights.get(year) ?? 0) + weight);
  }

  /** The best supported year, how sure (0..1), and whether more readings could change it. */
  get result(): { readonly year: string; readonly confidence: number; readonly settled: boolean } | null {
    const sorted = [...this.#weights].sort((a, b) => b[1] - a[1]), [first, second] = sorted;
    if (first === undefined) return null;
    const [year, support] = first, total = sorted.reduce((sum, [, w]) => sum + w, 0);
    if (support < 0.25) return null;
    // A lone weak reading says little: half a reading's worth of doubt is added to the vote.
    return { year, confidence: support / (total + 0.12), settled: support - (second?.[1] ?? 0) > 0.85 };
  }
}

/** Two characters for a year of one confidence: each gets its square root, so that their product is the year's. */
export function yearCharacters(year: string, confidence: number): CharacterRead[] {
  return [...year].map((char) => ({ char, confidence: Math.sqrt(confidence), alternatives: [] }));
}

/**
 * Share of a small upright picture of the year's place that is ink, where `line` is the picture of the letters beside it (ink and ground are
 * learnt there). An empty place has none, which saves looking for a year that is not there.
 */
export function inkShare(place: Picture, letters: Picture): number {
  const levels = brightness(letters).sort((a, b) => a - b), at = (share: number): number => levels[Math.floor(share * (levels.length - 1))]!;
  const low = at(0.05), high = at(0.95), middle = (low + high) / 2, lightGround = levels[levels.length >> 1]! > middle;
  // Much dimmer ink than the letters' counts too: small strokes are washed out by blur.
  const limit = lightGround ? high - 0.22 * (high - low) : low + 0.22 * (high - low);
  const ink = brightness(place).map((v) => (lightGround ? v < limit : v > limit));
  return countInside(ink, place.width, place.height) / (place.width * place.height);
}

/** Ink that is not joined to the upper or right border: what comes in from there is the plate's rim and the car behind it. */
function countInside(ink: boolean[], width: number, height: number): number {
  const open: number[] = [];
  const visit = (x: number, y: number): void => {
    const i = y * width + x;
    if (x < 0 || y < 0 || x >= width || y >= height || ink[i] !== true) return;
    ink[i] = false;
    open.push(i);
  };
  for (let x = 0; x < width; x++) visit(x, 0);
  for (let y = 0; y < height; y++) visit(width - 1, y);
  for (let i = open.pop(); i !== undefined; i = open.pop()) {
    const x = i % width, y = (i - x) / width;
    visit(x - 1, y); visit(x + 1, y); visit(x, y - 1); visit(x, y + 1);
  }
  return ink.filter(Boolean).length;
}

function brightness({ data }: Picture): number[] {
  const out: number[] = [];
  for (let i = 0; i < data.length; i += 3) out.push((data[i]! + data[i + 1]! + data[i + 2]!) / 3);
  return out;
}
