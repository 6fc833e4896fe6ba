import type { ListMatch } from '../list/match.ts';
import type { MatchablePass } from '../list/matchable-pass.ts';
import type { ListState } from '../store/active-list-entries.ts';

/** What matched, with the list as it stood. */
export interface WatchedMatch { readonly match: ListMatch; readonly state: ListState }

/** Matches passes against all lists as the database has them now. */
export interface Matcher {
  /** For each pass, what it matches, strongest first. Asks for the versions of the lists each time: an entry added anywhere is in force at once. */
  match(passes: readonly MatchablePass[]): Promise<WatchedMatch[][]>;
  close(): Promise<void>;
}
