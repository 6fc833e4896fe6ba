import type { PlateCues } from '../plate/mark.ts';
import type { Picture, Quad } from './picture.ts';
import { groundCues } from './plate-ground.ts';
import { calibrated, doubtOfShape } from './read-confidence.ts';
import { joinPlate, shapeOf } from './plate-layout.ts';
import type { JoinedPlate, ReadLine } from './plate-layout.ts';
import type { CharacterRead, PlateReader, PlateText, ReadHint } from './plate-reader.ts';
import { PpocrTextDetector, networkSize } from './ppocr-text-detector.ts';
import { lineHeight, PpocrTextRecognizer } from './ppocr-text-recognizer.ts';
import type { Glyph } from './ppocr-text-recognizer.ts';
import { inkShare, isMarkYear, regionRightOf, YearVote, yearCharacters, yearFrames, yearPlaceOf } from './raised-year.ts';
import { contrastStretched, rectify, scaled, withMargin } from './rectify.ts';
import { cornersOf, extentAlong, hull, moved, quadOfExtent } from './text-line.ts';
import type { TextLine } from './text-line.ts';

/** One way of looking at a plate. */
interface Look {
  /** Longer side of the picture that lines are looked for in, pixels. */
  readonly longSide: number;
  readonly stretched: boolean;
  /** Sideways slant taken out of each line: tangent of the angle. */
  readonly slant: number;
  /** How much lines are widened: letters that stand close are told apart better, and doubled ones (77) are not read as one. */
  readonly widening: number;
}
interface Attempt {
  readonly text: PlateText;
  /** The characters that were read are sure, whatever is thought of a year that could not be read. */
  readonly sure: boolean;
}

