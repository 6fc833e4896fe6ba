const EMPTY = -1, REMOVED = -2;
/** Beyond this share of slots in use, probes grow long. */
const FULLEST = 0.6;

/**
 * The row of each number, found in one or two probes and without an object a row: open addressing over row numbers. The numbers
 * themselves stay in the caller's column; they are whole, up to 2^53 either way.
 */
export class RowsByNumber {
  readonly #numberOf: (row: number) => number;
  #slots = new Int32Array(16).fill(EMPTY);
  /** Slots that are not empty, removed ones included: they lengthen probes until the next rebuild. */
  #used = 0;
  #live = 0;

  constructor(numberOf: (row: number) => number) {
    this.#numberOf = numberOf;
  }

  /** -1 when there is none. */
  get(number: number): number {
    const slots = this.#slots, mask = slots.length - 1;
    for (let at = mixed(number) & mask; ; at = (at + 1) & mask) {
      const row = slots[at] as number;
      if (row === EMPTY) return -1;
      if (row !== REMOVED && this.#numberOf(row) === number) return row;
    }
  }

  /** Sets or replaces the row of a number. */
  set(number: number, row: number): void {
    if (this.#used + 1 > this.#slots.length * FULLEST) this.#rebuild();
    const slots = this.#slots, mask = slots.length - 1;
    let free = -1, at = mixed(number) & mask;
    for (; slots[at] !== EMPTY; at = (at + 1) & mask) {
      const held = slots[at] as number;
      if (held === REMOVED) free = free === -1 ? at : free;
      else if (this.#numberOf(held) === number) {
        slots[at] = row;
        return;
      }
    }
    if (free === -1) this.#used++;
    this.#live++;
    slots[free === -1 ? at : free] = row;
  }

  delete(number: number): void {
    const slots = this.#slots, mask = slots.length - 1;
    for (let at = mixed(number) & mask; slots[at] !== EMPTY; at = (at + 1) & mask) {
      const row = slots[at] as number;
      if (row === REMOVED || this.#numberOf(row) !== number) continue;
      slots[at] = REMOVED;
      this.#live--;
      return;
    }
  }

  #rebuild(): void {
    const old = this.#slots;
    let length = 16;
    while (this.#live + 1 > (length * FULLEST) / 1.5) length *= 2;
    const slots = new Int32Array(length).fill(EMPTY), mask = length - 1;
    for (const row of old) {
      if (row < 0) continue;
      let at = mixed(this.#numberOf(row)) & mask;
      while (slots[at] !== EMPTY) at = (at + 1) & mask;
      slots[at] = row;
    }
    this.#slots = slots;
    this.#used = this.#live;
  }
}

/** Marks of one series differ in their last digits only: every bit of the number must reach the low bits of the slot. */
function mixed(number: number): number {
  let h = Math.imul((number | 0) ^ Math.imul((number / 4_294_967_296) | 0, 0x9e37_79b1), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 15), 0xc2b2_ae35);
  return h ^ (h >>> 13);
}
