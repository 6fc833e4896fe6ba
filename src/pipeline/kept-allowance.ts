import type { PayloadOutcome } from '../store/payloads.ts';

const HOUR_MS = 3_600_000;
/** Messages of a camera that are kept in an hour though no pass came of them: enough to see what is wrong, and to mend it by reading them again. */
const AN_HOUR: Readonly<Partial<Record<PayloadOutcome, number>>> = { refused: 120, other: 6 };

/** How many messages without a pass may still be kept; a camera that sends rubbish for a week must not fill the disk. */
export class KeptAllowance {
  readonly #kept = new Map<string, { readonly hour: number; count: number }>();

  /** Whether one more may be kept at `now`, epoch milliseconds; counts it. */
  take(cameraId: string, outcome: PayloadOutcome, now: number): boolean {
    const limit = AN_HOUR[outcome];
    if (limit === undefined) return true;
    const name = `${outcome} ${cameraId}`, hour = Math.floor(now / HOUR_MS), known = this.#kept.get(name);
    const counted = known?.hour === hour ? known : { hour, count: 0 };
    this.#kept.set(name, counted);
    return ++counted.count <= limit;
  }
}
