import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import type { Database } from '../store/database.ts';
import type { EventOfHit } from '../store/hit-events.ts';
import { markDelivered } from '../store/mark-delivered.ts';

/** Notes in the store that hits reached somebody, a batch at a time and never in the way of the next event. */
export interface DeliveryMarks {
  /** Only events that announce a hit count: that a hit is withdrawn does not tell anybody to look for the vehicle. */
  add(items: readonly EventOfHit[], channel: string): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

const ANNOUNCING: ReadonlySet<string> = new Set(['raised', 'confirmed', 'repeated', 'escalated']);
const BATCH_MS = 100, RETRY_MS = 2000;
/** Hits that this process has marked or is marking; an old one that is asked again costs one look in the store. */
const REMEMBERED = 10_000;

export function createDeliveryMarks({ database, clock, log }: { readonly database: Database; readonly clock: Clock; readonly log: Log }): DeliveryMarks {
  const waiting = new Map<string, { readonly channel: string; readonly at: number }>(), known = new Set<string>();
  let timer: NodeJS.Timeout | null = null, writing: Promise<void> | null = null, closed = false;

  const write = async (): Promise<void> => {
    const batch = [...waiting];
    waiting.clear();
    try {
      for (const channel of new Set(batch.map(([, mark]) => mark.channel))) {
        const own = batch.filter(([, mark]) => mark.channel === channel);
        await markDelivered(database, own.map(([id]) => id), channel, Math.min(...own.map(([, mark]) => mark.at)));
      }
    } catch (cause) {
      for (const [id, mark] of batch) if (!waiting.has(id)) waiting.set(id, mark);
      log.warn({ trace: traceOf(cause), hits: batch.length }, 'delivered hits cannot be marked; trying again');
      schedule(RETRY_MS);
    }
  };
  const schedule = (ms: number): void => {
    if (closed) return;
    timer ??= setTimeout(() => {
      timer = null;
      writing = (writing ?? Promise.resolve()).then(write);
    }, ms).unref();
  };

  return {
    add(items, channel) {
      for (const { event, hit } of items) {
        if (!ANNOUNCING.has(event.kind) || hit.deliveredAt !== null || known.has(hit.id)) continue;
        if (known.size >= REMEMBERED) known.clear();
        known.add(hit.id);
        waiting.set(hit.id, { channel, at: clock() });
        schedule(BATCH_MS);
      }
    },
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await writing;
      if (waiting.size > 0) await write();
    },
  };
}
