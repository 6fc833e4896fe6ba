import type { PlateCues } from '../plate/mark.ts';
import { characterClasses, isLikelyLetter } from './character-map.ts';
import type { SeenCharacter, SeenCharacters } from './character-map.ts';
import type { CharacterRead } from './plate-reader.ts';
import { weighedByNeighbours } from './letters-and-digits.ts';
import { inRows } from './reading-order.ts';
import type { PlateRows } from './reading-order.ts';
import { placeOfYear, yearIn } from './small-year.ts';
import type { YearPlace } from './small-year.ts';

/** What the characters of a plate spell. */
export interface Spelling {
  readonly text: string;
  readonly characters: readonly CharacterRead[];
  /** Where each character stands, in pixels of the plate as the network saw it. */
  readonly places: readonly SeenCharacter[];
  /** What may be characters too. */
  readonly faint: readonly SeenCharacter[];
  /** Product of the beliefs in each character and in there being no others. Not yet a probability. */
  readonly belief: number;
  readonly cues: Required<Pick<PlateCues, 'lines'>> & Pick<PlateCues, 'raisedYear' | 'lettersLength'>;
  /** Px that the rows fall for each px to the right. */
  readonly slope: number;
  /** Where a closer look may tell the small year better; null when there is no room for one. */
  readonly yearPlace: YearPlace | null;
}

const mostAlternatives = 4;
/** A text with one digit of a year is the whole text this seldom. */
const halfAYear = 0.6;
/** Least presence of the other digit of a year. */
const leastPartner = 0.3;
/** No plate has more characters; what seems to have is a grating, a wall, foliage. */
const mostCharacters = 14;
/** Less likely than this, an alternative is noise. */
const leastAlternative = 1e-4;

/**
 * Spells a plate of `size` pixels: row by row from the left, the small raised year after the letters. Null when there is no character,
 * or more than a plate has.
 */
export function spell(sure: SeenCharacters, lineChances: readonly number[], size: { readonly width: number; readonly height: number }): Spelling | null {
  const seen = withWholeYear(sure), rough = inRows(seen.characters, lineChances), layout = { ...rough, rows: rough.rows.map(weighedByNeighbours) }, places = inReadingOrder(layout);
  if (places.length === 0 || places.length > mostCharacters) return null;
  const characters = places.map((place) => readOf(place, layout.year.includes(place))), text = characters.map((c) => c.char).join('');
  const half = layout.year.length === 0 && seen.characters.some((c) => c.raised >= 0.5), others = noneOf(seen.faint) * (half ? halfAYear : 1);
  const year = layout.year.length === 2 ? layout.year.map((place) => readOf(place, true).char).join('') : null;
  return {
    text, characters, places, faint: seen.faint, belief: characters.reduce((p, c) => p * c.confidence, others),
    cues: { lines: layout.rows.length, ...lettersLengthOf(layout, text), ...(half ? {} : { raisedYear: year }) },
    slope: layout.slope, yearPlace: placeOfYear(layout, size),
  };
}

/**
 * The spelling with the year that a closer look at its `yearPlace` shows in the place of what the first look took for it. Null when the
 * closer look shows no year: then the first one stands.
 */
export function withYear(first: Spelling, closer: SeenCharacters): Spelling | null {
  const found = yearIn(closer), place = first.yearPlace;
  if (found === null || place === null) return null;
  const digits = found.digits.map((digit) => readOf(digit, true)), at = place.year.length > 0 ? first.places.indexOf(place.year[0]!) : place.letters, end = at + place.year.length;
  const rest = [...first.characters.slice(0, at), ...first.characters.slice(end)], characters = [...rest.slice(0, at), ...digits, ...rest.slice(at)];
  const elsewhere = first.faint.filter((c) => c.raised < 0.5 || c.x < place.left || c.y > place.bottom);
  return {
    text: characters.map((c) => c.char).join(''), characters, places: first.places.filter((c) => !place.year.includes(c)), faint: elsewhere, slope: first.slope, yearPlace: null,
    belief: characters.reduce((p, c) => p * c.confidence, noneOf([...found.others, ...elsewhere])), cues: { ...first.cues, raisedYear: digits.map((d) => d.char).join('') },
  };
}

/** How likely nothing stands at any of these places. */
function noneOf(faint: readonly SeenCharacter[]): number {
  return faint.reduce((p, c) => p * (1 - c.presence), 1);
}

/** A year has two digits: beside one that was seen, the likeliest faint one counts as the other. */
function withWholeYear(seen: SeenCharacters): SeenCharacters {
  const [digit, second] = seen.characters.filter((c) => c.raised >= 0.5);
  if (digit === undefined || second !== undefined) return seen;
  const other = seen.faint.find((c) => c.raised >= 0.5 && c.presence >= leastPartner && Math.abs(c.x - digit.x) < 2 * Math.max(c.width, digit.width) && Math.abs(c.y - digit.y) < 0.6 * digit.height);
  return other === undefined ? seen : { characters: [...seen.characters, other], faint: seen.faint.filter((c) => c !== other) };
}

/** A year among the mark's characters stays where it is; one beside or above them belongs after the letters. */
function inReadingOrder({ rows, year }: PlateRows): SeenCharacter[] {
  const main = rows.flat(), first = rows[0];
  if (first === undefined || year.length === 0) return main;
  const left = first.filter((c) => c.x < year[0]!.x).length;
  const at = rows.length > 1 ? first.length : left > 0 && left < first.length ? left : leadingLetters(first);
  return [...main.slice(0, at), ...year, ...main.slice(at)];
}

/** Two rows tell where the letters end even when one of them was taken for a digit. */
function lettersLengthOf({ rows, year }: PlateRows, text: string): Pick<PlateCues, 'lettersLength'> {
  const [first, second] = rows.map((row) => row.filter((c) => c.raised < 0.5));
  const apart = first?.[0] !== undefined && second !== undefined && first.length <= 4 && isLikelyLetter(first[0]) && second.filter(isLikelyLetter).length <= 1 && (year.length > 0 || first.filter(isLikelyLetter).length * 2 > first.length);
  return { lettersLength: apart ? first.length : /^[A-Z]*/.exec(text)![0].length };
}

function leadingLetters(row: readonly SeenCharacter[]): number {
  const digit = row.findIndex((c) => !isLikelyLetter(c));
  return digit < 0 ? row.length : digit;
}

/** A year has no letters: what little was given to them goes to the digits. */
function readOf({ presence, classes }: SeenCharacter, digitsOnly: boolean): CharacterRead {
  const possible = classes.map((probability, i) => ({ char: characterClasses[i]!, probability })).filter(({ char }) => !digitsOnly || char <= '9');
  const sum = possible.reduce((total, p) => total + p.probability, 0) || 1;
  const ranked = possible.map(({ char, probability }) => ({ char, confidence: (presence * probability) / sum })).sort((a, b) => b.confidence - a.confidence);
  const [best, ...others] = ranked as [CharacterRead, ...CharacterRead[]];
  return { char: best.char, confidence: best.confidence, alternatives: others.slice(0, mostAlternatives).filter((o) => o.confidence >= leastAlternative) };
}
