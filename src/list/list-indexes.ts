import { createListIndex, type IndexedEntry, type ListIndex } from './list-index.ts';
import type { ListSettings, MatchKind } from './list-settings.ts';
import type { Candidate } from './match.ts';
import type { MatchablePass } from './matchable-pass.ts';

/** Rows as they travel from the database to the index: one JSON array a line, `[serial, key, letters, number, year, suffix, pattern]`. */
export type RowText = string;

/** How one list may match at the moment. */
export interface ListRule { readonly list: string; readonly kinds: readonly MatchKind[]; readonly lookAlikes: ListSettings['lookAlikes'] }

export interface ListedCandidate extends Candidate { readonly list: string }

/**
 * The indexes of all lists. A list that changed in many rows is loaded beside the one in force and swapped in whole (`begin`, `load`,
 * `commit`); one that changed in few is patched in place, in one step, so that no pass meets half a change.
 */
export interface ListIndexes {
  begin(list: string): void;
  load(list: string, rows: RowText): void;
  /** Puts what was loaded in force; without `begin` before, an empty list. */
  commit(list: string): void;
  patch(list: string, opened: RowText, closed: readonly number[]): void;
  drop(list: string): void;
  find(passes: readonly MatchablePass[], rules: readonly ListRule[]): ListedCandidate[][];
}

export function createListIndexes(): ListIndexes {
  const inForce = new Map<string, ListIndex>(), loading = new Map<string, ListIndex>();
  const indexOf = (list: string): ListIndex => {
    const known = inForce.get(list) ?? createListIndex();
    inForce.set(list, known);
    return known;
  };
  return {
    begin: (list) => void loading.set(list, createListIndex()),
    load(list, rows) {
      const index = loading.get(list);
      if (index === undefined) throw new TypeError(`the list ${list} is not being loaded`);
      for (const entry of entriesOf(rows)) index.add(entry);
    },
    commit(list) {
      inForce.set(list, loading.get(list) ?? createListIndex());
      loading.delete(list);
    },
    patch(list, opened, closed) {
      const index = indexOf(list);
      for (const serial of closed) index.remove(serial);
      for (const entry of entriesOf(opened)) index.add(entry);
    },
    drop(list) {
      inForce.delete(list);
      loading.delete(list);
    },
    find: (passes, rules) => passes.map((pass) => rules.flatMap(({ list, kinds, lookAlikes }) =>
      inForce.get(list)?.find(pass, { kinds, lookAlikes }).map((found) => ({ ...found, list })) ?? [])),
  };
}

/** One step of loading or changing a list, as a value that can travel to a thread. */
export type IndexStep = { [N in Exclude<keyof ListIndexes, 'find'>]: { readonly do: N; readonly with: Parameters<ListIndexes[N]> } }[Exclude<keyof ListIndexes, 'find'>];

export function takeStep(indexes: ListIndexes, step: IndexStep): void {
  (indexes[step.do] as (...given: readonly unknown[]) => void)(...step.with);
}

function* entriesOf(rows: RowText): Generator<IndexedEntry> {
  if (rows === '') return;
  for (const line of rows.split('\n')) {
    const [serial, key, letters, number, year, suffix, pattern] = JSON.parse(line) as [number, ...(string | null)[]];
    yield { serial, key: key ?? null, letters: letters ?? null, number: number ?? null, year: year ?? null, suffix: suffix ?? null, pattern: pattern ?? null };
  }
}
