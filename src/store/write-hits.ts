import { sql } from 'drizzle-orm';
import type { Orm } from './database.ts';
import type { HitRecord } from './hit-record.ts';
import { batch, rowsOf, type BatchColumn } from './query.ts';

const COLUMNS: readonly BatchColumn<HitRecord>[] = [
  { name: 'id', type: 'text', of: (h) => h.id },
  { name: 'pass_id', type: 'text', of: (h) => h.passId },
  { name: 'provisional_frame', type: 'text', of: (h) => h.provisionalFrame },
  { name: 'captured_at', type: 'timestamptz', of: (h) => h.capturedAt },
  { name: 'at', type: 'timestamptz', of: (h) => h.at },
  { name: 'camera_id', type: 'text', of: (h) => h.cameraId },
  { name: 'site_id', type: 'text', of: (h) => h.siteId },
  { name: 'direction', type: 'text', of: (h) => h.direction },
  { name: 'key', type: 'text', of: (h) => h.key },
  { name: 'plate', type: 'text', of: (h) => h.plate },
  { name: 'entry_id', type: 'text', of: (h) => h.entryId },
  { name: 'entry_pattern', type: 'text', of: (h) => h.entryPattern },
  { name: 'entry_details', type: 'jsonb', of: (h) => h.entryDetails },
  { name: 'list', type: 'text', of: (h) => h.list },
  { name: 'list_version', type: 'integer', of: (h) => h.listVersion },
  { name: 'list_imported_at', type: 'timestamptz', of: (h) => h.listImportedAt },
  { name: 'kind', type: 'text', of: (h) => h.kind },
  { name: 'match_kind', type: 'text', of: (h) => h.matchKind },
  { name: 'via', type: 'text', of: (h) => h.via },
  { name: 'score', type: 'double precision', of: (h) => h.score },
  { name: 'contradictions', type: 'text[]', of: (h) => h.contradictions },
  { name: 'action', type: 'text', of: (h) => h.action },
  { name: 'reason', type: 'text', of: (h) => h.reason },
  { name: 'owner', type: 'text', of: (h) => h.owner },
  { name: 'agreement', type: 'text', of: (h) => h.agreement },
  { name: 'priority', type: 'integer', of: (h) => h.priority },
  { name: 'colour', type: 'text', of: (h) => h.colour },
  { name: 'sound', type: 'text', of: (h) => h.sound },
  { name: 'covert', type: 'boolean', of: (h) => h.covert },
  { name: 'late', type: 'boolean', of: (h) => h.late },
  { name: 'status', type: 'text', of: (h) => h.status },
  { name: 'pass_mark', type: 'jsonb', of: (h) => h.passMark },
  { name: 'entry_mark', type: 'jsonb', of: (h) => h.entryMark },
  { name: 'count', type: 'integer', of: (h) => h.count },
  { name: 'first_seen_at', type: 'timestamptz', of: (h) => h.firstSeenAt },
  { name: 'last_seen_at', type: 'timestamptz', of: (h) => h.lastSeenAt },
  { name: 'latest_pass_id', type: 'text', of: (h) => h.latestPassId },
  { name: 'delivered_at', type: 'timestamptz', of: (h) => h.deliveredAt },
  { name: 'acknowledged_at', type: 'timestamptz', of: (h) => h.acknowledgedAt },
  { name: 'acknowledged_by', type: 'text', of: (h) => h.acknowledgedBy },
  { name: 'escalate_at', type: 'timestamptz', of: (h) => h.escalateAt },
  { name: 'escalation', type: 'integer', of: (h) => h.escalation },
  { name: 'decided_at', type: 'timestamptz', of: (h) => h.decidedAt },
  { name: 'decided_by', type: 'text', of: (h) => h.decidedBy },
  { name: 'reject_reason', type: 'text', of: (h) => h.rejectReason },
  { name: 'note', type: 'text', of: (h) => h.note },
  { name: 'true_mark', type: 'text', of: (h) => h.trueMark },
  { name: 'enforced', type: 'boolean', of: (h) => h.enforced },
  { name: 'closes_at', type: 'timestamptz', of: (h) => h.closesAt },
];

const UPDATES = sql.join(COLUMNS.filter((c) => c.name !== 'id').map((c) => sql`${sql.identifier(c.name)} = excluded.${sql.identifier(c.name)}`), sql`, `);

/**
 * Stores hits as they are now, new ones and changed ones alike, each id once. Only under the lock of the history (`lockHistory`), in the
 * transaction that read them: whole rows are written, and what another had changed meanwhile would be lost.
 */
export async function writeHits(tx: Orm, hits: readonly HitRecord[]): Promise<void> {
  if (hits.length === 0) return;
  await rowsOf(tx, sql`insert into hits ${batch(hits, COLUMNS)} order by r.id on conflict (id) do update set ${UPDATES}`);
}
