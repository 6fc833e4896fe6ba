import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import { DEFAULT_LIST_SETTINGS, type ListSettings } from '../list/list-settings.ts';
import { listStates } from '../store/active-list-entries.ts';
import type { Database, Orm } from '../store/database.ts';
import { dueHits, isAnyHitDue } from '../store/due-hits.ts';
import { insertHitEvents, lockHistory } from '../store/hit-events.ts';
import { inTransaction } from '../store/query.ts';
import { writeHits } from '../store/write-hits.ts';
import { close, escalate } from './escalation.ts';

export interface Ticked { readonly escalated: number; readonly closed: number }

/** Does what nobody did in time: tells the next person or site, closes what is not stolen or wanted. */
export interface HitClock {
  /** All that is due now. Several processes may tick at once: each hit takes each step once. @throws DATABASE_UNAVAILABLE */
  tick(): Promise<Ticked>;
  /** Ticks every second until it is closed; a tick that fails is logged, and the next one makes up for it. */
  start(): void;
  /** Waits for a tick under way. Doing it twice does no harm. */
  close(): Promise<void>;
}

export interface HitClockOptions { readonly database: Database; readonly clock: Clock; readonly log: Log }

const EVERY_MS = 1000;
/** Taken in one transaction, so that the lock of the history is never held for long. */
const BATCH_SIZE = 200;

export function createHitClock(options: HitClockOptions): HitClock {
  let timer: NodeJS.Timeout | null = null, running: Promise<void> | null = null;
  const once = (): void => {
    running ??= tick(options).then(() => undefined, (cause: unknown) => options.log.error({ trace: traceOf(cause) }, 'hits that are due could not be escalated or closed'))
      .finally(() => {
        running = null;
      });
  };
  return {
    tick: () => tick(options),
    start: () => void (timer ??= setInterval(once, EVERY_MS)),
    async close() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      await running;
    },
  };
}

async function tick({ database, clock }: HitClockOptions): Promise<Ticked> {
  let escalated = 0, closed = 0;
  for (const at = clock(); await isAnyHitDue(database, at);) {
    const settings = new Map((await listStates(database)).map((state) => [state.list, state.settings]));
    const done = await inTransaction(database, database.orm, (tx) => step(tx, settings, at));
    escalated += done.escalated;
    closed += done.closed;
  }
  return { escalated, closed };
}

async function step(tx: Orm, settings: ReadonlyMap<string, ListSettings>, at: number): Promise<Ticked> {
  await lockHistory(tx);
  const { toEscalate, toClose } = await dueHits(tx, at, BATCH_SIZE), closing = new Set(toClose.map((hit) => hit.id));
  // A hit that is due for both is over: nobody is called for it.
  const escalated = toEscalate.filter((hit) => !closing.has(hit.id)).map((hit) => escalate(hit, settings.get(hit.list) ?? DEFAULT_LIST_SETTINGS, at));
  const closed = toClose.map((hit) => close(hit, at));
  await writeHits(tx, [...escalated, ...closed].map(({ hit }) => hit));
  const events = [...escalated, ...closed].flatMap(({ event }) => event ?? []);
  await insertHitEvents(tx, events);
  return { escalated: events.length - closed.length, closed: closed.length };
}
