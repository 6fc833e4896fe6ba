import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import type { EvidenceStore } from './evidence.ts';
import { array, inTransaction, rowsOf } from './query.ts';

export interface SweptPictures { readonly deleted: number; readonly bytes: number; readonly more: boolean }

const AT_ONCE = 500;

/** Pictures for which a row stands: a frame that does not say that it is gone, a pass that was set aside, a kept message, or a reading that is due. */
const STANDS = sql`(
  exists (select from frames f where f.sha256 = d.sha256 and f.picture_deleted_at is null)
  or exists (select from passes_set_aside s where s.evidence_sha256 = d.sha256)
  or exists (select from payload_parts q where q.sha256 = d.sha256)
  or exists (select from readings_due r where r.sha256 = d.sha256)
)`;

/**
 * Deletes the files of pictures that are due, some at a time. The file goes before its note: a crash between leaves a note, and the next sweep
 * finds no file. A picture that was written again since `touchedBefore` (epoch milliseconds) waits: its row may be on its way.
 * @throws DATA_FOLDER_UNWRITABLE
 */
export async function sweepDuePictures(db: Database, evidence: EvidenceStore, touchedBefore: number, after = ''): Promise<SweptPictures & { readonly last: string }> {
  return inTransaction(db, db.bulk, async (tx) => {
    const rows = await rowsOf<{ sha256: string; media_type: string; stands: boolean }>(tx, sql`
      select d.sha256, d.media_type, ${STANDS} as stands from pictures_due d where d.sha256 > ${after} order by d.sha256 limit ${AT_ONCE} for update of d skip locked
    `);
    const done: string[] = [];
    let deleted = 0, bytes = 0;
    for (const { sha256, media_type: mediaType, stands } of rows) {
      const removed = stands ? null : await evidence.remove({ sha256, mediaType }, touchedBefore);
      if (removed?.kind === 'touched') continue;
      done.push(sha256);
      if (removed?.kind === 'removed') {
        deleted++;
        bytes += removed.bytes;
      }
    }
    await rowsOf(tx, sql`delete from pictures_due where sha256 = any(${array(done, 'text')})`);
    return { deleted, bytes, more: rows.length === AT_ONCE, last: rows.at(-1)?.sha256 ?? after };
  });
}

/** Pictures that are due and whose files are not gone yet. */
export async function countDuePictures(db: Database): Promise<number> {
  const [row] = await rowsOf<{ n: number }>(db.bulk, sql`select count(*)::integer as n from pictures_due d where not ${STANDS}`);
  return row?.n ?? 0;
}

/** Which of these pictures no row stands for, whatever it says. */
export async function orphansAmong(db: Database, sha256s: readonly string[]): Promise<Set<string>> {
  const rows = await rowsOf<{ sha256: string }>(db.bulk, sql`
    select d.sha256 from unnest(${array([...sha256s], 'text')}) as d (sha256) where not ${STANDS} and not exists (select from pictures_due p where p.sha256 = d.sha256)
  `);
  return new Set(rows.map((row) => row.sha256));
}
