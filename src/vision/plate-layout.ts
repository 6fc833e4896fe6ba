import { alphabet } from './alphabet.ts';
import { captionOf } from './caption-words.ts';
import { charactersOf } from './character-runs.ts';
import type { CharacterRead } from './plate-reader.ts';
import type { Glyph } from './ppocr-text-recognizer.ts';
import { commonAngle, extentAlong, hull } from './text-line.ts';
import type { Extent, TextLine } from './text-line.ts';

/** A line of text with what was read on it. */
export interface ReadLine { readonly line: TextLine; readonly glyphs: readonly Glyph[] }

/** One row of a plate: pieces of text side by side. */
export interface PlateRow { readonly pieces: readonly ReadLine[]; readonly extent: Extent; readonly height: number }

/** The rows of a plate joined to a mark's characters. */
export interface JoinedPlate {
  readonly rows: readonly PlateRow[];
  readonly characters: readonly CharacterRead[];
  readonly text: string;
  /** How many characters stand on the first row. */
  readonly firstRowLength: number;
  /** Index of the first separated character of the first row; null without a separator. */
  readonly separatorAt: number | null;
  readonly captions: readonly string[];
  readonly angle: number;
  /** Larger is better: confidence, size and shape of the text. For choosing among candidates only. */
  readonly merit: number;
}

/** Rows smaller than this share of the tallest are captions, stickers and dealers' names. A raised year is about half height. */
const smallestRow = 0.55, smallestPiece = 0.36;

/** Joins lines found on one plate to its mark; null when none holds a character. Pure geometry and probability. */
export function joinPlate(lines: readonly ReadLine[]): JoinedPlate | null {
  const angle = commonAngle(lines.map((l) => l.line));
  const captions: string[] = [], usable: ReadLine[] = [];
  for (const line of lines) {
    const text = rawText(line.glyphs), caption = captionOf(text);
    if (caption !== null) captions.push(caption);
    else if (line.glyphs.length > 0 && certainty(line.glyphs) > 0.2) usable.push(line);
  }
  const rows = rowsOf(usable, angle);
  const tallest = Math.max(0, ...rows.filter((r) => r.pieces.some((p) => certainty(p.glyphs) > 0.6)).map((r) => r.height));
  const main = rows.filter((r) => r.height >= smallestRow * tallest);
  const choices = main.flatMap((row, i) => {
    const next = main[i + 1];
    return next !== undefined && belongTogether(row, next) ? [[row], [row, next]] : [[row]];
  });
  const joined = choices.map((choice) => join(choice, captions, angle, tallest)).sort((a, b) => b.merit - a.merit);
  return joined[0] ?? null;
}

export function rawText(glyphs: readonly Glyph[]): string {
  return glyphs.map((g) => alphabet[g.best]).join('');
}

function certainty(glyphs: readonly Glyph[]): number {
  return glyphs.length === 0 ? 0 : glyphs.reduce((sum, g) => sum + g.probabilities[g.best]!, 0) / glyphs.length;
}

function rowsOf(lines: readonly ReadLine[], angle: number): PlateRow[] {
  const rows: { pieces: { read: ReadLine; extent: Extent }[]; extent: Extent; height: number }[] = [];
  for (const read of lines.toSorted((a, b) => b.line.height * b.line.width - a.line.height * a.line.width)) {
    const extent = extentAlong(read.line, angle);
    const row = rows.find((r) => r.pieces.every((p) => overlap(p.extent, extent, 'left', 'right') < 0.5) && r.pieces.some((p) => overlap(p.extent, extent, 'top', 'bottom') > 0.5));
    if (row === undefined) rows.push({ pieces: [{ read, extent }], extent, height: read.line.height });
    else {
      row.pieces.push({ read, extent });
      row.extent = hull([row.extent, extent]);
      row.height = Math.max(row.height, read.line.height);
    }
  }
  return rows.map((row) => {
    const kept = row.pieces.filter((p) => p.read.line.height >= smallestPiece * row.height && besideTheMark(p.read, row.height)).sort((a, b) => a.extent.left - b.extent.left);
    return { pieces: kept.map((p) => p.read), extent: hull(kept.map((p) => p.extent)), height: row.height };
  }).filter((row) => row.pieces.length > 0).sort((a, b) => a.extent.top - b.extent.top);
}

/** A piece much smaller than its row is a raised year or nothing. */
function besideTheMark(read: ReadLine, rowHeight: number): boolean {
  if (read.line.height >= 0.65 * rowHeight) return true;
  return read.glyphs.length === 2 && charactersOf(evidenceOf(read.glyphs, true)).every((c) => c.char <= '9');
}

/** Share of the smaller interval that lies in the other. */
function overlap(a: Extent, b: Extent, from: 'left' | 'top', to: 'right' | 'bottom'): number {
  return (Math.min(a[to], b[to]) - Math.max(a[from], b[from])) / Math.max(1e-6, Math.min(a[to] - a[from], b[to] - b[from]));
}

function belongTogether(upper: PlateRow, lower: PlateRow): boolean {
  const gap = lower.extent.top - upper.extent.bottom, height = Math.max(upper.height, lower.height);
  return gap < 0.6 * height && Math.min(upper.height, lower.height) > 0.5 * height && overlap(upper.extent, lower.extent, 'left', 'right') > 0.4;
}

function evidenceOf(glyphs: readonly Glyph[], newPart: boolean): { probabilities: Float32Array; newPart: boolean }[] {
  return glyphs.map((g, i) => ({ probabilities: g.probabilities, newPart: g.separated || (newPart && i === 0) }));
}

function join(rows: readonly PlateRow[], captions: readonly string[], angle: number, tallest: number): JoinedPlate {
  const evidence = rows.flatMap((row) => row.pieces.flatMap((piece) => evidenceOf(piece.glyphs, true)));
  const characters = charactersOf(evidence), text = characters.map((c) => c.char).join('');
  const firstRowLength = rows[0]!.pieces.reduce((n, p) => n + p.glyphs.length, 0);
  const separator = evidence.findIndex((e, i) => i > 0 && i < firstRowLength && e.newPart);
  const seen = characters.reduce((sum, c) => sum + (c.confidence - 0.4), 0) * (Math.max(...rows.map((r) => r.height)) / Math.max(1, tallest));
  const shape = shapeOf(text);
  // More text is more seen, but a dealer's name joined to a mark is not a better mark.
  return { rows, characters, text, firstRowLength, separatorAt: separator < 0 ? null : separator, captions, angle, merit: seen * (0.4 + 0.6 * shape) + 2 * shape };
}

/** How much a text has the shape of a registration mark of any country, 0..1. */
export function shapeOf(text: string): number {
  if (/^[A-Z]{1,4}\d{1,6}[A-Z]?$/.test(text) && text.length >= 4) return 1;
  if (/^[A-Z]{2}\d{1,2}[A-Z]{0,3}\d{3,4}$/.test(text)) return 0.9;
  if (text.length >= 5 && text.length <= 10 && /[A-Z]/.test(text) && /\d/.test(text)) return 0.6;
  return text.length >= 3 && text.length <= 8 && /\d/.test(text) ? 0.25 : 0;
}
