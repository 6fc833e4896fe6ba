import { confusionsFrom, type Confusions } from '../list/confusions.ts';
import { matchKindsOf, type ListSettings } from '../list/list-settings.ts';
import type { ListedCandidate } from '../list/list-indexes.ts';
import { judgeMatch, type ListMatch } from '../list/match.ts';
import type { MatchablePass } from '../list/matchable-pass.ts';
import { listStates, withReviewDate, type ListState } from '../store/active-list-entries.ts';
import { confusionCounts } from '../store/confusion-counts.ts';
import type { Database } from '../store/database.ts';
import { eachPartOfList, entriesBySerial, listChange } from '../store/list-changes.ts';
import type { IndexHost } from './index-host.ts';

/** What matched, with the list as it stood. */
export interface WatchedMatch { readonly match: ListMatch; readonly state: ListState }

/** Matches passes against all lists as the database has them. */
export interface Matcher {
  /**
   * For each pass what it matches, most probable first. The versions of the lists are asked for each time: an entry added anywhere is in
   * force at once. While a new version of many rows is being read, the one before it (none, of a new list) matches; `behind` then tells of it.
   */
  match(passes: readonly MatchablePass[]): Promise<WatchedMatch[][]>;
  /** As one list alone would match by other settings than its own. */
  tryOut(list: string, settings: ListSettings, passes: readonly MatchablePass[]): Promise<WatchedMatch[][]>;
  /** Ends when every list is read as the database had it at the call. */
  caughtUp(): Promise<void>;
  /** True while a new version is being read, so that what is matched now must be matched again when `caughtUp`. */
  behind(): boolean;
  close(): Promise<void>;
}

export interface MatcherParts {
  readonly database: Database;
  readonly host: IndexHost;
  /** IANA zone of the city, in which the hours of a list are meant. */
  readonly timeZone: string;
  /** Now, epoch milliseconds. */
  readonly clock: () => number;
}

/** What the officers' decisions taught changes slowly. */
const CONFUSIONS_HOLD_MS = 60_000;

export function createMatcher(parts: MatcherParts): Matcher {
  return new ListMatcher(parts);
}

class ListMatcher implements Matcher {
  readonly #parts: MatcherParts;
  /** Version of each list that the index holds. */
  readonly #held = new Map<string, number>();
  readonly #reading = new Map<string, Promise<void>>();
  #turn: Promise<unknown> = Promise.resolve();
  #confusions: { readonly at: number; readonly table: Confusions } | null = null;

  constructor(parts: MatcherParts) {
    this.#parts = parts;
  }

  async match(passes: readonly MatchablePass[]): Promise<WatchedMatch[][]> {
    const states = await this.#inTurn(() => this.#keepUp());
    return this.#matchBy(states.filter((s) => this.#held.has(s.list)), passes);
  }

  async tryOut(list: string, settings: ListSettings, passes: readonly MatchablePass[]): Promise<WatchedMatch[][]> {
    const states = await this.#inTurn(() => this.#keepUp());
    return this.#matchBy(states.flatMap((s) => (s.list === list && this.#held.has(list) ? [{ ...s, settings }] : [])), passes);
  }

  async #matchBy(states: readonly ListState[], passes: readonly MatchablePass[]): Promise<WatchedMatch[][]> {
    const { database, host, timeZone } = this.#parts;
    const known = new Map(states.map((s) => [s.list, s]));
    const rules = [...known.values()].map(({ list, settings, entryCount }) => ({ list, kinds: matchKindsOf(settings, entryCount), lookAlikes: settings.lookAlikes }));
    const found = await host.find(passes, rules);
    const entries = await entriesBySerial(database, [...new Set(found.flat().map((c) => c.serial))]);
    const confusions = entries.size === 0 ? null : await this.#learned();
    return passes.map((pass, i) => (found[i] ?? []).flatMap((candidate: ListedCandidate): WatchedMatch[] => {
      const entry = entries.get(candidate.serial), state = known.get(candidate.list);
      if (entry === undefined || state === undefined || confusions === null) return [];
      const match = judgeMatch(pass, withReviewDate(entry, state), candidate, { settings: state.settings, kinds: matchKindsOf(state.settings, state.entryCount), confusions, timeZone });
      return match === null ? [] : [{ match, state }];
    }).toSorted((a, b) => b.match.score - a.match.score || b.state.settings.priority - a.state.settings.priority));
  }

  async caughtUp(): Promise<void> {
    await this.#inTurn(() => this.#keepUp());
    await Promise.all(this.#reading.values());
  }

  behind(): boolean {
    return this.#reading.size > 0;
  }

  async close(): Promise<void> {
    await this.#turn;
    await Promise.allSettled(this.#reading.values());
    await this.#parts.host.close();
  }

  /** One at a time: two that patch a list from the same version would do it twice. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work, work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Brings every list up to date that can be patched, and begins to read the others beside the version in force. */
  async #keepUp(): Promise<readonly ListState[]> {
    const { database, host } = this.#parts;
    const states = await listStates(database);
    const there = new Set(states.map((s) => s.list));
    for (const list of this.#held.keys()) {
      if (there.has(list)) continue;
      await host.run({ do: 'drop', with: [list] });
      this.#held.delete(list);
    }
    for (const { list, version, entryCount } of states) {
      const held = this.#held.get(list);
      if (held === version || this.#reading.has(list)) continue;
      const change = held === undefined ? { kind: 'many' as const } : await listChange(database, list, held, version);
      if (change.kind === 'patch') {
        await host.run({ do: 'patch', with: [list, change.opened, change.closed] });
        this.#held.set(list, version);
      } else {
        const reading = this.#readWhole(list, version);
        if (entryCount < WAIT_BELOW) await reading;
      }
    }
    return states;
  }

  #readWhole(list: string, version: number): Promise<void> {
    const { database, host } = this.#parts;
    const read = async (): Promise<void> => {
      await host.run({ do: 'begin', with: [list] });
      await eachPartOfList(database, list, version, (rows) => host.run({ do: 'load', with: [list, rows] }));
      await host.run({ do: 'commit', with: [list] });
      this.#held.set(list, version);
    };
    const reading = read().finally(() => this.#reading.delete(list));
    this.#reading.set(list, reading);
    // Whoever waits for it hears of a fault; a pass that does not wait tries again with the next batch.
    reading.catch(() => undefined);
    return reading;
  }

  async #learned(): Promise<Confusions> {
    const { database, clock } = this.#parts, now = clock();
    if (this.#confusions === null || now - this.#confusions.at > CONFUSIONS_HOLD_MS || now < this.#confusions.at) {
      this.#confusions = { at: now, table: confusionsFrom(await confusionCounts(database)) };
    }
    return this.#confusions.table;
  }
}

/** A list that is read in about a tenth of a second is waited for; matching goes on beside the reading of a larger one. */
const WAIT_BELOW = 20_000;
