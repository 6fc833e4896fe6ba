import { confusionsFrom } from '../list/confusions.ts';
import type { ListEntry } from '../list/entry.ts';
import { createListIndex, type IndexedEntry } from '../list/list-index.ts';
import type { ListSettings, MatchKind } from '../list/list-settings.ts';
import { keyExchanges } from '../list/look-alike-marks.ts';
import { judgeMatch, type ListMatch } from '../list/match.ts';
import { confusionCounts } from '../store/confusion-counts.ts';
import type { Database } from '../store/database.ts';
import { listPasses } from '../store/list-passes.ts';
import { latestPassesOfKeys } from '../store/passes-of-keys.ts';
import type { StoredPass } from '../store/stored-pass.ts';

/** A stored pass that an entry would have matched. */
export interface EarlierPass { readonly pass: StoredPass; readonly match: ListMatch }

export interface BackMatchRules {
  /** Epoch milliseconds: passes since then are looked at. */
  readonly since: number;
  /** Latest passes wanted. */
  readonly limit: number;
  readonly settings: ListSettings;
  readonly timeZone: string;
}

/** Passes fetched for one entry: those of other vehicles with a look-alike mark come along and fall out when they are judged. */
const LOOKED_AT = 400;

/**
 * Where the vehicle of an entry was seen before the entry was made, latest first: what raises no hit any more and tells where to look.
 * The classes of the list count but for the second choices of the reader, by which passes cannot be looked up; limits of hours, sites
 * and directions do not, because the question is where it was.
 */
export async function backMatch(database: Database, entry: ListEntry, rules: BackMatchRules): Promise<EarlierPass[]> {
  const kinds = rules.settings.matchKinds.filter((kind) => kind !== 'alternative');
  const settings: ListSettings = { ...rules.settings, matchKinds: kinds, hours: null, sites: null, directions: null };
  const [candidates, counts] = [await candidatesOf(database, entry, settings, rules.since), await confusionCounts(database)];
  const index = createListIndex(), confusions = confusionsFrom(counts);
  index.add(indexed(entry));
  return candidates.flatMap((pass): EarlierPass[] => {
    if (pass.mark === null || pass.key === null) return [];
    const seen = { ...pass, mark: pass.mark, key: pass.key };
    const [found] = index.find(seen, { kinds, lookAlikes: settings.lookAlikes });
    const match = found === undefined ? null : judgeMatch(seen, entry, found, { settings, confusions, timeZone: rules.timeZone });
    return match === null ? [] : [{ pass, match }];
  }).slice(0, rules.limit);
}

async function candidatesOf(database: Database, entry: ListEntry, { matchKinds, lookAlikes }: ListSettings, since: number): Promise<readonly StoredPass[]> {
  if (entry.pattern !== null) return (await listPasses(database, { mark: entry.pattern, from: since }, { limit: LOOKED_AT })).items;
  if (entry.mark === null || entry.key === null) return [];
  return latestPassesOfKeys(database, [entry.key, ...neighbours(entry.mark, matchKinds, lookAlikes)], since, LOOKED_AT);
}

function neighbours(mark: NonNullable<ListEntry['mark']>, kinds: readonly MatchKind[], lookAlikes: ListSettings['lookAlikes']): string[] {
  return kinds.includes('look-alike') ? keyExchanges(mark, lookAlikes).map((exchange) => exchange.key) : [];
}

function indexed({ mark, key, pattern }: ListEntry): IndexedEntry {
  return { serial: 1, key, letters: mark?.letters ?? null, number: mark?.number ?? null, year: mark?.year ?? null, suffix: mark?.suffix ?? null, pattern };
}
