/** One record of a CSV file as bytes, without its line end; or why there is none. `line` is where it starts, 1 = first line. */
export type RawRecord =
  | { readonly kind: 'record'; readonly line: number; readonly bytes: Uint8Array }
  | { readonly kind: 'too-long'; readonly line: number; readonly limit: number }
  | { readonly kind: 'unclosed'; readonly line: number };

const QUOTE = 0x22,
  COMMA = 0x2c,
  LF = 0x0a,
  CR = 0x0d;
/** A quoted value may run over this many lines; past it the quote is taken for a forgotten one, so that the rows after it are not lost. */
const MAX_LINES_IN_RECORD = 20;
/** Bytes looked at together. With the hundreds of rows of a whole chunk in hand, moving them about takes the garbage collector a fifth of the time. */
const PIECE = 8192;

type Place = 'field-start' | 'plain' | 'quoted' | 'after-quote';

/**
 * Cuts chunks of bytes into CSV records, some dozens together. A line end inside quotes belongs to the record. Holds at most one record of `limit` bytes; a
 * longer one is skipped up to its line end and reported once. When a quote is never closed, its line is reported and reading goes on with
 * the line after it. The outcome does not depend on where the chunks are cut.
 */
export async function* splitRecords(chunks: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<readonly RawRecord[], void, undefined> {
  const splitter = new RecordSplitter(limit);
  for await (const chunk of chunks) for (let at = 0; at < chunk.length; at += PIECE) yield splitter.push(chunk.subarray(at, at + PIECE));
  yield splitter.end();
}

/** The same for bytes in memory that begin at `line` of the file. */
export function recordsIn(bytes: Uint8Array, limit: number, line: number): RawRecord[] {
  const splitter = new RecordSplitter(Math.min(limit, bytes.length), line);
  return [...splitter.push(bytes), ...splitter.end()];
}

class RecordSplitter {
  readonly #limit: number;
  readonly #held: Uint8Array;
  #out: RawRecord[] = [];
  #length = 0;
  #line: number;
  #linesInRecord = 0;
  #place: Place = 'field-start';
  #skipping = false;
  #atFileStart: boolean;

  constructor(limit: number, line = 1) {
    this.#limit = limit;
    this.#held = new Uint8Array(limit);
    this.#line = line;
    this.#atFileStart = line === 1;
  }

  /** The records that end in this chunk. */
  push(chunk: Uint8Array): RawRecord[] {
    this.#feed(chunk);
    return this.#handOver();
  }

  /** The records that are left when the file ends. */
  end(): RawRecord[] {
    while (this.#place === 'quoted' && this.#length > 0) this.#giveUpQuote();
    if (this.#length > 0) this.#out.push(this.#record());
    return this.#handOver();
  }

  #handOver(): RawRecord[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #feed(bytes: Uint8Array): void {
    let quote = bytes.indexOf(QUOTE);
    for (let at = 0; at < bytes.length; at += 1) {
      if (quote !== -1 && quote < at) quote = bytes.indexOf(QUOTE, at);
      const lineEnd = this.#length === 0 && !this.#skipping && !this.#atFileStart ? bytes.indexOf(LF, at) : -1;
      if (lineEnd !== -1 && lineEnd - at <= this.#limit && (quote === -1 || quote > lineEnd)) {
        // A whole line without a quote is a record: looking at each of its bytes is what most of a large file's time would go to.
        this.#out.push({ kind: 'record', line: this.#line, bytes: bytes.slice(at, bytes[lineEnd - 1] === CR && lineEnd > at ? lineEnd - 1 : lineEnd) });
        this.#nextRecord(1);
        at = lineEnd;
      } else if (this.#skipping) {
        const end = bytes.indexOf(LF, at);
        if (end === -1) return;
        this.#skipping = false;
        this.#nextRecord(1);
        at = end;
      } else this.#take(bytes[at] as number);
    }
  }

  #take(byte: number): void {
    if (byte === LF && this.#place !== 'quoted') {
      this.#out.push(this.#record());
      this.#nextRecord(this.#linesInRecord + 1);
    } else if (this.#length < this.#limit) {
      this.#held[this.#length++] = byte;
      this.#advance(byte);
      if (byte === LF && ++this.#linesInRecord >= MAX_LINES_IN_RECORD) this.#giveUpQuote();
    } else if (this.#linesInRecord > 0) {
      // Over the limit inside a quote that spans lines: the quote is at fault, and the lines after it may be good.
      this.#giveUpQuote();
      this.#feed(Uint8Array.of(byte));
    } else {
      this.#out.push({ kind: 'too-long', line: this.#line, limit: this.#limit });
      this.#length = 0;
      if (byte === LF) this.#nextRecord(1);
      else this.#skipping = true;
    }
  }

  #advance(byte: number): void {
    if (this.#place === 'quoted') this.#place = byte === QUOTE ? 'after-quote' : 'quoted';
    else if (byte === COMMA) this.#place = 'field-start';
    else if (byte === QUOTE && this.#place !== 'plain') this.#place = 'quoted';
    else if (!(this.#atFileStart && this.#isBomSoFar())) this.#place = 'plain';
  }

  /** A byte order mark before the first quote must not hide that the quote opens a field. */
  #isBomSoFar(): boolean {
    return this.#length <= 3 && [0xef, 0xbb, 0xbf].slice(0, this.#length).every((b, i) => this.#held[i] === b);
  }

  #record(): RawRecord {
    const bom = this.#atFileStart && this.#length >= 3 && this.#held[0] === 0xef && this.#held[1] === 0xbb && this.#held[2] === 0xbf;
    const start = bom ? 3 : 0,
      end = this.#length > start && this.#held[this.#length - 1] === CR ? this.#length - 1 : this.#length;
    return { kind: 'record', line: this.#line, bytes: this.#held.slice(start, end) };
  }

  #nextRecord(lines: number): void {
    this.#line += lines;
    this.#length = 0;
    this.#linesInRecord = 0;
    this.#place = 'field-start';
    this.#atFileStart = false;
  }

  #giveUpQuote(): void {
    const held = this.#held.slice(0, this.#length),
      lineEnd = held.indexOf(LF);
    this.#out.push({ kind: 'unclosed', line: this.#line });
    this.#nextRecord(1);
    if (lineEnd !== -1) this.#feed(held.subarray(lineEnd + 1));
  }
}
