import { sql } from 'drizzle-orm';
import type { Orm } from './database.ts';
import type { HitRecord } from './hit-record.ts';
import { batch, rowsOf, type BatchColumn } from './query.ts';

const COLUMNS: readonly BatchColumn<HitRecord>[] = [
  { name: 'id', type: 'text', of: (h) => h.id },
  { name: 'pass_id', type: 'text', of: (h) => h.passId },
  { name: 'captured_at', type: 'timestamptz', of: (h) => h.capturedAt },
  { name: 'at', type: 'timestamptz', of: (h) => h.at },
  { name: 'camera_id', type: 'text', of: (h) => h.cameraId },
  { name: 'site_id', type: 'text', of: (h) => h.siteId },
  { name: 'key', type: 'text', of: (h) => h.key },
  { name: 'entry_id', type: 'text', of: (h) => h.entryId },
  { name: 'list', type: 'text', of: (h) => h.list },
  { name: 'list_version', type: 'integer', of: (h) => h.listVersion },
  { name: 'list_imported_at', type: 'timestamptz', of: (h) => h.listImportedAt },
  { name: 'kind', type: 'text', of: (h) => h.kind },
  { name: 'match_kind', type: 'text', of: (h) => h.matchKind },
  { name: 'action', type: 'text', of: (h) => h.action },
  { name: 'reason', type: 'text', of: (h) => h.reason },
  { name: 'owner', type: 'text', of: (h) => h.owner },
  { name: 'agreement', type: 'text', of: (h) => h.agreement },
  { name: 'status', type: 'text', of: (h) => h.status },
  { name: 'pass_mark', type: 'jsonb', of: (h) => h.passMark },
  { name: 'entry_mark', type: 'jsonb', of: (h) => h.entryMark },
];

/** Stores those of the hits that are new and says which. */
export async function insertHits(tx: Orm, hits: readonly HitRecord[]): Promise<Set<string>> {
  if (hits.length === 0) return new Set();
  const rows = await rowsOf<{ id: string }>(tx, sql`insert into hits ${batch(hits, COLUMNS)} order by r.id on conflict do nothing returning id`);
  return new Set(rows.map((row) => row.id));
}
