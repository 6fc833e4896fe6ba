import * as fc from 'fast-check';
import type { Mark } from '../../src/plate/mark.ts';
import type { Series } from '../../src/plate/series.ts';
import { shippedSeries } from '../../src/plate/series.ts';

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const digits = (min: number, max: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: min, maxLength: max });

function lettersOf(series: Series): fc.Arbitrary<string> {
  return fc.constantFrom(...series.letters).chain((pattern) => fc.tuple(...[...pattern].map((char) => (char === '?' ? fc.constantFrom(...LETTERS) : fc.constant(char)))))
    .map((chars) => chars.join(''))
    .filter((letters) => !series.notLetters.some((not) => not.length === letters.length && [...not].every((char, i) => char === '?' || char === letters[i])));
}

const span = (text: string | undefined): [number, number] => {
  const [low = 0, high = low] = (text ?? '0').split('-').map(Number);
  return [low, high];
};

/** A mark as one series issues it, every part within the series' bounds; a year may be unread. */
export function markOfSeries(series: Series): fc.Arbitrary<Mark> {
  const [oldest, newest] = span(series.year);
  const year = series.year === undefined ? fc.constant(null) : fc.option(fc.integer({ min: oldest, max: newest }).map((y) => String(y).padStart(2, '0')));
  const suffix = series.layout.includes('suffix') ? fc.constantFrom(...LETTERS) : series.layout.includes('suffix?') ? fc.option(fc.constantFrom(...LETTERS)) : fc.constant(null);
  const [min, max] = span(series.digits);
  const [groupMin, groupMax] = span(series.group);
  return fc.record({
    jurisdiction: fc.constant(series.jurisdiction), district: fc.constant(null),
    letters: fc.tuple(digits(...span(series.prefix)), lettersOf(series)).map((parts) => parts.join('')),
    year, number: digits(min + groupMin, max + groupMax), suffix, class: fc.constant(series.class ?? null), series: fc.constant(series.id),
  });
}

export const civilSeries = shippedSeries().series.filter((series) => series.outcome === 'mark' && !series.fallback);

export const anyMark: fc.Arbitrary<Mark> = fc.constantFrom(...civilSeries).chain(markOfSeries);

/** Text that somebody or something may hand in: the whole of Unicode, plate-like strings, lone surrogates, very long ones. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'ABEKLORZ0158-·. \n/'), maxLength: 20 }),
  fc.string({ unit: fc.constantFrom(...'۰۱۲۳٤٥بجدKHAN1 ⁰⁷Ａ１'), maxLength: 16 }),
  fc.string({ unit: fc.constantFrom('\ud800', '\udc00', 'A', '1'), maxLength: 12 }),
  fc.integer({ min: 1, max: 200_000 }).map((length) => 'A1'.repeat(length).slice(0, length)),
);
