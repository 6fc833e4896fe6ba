import type { TrueStay } from './city-truth.ts';

interface Crossing { readonly at: number; readonly site: string; passId: string | null }
interface Draft { readonly vehicle: number; readonly entry: Crossing | null; exit: Crossing | null; seen: number; over: boolean }

/** Which end of a stay a crossing is. */
export const NO_END = 0, ENTRY = 1, EXIT = 2;

/** Books every stay of every vehicle while the city is driven. A stay is known by its number; what lies outside the simulated time is not booked. */
export class StayLedger {
  readonly #startsAt: number;
  readonly #endsAt: number;
  readonly #stays: Draft[] = [];

  constructor(startsAt: number, endsAt: number) {
    this.#startsAt = startsAt;
    this.#endsAt = endsAt;
  }

  /** A vehicle that is inside from the beginning, or (`site`) drives in. Answers the stay's number, -1 for one that begins after the end. */
  open(vehicle: number, at = -Infinity, site = ''): number {
    if (at >= this.#endsAt) return -1;
    return this.#stays.push({ vehicle, entry: at < this.#startsAt ? null : { at, site, passId: null }, exit: null, seen: 0, over: false }) - 1;
  }

  close(stay: number, at: number, site: string): void {
    const draft = this.#stays[stay];
    if (draft === undefined || at >= this.#endsAt) return;
    if (at < this.#startsAt) draft.over = true;
    else draft.exit = { at, site, passId: null };
  }

  /** `idOf` makes the id of the pass, which only the ends of a stay need. */
  captured(stay: number, end: number, idOf: () => string): void {
    const draft = this.#stays[stay];
    if (draft === undefined) return;
    draft.seen++;
    if (end === ENTRY && draft.entry !== null) draft.entry.passId = idOf();
    if (end === EXIT && draft.exit !== null) draft.exit.passId = idOf();
  }

  /** All that touch the simulated time. */
  stays(): TrueStay[] {
    return this.#stays.filter((stay) => !stay.over).map(({ vehicle, entry, exit, seen }) => ({ vehicle, entry, exit, seen }));
  }
}
