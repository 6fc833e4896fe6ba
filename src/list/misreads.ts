import { markKey } from '../plate/key.ts';
import { lookAlikesOf } from '../plate/look-alikes.ts';
import type { Mark } from '../plate/mark.ts';
import { writeMark } from '../plate/written-form.ts';
import type { ListEntry } from './entry.ts';
import type { IndexRules } from './list-index.ts';
import type { MatchKind } from './list-settings.ts';
import { acceptsExchange, endingExchange, endingOf, keyExchanges, leadingZeros, type Ending, type MarkText } from './look-alike-marks.ts';

/** One reading that would match an entry. */
export interface Misread {
  /**
   * In written form; `??` stands for any year and `?` for any letter after the number, where the entry has none. Leading zeros make no
   * other reading; only where letters or number are changed do those that are shown belong to it.
   */
  readonly mark: string;
  readonly kind: Exclude<MatchKind, 'alternative'>;
  /** `B for 8`: listed for read; null where no character is exchanged. */
  readonly exchanged: string | null;
  /** Parts that one side lacks. */
  readonly unread: readonly ('year' | 'suffix')[];
}

/** What stands for "any" in a reading that has a part which the entry lacks. */
const ANY = { year: '??', suffix: '?' } as const;

/**
 * All that would match an entry under these rules: the mark itself, with parts unread, and each single exchange. What the reader offers as
 * an alternative is matched as well and cannot be told beforehand. A pattern stands for itself.
 */
export function misreadsOf({ mark, pattern }: Pick<ListEntry, 'mark' | 'pattern'>, rules: IndexRules): Misread[] {
  if (mark === null) return pattern !== null && rules.kinds.includes('pattern') ? [{ mark: pattern, kind: 'pattern', exchanged: null, unread: [] }] : [];
  const readings = partsReadOrNot(mark, rules);
  const plain = readings.flatMap((reading): Misread[] => {
    const kind = reading.unread.length === 0 ? 'exact' : 'unread-part';
    return rules.kinds.includes(kind) ? [{ mark: written(reading), kind, exchanged: null, unread: reading.unread }] : [];
  });
  if (!rules.kinds.includes('look-alike')) return plain;
  return [...plain, ...readings.flatMap((reading) => [...keyMisreads(mark, reading, rules), ...endingMisreads(mark, reading, rules)])];
}

interface Reading extends MarkText { readonly unread: readonly ('year' | 'suffix')[] }

/** The mark as listed, and with year and suffix as one side may lack them. */
function partsReadOrNot(mark: Mark, { kinds }: IndexRules): Reading[] {
  const { letters, number, year, suffix } = mark, listed: Reading = { letters, number, year, suffix, unread: [] };
  if (!kinds.includes('unread-part')) return [listed];
  const without = (reading: Reading, part: 'year' | 'suffix'): Reading =>
    ({ ...reading, [part]: mark[part] === null ? ANY[part] : null, unread: [...reading.unread, part] });
  return [listed, without(listed, 'year'), without(listed, 'suffix'), without(without(listed, 'year'), 'suffix')];
}

function keyMisreads(mark: Mark, reading: Reading, { lookAlikes }: IndexRules): Misread[] {
  const listed = endingOf(mark);
  // Look-alikes are symmetric: what the mark becomes by an exchange is what becomes the mark by it.
  return keyExchanges(mark, lookAlikes).flatMap((exchange): Misread[] => {
    const read: Ending = { year: reading.year, suffix: reading.suffix, zeros: leadingZeros(exchange.number) };
    if (!acceptsExchange(exchange, listed, read)) return [];
    const { letters, number } = exchange;
    return [{ mark: written({ ...reading, letters, number }), kind: 'look-alike', exchanged: `${exchange.read} for ${exchange.listed}`, unread: reading.unread }];
  });
}

/** Exchanges in year and suffix, of the parts that both sides have. */
function endingMisreads(mark: Mark, reading: Reading, { lookAlikes }: IndexRules): Misread[] {
  const changed = (['year', 'suffix'] as const).flatMap((part): Reading[] => {
    const text = mark[part];
    return text === null || reading.unread.includes(part) ? [] : singleChanges(text, lookAlikes).map((other) => ({ ...reading, [part]: other }));
  });
  return changed.flatMap((read): Misread[] => {
    const exchange = endingExchange(markKey(mark).length, endingOf(read), endingOf(mark), lookAlikes);
    return exchange === null ? [] : [{ mark: written(read), kind: 'look-alike', exchanged: `${exchange.listed} for ${exchange.read}`, unread: read.unread }];
  });
}

const singleChanges = (text: string, group: IndexRules['lookAlikes']): string[] =>
  [...text].flatMap((char, i) => [...lookAlikesOf(char, group)].map((other) => text.slice(0, i) + other + text.slice(i + 1)));

const written = ({ letters, year, number, suffix }: MarkText): string =>
  writeMark({ letters, year, number, suffix, jurisdiction: null, district: null, class: null, series: null });
