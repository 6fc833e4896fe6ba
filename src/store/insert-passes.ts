import { sql } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import { capturedAtOfPassId } from '../pass/pass-id.ts';
import type { Orm } from './database.ts';
import { markBatchColumns } from './mark-columns.ts';
import { batch, rowsOf, type BatchColumn } from './query.ts';
import { writeReading } from './reading.ts';
import type { StoredPass } from './stored-pass.ts';

const COLUMNS: readonly BatchColumn<StoredPass>[] = [
  { name: 'captured_at', type: 'timestamptz', of: (p) => p.capturedAt },
  { name: 'received_at', type: 'timestamptz', of: (p) => p.receivedAt },
  { name: 'processed_at', type: 'timestamptz', of: (p) => p.processedAt },
  { name: 'confidence', type: 'double precision', of: (p) => p.confidence },
  { name: 'sequence', type: 'integer', of: (p) => p.sequence },
  { name: 'read_count', type: 'integer', of: (p) => p.readCount },
  { name: 'boundary', type: 'boolean', of: (p) => p.boundary },
  { name: 'id', type: 'text', of: (p) => p.id },
  { name: 'camera_id', type: 'text', of: (p) => p.cameraId },
  { name: 'site_id', type: 'text', of: (p) => p.siteId },
  { name: 'direction', type: 'text', of: (p) => p.direction },
  { name: 'outcome', type: 'text', of: (p) => p.outcome },
  { name: 'time_source', type: 'text', of: (p) => p.timeSource },
  { name: 'source', type: 'text', of: (p) => p.source },
  { name: 'raw_text', type: 'text', of: (p) => p.rawText },
  { name: 'key', type: 'text', of: (p) => p.key },
  { name: 'skeleton', type: 'text', of: (p) => p.skeleton },
  ...markBatchColumns<StoredPass>((p) => p.mark),
  { name: 'reading', type: 'text', of: (p) => writeReading(p.characters) },
  { name: 'alternatives', type: 'jsonb', of: (p) => (p.alternatives.length === 0 ? null : p.alternatives) },
  { name: 'plate_box', type: 'jsonb', of: (p) => p.plateBox },
  { name: 'corners', type: 'jsonb', of: (p) => p.corners },
  { name: 'evidence_sha256', type: 'text', of: (p) => p.evidence?.sha256 },
  { name: 'evidence_media_type', type: 'text', of: (p) => p.evidence?.mediaType },
  { name: 'evidence_width', type: 'integer', of: (p) => p.evidence?.width },
  { name: 'evidence_height', type: 'integer', of: (p) => p.evidence?.height },
  { name: 'vehicle_class', type: 'text', of: (p) => p.vehicle.class },
  { name: 'vehicle_make', type: 'text', of: (p) => p.vehicle.make },
  { name: 'vehicle_colour', type: 'text', of: (p) => p.vehicle.colour },
  { name: 'corrects', type: 'text', of: (p) => p.corrects },
  { name: 'movement', type: 'text', of: (p) => (p.movement === 'unknown' ? null : p.movement) },
  { name: 'evidence_at', type: 'timestamptz', of: (p) => (p.evidenceAt === p.capturedAt ? null : p.evidenceAt) },
  { name: 'clock_correction_ms', type: 'double precision', of: (p) => (p.clockCorrectionMs === 0 ? null : p.clockCorrectionMs) },
];

/**
 * Stores those of the passes that are new and says which, in one statement. Their months must exist (`ensurePartitions`).
 * @throws ARGUMENT_INVALID for an id that does not carry the capture time: the same id twice would not be noticed across partitions
 */
export async function insertPasses(tx: Orm, passes: readonly StoredPass[]): Promise<Set<string>> {
  if (passes.length === 0) return new Set();
  for (const pass of passes) {
    if (capturedAtOfPassId(pass.id) !== pass.capturedAt) throw new DarwazaError('ARGUMENT_INVALID', { name: 'id', reason: 'it was not made from the capture time of its pass' });
  }
  // Sorted, so that two batches with the same passes wait for each other instead of ending in a deadlock.
  const rows = await rowsOf<{ id: string }>(tx, sql`insert into passes ${batch(passes, COLUMNS)} order by r.captured_at, r.id on conflict do nothing returning id`);
  return new Set(rows.map((row) => row.id));
}
