import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import type { Log } from '../core/log.ts';
import type { Register } from '../geo/register.ts';
import type { HitFeed } from '../hit/hit-feed.ts';
import type { CameraClocks } from '../pipeline/camera-clocks.ts';
import type { CameraHealth } from '../pipeline/camera-health.ts';
import type { Engine } from '../pipeline/engine-interface.ts';
import type { PayloadSources } from '../pipeline/payload-sources.ts';
import type { PayloadIntake } from '../pipeline/payloads.ts';
import type { Database } from '../store/database.ts';
import type { EvidenceStore } from '../store/evidence.ts';

/** What the routes work with. */
export interface Services {
  readonly database: Database;
  readonly engine: Engine;
  readonly register: Register;
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly evidence: EvidenceStore;
  readonly feed: HitFeed;
  readonly payloads: PayloadIntake;
  /** Event streams and brokers that are listened to. */
  readonly payloadSources: Pick<PayloadSources, 'states'>;
  readonly clocks: CameraClocks;
  readonly health: CameraHealth;
}
