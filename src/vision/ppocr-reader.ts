import type { PlateCues } from '../plate/mark.ts';
import { charactersOf } from './character-runs.ts';
import type { Picture, Quad } from './picture.ts';
import { groundCues } from './plate-ground.ts';
import { joinPlate, shapeOf } from './plate-layout.ts';
import type { JoinedPlate, ReadLine } from './plate-layout.ts';
import type { CharacterRead, PlateReader, PlateText } from './plate-reader.ts';
import { PpocrTextDetector, networkSize } from './ppocr-text-detector.ts';
import { lineHeight, PpocrTextRecognizer } from './ppocr-text-recognizer.ts';
import type { Glyph } from './ppocr-text-recognizer.ts';
import { contrastStretched, rectify, scaled, withMargin } from './rectify.ts';
import { at, cornersOf, extentAlong, hull, moved, quadOfExtent } from './text-line.ts';
import type { TextLine } from './text-line.ts';

/** One way of looking at a plate. */
interface Look {
  /** Longer side of the picture that lines are looked for in, pixels. */
  readonly longSide: number;
  readonly stretched: boolean;
  /** Sideways slant taken out of each line: tangent of the angle. */
  readonly slant: number;
}
interface Attempt { readonly text: PlateText; readonly merit: number }

const firstLook: Look = { longSide: 320, stretched: false, slant: 0 };
/** Tried in turn while the text is in doubt; each costs about as much as the first. */
const furtherLooks: readonly Look[] = [
  { longSide: 480, stretched: true, slant: 0 },
  { longSide: 224, stretched: false, slant: 0 },
  { longSide: 320, stretched: false, slant: 0.25 },
  { longSide: 320, stretched: false, slant: -0.25 },
];
/** Above this no second look is worth its time. */
const sureEnough = 0.8;
const mostLines = 7;

/** Reads plates with PP-OCRv4: lines are found on the plate, read one by one, and joined by their place. */
export class PpocrReader implements PlateReader {
  readonly name = 'ppocr';
  readonly #detector: PpocrTextDetector;
  readonly #recognizer: PpocrTextRecognizer;

  private constructor(detector: PpocrTextDetector, recognizer: PpocrTextRecognizer) {
    this.#detector = detector;
    this.#recognizer = recognizer;
  }

  static async open(): Promise<PpocrReader> {
    const [detector, recognizer] = await Promise.all([PpocrTextDetector.open(), PpocrTextRecognizer.open()]);
    return new PpocrReader(detector, recognizer);
  }

