import { DarwazaError } from '../core/errors.ts';
import type { VendorMessage } from './vendor-event.ts';

export type MessagePart = VendorMessage['parts'][number];

export interface PartLimits {
  /** Of one part. */
  readonly partBytes: number;
  /** Of one message; a stream that never ends has no limit. */
  readonly parts: number;
}

/** Headers of a part are a few lines; a part whose headers do not end is no part. */
const HEADER_BYTES = 16 * 1024;
const NAME_LENGTH = 200;

const invalid = (reason: string): DarwazaError => new DarwazaError('BODY_INVALID', { reason });

/** The boundary that a Content-Type names. @throws BODY_INVALID */
export function boundaryOf(contentType: string): string {
  const boundary = /;\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;,"]{1,200}))/i.exec(contentType);
  const named = boundary?.[1] ?? boundary?.[2];
  if (named === undefined) throw invalid('its Content-Type names no boundary between the parts');
  return named;
}

/**
 * Takes a body of several parts (RFC 2046) to pieces as its bytes arrive, whatever their kind: forms, mixed parts, and streams in which a new
 * part takes the place of the last. A part that tells its length is whole when that many bytes are there, so that an event does not wait for
 * the next one to begin.
 */
export class PartsReader {
  readonly #boundary: string;
  readonly #limits: PartLimits;
  #bytes = Buffer.alloc(0);
  #length = 0;
  /** How far the bytes were searched for the next boundary. */
  #searched = 0;
  #delimiter: Buffer | null = null;
  #headers: PartHeaders | null = null;
  #parts = 0;
  #ended = false;

  constructor(boundary: string, limits: PartLimits) {
    this.#boundary = boundary;
    this.#limits = limits;
  }

  /** Whether a part has begun that is not whole yet. */
  get inPart(): boolean {
    return this.#headers !== null;
  }

  /** Parts that these bytes complete. @throws BODY_INVALID, PART_TOO_LARGE */
  push(chunk: Uint8Array): MessagePart[] {
    this.#append(chunk);
    const done: MessagePart[] = [];
    while (!this.#ended) {
      const part = this.#headers === null ? this.#begin() : this.#finish(this.#headers);
      if (part === 'wait') break;
      if (part !== 'begun') done.push(part);
    }
    return done;
  }

