import type { Pass } from '../pass/pass.ts';
import { markOf } from './mark-columns.ts';
import { readReading } from './reading.ts';
import type { passes } from './schema.ts';

/** Where the camera stood when it saw the vehicle, from the register as of the capture time. */
export interface Placement {
  /** null: the register did not know the camera at that time. */
  readonly siteId: string | null;
  readonly boundary: boolean;
}

export type StoredPass = Pass & Placement;

export function storedPassOf(row: typeof passes.$inferSelect): StoredPass {
  const { evidenceSha256: sha256, evidenceMediaType: mediaType } = row;
  return {
    id: row.id, cameraId: row.cameraId, capturedAt: row.capturedAt, receivedAt: row.receivedAt, processedAt: row.processedAt, timeSource: row.timeSource,
    sequence: row.sequence, direction: row.direction, outcome: row.outcome, rawText: row.rawText, mark: markOf(row), key: row.key, skeleton: row.skeleton,
    confidence: row.confidence, characters: row.characters ?? readReading(row.reading), alternatives: row.alternatives ?? [], readCount: row.readCount, plateBox: row.plateBox, corners: row.corners,
    evidence: sha256 === null || mediaType === null ? null : { sha256, mediaType, width: row.evidenceWidth ?? 0, height: row.evidenceHeight ?? 0 },
    vehicle: { class: row.vehicleClass, make: row.vehicleMake, colour: row.vehicleColour }, source: row.source, siteId: row.siteId, boundary: row.boundary,
    ...(row.corrects !== null && { corrects: row.corrects }), ...(row.movement !== null && { movement: row.movement }),
    ...(row.evidenceAt !== null && { evidenceAt: row.evidenceAt }), ...(row.clockCorrectionMs !== null && { clockCorrectionMs: row.clockCorrectionMs }),
  };
}
