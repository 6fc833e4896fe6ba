import { sql } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import { FIRST_CORRECTION } from '../pass/corrected.ts';
import type { Orm } from './database.ts';
import { array, batch, epochMs, instantParameter, rowsOf, type BatchColumn } from './query.ts';
import { standing } from './standing.ts';
import type { StoredPass } from './stored-pass.ts';

/** Who said that a pass was read wrongly, and why. Times are epoch milliseconds. */
export interface CorrectionRecord {
  /** The pass as it was read, or as somebody said before. */
  readonly passId: string;
  readonly replacementId: string;
  readonly capturedAt: number;
  readonly at: number;
  readonly oldKey: string | null;
  readonly newKey: string | null;
  /** Id of the API key. */
  readonly author: string;
  readonly reason: string;
}

const COLUMNS: readonly BatchColumn<CorrectionRecord>[] = [
  { name: 'pass_id', type: 'text', of: (c) => c.passId },
  { name: 'replacement_id', type: 'text', of: (c) => c.replacementId },
  { name: 'captured_at', type: 'timestamptz', of: (c) => c.capturedAt },
  { name: 'at', type: 'timestamptz', of: (c) => c.at },
  { name: 'old_key', type: 'text', of: (c) => c.oldKey },
  { name: 'new_key', type: 'text', of: (c) => c.newKey },
  { name: 'author', type: 'text', of: (c) => c.author },
  { name: 'reason', type: 'text', of: (c) => c.reason },
];

/**
 * Lets one at a time correct what a camera saw at one instant, to the end of the transaction, and gives the next number for it.
 * @throws PASS_CORRECTED when somebody was first
 */
export async function beginCorrection(tx: Orm, { id, cameraId, capturedAt }: Pick<StoredPass, 'id' | 'cameraId' | 'capturedAt'>): Promise<number> {
  await rowsOf(tx, sql`select pg_advisory_xact_lock(hashtextextended(${`darwaza correction ${cameraId} ${capturedAt}`}, 0))`);
  const [known] = await rowsOf<{ by: string }>(tx, sql`select replacement_id as by from corrections where pass_id = ${id}`);
  if (known !== undefined) throw new DarwazaError('PASS_CORRECTED', { id, by: known.by });
  const [last] = await rowsOf<{ sequence: number | null }>(tx, sql`
    select max(sequence) as sequence from passes where captured_at = ${instantParameter(capturedAt)} and camera_id = ${cameraId} and sequence >= ${FIRST_CORRECTION}
  `);
  return last?.sequence == null ? FIRST_CORRECTION : last.sequence + 1;
}

export async function insertCorrection(tx: Orm, correction: CorrectionRecord): Promise<void> {
  await rowsOf(tx, sql`insert into corrections ${batch([correction], COLUMNS)}`);
}

/** What took the place of these passes, by their ids. */
export async function correctionsOf(orm: Orm, passIds: readonly string[]): Promise<Map<string, CorrectionRecord>> {
  if (passIds.length === 0) return new Map();
  const rows = await rowsOf<CorrectionRecord>(orm, sql`
    select pass_id as "passId", replacement_id as "replacementId", ${epochMs(sql`captured_at`)} as "capturedAt", ${epochMs(sql`at`)} as at, old_key as "oldKey", new_key as "newKey", author, reason
    from corrections where pass_id = any(${array([...passIds], 'text')})
  `);
  return new Map(rows.map((row) => [row.passId, row]));
}

/** After a correction: when and where the vehicles of a key were seen, where that was the pass that no longer counts. */
export async function reviseVehicle(tx: Orm, key: string, capturedAt: number): Promise<void> {
  const at = instantParameter(capturedAt);
  await rowsOf(tx, sql`
    update vehicles v set
      first_seen_at = case when v.first_seen_at = ${at} then s.first else v.first_seen_at end, last_seen_at = case when v.last_seen_at = ${at} then s.last else v.last_seen_at end,
      last_site_id = case when v.last_seen_at = ${at} then s.site else v.last_site_id end
    from (
      select min(p.captured_at) as first, max(p.captured_at) as last, (array_agg(p.site_id order by p.captured_at desc, p.id desc))[1] as site
      from passes p where p.key = ${key} and ${standing(sql`p.id`)}
    ) as s where v.key = ${key} and s.last is not null and ${at} in (v.first_seen_at, v.last_seen_at)
  `);
}
