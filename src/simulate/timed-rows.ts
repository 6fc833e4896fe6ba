/**
 * Rows of a time, a second number and a few whole numbers in growing typed arrays: millions of them weigh little and are sorted fast.
 * Times are whole milliseconds.
 */
export class TimedRows {
  readonly #width: number;
  #count = 0;
  #at = new Float64Array(1024);
  #also = new Float64Array(1024);
  #cells: Int32Array;

  /** `width`: whole numbers (32 bits, signed) beside the two times of a row. */
  constructor(width: number) {
    this.#width = width;
    this.#cells = new Int32Array(1024 * width);
  }

  get count(): number {
    return this.#count;
  }

  add(at: number, also: number, ...cells: readonly number[]): void {
    if (this.#count === this.#at.length) this.#grow();
    const row = this.#count++;
    this.#at[row] = at;
    this.#also[row] = also;
    for (let i = 0; i < this.#width; i++) this.#cells[row * this.#width + i] = cells[i] as number;
  }

  at(row: number): number {
    return this.#at[row] as number;
  }

  also(row: number): number {
    return this.#also[row] as number;
  }

  cell(row: number, column: number): number {
    return this.#cells[row * this.#width + column] as number;
  }

  /** Rows before a time, earliest first, those of one millisecond in the order in which they were added. They hold until the next `add` or `drop`. */
  before(limit: number): Float64Array {
    let found = 0, base = Infinity;
    for (let row = 0; row < this.#count; row++) {
      const at = this.#at[row] as number;
      if (at >= limit) continue;
      found++;
      if (at < base) base = at;
    }
    // One number for time and row sorts without a comparator: days in ms (< 2^31) times rows (< 2^22 each day) stay whole in a double.
    const keys = new Float64Array(found), span = this.#count;
    for (let row = 0, i = 0; row < span; row++) {
      const at = this.#at[row] as number;
      if (at < limit) keys[i++] = (at - base) * span + row;
    }
    keys.sort();
    for (let i = 0; i < found; i++) keys[i] = (keys[i] as number) % span;
    return keys;
  }

  /** Takes the rows before a time out. */
  drop(limit: number): void {
    let kept = 0;
    for (let row = 0; row < this.#count; row++) {
      if ((this.#at[row] as number) < limit) continue;
      this.#at[kept] = this.#at[row] as number;
      this.#also[kept] = this.#also[row] as number;
      this.#cells.copyWithin(kept * this.#width, row * this.#width, (row + 1) * this.#width);
      kept++;
    }
    this.#count = kept;
  }

  #grow(): void {
    const size = this.#at.length * 2;
    const [at, also, cells] = [new Float64Array(size), new Float64Array(size), new Int32Array(size * this.#width)];
    at.set(this.#at);
    also.set(this.#also);
    cells.set(this.#cells);
    [this.#at, this.#also, this.#cells] = [at, also, cells];
  }
}
