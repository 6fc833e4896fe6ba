import { DIGIT_TO_LETTER } from './look-alikes.ts';

/** A plate's text with everything that carries no meaning taken off. */
export interface PlateText {
  /** Letters A–Z and digits 0–9; U+FFFD for a character of another script that no series uses. */
  readonly glyphs: string;
  /** Bit i is set when a separator stood before glyph i. */
  readonly breaks: number;
  /** Words that stood beside the mark, upper case. */
  readonly words: readonly string[];
  readonly easternNumerals: boolean;
  readonly broadArrow: boolean;
}

/** Longest text that is looked at: a caption of two lines and a mark stay below it. */
export const LONGEST_TEXT = 64;
const LONGEST_GLYPHS = 30;

const ARABIC_ZERO = 0x0660;
const EXTENDED_ARABIC_ZERO = 0x06f0;
const isArabicLetter = (char: string): boolean => /\p{Script=Arabic}/u.test(char) && /\p{L}/u.test(char);

function easternDigit(code: number): number {
  if (code >= ARABIC_ZERO && code <= ARABIC_ZERO + 9) return code - ARABIC_ZERO;
  if (code >= EXTENDED_ARABIC_ZERO && code <= EXTENDED_ARABIC_ZERO + 9) return code - EXTENDED_ARABIC_ZERO;
  return -1;
}

/** Compatibility forms (full width, superscript years) and accents folded; upper case. */
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text.toUpperCase();
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toUpperCase();
}

interface Scan { tokens: string[]; words: string[]; eastern: boolean; arrow: boolean }

function scan(text: string, persianLetters: Readonly<Record<string, string>>): Scan {
  const found: Scan = { tokens: [], words: [], eastern: false, arrow: false };
  let token = '';
  let arabic = '';
  const endArabic = (): void => {
    if (arabic.length > 1) found.words.push(arabic);
    else if (arabic !== '') token += persianLetters[arabic] ?? '\uFFFD';
    arabic = '';
  };
  const endToken = (): void => {
    if (token !== '') found.tokens.push(token);
    token = '';
  };
  for (const char of plain(text)) {
    if (/[A-Z0-9]/.test(char) && arabic === '') {
      token += char;
      continue;
    }
    if (isArabicLetter(char)) {
      arabic += char;
      continue;
    }
    endArabic();
    const digit = easternDigit(char.codePointAt(0) ?? 0);
    if (digit >= 0) {
      token += String(digit);
      found.eastern = true;
    } else if (/[A-Z0-9]/.test(char)) token += char;
    else if (/[\p{L}\p{N}]/u.test(char)) token += '\uFFFD';
    else {
      if ('↑⇧⬆'.includes(char)) found.arrow = true;
      endToken();
    }
  }
  endArabic();
  endToken();
  return found;
}

const hasDigit = (tokens: readonly string[]): boolean => tokens.some((token) => /\d/.test(token));
const hasLetter = (tokens: readonly string[]): boolean => tokens.some((token) => /[A-Z]/.test(token));

// "KHAN S1" is a name and a bit more of it; "KHAN A786" may be a name over a mark.
const SHORTEST_MARK_UNDER_A_NAME = 4;

/**
 * Takes captions (SINDH, MUGHAL) off the tokens of a text, but only when letters and digits remain without them: the "KHAN" of "KHAN 1"
 * is the plate itself, the one of "KHAN LEB 1234" is not.
 */
function withoutCaptions(tokens: readonly string[], isCaption: (word: string) => boolean): { rest: readonly string[]; captions: readonly string[] } {
  if (tokens.length < 2) return { rest: tokens, captions: [] };
  const captions = tokens.filter((token) => /^[A-Z]+$/.test(token) && (token.length >= 4 || isCaption(token)));
  const rest = tokens.filter((token) => !captions.includes(token));
  const left = rest.join('');
  // The AJK of "AJK 4410 A" is the letters of the mark, the ICT of "ICT NF 517" is not.
  const beginsWithLetter = /^[A-Z]/.test(left) || captions.every((word) => word.length >= 4);
  const enough = captions.every(isCaption) || left.length >= SHORTEST_MARK_UNDER_A_NAME;
  return enough && beginsWithLetter && hasDigit(rest) && hasLetter(rest) ? { rest, captions } : { rest: tokens, captions: [] };
}

/** Takes separators, bolts and captions off a text; `null` when more than 30 characters of a mark remain. */
export function plateText(text: string, persianLetters: Readonly<Record<string, string>>, isCaption: (word: string) => boolean): PlateText | null {
  const found = scan(text, persianLetters);
  const { rest, captions } = withoutCaptions(found.tokens, isCaption);
  const glyphs = rest.join('');
  if (glyphs.length > LONGEST_GLYPHS) return null;
  let breaks = 0;
  let at = 0;
  for (const token of rest.slice(0, -1)) {
    at += token.length;
    breaks |= 1 << at;
  }
  return { glyphs, breaks, words: [...found.words, ...captions], easternNumerals: found.eastern, broadArrow: found.arrow };
}

/** A word as compared: letters only, digits that a reader took for letters put back. */
export function comparableWord(word: string): string {
  return plain(word).replaceAll(/[015826]/g, (digit) => DIGIT_TO_LETTER[digit] ?? digit).replaceAll(/[^\p{L}]/gu, '');
}