const firstLook: Look = { longSide: 320, stretched: false, slant: 0, widening: 1 };
/** Tried in turn while the text is in doubt; each costs about as much as the first. */
const furtherLooks: readonly Look[] = [
  { longSide: 480, stretched: true, slant: 0, widening: 1 },
  { longSide: 320, stretched: false, slant: 0, widening: 1.3 },
  { longSide: 320, stretched: false, slant: 0.25, widening: 1 },
  { longSide: 320, stretched: false, slant: -0.25, widening: 1 },
];
/** Above this no second look is worth its time. */
const sureEnough = 0.8;
const mostLines = 7;
/** Less of a year's place than this covered by ink is dirt. */
const leastInk = 0.03;
/** Rows of this many source pixels show a year (half as high) beyond doubt. */
const largeRow = 18;
/** A row read again a little looser or tighter may show a year that it did not show at first. */
const lineGrowths = [0.12, -0.05] as const;

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

  async read(plate: Picture, hint: ReadHint = {}): Promise<PlateText | null> {
    const attempts: Attempt[] = [];
    const looks = hint.surelyPlate === true ? furtherLooks : furtherLooks.slice(0, 2);
    for (const look of [firstLook, ...looks]) {
      // The place of the year costs up to six readings: two looks at it are enough.
      const attempt = await this.#attempt(plate, look, attempts.length < 2, hint.surelyPlate === true);
      if (attempt !== null) attempts.push(attempt);
      const best = bestOf(attempts);
      if (best !== null && best.confidence >= sureEnough && shapeOf(best.text) >= 0.9) return best;
      // A year that two looks do not show will not show in five.
      if (attempts.length >= 2 && attempts.every((a) => a.sure)) return best;
      if (hint.surelyPlate !== true && (best === null || !couldBeMark(best))) return best;
    }
    return bestOf(attempts);
  }

  async #attempt(plate: Picture, look: Look, seekYear: boolean, surely: boolean): Promise<Attempt | null> {
    const marginX = Math.round(plate.width * 0.06) + 2, marginY = Math.round(plate.height * 0.08) + 2;
    const natural = withMargin(plate, marginX, marginY), source = look.stretched ? contrastStretched(natural) : natural;
    const scale = look.longSide / Math.max(source.width, source.height), size = networkSize(source.width * scale, source.height * scale);
    const found = await this.#detector.detect(scaled(source, size.width, size.height));
    const seen = found.slice(0, mostLines).map((line) => moved(line, source.width / size.width, source.height / size.height));
    const lines = seen.length === 0 && surely ? assumedLines(plate, marginX, marginY) : seen;
    const read: ReadLine[] = [];
    for (const line of lines) read.push({ line, glyphs: await this.#readLine(source, line, look) });
    const joined = joinPlate(read);
    if (joined === null) return null;
    const year = await this.#raisedYear(source, joined, seekYear);
    const characters = year === null ? joined.characters : [...joined.characters.slice(0, year.from), ...year.characters, ...joined.characters.slice(year.until)];
    const text = characters.map((c) => c.char).join(''), yearText = year?.characters.map((c) => c.char).join('') ?? '';
    const extent = hull(joined.rows.flatMap((r) => r.pieces.map((p) => extentAlong(p.line, joined.angle))));
    const area = quadOfExtent(extent, joined.angle).map(([x, y]) => [x - marginX, y - marginY] as const) as unknown as Quad;
    const cues: PlateCues = {
      words: joined.captions, lines: joined.rows.length, raisedYear: isMarkYear(yearText) ? yearText : null, lettersLength: /^[A-Z]*/.exec(text)![0].length,
      ...groundCues(natural, hull(joined.rows.flatMap((r) => r.pieces.map((p) => extentAlong(p.line, 0))))),
    };
    return { text: { text, characters, confidence: calibrated(product(characters) * (year?.doubt ?? 1) * doubtOfShape(text)), cues, area }, sure: product(characters) >= sureEnough && shapeOf(text) >= 0.9 };
  }

  async #readLine(source: Picture, line: TextLine, { slant, widening }: Pick<Look, 'slant' | 'widening'> = firstLook): Promise<Glyph[]> {
    const width = Math.max(16, Math.round((widening * lineHeight * line.width) / line.height));
    const [a, b, c, d] = cornersOf(line), dx = (slant * line.height) / 2, cos = Math.cos(line.angle), sin = Math.sin(line.angle);
    const quad: Quad = [[a[0] + dx * cos, a[1] + dx * sin], [b[0] + dx * cos, b[1] + dx * sin], [c[0] - dx * cos, c[1] - dx * sin], [d[0] - dx * cos, d[1] - dx * sin]];
    return this.#recognizer.recognize(rectify(source, quad, Math.min(640, width), lineHeight));
  }

  /**
   * The year of a Punjab plate is half as high as its letters and often under a bolt, so the line's reading may lack it. The place right
   * of the letters is then read by itself, enlarged, in several frames that vote. `doubt` is what an unread year takes from the belief
   * in the whole text. Null: the plate has no place for a year.
   */
  async #raisedYear(source: Picture, joined: JoinedPlate, seek: boolean): Promise<{ from: number; until: number; characters: readonly CharacterRead[]; doubt: number } | null> {
    const place = yearPlaceOf(joined);
    if (place === null) return null;
    const { from, until } = place, read = joined.characters.slice(from, until), vote = new YearVote();
    const surely = read.length === 2 && isMarkYear(place.asRead) ? read[0]!.confidence * read[1]!.confidence : 0;
    if (surely > 0.8) return { from, until, characters: read, doubt: 1 };
    if (!seek) return { from, until, characters: read, doubt: 0.4 };
    const region = regionRightOf(place, 0.35, 1.9, -0.6, 0.45);
    const letters = regionRightOf(place, -1.2, 0, -0.5, 0.5);
    const ink = inkShare(this.#cut(source, region, 64, 43), this.#cut(source, letters, 64, 48));
    // On small plates the year may be washed out altogether: an empty place proves less there.
    if (read.length === 0 && ink < leastInk) return { from, until, characters: [], doubt: place.line.height >= largeRow ? 1 : 0.6 };
    if (surely > 0) vote.addYear(place.asRead, surely);
    const enlarged = this.#cut(source, regionRightOf(place, 0, 2.2, -0.7, 0.6), 256, 160);
    for (const line of (await this.#detector.detect(enlarged)).slice(0, 2)) vote.add(await this.#readLine(enlarged, line));
    for (const frame of yearFrames) {
      if (vote.result?.settled === true) break;
      vote.add(await this.#readLine(source, regionRightOf(place, ...frame)), 0.6);
    }
    for (const growth of lineGrowths) {
      if (vote.result?.settled === true) break;
      const again = await this.#recognizer.recognize(rectify(source, cornersOf(place.line, 0, growth), Math.min(640, Math.round((lineHeight * place.line.width) / (place.line.height * (1 + 2 * growth)))), lineHeight));
      vote.add(again.slice(from), 0.8);
    }
    const result = vote.result;
    // Something is there that could not be read: a mark without its year is not the whole text.
    if (result === null) return { from, until, characters: read.length === 2 ? read : [], doubt: 0.4 };
    return { from, until, characters: yearCharacters(result.year, result.confidence), doubt: 1 };
  }

  #cut(source: Picture, region: TextLine, width: number, height: number): Picture {
    return rectify(source, cornersOf(region), width, height);
  }
}

/** Where the lines of a plate must be when none could be made out: one across a wide plate, two across a tall one. */
function assumedLines({ width, height }: Picture, marginX: number, marginY: number): TextLine[] {
  const rows = width > 2.6 * height ? 1 : 2;
  return Array.from({ length: rows }, (_, i) => ({ cx: marginX + width / 2, cy: marginY + (height * (i + 0.5)) / rows, width: 0.96 * width, height: (0.92 * height) / rows, angle: 0, score: 0 }));
}

/** Whether more looks at something that may be no plate are worth their time. */
function couldBeMark(best: PlateText): boolean {
  const { text, characters } = best, mean = characters.reduce((sum, c) => sum + c.confidence, 0) / characters.length;
  return text.length >= 3 && text.length <= 10 && /\d/.test(text) && mean > 0.5;
}

function product(characters: readonly CharacterRead[]): number {
  return characters.reduce((p, c) => p * c.confidence, 1);
}

/**
 * Looks that agree strengthen each other; the text with the largest sum of belief wins, with its best look's details. A look that missed
 * the raised year speaks for the text that has it.
 */
function bestOf(attempts: readonly Attempt[]): PlateText | null {
  const belief = new Map<string, number>(), worth = ({ text }: Attempt): number => text.confidence * (0.05 + 0.95 * shapeOf(text.text));
  for (const one of attempts) {
    const supporters = attempts.filter((a) => a.text.text === one.text.text || a.text.text === withoutYear(one.text));
    belief.set(one.text.text, supporters.reduce((sum, a) => sum + worth(a), 0));
  }
  const winner = attempts.toSorted((a, b) => belief.get(b.text.text)! - belief.get(a.text.text)! || b.text.confidence - a.text.confidence)[0];
  return winner?.text ?? null;
}

/** The text as it would be had the small year not been read; null when it has none. */
function withoutYear({ text, cues }: PlateText): string | null {
  if (cues.raisedYear == null || cues.lettersLength === undefined) return null;
  return text.slice(0, cues.lettersLength) + text.slice(cues.lettersLength + 2);
}
