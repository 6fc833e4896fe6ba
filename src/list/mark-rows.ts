import type { Ending } from './look-alike-marks.ts';
import { RowsByNumber } from './rows-by-number.ts';

const NO_ROW = -1;
/** 37^10 < 2^53: keys of up to ten characters are exact as a number. Longer ones (names on fancy plates) get a number each. */
const MOST_PACKED = 10;

/**
 * The marks of a list as columns of numbers: 24 bytes a row and 8 to 16 for finding it. Rows of one key are chained. Objects would take
 * several times as much and give the garbage collector a million things to look at.
 */
export class MarkRows {
  #keys = new Float64Array(0);
  #serials = new Float64Array(0);
  /** The next row of the same key; of a free row the next free one. */
  #next = new Int32Array(0);
  #endingIds = new Uint32Array(0);
  #top = 0;
  #free = NO_ROW;
  #size = 0;
  readonly #byKey = new RowsByNumber((row) => this.#keys[row] as number);
  readonly #bySerial = new RowsByNumber((row) => this.#serials[row] as number);
  readonly #longKeys = new Map<string, number>();
  /** Year, suffix and zeros repeat: some hundred different ones in any list. */
  readonly #endings: Ending[] = [];
  readonly #endingIdOf = new Map<string, number>();

  get size(): number {
    return this.#size;
  }

  add(serial: number, key: string, ending: Ending): void {
    const row = this.#newRow(), number = this.#numberOfNewKey(key);
    this.#keys[row] = number;
    this.#serials[row] = serial;
    this.#next[row] = this.#byKey.get(number);
    this.#endingIds[row] = this.#endingId(ending);
    this.#byKey.set(number, row);
    this.#bySerial.set(serial, row);
    this.#size++;
  }

  remove(serial: number): boolean {
    const row = this.#bySerial.get(serial);
    if (row === NO_ROW) return false;
    this.#unchain(row);
    this.#bySerial.delete(serial);
    this.#next[row] = this.#free;
    this.#free = row;
    this.#size--;
    return true;
  }

  /** The first row of a key, or -1; the others follow by `next`. */
  first(key: string): number {
    const number = packed(key) ?? this.#longKeys.get(key);
    return number === undefined ? NO_ROW : this.#byKey.get(number);
  }

  next(row: number): number {
    return this.#next[row] as number;
  }

  serial(row: number): number {
    return this.#serials[row] as number;
  }

  ending(row: number): Ending {
    return this.#endings[this.#endingIds[row] as number] as Ending;
  }

  #unchain(row: number): void {
    const number = this.#keys[row] as number, first = this.#byKey.get(number), after = this.#next[row] as number;
    if (first !== row) {
      let before = first;
      while (this.#next[before] !== row) before = this.#next[before] as number;
      this.#next[before] = after;
    } else if (after === NO_ROW) this.#byKey.delete(number);
    else this.#byKey.set(number, after);
  }

  #newRow(): number {
    const row = this.#free;
    if (row !== NO_ROW) {
      this.#free = this.#next[row] as number;
      return row;
    }
    if (this.#top === this.#keys.length) this.#grow();
    return this.#top++;
  }

  /** By a quarter: doubling would leave up to half of the memory unused. */
  #grow(): void {
    const length = Math.max(64, Math.ceil(this.#keys.length * 1.25));
    this.#keys = grown(new Float64Array(length), this.#keys);
    this.#serials = grown(new Float64Array(length), this.#serials);
    this.#next = grown(new Int32Array(length), this.#next);
    this.#endingIds = grown(new Uint32Array(length), this.#endingIds);
  }

  #numberOfNewKey(key: string): number {
    const known = packed(key) ?? this.#longKeys.get(key);
    if (known !== undefined) return known;
    const number = -1 - this.#longKeys.size;
    this.#longKeys.set(key, number);
    return number;
  }

  #endingId({ year, suffix, zeros }: Ending): number {
    const text = `${year ?? '-'} ${suffix ?? '-'} ${zeros}`, known = this.#endingIdOf.get(text);
    if (known !== undefined) return known;
    this.#endingIdOf.set(text, this.#endings.length);
    return this.#endings.push({ year, suffix, zeros }) - 1;
  }
}

function grown<A extends Float64Array | Int32Array | Uint32Array>(to: A, from: A): A {
  to.set(from);
  return to;
}

/** A key of up to ten of A–Z and 0–9 as a whole number, no two alike; undefined for others. */
function packed(key: string): number | undefined {
  if (key.length > MOST_PACKED || key === '') return undefined;
  let number = 0;
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39) number = number * 37 + code - 0x2f;
    else if (code >= 0x41 && code <= 0x5a) number = number * 37 + code - 0x36;
    else return undefined;
  }
  return number;
}
