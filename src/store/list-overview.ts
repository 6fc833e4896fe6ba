import { and, asc, eq } from 'drizzle-orm';
import { ListSettings } from '../list/list-settings.ts';
import type { ListState } from './active-list-entries.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { lists, listVersions, type VersionOrigin } from './schema.ts';

/** How the feed of a list fares. Times are epoch milliseconds, null: never. */
export interface FeedState {
  readonly checkedAt: number | null;
  readonly succeededAt: number | null;
  /** What went wrong at the last check; null when nothing did. */
  readonly fault: string | null;
  /** When it began to. */
  readonly failingSince: number | null;
}

/** A list with its settings, also one that has no version yet. */
export interface ListOverview {
  readonly list: string;
  readonly settings: ListSettings;
  readonly feed: FeedState;
  /** What is in force; null before the first import or entry. */
  readonly state: (ListState & { readonly origin: VersionOrigin; readonly author: string | null }) | null;
}

/** Every list, or the one named; by name. */
export async function listOverviews(db: Database, only?: string): Promise<ListOverview[]> {
  const rows = await atStore(db, () => db.orm.select({ row: lists, version: listVersions }).from(lists)
    .leftJoin(listVersions, and(eq(listVersions.list, lists.name), eq(listVersions.version, lists.version)))
    .where(only === undefined ? undefined : eq(lists.name, only)).orderBy(asc(lists.name)));
  return rows.map(({ row, version }) => {
    const settings = ListSettings.parse(row.settings), feed = { checkedAt: row.feedCheckedAt, succeededAt: row.feedSucceededAt, fault: row.feedFault, failingSince: row.feedFailingSince };
    if (version === null) return { list: row.name, settings, feed, state: null };
    const { sha256, fileName, entryCount, importedAt, confirmedAt, origin, author } = version;
    return { list: row.name, settings, feed, state: { list: row.name, version: version.version, sha256, fileName, entryCount, importedAt, confirmedAt, settings, origin, author } };
  });
}

/** Something about a list that its operator must look into. */
export interface ListAlarm {
  readonly list: string;
  readonly covert: boolean;
  /** `stale`: older than its limit; `feed`: its feed fails; `lapsed`: its entries match no more, because nobody delivered or reviewed them. */
  readonly kind: 'stale' | 'feed' | 'lapsed';
  /** Epoch milliseconds: since when it is so. */
  readonly since: number;
  /** In words, with what to do. */
  readonly message: string;
}

const HOUR = 3_600_000, DAY = 24 * HOUR;

/** What is wrong with lists now. `defaultLimitHours`: for lists whose settings name no limit. */
export async function listAlarms(db: Database, now: number, defaultLimitHours: number): Promise<ListAlarm[]> {
  return (await listOverviews(db)).flatMap((list) => alarmsOf(list, now, defaultLimitHours));
}

function alarmsOf({ list, settings, feed, state: standing }: ListOverview, now: number, defaultLimitHours: number): ListAlarm[] {
  const alarms: ListAlarm[] = [], { covert } = settings;
  // A list that persons alone keep has no file to be late with; its entries have dates of their own.
  const state = standing !== null && standing.sha256 !== '' ? standing : null;
  const limit = settings.ageLimitHours ?? defaultLimitHours;
  if (state !== null && now - state.confirmedAt > limit * HOUR) {
    const message = `The list ${list} is ${Math.floor((now - state.confirmedAt) / HOUR)} hours old; its limit is ${limit}. Ask its owner${settings.owner === '' ? '' : `, ${settings.owner},`} for today's file.`;
    alarms.push({ list, covert, kind: 'stale', since: state.confirmedAt + limit * HOUR, message });
  }
  if (state !== null && settings.reviewDays !== null && now > state.confirmedAt + settings.reviewDays * DAY) {
    const message = `Entries of the list ${list} match no more: nobody delivered or reviewed them for ${settings.reviewDays} days.`;
    alarms.push({ list, covert, kind: 'lapsed', since: state.confirmedAt + settings.reviewDays * DAY, message });
  }
  if (settings.feed !== null && feed.fault !== null) {
    alarms.push({ list, covert, kind: 'feed', since: feed.failingSince ?? now, message: `The feed of the list ${list} fails: ${feed.fault}` });
  }
  return alarms;
}
