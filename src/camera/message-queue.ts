import { DarwazaError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import type { BackOff } from './reconnect.ts';

/** Messages of a source that cannot send them again, on their way to the intake one after the other. */
export interface MessageQueue<M> {
  readonly waiting: number;
  /** How many were given up because too many waited. */
  readonly dropped: number;
  add(message: M, bytes: number): void;
  /** Resolves when what was added is delivered, or given up by `close`. */
  settled(): Promise<void>;
  close(): void;
}

/** A database that is away for an hour costs a busy camera some hundred messages; beyond this the oldest go, and are counted. */
const MOST_BYTES = 64_000_000;

export interface QueueParts<M> {
  /** Durable once resolved. */
  readonly deliver: (message: M) => Promise<void>;
  readonly backOff: BackOff;
  readonly log: Log;
  readonly camera: string;
  readonly mostBytes?: number;
}

/** Delivers in order, and again and again while database or disk is away; what is refused for itself is passed over. */
export function createMessageQueue<M>({ deliver, backOff, log, camera, mostBytes = MOST_BYTES }: QueueParts<M>): MessageQueue<M> {
  const waiting: { readonly message: M; readonly bytes: number }[] = [];
  let bytes = 0, dropped = 0, closed = false, running: Promise<void> | null = null, wake: (() => void) | null = null;
  const drop = (): void => {
    // The one under way stands first and is kept.
    while (bytes > mostBytes && waiting.length > 2) {
      const [gone] = waiting.splice(1, 1);
      bytes -= gone?.bytes ?? 0;
      dropped++;
    }
  };
  const paused = (ms: number): Promise<void> => new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  const once = async (message: M): Promise<boolean> => {
    try {
      await deliver(message);
      return true;
    } catch (cause) {
      const isItsOwn = cause instanceof DarwazaError && cause.status < 500;
      log.error({ trace: traceOf(cause), camera }, isItsOwn ? 'a message of a camera is refused' : 'a message of a camera waits to be taken; trying again');
      return isItsOwn;
    }
  };
  const isClosed = (): boolean => closed;
  const run = async (): Promise<void> => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (isClosed()) break;
      if (!await once(next.message)) {
        await paused(backOff.next(0));
        continue;
      }
      // A delivery that worked begins a new series of trials.
      backOff.next(Number.POSITIVE_INFINITY);
      waiting.shift();
      bytes -= next.bytes;
    }
    running = null;
  };
  return {
    get waiting() {
      return waiting.length;
    },
    get dropped() {
      return dropped;
    },
    add(message, size) {
      if (closed) return;
      waiting.push({ message, bytes: size });
      bytes += size;
      drop();
      running ??= run();
    },
    settled: async () => void await running,
    close() {
      closed = true;
      wake?.();
    },
  };
}
