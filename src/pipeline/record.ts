import type { Clock } from '../core/clock.ts';
import type { Register } from '../geo/register.ts';
import type { Hit } from '../hit/hit.ts';
import type { Pass } from '../pass/pass.ts';
import type { Database } from '../store/database.ts';
import type { StoredPass } from '../store/stored-pass.ts';

export interface RecordResult {
  /** Those of the passes that were not stored before, in the order given. */
  readonly stored: readonly StoredPass[];
  readonly repeated: number;
  readonly hits: readonly Hit[];
  /** How many journeys came, went or changed. */
  readonly journeysChanged: number;
}

export interface Recorder {
  /**
   * Stores passes, raises their hits and rebuilds their journeys in one transaction; when this resolves all of it is durable.
   * Safe to repeat, and to run in several processes at once.
   * @throws CAMERA_UNKNOWN, TIME_IMPLAUSIBLE, ARGUMENT_INVALID (nothing of the batch is stored), DATABASE_UNAVAILABLE
   */
  record(passes: readonly Pass[]): Promise<RecordResult>;
}

export interface RecorderOptions {
  readonly database: Database;
  readonly register: Register;
  readonly clock: Clock;
}

export function createRecorder(_options: RecorderOptions): Recorder {
  throw new Error('not built yet');
}