  /** Nothing more comes. @throws BODY_INVALID for a body that is cut short, or whose parts its boundary does not divide */
  end(): void {
    if (this.#delimiter === null) throw invalid('its parts are not divided by the boundary that its Content-Type names');
    // Some cameras leave the closing boundary away; parts that told their lengths are whole all the same.
    const rest = this.#bytes.subarray(0, this.#length).toString('latin1').trim();
    if (!this.#ended && (this.#headers !== null || rest !== '')) throw invalid('it is cut short: its last part does not end');
    if (this.#parts === 0) throw invalid('it has no part');
  }

  /** At a boundary, or before the first. */
  #begin(): 'wait' | 'begun' {
    const start = this.#skipToPart();
    if (start === null) return 'wait';
    const text = this.#bytes.subarray(start, Math.min(this.#length, start + HEADER_BYTES)).toString('latin1'), end = /\r?\n\r?\n/.exec(text);
    // A part without headers begins with the empty line itself.
    const bare = /^\r?\n/.exec(text), blank = bare ?? end;
    if (blank === null) {
      if (text.length >= HEADER_BYTES) throw invalid(`the headers of part ${this.#parts + 1} do not end`);
      return 'wait';
    }
    if (++this.#parts > this.#limits.parts) throw invalid(`it has more than ${this.#limits.parts} parts`);
    this.#headers = headersOf(bare === null ? text.slice(0, blank.index) : '');
    this.#drop(start + blank.index + blank[0].length);
    return 'begun';
  }

  /** Where the headers of the next part begin; null: not there yet, or no part follows. */
  #skipToPart(): number | null {
    const found = this.#findDelimiter();
    if (found === null) {
      // What stands before the first boundary is for readers without MIME, and a little of it is kept: the boundary may be cut in two.
      if (this.#length > HEADER_BYTES) this.#drop(this.#length - this.#boundary.length - 8);
      return null;
    }
    const after = found.at + found.delimiter.length;
    if (this.#length < after + 2) return null;
    if (this.#bytes.toString('latin1', after, after + 2) === '--') {
      this.#ended = true;
      return null;
    }
    const line = this.#bytes.subarray(after, this.#length).indexOf('\n');
    return line === -1 ? null : after + line + 1;
  }

  /** Some cameras name the boundary with the dashes that stand before it. */
  #findDelimiter(): { readonly at: number; readonly delimiter: Buffer } | null {
    const forms = this.#delimiter === null ? [`--${this.#boundary}`, ...(this.#boundary.startsWith('--') ? [this.#boundary] : [])].map((form) => Buffer.from(form, 'latin1')) : [this.#delimiter];
    for (const delimiter of forms) {
      const at = this.#lineThatBegins(delimiter, 0);
      if (at === -1) continue;
      this.#delimiter = delimiter;
      return { at, delimiter };
    }
    return null;
  }

  #lineThatBegins(delimiter: Buffer, from: number): number {
    const bytes = this.#bytes.subarray(0, this.#length);
    for (let at = bytes.indexOf(delimiter, from); at !== -1; at = bytes.indexOf(delimiter, at + 1)) if (at === 0 || bytes[at - 1] === 0x0a) return at;
    return -1;
  }

  #finish(headers: PartHeaders): 'wait' | MessagePart {
    const delimiter = this.#delimiter as Buffer, { length } = headers;
    const at = this.#lineThatBegins(delimiter, Math.max(0, this.#searched - delimiter.length));
    this.#searched = this.#length;
    const told = length !== null && this.#length >= length && (at === -1 || at >= length) ? length : null;
    const end = told ?? (at === -1 ? null : withoutLineEnd(this.#bytes, at));
    if ((end ?? Math.max(this.#length, length ?? 0)) > this.#limits.partBytes) throw new DarwazaError('PART_TOO_LARGE', { part: headers.fileName ?? headers.name ?? String(this.#parts), limitMegabytes: this.#limits.partBytes / 1e6 });
    if (end === null) return 'wait';
    const bytes = Buffer.from(this.#bytes.subarray(0, end));
    this.#drop(told ?? at);
    this.#headers = null;
    return { name: headers.name, fileName: headers.fileName, mediaType: headers.mediaType, bytes };
  }

  #append(chunk: Uint8Array): void {
    if (this.#length + chunk.length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + chunk.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  #drop(count: number): void {
    this.#bytes.copyWithin(0, count, this.#length);
    this.#length -= count;
    this.#searched = 0;
  }
}

interface PartHeaders { readonly name: string | null; readonly fileName: string | null; readonly mediaType: string; readonly length: number | null }

function headersOf(text: string): PartHeaders {
  const header = (name: string): string => new RegExp(`^${name}\\s*:\\s*(.*)$`, 'im').exec(text)?.[1]?.trim() ?? '';
  const disposition = header('Content-Disposition'), length = /^\d{1,15}$/.exec(header('Content-Length'))?.[0];
  return {
    name: parameterOf(disposition, 'name'), fileName: parameterOf(disposition, 'filename'),
    mediaType: bareType(header('Content-Type')) || 'text/plain', length: length === undefined ? null : Number(length),
  };
}

/** Media type without parameters, in small letters. */
export function bareType(contentType: string): string {
  return (contentType.split(';', 1)[0] as string).trim().toLowerCase().slice(0, NAME_LENGTH);
}

function parameterOf(disposition: string, name: string): string | null {
  const found = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^\\s;]*))`, 'i').exec(disposition);
  const given = found?.[1] ?? found?.[2] ?? '';
  return given === '' ? null : Buffer.from(given, 'latin1').toString('utf8').replaceAll(/[\p{Cc}\p{Cs}]/gu, '').slice(0, NAME_LENGTH);
}

/** A line end before a boundary belongs to the boundary. */
function withoutLineEnd(bytes: Buffer, at: number): number {
  if (at >= 1 && bytes[at - 1] === 0x0a) return at >= 2 && bytes[at - 2] === 0x0d ? at - 2 : at - 1;
  return at;
}

/** The parts of a whole body. @throws BODY_INVALID, PART_TOO_LARGE */
export function partsOf(bytes: Buffer, contentType: string, limits: PartLimits): MessagePart[] {
  const reader = new PartsReader(boundaryOf(contentType), limits), parts = reader.push(bytes);
  reader.end();
  return parts;
}
