import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../src/core/log.ts';
import { createRetention, type Retention } from '../../src/pipeline/retention.ts';
import type { KeepDays } from '../../src/pipeline/keep-days.ts';
import type { Database } from '../../src/store/database.ts';
import { openEvidence, type EvidenceStore } from '../../src/store/evidence.ts';

/** The settings that a fresh installation has. */
export const KEEP: KeepDays = { passes: 90, hits: 365, journeys: 365, evidence: 365, audit: 1095, setAside: 30, payloads: 30 };

export interface EvidenceFolder { readonly evidence: EvidenceStore; readonly dataDir: string; remove(): Promise<void> }

export async function evidenceFolder(): Promise<EvidenceFolder> {
  const dataDir = await mkdtemp(join(tmpdir(), 'darwaza-retention-'));
  return { dataDir, evidence: await openEvidence(dataDir), remove: () => rm(dataDir, { recursive: true, force: true }) };
}

export function retentionOn(database: Database, evidence: EvidenceStore, clock: () => number, given: { readonly keep?: Partial<KeepDays>; readonly onStep?: (name: string) => void } = {}): Retention {
  return createRetention({ database, evidence, clock, log: createLog('silent'), keep: { ...KEEP, ...given.keep }, utcOffsetMinutes: 300, ...(given.onStep && { onStep: given.onStep }) });
}
