import type { TimeSource } from '../pass/pass.ts';
import type { Database } from './database.ts';

/** A frame that was taken, by camera, capture time and SHA-256 of its bytes. Its bytes are in the evidence folder until its pass is stored. */
export interface FrameRecord {
  readonly cameraId: string;
  readonly capturedAt: number;
  readonly sha256: string;
  readonly timeSource: TimeSource;
  readonly mediaType: string;
  readonly name: string;
  readonly receivedAt: number;
}

/** Notes a frame as taken but not done. 'repeated': it was taken before. */
export async function takeFrame(_db: Database, _frame: FrameRecord): Promise<'new' | 'repeated'> {
  throw new Error('not built yet');
}

/** Whether the frame was taken before. */
export async function knowsFrame(_db: Database, _frame: Pick<FrameRecord, 'cameraId' | 'capturedAt' | 'sha256'>): Promise<boolean> {
  throw new Error('not built yet');
}

/** Frames taken whose passes are not stored yet (a crash came between), oldest first: they are read again at start. */
export async function openFrames(_db: Database, _limit = 1000): Promise<FrameRecord[]> {
  throw new Error('not built yet');
}

/** All that came of these frames is stored. */
export async function frameDone(_db: Database, _frames: readonly Pick<FrameRecord, 'cameraId' | 'capturedAt' | 'sha256'>[]): Promise<void> {
  throw new Error('not built yet');
}
