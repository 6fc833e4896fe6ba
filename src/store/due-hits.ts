import { and, asc, inArray, isNull, lte, notInArray } from 'drizzle-orm';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import type { HitRecord } from './hit-record.ts';
import { hits } from './schema.ts';

/** Hits whose time has come at `at` (epoch milliseconds), longest due first. */
export interface DueHits { readonly toEscalate: readonly HitRecord[]; readonly toClose: readonly HitRecord[] }

const OPEN = ['provisional', 'confirmed'] as const;
/** Never closed by the clock, whatever their rows say. */
const KEPT_OPEN = ['stolen', 'wanted'] as const;

/** Whether anything is due: two looks into small indexes, without a lock. */
export async function isAnyHitDue(db: Database, at: number): Promise<boolean> {
  const { toEscalate, toClose } = await atStore(db, () => dueHits(db.orm, at, 1));
  return toEscalate.length + toClose.length > 0;
}

/** At most `limit` of each. Under the lock of the history nobody else changes them meanwhile. */
export async function dueHits(orm: Orm, at: number, limit: number): Promise<DueHits> {
  const open = inArray(hits.status, [...OPEN]);
  const toEscalate = await orm.select().from(hits).where(and(lte(hits.escalateAt, at), isNull(hits.acknowledgedAt), open)).orderBy(asc(hits.escalateAt), asc(hits.id)).limit(limit);
  const toClose = await orm.select().from(hits).where(and(lte(hits.closesAt, at), open, notInArray(hits.kind, [...KEPT_OPEN]))).orderBy(asc(hits.closesAt), asc(hits.id)).limit(limit);
  return { toEscalate, toClose };
}
