import { and, asc, eq, inArray, lt, or } from 'drizzle-orm';
import type { Pass } from '../pass/pass.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { provisionalPasses } from './schema.ts';

/** A vehicle in view of a stream, from its first sure read on; a later state of the same one takes its place. @throws DATABASE_UNAVAILABLE, DATABASE_FULL */
export async function saveProvisional(db: Database, pass: Pass, at: number): Promise<void> {
  const row = { id: pass.id, cameraId: pass.cameraId, capturedAt: pass.capturedAt, updatedAt: at, pass };
  await atStore(db, () => db.orm.insert(provisionalPasses).values(row).onConflictDoUpdate({ target: provisionalPasses.id, set: { updatedAt: at, pass } }));
}

/** Their passes are stored, or proved to be part of another vehicle's. */
export async function removeProvisional(db: Database, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await atStore(db, () => db.orm.delete(provisionalPasses).where(inArray(provisionalPasses.id, [...ids])));
}

/**
 * What a process left that ended with vehicles in view: those of these cameras, which no other process serves, and of any camera those that
 * nobody touched since `abandonedBefore` (epoch milliseconds).
 */
export async function leftProvisional(db: Database, cameraIds: readonly string[], abandonedBefore: number): Promise<Pass[]> {
  const left = or(lt(provisionalPasses.updatedAt, abandonedBefore), cameraIds.length === 0 ? undefined : inArray(provisionalPasses.cameraId, [...cameraIds]));
  const rows = await atStore(db, () => db.orm.select({ pass: provisionalPasses.pass }).from(provisionalPasses).where(left).orderBy(asc(provisionalPasses.capturedAt), asc(provisionalPasses.id)).limit(10_000));
  return rows.map((row) => row.pass);
}

/** Vehicles in view now, longest first; of one camera or all. */
export async function vehiclesInView(db: Database, cameraId: string | null, limit: number): Promise<Pass[]> {
  const rows = await atStore(db, () => db.orm.select({ pass: provisionalPasses.pass }).from(provisionalPasses)
    .where(and(cameraId === null ? undefined : eq(provisionalPasses.cameraId, cameraId))).orderBy(asc(provisionalPasses.capturedAt), asc(provisionalPasses.id)).limit(limit));
  return rows.map((row) => row.pass);
}
