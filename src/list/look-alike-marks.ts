import { markKey } from '../plate/key.ts';
import { lookAlikesOf, type LookAlikeGroup } from '../plate/look-alikes.ts';
import type { Mark } from '../plate/mark.ts';

/** The characters of a mark, which matching compares; what stands around them is weighed afterwards. */
export type MarkText = Pick<Mark, 'letters' | 'year' | 'number' | 'suffix'>;

/** What of a mark its key does not say. */
export interface Ending {
  readonly year: string | null;
  readonly suffix: string | null;
  /** Leading zeros of the number as printed. */
  readonly zeros: number;
}

/** One character exchanged for another that looks like it. */
export interface Exchange {
  /** Where it stands in the mark that was read. */
  readonly part: 'letters' | 'year' | 'number' | 'suffix';
  readonly index: number;
  readonly read: string;
  readonly listed: string;
}

/** Letters and number that a mark becomes by one exchange in them. */
export interface KeyExchange extends Exchange {
  readonly letters: string;
  /** With the zeros that the form which was changed had. */
  readonly number: string;
  readonly key: string;
  readonly zeros: number;
  /** The letters end elsewhere: LEB-123 and LE-8123. */
  readonly borderMoved: boolean;
}

/**
 * Genetec's rule, the only published one: no look-alikes for marks of up to four characters, where one exchange of four says too little,
 * and none past eleven.
 */
const FEWEST_COMPARED = 5, MOST_COMPARED = 11;
/** Letters that a mark can have: a fourth stands only after AJK and GLT; other texts of four are names. */
const LEGAL_LETTERS = /^(?:[A-Z]{1,3}|(?:AJK|GLT)[A-Z])$/;
/** Up to four digits; Afghan marks have three letters and up to six. */
const isLegalShape = (letters: string, digits: number): boolean => digits >= 1 && digits <= (letters.length === 3 ? 6 : 4) && LEGAL_LETTERS.test(letters);

export const leadingZeros = (number: string): number => /^0*(?=\d)/.exec(number)?.[0].length ?? 0;
export const endingOf = ({ year, suffix, number }: Pick<MarkText, 'year' | 'suffix' | 'number'>): Ending => ({ year, suffix, zeros: leadingZeros(number) });

export type PartState = 'same' | 'unread' | 'differs';
export const comparePart = (a: string | null, b: string | null): PartState => (a === b ? 'same' : a === null || b === null ? 'unread' : 'differs');

/**
 * Every letters and number that the mark becomes by one exchange within the group, of each of its two forms: as printed, and without
 * leading zeros. Both characters are legal at their place: letters in the letters, digits in the number; at the border between them a
 * letter may become a digit and back.
 *
 * The neighbours are enumerated and looked up. Folding each group into one character and comparing the folded texts, as the column
 * `skeleton` does, serves the hard classes only: the wide pairs are not transitive (1 7, 7 T, but not 1 T), and it would let any number
 * of characters differ.
 */
export function keyExchanges(mark: Pick<MarkText, 'letters' | 'number'>, group: LookAlikeGroup): KeyExchange[] {
  const { letters, number } = mark, out: KeyExchange[] = [], zeros = leadingZeros(number);
  for (const dropped of zeros === 0 ? [0] : [0, zeros]) exchangesOfForm(letters, number.slice(dropped), dropped, group, out);
  return out;
}

function exchangesOfForm(letters: string, number: string, dropped: number, group: LookAlikeGroup, out: KeyExchange[]): void {
  const border = letters.length, text = letters + number;
  if (!isLegalShape(letters, number.length)) return;
  for (let at = 0; at < text.length; at++) {
    const read = text.charAt(at), inLetters = at < border;
    for (const listed of lookAlikesOf(read, group)) {
      const newBorder = borderAfter(border, at, listed > '9');
      if (newBorder === null) continue;
      const changed = text.slice(0, at) + listed + text.slice(at + 1), changedLetters = changed.slice(0, newBorder), changedNumber = changed.slice(newBorder);
      if (!isLegalShape(changedLetters, changedNumber.length)) continue;
      const zeros = leadingZeros(changedNumber);
      out.push({
        part: inLetters ? 'letters' : 'number', index: inLetters ? at : at - border + dropped, read, listed, letters: changedLetters, number: changedNumber,
        key: changedLetters + changedNumber.slice(zeros), zeros, borderMoved: newBorder !== border,
      });
    }
  }
}

