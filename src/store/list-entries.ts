import { and, desc, eq, inArray, isNull, isNotNull, lt, or, sql, type SQL } from 'drizzle-orm';
import type { ListEntry, Stage } from '../list/entry.ts';
import { PatternTable } from '../list/pattern-table.ts';
import { markKey } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';
import { parseMarkPattern } from '../plate/pattern.ts';
import { DarwazaError } from '../core/errors.ts';
import { entryOf, withReviewDate, type ListState } from './active-list-entries.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { agrees, openOrEqual } from './mark-columns.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest } from './page.ts';
import { listEntries } from './schema.ts';

/** `expired` and `lapsed` entries match no more; a lapsed one matches again when it is reviewed. */
export type Standing = 'in-force' | 'expired' | 'lapsed';

/** An entry as it is kept. `reviewAt` is the date that holds, from the row or from the list. */
export interface KeptEntry extends ListEntry {
  /** Number of the row; a changed entry is another row. */
  readonly serial: number;
  readonly sinceVersion: number;
  /** API key id of the person who added it, or changed it last; null for what a file says. */
  readonly author: string | null;
  readonly standing: Standing;
}

export interface EntryFilter {
  readonly list: string;
  /** As a person types it; a mark also finds the patterns that it fits. */
  readonly mark?: string | undefined;
  readonly stage?: Stage | undefined;
  readonly standing?: Standing | undefined;
}

/** What an entry's standing is judged by. */
export type StandingRules = Pick<ListState, 'confirmedAt' | 'settings'>;

const DAY = 86_400_000;

export function keptEntry(row: typeof listEntries.$inferSelect, rules: StandingRules | null, now: number): KeptEntry {
  const entry = withReviewDate(entryOf(row), rules);
  const standing = entry.expiresAt !== null && entry.expiresAt < now ? 'expired' : entry.reviewAt !== null && entry.reviewAt < now ? 'lapsed' : 'in-force';
  return { ...entry, serial: row.serial, sinceVersion: row.fromVersion, author: row.author, standing };
}

/** Entries of one list that no version has closed, newest rows first. @throws CURSOR_INVALID, ARGUMENT_INVALID, MARK_INVALID */
export async function listEntriesPage(db: Database, filter: EntryFilter, rules: StandingRules, now: number, page: PageRequest = {}): Promise<Page<KeptEntry>> {
  const limit = pageLimit(page), place = readCursor(page.cursor, filter);
  return atStore(db, async () => {
    const rows = await db.orm.select().from(listEntries).where(and(
      eq(listEntries.list, filter.list), isNull(listEntries.toVersion), filter.mark === undefined ? undefined : await markCondition(db.orm, filter.list, filter.mark),
      filter.stage === undefined ? undefined : eq(listEntries.stage, filter.stage), standingCondition(filter.standing, rules, now),
      place === null ? undefined : lt(listEntries.serial, place.at),
    )).orderBy(desc(listEntries.serial)).limit(limit + 1);
    return toPage(rows.map((row) => keptEntry(row, rules, now)), limit, filter, (entry) => ({ at: entry.serial, id: '' }));
  });
}

/** null when the list has no such entry in force. */
export async function findListEntry(db: Database, list: string, id: string, rules: StandingRules, now: number): Promise<KeptEntry | null> {
  const [row] = await atStore(db, () => db.orm.select().from(listEntries).where(and(eq(listEntries.id, id), eq(listEntries.list, list), isNull(listEntries.toVersion))));
  return row === undefined ? null : keptEntry(row, rules, now);
}

/** Patterns of every list, or of one, that a mark fits. */
export async function patternsFitting(orm: Orm, mark: Mark, list?: string): Promise<(typeof listEntries.$inferSelect)[]> {
  const rows = await orm.select().from(listEntries)
    .where(and(isNull(listEntries.toVersion), isNotNull(listEntries.pattern), list === undefined ? undefined : eq(listEntries.list, list)));
  const table = new PatternTable(), fitting = new Set<number>();
  for (const row of rows) table.add(row.serial, row.pattern ?? '');
  table.find(markKey(mark), mark, (serial) => fitting.add(serial));
  return rows.filter((row) => fitting.has(row.serial));
}

async function markCondition(orm: Orm, list: string, text: string): Promise<SQL | undefined> {
  const search = parseMarkPattern(text);
  if (search.kind === 'invalid') throw new DarwazaError('MARK_INVALID', { reason: search.reason });
  if (search.kind === 'exact') {
    const patterns = await patternsFitting(orm, search.mark, list);
    const same = and(eq(listEntries.key, search.key), agrees(listEntries, search.mark));
    return patterns.length === 0 ? same : or(same, inArray(listEntries.serial, patterns.map((row) => row.serial)));
  }
  return and(or(...search.likes.map((like) => sql`${listEntries.key} like ${like}`)), openOrEqual(listEntries.markYear, search.year), openOrEqual(listEntries.markJurisdiction, search.jurisdiction));
}

function standingCondition(standing: Standing | undefined, { confirmedAt, settings }: StandingRules, now: number): SQL | undefined {
  if (standing === undefined) return undefined;
  const at = sql`${new Date(now).toISOString()}::timestamptz`, ofList = settings.reviewDays === null ? null : confirmedAt + settings.reviewDays * DAY;
  const expired = sql`coalesce(${listEntries.expiresAt} < ${at}, false)`;
  const lapsed = ofList !== null && ofList < now ? sql`coalesce(${listEntries.reviewAt} < ${at}, true)` : sql`coalesce(${listEntries.reviewAt} < ${at}, false)`;
  if (standing === 'expired') return expired;
  return standing === 'lapsed' ? sql`not ${expired} and ${lapsed}` : sql`not ${expired} and not ${lapsed}`;
}

export interface StandingCounts { readonly inForce: number; readonly expired: number; readonly lapsed: number; readonly patterns: number }

/** How many entries of each list stand how. Lists without any are not in the map. */
export async function standingCounts(db: Database, states: readonly ListState[], now: number): Promise<Map<string, StandingCounts>> {
  const counted = await Promise.all(states.map(async (state) => {
    const count = (standing: Standing) => sql<number>`count(*) filter (where ${standingCondition(standing, state, now)})::integer`;
    const [row] = await atStore(db, () => db.orm.select({
      inForce: count('in-force'), expired: count('expired'), lapsed: count('lapsed'), patterns: sql<number>`count(*) filter (where ${listEntries.pattern} is not null)::integer`,
    }).from(listEntries).where(and(eq(listEntries.list, state.list), isNull(listEntries.toVersion))));
    return [state.list, row ?? { inForce: 0, expired: 0, lapsed: 0, patterns: 0 }] as const;
  }));
  return new Map(counted);
}