  async close(): Promise<void> {
    await Promise.all([this.#detector.close(), this.#recognizer.close()]);
  }

  async read(plate: Picture): Promise<PlateText | null> {
    const attempts: Attempt[] = [];
    for (const look of [firstLook, ...furtherLooks]) {
      const attempt = await this.#attempt(plate, look);
      if (attempt !== null) attempts.push(attempt);
      const best = bestOf(attempts);
      if (best !== null && best.confidence >= sureEnough && shapeOf(best.text) >= 0.9) return best;
    }
    return bestOf(attempts);
  }

  async #attempt(plate: Picture, look: Look): Promise<Attempt | null> {
    const marginX = Math.round(plate.width * 0.06) + 2, marginY = Math.round(plate.height * 0.08) + 2;
    const natural = withMargin(plate, marginX, marginY), source = look.stretched ? contrastStretched(natural) : natural;
    const scale = look.longSide / Math.max(source.width, source.height), size = networkSize(source.width * scale, source.height * scale);
    const found = await this.#detector.detect(scaled(source, size.width, size.height));
    const lines = found.slice(0, mostLines).map((line) => moved(line, source.width / size.width, source.height / size.height));
    const read: ReadLine[] = [];
    for (const line of lines) read.push({ line, glyphs: await this.#readLine(source, line, look.slant) });
    const joined = joinPlate(read);
    if (joined === null) return null;
    const year = await this.#raisedYear(source, joined);
    const characters = year === null ? joined.characters : [...joined.characters.slice(0, year.at), ...year.characters, ...joined.characters.slice(year.until)];
    const text = characters.map((c) => c.char).join('');
    const raised = year !== null ? year.characters.map((c) => c.char).join('') : yearOf(joined);
    const extent = hull(joined.rows.flatMap((r) => r.pieces.map((p) => extentAlong(p.line, joined.angle))));
    const area = quadOfExtent(extent, joined.angle).map(([x, y]) => [x - marginX, y - marginY] as const) as unknown as Quad;
    const cues: PlateCues = {
      words: joined.captions, lines: joined.rows.length, raisedYear: raised, lettersLength: /^[A-Z]*/.exec(text)![0].length,
      ...groundCues(natural, hull(joined.rows.flatMap((r) => r.pieces.map((p) => extentAlong(p.line, 0))))),
    };
    return { text: { text, characters, confidence: product(characters), cues, area }, merit: joined.merit };
  }

  async #readLine(source: Picture, line: TextLine, slant: number): Promise<Glyph[]> {
    const width = Math.max(16, Math.round((lineHeight * line.width) / line.height));
    const [a, b, c, d] = cornersOf(line), dx = (slant * line.height) / 2, cos = Math.cos(line.angle), sin = Math.sin(line.angle);
    const quad: Quad = [[a[0] + dx * cos, a[1] + dx * sin], [b[0] + dx * cos, b[1] + dx * sin], [c[0] - dx * cos, c[1] - dx * sin], [d[0] - dx * cos, d[1] - dx * sin]];
    return this.#recognizer.recognize(rectify(source, quad, Math.min(640, width), lineHeight));
  }

  /**
   * The year of a Punjab plate is half as high as its letters and often under a bolt, so the line's reading may lack it. Where the first
   * row holds letters alone, the place right of them is read by itself, enlarged.
   */
  async #raisedYear(source: Picture, joined: JoinedPlate): Promise<{ at: number; until: number; characters: CharacterRead[] } | null> {
    const upper = joined.rows[0]!, lower = joined.rows[1], first = joined.characters.slice(0, joined.firstRowLength);
    if (lower === undefined || !joined.characters.slice(joined.firstRowLength, joined.firstRowLength + 1).every((c) => c.char <= '9')) return null;
    const letters = joined.separatorAt ?? (/^[A-Z]*/.exec(first.map((c) => c.char).join(''))![0].length);
    if (letters < 2 || letters > 3 || first.length - letters > 1) return null;
    const pieceIndex = upper.pieces.findIndex((_, i) => upper.pieces.slice(0, i + 1).reduce((n, p) => n + p.glyphs.length, 0) >= letters);
    const piece = upper.pieces[pieceIndex]!, before = upper.pieces.slice(0, pieceIndex).reduce((n, p) => n + p.glyphs.length, 0);
    const last = piece.glyphs[letters - before - 1];
    if (last === undefined) return null;
    const line = piece.line, pitch = 0.62 * line.height, start = (last.position - 0.5) * line.width + 0.6 * pitch;
    const right = Math.min(start + 2.4 * line.height, rightEdge(source, line));
    if (right - start < 0.5 * line.height) return null;
    for (const [top, bottom] of [[-0.5, 0.3], [-0.55, 0.5]] as const) {
      const height = (bottom - top) * line.height, middle = at(line, (start + right) / 2, ((top + bottom) / 2) * line.height);
      const region: TextLine = { ...line, cx: middle[0], cy: middle[1], width: right - start, height };
      const characters = yearFrom(await this.#readLine(source, region, 0));
      if (characters !== null) return { at: letters, until: joined.firstRowLength, characters };
    }
    return null;
  }
}

function rightEdge(source: Picture, line: TextLine): number {
  return Math.max(line.width / 2, (source.width - 1 - line.cx) / Math.max(0.3, Math.cos(line.angle)));
}

/** Two digits of a year that Punjab issued marks with (2004 to 2021). Two ones with a bolt over them look like H, N or M. */
function yearFrom(glyphs: readonly Glyph[]): CharacterRead[] | null {
  const characters = charactersOf(glyphs.map((g) => ({ probabilities: g.probabilities, newPart: true })));
  const digits = characters.map((c) => (c.char <= '9' ? c : c.alternatives.find((a) => a.char <= '9' && a.confidence > 0.1))).filter((c) => c !== undefined);
  const year = digits.map((d) => d.char).join('');
  if (digits.length === 2 && characters.length === 2 && isYear(year) && digits.every((d) => d.confidence > 0.3)) return digits.map((d) => ({ alternatives: [], ...d }));
  if (characters.length === 1 && 'HNMUW'.includes(characters[0]!.char)) return [0, 1].map(() => ({ char: '1', confidence: 0.7, alternatives: [] }));
  return null;
}

function isYear(text: string): boolean {
  return /^(0[4-9]|1\d|2[01])$/.test(text);
}

/** The year where the first row's own reading has it behind the letters. */
function yearOf(joined: JoinedPlate): string | null {
  if (joined.rows.length < 2) return null;
  const first = joined.characters.slice(0, joined.firstRowLength).map((c) => c.char).join('');
  const year = /^[A-Z]{2,3}(\d\d)$/.exec(first)?.[1];
  return year !== undefined && isYear(year) ? year : null;
}

function product(characters: readonly CharacterRead[]): number {
  return characters.reduce((p, c) => p * c.confidence, 1);
}

/** Looks that agree strengthen each other; the text with the largest sum of belief wins, with its best look's details. */
function bestOf(attempts: readonly Attempt[]): PlateText | null {
  const belief = new Map<string, number>();
  for (const { text } of attempts) belief.set(text.text, (belief.get(text.text) ?? 0) + text.confidence + 0.3 * shapeOf(text.text));
  const [winner] = [...belief].sort((a, b) => b[1] - a[1])[0] ?? [];
  return attempts.filter((a) => a.text.text === winner).map((a) => a.text).sort((a, b) => b.confidence - a.confidence)[0] ?? null;
}