/** Where the letters end once the character at `at` is a letter, or a digit; null when letters and digits would be mixed. */
function borderAfter(border: number, at: number, isLetter: boolean): number | null {
  if (at < border === isLetter) return border;
  if (isLetter) return at === border ? border + 1 : null;
  return at === border - 1 ? at : null;
}

/** Whether a mark with the key of the exchange is a look-alike of the one that was exchanged: everything else equal, or unread on one side. */
export function acceptsExchange(exchange: KeyExchange, read: Ending, listed: Ending): boolean {
  if (exchange.zeros > 0 && exchange.zeros !== listed.zeros) return false;
  // A year stands between letters and number and parts them: beside one, a letter is never taken for the first digit.
  if (exchange.borderMoved && (read.year !== null || listed.year !== null)) return false;
  if (comparePart(read.year, listed.year) === 'differs' || comparePart(read.suffix, listed.suffix) === 'differs') return false;
  return isLongEnough(exchange.letters.length + exchange.number.length, read, listed);
}

/** The exchange of one character in year or suffix between two marks of equal key, whatever their leading zeros; null when they are no look-alikes by it. */
export function endingExchange(keyLength: number, read: Ending, listed: Ending, group: LookAlikeGroup): Exchange | null {
  const years = comparePart(read.year, listed.year), suffixes = comparePart(read.suffix, listed.suffix);
  if ((years === 'differs') === (suffixes === 'differs')) return null;
  if (!isLongEnough(keyLength, read, listed)) return null;
  const part = years === 'differs' ? 'year' : 'suffix';
  return singleExchange(part, read[part] ?? '', listed[part] ?? '', group);
}

/** Years have two digits, of which the first is 0, 1 or 2; suffixes are letters. */
const LEGAL = { year: /^[0-2]\d$/, suffix: /^[A-Z]+$/ };

function singleExchange(part: 'year' | 'suffix', read: string, listed: string, group: LookAlikeGroup): Exchange | null {
  if (read.length !== listed.length || !LEGAL[part].test(read) || !LEGAL[part].test(listed)) return null;
  const differing = [...read].flatMap((char, i) => (char === listed[i] ? [] : [i]));
  const [index = -1] = differing, a = read.charAt(index), b = listed.charAt(index);
  return differing.length === 1 && lookAlikesOf(a, group).includes(b) ? { part, index, read: a, listed: b } : null;
}

/** Only what both marks have counts: a year unread on one side was not compared. */
function isLongEnough(keyLength: number, a: Ending, b: Ending): boolean {
  const compared = keyLength + (a.year === null || b.year === null ? 0 : a.year.length) + (a.suffix === null || b.suffix === null ? 0 : a.suffix.length);
  return compared >= FEWEST_COMPARED && compared <= MOST_COMPARED;
}

/** How two marks differ by exactly one look-alike, everything else equal or unread; null when they do not. Symmetric but for which is `read`. */
export function lookAlikeOf(read: MarkText, listed: MarkText, group: LookAlikeGroup): Exchange | null {
  const key = markKey(listed), readEnding = endingOf(read), listedEnding = endingOf(listed);
  if (markKey(read) === key) return endingExchange(key.length, readEnding, listedEnding, group);
  return keyExchanges(read, group).find((exchange) => exchange.key === key && acceptsExchange(exchange, readEnding, listedEnding)) ?? null;
}
