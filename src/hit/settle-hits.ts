import type { Orm } from '../store/database.ts';
import type { HeadsUp, HitEvent, HitRecord } from '../store/hit-record.ts';

/** What a batch of finished passes, or one frame of a vehicle in view, says of hits. */
export interface Settlement {
  /** New ones, provisional or of finished passes. One whose id is stored already changes nothing. */
  readonly raised: readonly HitRecord[];
  /** What finished passes make of provisional hits: stored under the id of the provisional one. Decided ones keep their decision. */
  readonly confirmed: readonly { readonly id: string; readonly hit: HitRecord }[];
  /** Provisional hits that the finished pass does not bear out. Those no longer provisional stay as they are. */
  readonly withdrawn: readonly { readonly id: string; readonly message: string }[];
}

export interface SettleContext {
  /** Now, epoch milliseconds. */
  readonly at: number;
  /** Of the list of a hit. */
  readonly cooldownMs: (hit: HitRecord) => number;
  /** Sites that the vehicle can reach next. */
  readonly headsUp: (hit: HitRecord) => readonly HeadsUp[];
}

export interface Settled {
  /** Hits as stored now, those raised or confirmed here or counted into one that stood: each once. */
  readonly hits: readonly HitRecord[];
  readonly events: readonly HitEvent[];
}

/**
 * Writes hits and their history in the transaction of the passes behind them, and the deliveries to webhooks. Takes the lock of the
 * history to the end of the transaction: call it last.
 */
export async function settleHits(tx: Orm, given: Settlement, context: SettleContext): Promise<Settled> {
  void [tx, given, context];
  return { hits: [], events: [] };
}
