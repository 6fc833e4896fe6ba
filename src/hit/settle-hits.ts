import type { Orm } from '../store/database.ts';
import { insertHitEvents, lockHistory } from '../store/hit-events.ts';
import type { HitEvent, HitRecord } from '../store/hit-record.ts';
import { knownHits } from '../store/known-hits.ts';
import { writeHits } from '../store/write-hits.ts';
import { Settling, sightingId, type SettleContext } from './settling.ts';

export type { SettleContext } from './settling.ts';

/** What a batch of finished passes, or one frame of a vehicle in view, says of hits. */
export interface Settlement {
  /** New ones, provisional or of finished passes. One whose id is stored already changes nothing. */
  readonly raised: readonly HitRecord[];
  /** What finished passes make of provisional hits: stored under the id of the provisional one. Decided ones keep their decision. */
  readonly confirmed: readonly { readonly id: string; readonly hit: HitRecord }[];
  /** Provisional hits that the finished pass does not bear out. Those no longer provisional stay as they are. */
  readonly withdrawn: readonly { readonly id: string; readonly message: string }[];
}

export interface Settled {
  /** Hits as stored now, those raised or confirmed here or counted into one that stood: each once. */
  readonly hits: readonly HitRecord[];
  readonly events: readonly HitEvent[];
}

/**
 * Writes hits and their history in the transaction of the passes behind them, and the deliveries to webhooks. Takes the lock of the
 * history to the end of the transaction: call it last. Safe to repeat: what was settled before changes nothing.
 */
export async function settleHits(tx: Orm, given: Settlement, context: SettleContext): Promise<Settled> {
  const seen = [...given.raised, ...given.confirmed.map(({ hit }) => hit)];
  const ids = new Set([...seen.flatMap((hit) => [hit.id, sightingId(hit)]), ...given.confirmed.map(({ id }) => id), ...given.withdrawn.map(({ id }) => id)]);
  if (ids.size === 0) return { hits: [], events: [] };
  await lockHistory(tx);
  const passIds = seen.flatMap((hit) => hit.passId ?? []);
  const settling = new Settling(await knownHits(tx, [...ids], passIds, seen.map((hit) => ({ hit, cooldownMs: context.cooldownMs(hit) }))), context);
  // What is not borne out goes first, so that nothing is counted into it.
  for (const { id, message } of given.withdrawn) settling.withdraw(id, message);
  for (const { id, hit } of given.confirmed.toSorted((a, b) => inTime(a.hit, b.hit))) settling.confirm(id, hit);
  for (const hit of given.raised.toSorted(inTime)) settling.raise(hit);
  const { changed } = settling;
  await writeHits(tx, changed);
  return { hits: changed.filter((hit) => hit.status !== 'withdrawn'), events: await insertHitEvents(tx, settling.events) };
}

/** A batch may hold its passes in any order; what is one hit must not depend on it. */
function inTime(a: HitRecord, b: HitRecord): number {
  return a.capturedAt - b.capturedAt || (a.id < b.id ? -1 : 1);
}
