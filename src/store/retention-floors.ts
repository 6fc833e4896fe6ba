import { sql } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { epochMs, inTransaction, instantParameter, rowsOf } from './query.ts';
import type { FloorKind } from './schema.ts';

/**
 * The time (epoch milliseconds) before which passes are kept no longer and taken no more; null where nothing was deleted yet. It does not
 * rise before the transaction has ended: what is stored above it is not below it unseen.
 */
export async function lockedPassesFloor(tx: Orm): Promise<number | null> {
  // Two statements: one alone would read the floor as it stood before it waited for the lock.
  await rowsOf(tx, sql`select pg_advisory_xact_lock_shared(hashtextextended('darwaza retention floor', 0))`);
  return floorOf(tx, 'passes');
}

/** The floor of passes as it stands now; it may rise at any moment. */
export function passesFloor(db: Database): Promise<number | null> {
  return atStore(db, () => floorOf(db.orm, 'passes'));
}

/** A floor as it stands now, epoch milliseconds, or null. */
export async function floorOf(orm: Orm, kind: FloorKind): Promise<number | null> {
  const [row] = await rowsOf<{ at: number }>(orm, sql`select ${epochMs(sql`at`)} as at from retention_floors where kind = ${kind}`);
  return row?.at ?? null;
}

/** Raises the floor of passes before anything below it is deleted. Waits for those who are storing; never lowers. */
export function raisePassesFloor(db: Database, at: number): Promise<void> {
  return inTransaction(db, db.orm, async (tx) => {
    await rowsOf(tx, sql`select pg_advisory_xact_lock(hashtextextended('darwaza retention floor', 0))`);
    await raiseFloor(tx, 'passes', at);
  });
}

export async function raiseFloor(tx: Orm, kind: FloorKind, at: number): Promise<void> {
  await rowsOf(tx, sql`
    insert into retention_floors (kind, at) values (${kind}, ${instantParameter(at)})
    on conflict (kind) do update set at = greatest(retention_floors.at, excluded.at)
  `);
}

/**
 * One at a time: a step that deletes (`exclusive`), or any number of those who say what is to be kept or change old passes (`shared`). A hold is
 * then either seen by the step or placed after it, and its answer says truly what it still found.
 */
export async function lockRetention(tx: Orm, how: 'exclusive' | 'shared'): Promise<void> {
  const lock = sql.raw(how === 'exclusive' ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared');
  await rowsOf(tx, sql`select ${lock}(hashtextextended('darwaza retention', 0))`);
}

/** The refusal of what was captured before the floor; both epoch milliseconds. */
export function expired(cameraId: string, capturedAt: number, floor: number): DarwazaError {
  return new DarwazaError('PASS_EXPIRED', { camera: cameraId, at: formatInstant(capturedAt, 0), floor: formatInstant(floor, 0) });
}
