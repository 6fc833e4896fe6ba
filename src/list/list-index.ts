import { markKey } from '../plate/key.ts';
import type { LookAlikeGroup } from '../plate/look-alikes.ts';
import { readWritten } from '../plate/written-form.ts';
import { MATCH_KINDS, type MatchKind } from './list-settings.ts';
import { acceptsExchange, comparePart, endingExchange, endingOf, keyExchanges, type Ending } from './look-alike-marks.ts';
import { MarkRows } from './mark-rows.ts';
import type { Candidate } from './match.ts';
import type { MatchablePass } from './matchable-pass.ts';
import { PatternTable } from './pattern-table.ts';

/** What the index keeps of one row of a list: about 50 bytes, so that a million fit beside everything else. The rest is read when it matches. */
export interface IndexedEntry {
  readonly serial: number;
  /** null for a pattern. */
  readonly key: string | null;
  readonly letters: string | null;
  /** As printed, leading zeros kept. */
  readonly number: string | null;
  readonly year: string | null;
  readonly suffix: string | null;
  readonly pattern: string | null;
}

export interface IndexRules {
  /** Classes that the list allows (`matchKindsOf`). A look-alike or an alternative with a part unread needs `unread-part` as well. */
  readonly kinds: readonly MatchKind[];
  readonly lookAlikes: LookAlikeGroup;
}

/** The entries of one list, ready to match against. Holds no clock: whether an entry has expired is judged when it is found. */
export interface ListIndex {
  readonly size: number;
  /** An entry whose serial is there already takes its place. */
  add(entry: IndexedEntry): void;
  /** False when no entry has that serial. */
  remove(serial: number): boolean;
  /** Every entry that the pass may be, each once under its strongest class (`MATCH_KINDS` in order), then by serial. */
  find(pass: MatchablePass, rules: IndexRules): Candidate[];
}

/** The reader's second to fifth choice; what comes after is noise. */
export const MOST_ALTERNATIVES = 4;

export function createListIndex(): ListIndex {
  return new MarkAndPatternIndex();
}

class MarkAndPatternIndex implements ListIndex {
  readonly #rows = new MarkRows();
  readonly #patterns = new PatternTable();

  get size(): number {
    return this.#rows.size + this.#patterns.size;
  }

  add({ serial, key, number, year, suffix, pattern }: IndexedEntry): void {
    this.remove(serial);
    if (pattern !== null) this.#patterns.add(serial, pattern);
    else if (key !== null) this.#rows.add(serial, key, endingOf({ year, suffix, number: number ?? '' }));
  }

  remove(serial: number): boolean {
    return this.#rows.remove(serial) || this.#patterns.remove(serial);
  }

  find(pass: MatchablePass, rules: IndexRules): Candidate[] {
    const found: Candidate[] = [];
    this.#findRead(pass, rules, found);
    if (rules.kinds.includes('look-alike')) this.#findLookAlikes(pass, rules, found);
    if (rules.kinds.includes('alternative')) this.#findAlternatives(pass, rules, found);
    if (rules.kinds.includes('pattern') && this.#patterns.size > 0) {
      this.#patterns.find(pass.key, pass.mark, (serial, via) => found.push({ serial, kind: 'pattern', via }));
    }
    return found.length > 1 ? strongestOfEach(found) : found;
  }

  /** Entries of the very key. The year or suffix may be unread; where one differs, it may be by a look-alike. */
  #findRead(pass: MatchablePass, { kinds, lookAlikes }: IndexRules, found: Candidate[]): void {
    const rows = this.#rows;
    let row = rows.first(pass.key);
    if (row === -1) return;
    for (const read = endingOf(pass.mark); row !== -1; row = rows.next(row)) {
      const listed = rows.ending(row), serial = rows.serial(row), state = compareEndings(read, listed);
      if (state === 'same' && kinds.includes('exact')) found.push({ serial, kind: 'exact', via: null });
      else if (state === 'unread' && kinds.includes('unread-part')) found.push({ serial, kind: 'unread-part', via: null });
      else if (state === 'differs' && kinds.includes('look-alike')) {
        const exchange = endingExchange(pass.key.length, read, listed, lookAlikes);
        if (exchange !== null && (kinds.includes('unread-part') || !hasUnread(read, listed))) found.push({ serial, kind: 'look-alike', via: exchangeText(exchange) });
      }
    }
  }

  #findLookAlikes(pass: MatchablePass, { kinds, lookAlikes }: IndexRules, found: Candidate[]): void {
    const rows = this.#rows, read = endingOf(pass.mark), unreadToo = kinds.includes('unread-part');
    for (const exchange of keyExchanges(pass.mark, lookAlikes)) {
      for (let row = rows.first(exchange.key); row !== -1; row = rows.next(row)) {
        const listed = rows.ending(row);
        if (!acceptsExchange(exchange, read, listed) || (!unreadToo && hasUnread(read, listed))) continue;
        found.push({ serial: rows.serial(row), kind: 'look-alike', via: exchangeText(exchange) });
      }
    }
  }

  #findAlternatives(pass: MatchablePass, { kinds }: IndexRules, found: Candidate[]): void {
    const rows = this.#rows, unreadToo = kinds.includes('unread-part');
    for (const { mark: via } of likeliestFirst(pass.alternatives)) {
      const mark = readWritten(via);
      if (mark === null) continue;
      const key = markKey(mark), isRead = key === pass.key && mark.year === pass.mark.year && mark.suffix === pass.mark.suffix;
      if (isRead) continue;
      let row = rows.first(key);
      for (const read = endingOf(mark); row !== -1; row = rows.next(row)) {
        const state = compareEndings(read, rows.ending(row));
        if (state === 'same' || (state === 'unread' && unreadToo)) found.push({ serial: rows.serial(row), kind: 'alternative', via });
      }
    }
  }
}

function compareEndings(read: Ending, listed: Ending): 'same' | 'unread' | 'differs' {
  const year = comparePart(read.year, listed.year), suffix = comparePart(read.suffix, listed.suffix);
  if (year === 'differs' || suffix === 'differs') return 'differs';
  return year === 'unread' || suffix === 'unread' ? 'unread' : 'same';
}

const hasUnread = (read: Ending, listed: Ending): boolean =>
  comparePart(read.year, listed.year) === 'unread' || comparePart(read.suffix, listed.suffix) === 'unread';

const exchangeText = (exchange: { readonly read: string; readonly listed: string }): string => `${exchange.listed} for ${exchange.read}`;

function likeliestFirst(alternatives: MatchablePass['alternatives']): MatchablePass['alternatives'] {
  return alternatives.length === 0 ? alternatives : alternatives.toSorted((a, b) => b.confidence - a.confidence).slice(0, MOST_ALTERNATIVES);
}

const RANK = new Map(MATCH_KINDS.map((kind, i) => [kind, i]));

/** Sorting is stable: of two candidates of one class for one entry the first stands, which for alternatives is the likelier. */
function strongestOfEach(found: readonly Candidate[]): Candidate[] {
  const sorted = found.toSorted((a, b) => (RANK.get(a.kind) ?? 0) - (RANK.get(b.kind) ?? 0) || a.serial - b.serial);
  const seen = new Set<number>();
  return sorted.filter(({ serial }) => !seen.has(serial) && seen.add(serial) !== undefined);
}
