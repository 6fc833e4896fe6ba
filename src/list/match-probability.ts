import { folded } from '../plate/look-alikes.ts';
import type { Confusions } from './confusions.ts';
import type { Contradiction } from './contradictions.ts';
import type { Exchange, MarkText } from './look-alike-marks.ts';
import type { MatchablePass } from './matchable-pass.ts';

/*
 * Assumptions, until outcomes of hits have been counted: how much of the probability is left when a part was not compared, or speaks
 * against the entry. They are here and nowhere else.
 */

/** One in eight, three, …: marks of the same letters and number that differ in the part alone. */
export const UNREAD_FACTOR = {
  /** Punjab issued a series again for up to 18 years; most marks had few of them filled. */
  year: 1 / 8,
  /** Few marks have a suffix at all, but those that have share their number with one that has none. */
  suffix: 1 / 2,
  /** Several provinces issue the same three letters; two or three of them are on Quetta's roads. */
  jurisdiction: 1 / 3,
  /** Khyber Pakhtunkhwa and Balochistan repeat letters and number by district. */
  district: 1 / 3,
} as const;

/** The list leaves the jurisdiction open. Most listed vehicles are of the province whose police wrote the list. */
export const OPEN_JURISDICTION_FACTOR = 0.8;

export const CONTRADICTION_FACTOR: Readonly<Record<Contradiction['of'], number>> = {
  /** The mark is another vehicle's, unless the reader took one province's plate for another's. */
  jurisdiction: 0.1,
  district: 0.1,
  /** Plates are moved to other vehicles, and colours of plates mislead. */
  class: 0.2,
  /** Cameras are right on the make in about nine of ten, lists less often. */
  make: 0.3,
  /** Repainted, and at night grey. */
  colour: 0.5,
};

/** No reader is surer than this of a character, whatever it says. */
const SUREST = 0.99;

/** What is left for all other marks together when a read is as sure as this: the read and they exclude one another. */
const leftFor = (confidence: number): number => 1 - Math.min(clamped(confidence), SUREST);

/** That the listed mark stands on the plate, when one character of it was read as a look-alike: the read is right in all the others. */
export function lookAlikeProbability(pass: MatchablePass, exchange: Exchange, confusions: Confusions): number {
  const confidence = clamped(pass.confidence), sure = Math.max(Number.EPSILON, characterConfidence(pass, exchange));
  const share = clamped(confusions.share(exchange.read, exchange.listed));
  return Math.min(((confidence * (1 - sure)) / sure) * share, leftFor(confidence));
}

/** The reader's own probability of another reading. Some systems give scores that do not exclude one another. */
export function alternativeProbability(pass: MatchablePass, via: string): number {
  const given = pass.alternatives.filter((one) => one.mark === via).map((one) => clamped(one.confidence));
  return Math.min(Math.max(0, ...given), leftFor(pass.confidence));
}

/** How sure the reader was of the character that was exchanged, at most 0.99; of an average one where it told nothing of each. */
export function characterConfidence(pass: MatchablePass, { part, index }: Pick<Exchange, 'part' | 'index'>): number {
  const places = charactersOf(pass.mark, pass.characters), own = places?.get(`${part} ${index}`);
  if (own !== undefined) return Math.min(clamped(own), SUREST);
  const { letters, year, number, suffix } = pass.mark, length = letters.length + (year?.length ?? 0) + number.length + (suffix?.length ?? 0);
  return Math.min(clamped(pass.confidence) ** (1 / Math.max(1, length)), SUREST);
}

type Place = { readonly part: Exchange['part']; readonly index: number; readonly char: string };

const placesOf = (mark: MarkText, part: Exchange['part']): Place[] => [...(mark[part] ?? '')].map((char, index) => ({ part, index, char }));

/**
 * The confidence of each character of the mark. The text as read may have captions, hyphens and another order: the year stands between
 * letters and number, after both, or was read apart; and the grammar may have put a letter right by its place. null when no order fits.
 */
function charactersOf(mark: MarkText, characters: MatchablePass['characters']): Map<string, number> | null {
  const read = characters.filter(({ char }) => /^[A-Z0-9]$/.test(char)), text = read.map(({ char }) => folded(char)).join('');
  const [letters, year, number, suffix] = [placesOf(mark, 'letters'), placesOf(mark, 'year'), placesOf(mark, 'number'), placesOf(mark, 'suffix')] as const;
  for (const order of [[...letters, ...year, ...number, ...suffix], [...letters, ...number, ...year, ...suffix], [...letters, ...number, ...suffix]]) {
    const start = text.indexOf(order.map(({ char }) => folded(char)).join(''));
    if (start !== -1) return new Map(order.map(({ part, index }, i) => [`${part} ${index}`, read[start + i]?.confidence ?? 0]));
  }
  return null;
}

export const clamped = (value: number): number => (value > 0 ? Math.min(1, value) : 0);
