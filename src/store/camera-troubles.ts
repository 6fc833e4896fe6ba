import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { array, batchRows, epochMs, instantParameter, rowsOf } from './query.ts';

/** What can be wrong with a camera: nothing comes; it sees nothing or something else; its clock; it reads worse than it did. */
export const TROUBLE_KINDS = ['silent', 'blind', 'clock', 'reading'] as const;
export type TroubleKind = (typeof TROUBLE_KINDS)[number];

/** A time in which something was wrong with a camera; epoch milliseconds. */
export interface CameraTrouble {
  readonly cameraId: string;
  readonly kind: TroubleKind;
  readonly since: number;
  readonly noticedAt: number;
  /** null: it is still so. */
  readonly until: number | null;
  readonly message: string;
}

const columns = sql`camera_id as "cameraId", kind, ${epochMs(sql`since`)} as since, ${epochMs(sql`noticed_at`)} as "noticedAt", ${epochMs(sql`until`)} as until, message`;

/** Opens troubles; one that is open already stays as it is, and its message is brought up to date. Several processes may see the same at once. */
export async function openTroubles(db: Database, troubles: readonly Omit<CameraTrouble, 'until'>[]): Promise<void> {
  if (troubles.length === 0) return;
  await atStore(db, () => rowsOf(db.orm, sql`
    insert into camera_troubles (since, noticed_at, camera_id, kind, message)
    ${batchRows(troubles.toSorted((a, b) => (a.cameraId < b.cameraId ? -1 : a.cameraId > b.cameraId ? 1 : a.kind < b.kind ? -1 : 1)), [
      { name: 'since', type: 'timestamptz', of: (t) => t.since }, { name: 'noticed_at', type: 'timestamptz', of: (t) => t.noticedAt },
      { name: 'camera_id', type: 'text', of: (t) => t.cameraId }, { name: 'kind', type: 'text', of: (t) => t.kind }, { name: 'message', type: 'text', of: (t) => t.message },
    ])}
    on conflict (camera_id, kind) where until is null do update set message = excluded.message where camera_troubles.message <> excluded.message
  `));
}

/** Ends open troubles; one that has ended already stays as it is. */
export async function closeTroubles(db: Database, ended: readonly { readonly cameraId: string; readonly kind: TroubleKind; readonly until: number }[]): Promise<void> {
  if (ended.length === 0) return;
  await atStore(db, () => rowsOf(db.orm, sql`
    update camera_troubles t set until = greatest(e.until, t.since)
    from unnest(${array(ended.map((e) => e.cameraId), 'text')}, ${array(ended.map((e) => e.kind), 'text')}, ${array(ended.map((e) => new Date(e.until).toISOString()), 'timestamptz')}) as e (camera, kind, until)
    where t.camera_id = e.camera collate "C" and t.kind = e.kind and t.until is null
  `));
}

/** What is wrong now, oldest first. */
export function standingTroubles(db: Database): Promise<CameraTrouble[]> {
  return atStore(db, () => rowsOf<CameraTrouble>(db.orm, sql`select ${columns} from camera_troubles where until is null order by camera_troubles.since, camera_id, kind`));
}

/** What was wrong with these cameras at any time in from ≤ t < to, by beginning. */
export function troublesIn(db: Database, cameraIds: readonly string[], { from, to }: { readonly from: number; readonly to: number }, kinds: readonly TroubleKind[] = TROUBLE_KINDS): Promise<CameraTrouble[]> {
  return atStore(db, () => rowsOf<CameraTrouble>(db.orm, sql`
    select ${columns} from camera_troubles where camera_id = any(${array(cameraIds, 'text')}) and kind = any(${array(kinds, 'text')})
      and camera_troubles.since < ${instantParameter(to)} and (camera_troubles.until is null or camera_troubles.until > ${instantParameter(from)}) order by camera_troubles.since, camera_id, kind
  `));
}
