import type { Evidence } from '../pass/pass.ts';

/** Pictures by the SHA-256 of their bytes, in `<dataDir>/evidence/ab/cd/<sha256>.<ext>`. */
export interface EvidenceStore {
  /** Keeps the bytes unaltered; on disk when this resolves. The same picture twice is kept once. @throws DATA_FOLDER_UNWRITABLE */
  put(bytes: Buffer, mediaType: string): Promise<string>;
  /** The bytes, checked against their SHA-256. @throws EVIDENCE_NOT_FOUND, EVIDENCE_DAMAGED; both name `passId` */
  get(evidence: Pick<Evidence, 'sha256' | 'mediaType'>, passId: string): Promise<Buffer>;
}

/** @throws DATA_FOLDER_UNWRITABLE */
export async function openEvidence(_dataDir: string): Promise<EvidenceStore> {
  throw new Error('not built yet');
}
