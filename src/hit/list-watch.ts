import { buildListIndex, type ListIndex } from '../list/match.ts';
import { activeListEntries, listStates, type ListState } from '../store/active-list-entries.ts';
import type { Database } from '../store/database.ts';

/** All lists as they stand, ready to match against. */
export interface WatchedLists {
  readonly index: ListIndex;
  /** By name of the list. */
  readonly states: ReadonlyMap<string, ListState>;
}

export interface ListWatch {
  /** The lists as the database has them now. Asks for their versions each time and reads the entries only when one has changed. */
  current(): Promise<WatchedLists>;
}

export function createListWatch(database: Database): ListWatch {
  let held: WatchedLists | null = null;
  let reading: Promise<WatchedLists> | null = null;
  const read = async (): Promise<WatchedLists> => {
    const { states, entries } = await activeListEntries(database);
    return { index: buildListIndex(entries), states: byName(states) };
  };
  return {
    async current() {
      const states = byName(await listStates(database));
      if (held !== null && versionsOf(held.states) === versionsOf(states)) {
        // Delivered again unchanged: the same entries, but younger.
        held = { index: held.index, states };
        return held;
      }
      reading ??= read().finally(() => {
        reading = null;
      });
      held = await reading;
      return held;
    },
  };
}

function byName(states: readonly ListState[]): Map<string, ListState> {
  return new Map(states.map((state) => [state.list, state]));
}

function versionsOf(states: ReadonlyMap<string, ListState>): string {
  return JSON.stringify([...states.values()].map((state) => [state.list, state.version]));
}
