import type { Database } from './database.ts';
import type { StoredPass } from './stored-pass.ts';

export interface CameraLatest {
  readonly cameraId: string;
  readonly latest: StoredPass | null;
  /** Passes captured in the 24 h before `now`. */
  readonly lastDay: number;
}

/** For each camera asked about, in that order. `now`: epoch milliseconds. */
export async function cameraLatest(_db: Database, _cameraIds: readonly string[], _now: number): Promise<CameraLatest[]> {
  throw new Error('not built yet');
}
