import { and, desc, eq, isNull, sql, type SQL } from 'drizzle-orm';
import { markKey } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { markOf } from './mark-columns.ts';
import { after } from './list-passes.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest } from './page.ts';
import { inTransaction, rowsOf } from './query.ts';
import { lockRetention } from './retention-floors.ts';
import { legalHolds } from './schema.ts';

/** What is held: all of a mark (its unread parts fit any), or what belongs to the hits of a case and its rows in the audit log. */
export type HeldSubject = { readonly kind: 'mark'; readonly mark: Mark } | { readonly kind: 'case'; readonly caseReference: string };

export interface LegalHold {
  readonly id: string;
  readonly subject: HeldSubject;
  readonly reason: string;
  /** Id of the API key. */
  readonly author: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly released: { readonly at: number; readonly by: string; readonly reason: string | null } | null;
}

/** A hold in force from now on: a step of deletion that is under way ends first. */
export async function placeHold(db: Database, hold: Omit<LegalHold, 'released'>): Promise<void> {
  const { id, at, author, reason, subject } = hold, mark = subject.kind === 'mark' ? subject.mark : null;
  await inTransaction(db, db.orm, async (tx) => {
    await lockRetention(tx, 'shared');
    await tx.insert(legalHolds).values({
      id, at, author, reason, caseReference: subject.kind === 'case' ? subject.caseReference : null, key: mark && markKey(mark),
      markJurisdiction: mark?.jurisdiction ?? null, markDistrict: mark?.district ?? null, markLetters: mark?.letters ?? null, markYear: mark?.year ?? null,
      markNumber: mark?.number ?? null, markSuffix: mark?.suffix ?? null, markClass: mark?.class ?? null, markSeries: mark?.series ?? null,
    });
  });
}

/** Ends a hold; its row stays. False when it was released before. */
export async function releaseHold(db: Database, id: string, release: { readonly at: number; readonly by: string; readonly reason: string | null }): Promise<boolean> {
  const rows = await atStore(db, () => db.orm.update(legalHolds).set({ releasedAt: release.at, releasedBy: release.by, releaseReason: release.reason })
    .where(and(eq(legalHolds.id, id), isNull(legalHolds.releasedAt))).returning({ id: legalHolds.id }));
  return rows.length > 0;
}

export async function findHold(db: Database, id: string): Promise<LegalHold | null> {
  if (id.includes('\0')) return null;
  const [row] = await atStore(db, () => db.orm.select().from(legalHolds).where(eq(legalHolds.id, id)).limit(1));
  return row === undefined ? null : holdOf(row);
}

/** Newest first. `inForce`: without those that were released. @throws CURSOR_INVALID, ARGUMENT_INVALID */
export async function listHolds(db: Database, filter: { readonly inForce: boolean }, page: PageRequest = {}): Promise<Page<LegalHold>> {
  const limit = pageLimit(page), place = readCursor(page.cursor, filter);
  const conditions = and(filter.inForce ? isNull(legalHolds.releasedAt) : undefined, after(legalHolds.at, legalHolds.id, place));
  const rows = await atStore(db, () => db.orm.select().from(legalHolds).where(conditions).orderBy(desc(legalHolds.at), desc(legalHolds.id)).limit(limit + 1));
  return toPage(rows.map(holdOf), limit, filter, (hold) => ({ at: hold.at, id: hold.id }));
}

/** Whether a hold in force covers the mark. */
export async function isMarkHeld(orm: Orm, mark: Mark): Promise<boolean> {
  const rows = await rowsOf(orm, sql`
    select 1 as one from legal_holds l where l.released_at is null and l.key = ${markKey(mark)} and ${openOrSame(sql`l.mark_jurisdiction`, mark.jurisdiction)}
      and ${openOrSame(sql`l.mark_district`, mark.district)} and ${openOrSame(sql`l.mark_year`, mark.year)} and ${openOrSame(sql`l.mark_suffix`, mark.suffix)} limit 1
  `);
  return rows.length > 0;
}

function openOrSame(column: SQL, value: string | null): SQL {
  return value === null ? sql`true` : sql`coalesce(${column}, ${value}) = ${value}`;
}

/**
 * Joins holds `l` to rows with a key and the parts of a mark: no part known on both sides contradicts. Of the class only Sindh's motorcycles
 * would tell: a hold rather keeps too much.
 */
export function holdsMarkOf(row: SQL): SQL {
  const part = (name: string): SQL => {
    const column = sql.identifier(name);
    return sql`(l.${column} is null or ${row}.${column} is null or l.${column} = ${row}.${column})`;
  };
  return sql`l.released_at is null and l.key = ${row}.key and ${part('mark_jurisdiction')} and ${part('mark_district')} and ${part('mark_year')} and ${part('mark_suffix')}`;
}

/** Whether any mark of this key is held. */
export const holdsKey = (key: SQL): SQL => sql`exists (select from legal_holds l where l.released_at is null and l.key = ${key})`;

/** Whether the hit `h` is held: by its mark as read, or by its case. */
export const HIT_IS_HELD = sql`exists (
  select from legal_holds l where l.released_at is null and (
    l.case_reference = h.entry_details ->> 'caseReference'
    or l.key = h.key and coalesce(h.pass_mark ->> 'jurisdiction', l.mark_jurisdiction, '') = coalesce(l.mark_jurisdiction, h.pass_mark ->> 'jurisdiction', '')
      and coalesce(h.pass_mark ->> 'district', l.mark_district, '') = coalesce(l.mark_district, h.pass_mark ->> 'district', '')
      and coalesce(h.pass_mark ->> 'year', l.mark_year, '') = coalesce(l.mark_year, h.pass_mark ->> 'year', '')
      and coalesce(h.pass_mark ->> 'suffix', l.mark_suffix, '') = coalesce(l.mark_suffix, h.pass_mark ->> 'suffix', '')
  )
)`;

function holdOf(row: typeof legalHolds.$inferSelect): LegalHold {
  const mark = markOf(row), { id, reason, author, at, releasedAt, releasedBy, releaseReason } = row;
  return {
    id, reason, author, at, subject: mark === null ? { kind: 'case', caseReference: row.caseReference ?? '' } : { kind: 'mark', mark },
    released: releasedAt === null || releasedBy === null ? null : { at: releasedAt, by: releasedBy, reason: releaseReason },
  };
}
