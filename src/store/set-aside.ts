import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import type { Pass } from '../pass/pass.ts';
import type { Database, Orm } from './database.ts';
import { counted } from './delete-journeys.ts';
import { atStore } from './failure.ts';
import { holdsKey } from './legal-holds.ts';
import { after } from './list-passes.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest } from './page.ts';
import { array, batch, inTransaction, instantParameter, rowsOf, type BatchColumn } from './query.ts';
import { lockedPassesFloor, lockRetention } from './retention-floors.ts';
import { passesSetAside, type SetAsideDecision } from './schema.ts';

/** A pass that came when its time was over. Times are epoch milliseconds. */
export interface SetAsidePass {
  /** The id that the pass has. */
  readonly id: string;
  readonly at: number;
  readonly pass: Pass;
  readonly decision: SetAsideDecision | null;
  readonly decidedAt: number | null;
  readonly decidedBy: string | null;
  readonly reason: string | null;
}

const COLUMNS: readonly BatchColumn<{ readonly pass: Pass; readonly at: number }>[] = [
  { name: 'id', type: 'text', of: ({ pass }) => pass.id },
  { name: 'captured_at', type: 'timestamptz', of: ({ pass }) => pass.capturedAt },
  { name: 'at', type: 'timestamptz', of: ({ at }) => at },
  { name: 'camera_id', type: 'text', of: ({ pass }) => pass.cameraId },
  { name: 'key', type: 'text', of: ({ pass }) => pass.key },
  { name: 'evidence_sha256', type: 'text', of: ({ pass }) => pass.evidence?.sha256 },
  { name: 'pass', type: 'jsonb', of: ({ pass }) => pass },
];

/** What of a batch may be stored (or is), what not, and the floor behind it (epoch milliseconds). */
export interface Divided<P> { readonly inTime: readonly P[]; readonly expired: readonly P[]; readonly floor: number | null }

export function divideAt<P extends Pick<Pass, 'capturedAt'>>(passes: readonly P[], floor: number | null): Divided<P> {
  if (floor === null) return { inTime: passes, expired: [], floor };
  return { inTime: passes.filter((p) => p.capturedAt >= floor), expired: passes.filter((p) => p.capturedAt < floor), floor };
}

/**
 * Keeps passes aside whose time is over, in the transaction that stores the rest; the floor does not rise before that has ended. One that was
 * set aside before stays as it is.
 */
export async function setExpiredAside<P extends Pass>(tx: Orm, passes: readonly P[], at: number): Promise<Divided<P>> {
  const divided = divideAt(passes, await lockedPassesFloor(tx));
  if (divided.expired.length === 0) return divided;
  // One that a hit or a hold has kept, sent again, is a repetition like any other.
  const known = await storedIds(tx, divided.expired), expired = divided.expired.filter((pass) => !known.has(pass.id));
  if (expired.length > 0) await rowsOf(tx, sql`insert into passes_set_aside ${batch(expired.map((pass) => ({ pass, at })), COLUMNS)} order by r.id on conflict (id) do nothing`);
  return { ...divided, expired, inTime: known.size === 0 ? divided.inTime : passes.filter((pass) => known.has(pass.id) || divided.inTime.includes(pass)) };
}

async function storedIds(tx: Orm, passes: readonly Pick<Pass, 'id' | 'capturedAt'>[]): Promise<Set<string>> {
  const rows = await rowsOf<{ id: string }>(tx, sql`
    select p.id from unnest(${array(passes.map((p) => new Date(p.capturedAt).toISOString()), 'timestamptz')}, ${array(passes.map((p) => p.id), 'text')}) as asked (at, id)
    join passes p on p.captured_at = asked.at and p.id = asked.id collate "C"
  `);
  return new Set(rows.map((row) => row.id));
}

export async function findSetAside(orm: Orm, id: string): Promise<SetAsidePass | null> {
  if (id.includes('\0')) return null;
  const [row] = await orm.select().from(passesSetAside).where(eq(passesSetAside.id, id)).limit(1);
  return row ?? null;
}

/** Newest first. `open`: only those on which nobody has decided. @throws CURSOR_INVALID, ARGUMENT_INVALID */
export async function listSetAside(db: Database, filter: { readonly open: boolean }, page: PageRequest = {}): Promise<Page<SetAsidePass>> {
  const limit = pageLimit(page), place = readCursor(page.cursor, filter);
  const conditions = and(filter.open ? isNull(passesSetAside.decidedAt) : undefined, after(passesSetAside.at, passesSetAside.id, place));
  const rows = await atStore(db, () => db.orm.select().from(passesSetAside).where(conditions).orderBy(desc(passesSetAside.at), desc(passesSetAside.id)).limit(limit + 1));
  return toPage(rows, limit, filter, (row) => ({ at: row.at, id: row.id }));
}

/** Writes what a person decided. False when somebody was first. */
export async function decideSetAside(tx: Orm, id: string, decided: { readonly decision: SetAsideDecision; readonly at: number; readonly by: string; readonly reason: string }): Promise<boolean> {
  const rows = await tx.update(passesSetAside).set({ decision: decided.decision, decidedAt: decided.at, decidedBy: decided.by, reason: decided.reason })
    .where(and(eq(passesSetAside.id, id), isNull(passesSetAside.decidedAt))).returning({ id: passesSetAside.id });
  return rows.length > 0;
}

const AT_ONCE = 500;
const past = (cutOff: number) => sql`s.at < ${instantParameter(cutOff)}`;
const HELD = holdsKey(sql`s.key`);

/** Deletes passes set aside before `cutOff`, decided or not, some at a time; their pictures are due. Of a held mark they stay until somebody decides. */
export function deleteSetAside(db: Database, cutOff: number, at: number): Promise<number> {
  return inTransaction(db, db.bulk, async (tx) => {
    await lockRetention(tx, 'exclusive');
    return counted(tx, sql`
      with gone as (
        delete from passes_set_aside where id in (select s.id from passes_set_aside s where ${past(cutOff)} and (s.decided_at is not null or not ${HELD}) order by s.at limit ${AT_ONCE})
        returning evidence_sha256, pass
      ),
      due as (
        insert into pictures_due (sha256, media_type, at) select distinct on (evidence_sha256) evidence_sha256, pass #>> '{evidence,mediaType}', ${instantParameter(at)}
        from gone where evidence_sha256 is not null on conflict do nothing
      )
      select count(*)::integer as n from gone
    `);
  });
}

export async function overdueSetAside(orm: Orm, cutOff: number): Promise<{ readonly overdue: number; readonly hold: number }> {
  const [row] = await rowsOf<{ overdue: number; hold: number }>(orm, sql`
    select count(*) filter (where decided or not held)::integer as overdue, count(*) filter (where held and not decided)::integer as hold
    from (select s.decided_at is not null as decided, ${HELD} as held from passes_set_aside s where ${past(cutOff)}) as past
  `);
  return row ?? { overdue: 0, hold: 0 };
}
