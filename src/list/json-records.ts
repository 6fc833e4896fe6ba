/** One item of a JSON array, or one line of NDJSON, as bytes. `line`: 1 = first item or line. */
export type JsonRecord =
  | { readonly kind: 'record'; readonly line: number; readonly bytes: Uint8Array }
  | { readonly kind: 'too-long'; readonly line: number }
  /** The array does not end, or is none: what came before may be half of it. */
  | { readonly kind: 'broken'; readonly line: number; readonly reason: string };

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, OPEN = 0x5b, CLOSE = 0x5d, OPEN_BRACE = 0x7b, CLOSE_BRACE = 0x7d, LF = 0x0a;
const BOM = [0xef, 0xbb, 0xbf];
const isSpace = (byte: number): boolean => byte === 0x20 || byte === LF || byte === 0x0d || byte === 0x09;

/**
 * Cuts chunks of bytes into the items of one JSON array. Whether an item is JSON is not looked at, only where it ends. Holds at most one
 * item of `limit` bytes; a longer one is skipped and reported. The outcome does not depend on where the chunks are cut.
 */
export async function* splitArray(chunks: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<JsonRecord, void, undefined> {
  const splitter = new ArraySplitter(limit);
  for await (const chunk of chunks) {
    yield* splitter.push(chunk);
    if (splitter.broken) return;
  }
  yield* splitter.end();
}

/** The same for lines; blank lines are left out and counted. */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<JsonRecord, void, undefined> {
  const held = new Held(limit);
  let line = 1;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const end = chunk.indexOf(LF, at), stop = end === -1 ? chunk.length : end;
      held.add(chunk.subarray(at, stop));
      at = stop + 1;
      if (end === -1) break;
      yield* held.take(line++);
    }
  }
  yield* held.take(line);
}

/** The bytes of a record while it arrives. */
class Held {
  readonly #bytes: Uint8Array;
  #length = 0;
  #over = false;

  constructor(limit: number) {
    this.#bytes = new Uint8Array(limit);
  }

  add(bytes: Uint8Array): void {
    if (this.#over || this.#length + bytes.length > this.#bytes.length) {
      this.#over = true;
      return;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Nothing where only blanks came. */
  *take(line: number): Generator<JsonRecord> {
    const bytes = this.#bytes.slice(0, this.#length), over = this.#over;
    this.#length = 0;
    this.#over = false;
    if (over) yield { kind: 'too-long', line };
    else if (bytes.some((byte) => !isSpace(byte))) yield { kind: 'record', line, bytes };
  }
}

type Place = 'before' | 'item' | 'after';

class ArraySplitter {
  readonly #held: Held;
  #place: Place = 'before';
  #line = 1;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Whether something other than blanks came since the item began. */
  #begun = false;
  #afterComma = false;
  #seen = 0;
  broken = false;

  constructor(limit: number) {
    this.#held = new Held(limit);
  }

  *push(chunk: Uint8Array): Generator<JsonRecord> {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.#place !== 'item') {
        const reason = this.#outside(byte);
        if (reason !== null) {
          yield this.#break(reason);
          return;
        }
        from = at + 1;
      } else if (this.#endsItem(byte)) {
        this.#held.add(chunk.subarray(from, at));
        yield* this.#item(byte === COMMA);
        from = at + 1;
      }
    }
    if (this.#place === 'item') this.#held.add(chunk.subarray(from));
  }

  *end(): Generator<JsonRecord> {
    if (this.#place === 'before') yield this.#break('It is no JSON array: the file must begin with [');
    else if (this.#place === 'item') yield this.#break('The array is not closed: the file ends too early');
  }

  /** What is wrong with a byte before or after the array; null where nothing is. */
  #outside(byte: number): string | null {
    const seen = this.#seen++;
    if (isSpace(byte) || (seen < BOM.length && byte === BOM[seen])) return null;
    if (this.#place === 'after') return 'Something follows the end of the array';
    if (byte !== OPEN) return 'It is no JSON array: the file must begin with [';
    this.#place = 'item';
    return null;
  }

  #endsItem(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
      return false;
    }
    if (this.#depth === 0 && (byte === COMMA || byte === CLOSE)) return true;
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN || byte === OPEN_BRACE) this.#depth++;
    else if ((byte === CLOSE || byte === CLOSE_BRACE) && this.#depth > 0) this.#depth--;
    this.#begun ||= !isSpace(byte);
    return false;
  }

  /** An item that is missing between two commas is one, of no bytes; an empty array has none. */
  *#item(more: boolean): Generator<JsonRecord> {
    const line = this.#line, empty = !this.#begun;
    if (empty && (more || this.#afterComma)) yield { kind: 'record', line, bytes: new Uint8Array(0) };
    yield* this.#held.take(line);
    this.#line++;
    this.#begun = false;
    this.#afterComma = more;
    if (!more) this.#place = 'after';
  }

  #break(reason: string): JsonRecord {
    this.broken = true;
    return { kind: 'broken', line: this.#line, reason };
  }
}
