import { CsvError, parse } from 'csv-parse/sync';
import type { RowFault } from './entry.ts';
import { recordsIn, splitRecords, type RawRecord } from './csv-records.ts';

export interface CsvShape {
  /** Columns that the header must have, in the order to name in messages. */
  readonly required: readonly string[];
  /** Columns that are used when present. */
  readonly optional?: readonly string[];
  /** Longest record in bytes; a longer one is refused with its line number and never held in memory. Default 64 KiB. */
  readonly maxRecordBytes?: number;
}

export interface CsvRow {
  readonly kind: 'row';
  readonly line: number;
  readonly values: Readonly<Record<string, string>>;
}
export interface CsvFault {
  readonly kind: 'fault';
  readonly fault: RowFault;
}
/** A remark that is no fault: a column that is not used. */
export interface CsvNote {
  readonly kind: 'note';
  readonly message: string;
}
export type CsvItem = CsvRow | CsvFault | CsvNote;

const DEFAULT_MAX_RECORD_BYTES = 64 * 1024;
const QUOTE = 0x22;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Control characters have no place in a mark or a reason, and PostgreSQL stores no NUL. Tab and line ends inside quotes are kept. */
// oxlint-disable-next-line no-control-regex
export const CONTROL_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** Values by column. A column may be called "__proto__" or "constructor": nothing is inherited; yet V8 keeps these as fast as plain objects. */
const Values = function Values() {} as unknown as new () => Record<string, string>;
Values.prototype = Object.create(null);

const UNPAIRED = 'The quotes (") of this row do not pair up. Put quotes around the whole value and double those inside it.';

interface Header {
  readonly names: readonly string[];
  readonly limit: number;
}
interface DecodedRecord {
  readonly line: number;
  readonly text: string;
}

/**
 * Rows of a CSV file (comma, RFC 4180 quotes, UTF-8 with or without BOM, LF or CRLF) from chunks of bytes. Memory stays flat: the
 * records of one chunk are held. Values are trimmed; blank lines are skipped. A record that cannot be used is one fault with the line it
 * starts on (1 = header) and the next record goes on. A header that cannot be used is one fault, and nothing follows it. Never throws
 * for any bytes; only what `chunks` throws comes through.
 */
export async function* readCsv(chunks: AsyncIterable<Uint8Array>, shape: CsvShape): AsyncGenerator<CsvItem, void, undefined> {
  for await (const part of readCsvParts(chunks, shape)) yield* part;
}

/** The same, the items of one chunk together: a million rows that are each waited for take seconds longer. */
export async function* readCsvParts(chunks: AsyncIterable<Uint8Array>, shape: CsvShape): AsyncGenerator<readonly CsvItem[], void, undefined> {
  const limit = shape.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES;
  let header: Header | null = null;
  for await (const records of splitRecords(chunks, limit)) {
    const items: CsvItem[] = [];
    for (const raw of records) {
      const decoded = decode(raw);
      if ('text' in decoded && decoded.text.trim() === '') continue;
      if (header === null) {
        const reading = readHeader(decoded, shape);
        items.push(...reading.items);
        if (reading.names === null) return yield items;
        header = { names: reading.names, limit };
      } else items.push(...itemsOf(raw, decoded, header));
    }
    if (items.length > 0) yield items;
  }
  if (header === null) yield [faultItem(1, null, 'CSV_EMPTY', `The file is empty; its first line must be the header ${shape.required.join(',')}.`)];
}

/**
 * What one record says by itself. A record over several lines that makes no row is most likely a line with one quote too many that
 * swallowed its neighbours: the first line is at fault, and the lines after it are read again.
 */
function itemsOf(raw: RawRecord, decoded: DecodedRecord | { readonly fault: RowFault }, header: Header): CsvItem[] {
  const item: CsvItem = 'fault' in decoded ? { kind: 'fault', fault: decoded.fault } : itemOf(decoded, header);
  const lineEnd = item.kind === 'fault' && raw.kind === 'record' ? raw.bytes.indexOf(0x0a) : -1;
  if (raw.kind !== 'record' || lineEnd === -1) return [item];
  const later = recordsIn(raw.bytes.subarray(lineEnd + 1), header.limit, raw.line + 1);
  return [item, ...later.flatMap((one) => (one.kind !== 'record' || one.bytes.some((byte) => byte > 0x20) ? itemsOf(one, decode(one), header) : []))];
}

function decode(raw: RawRecord): DecodedRecord | { readonly fault: RowFault } {
  const { line } = raw;
  if (raw.kind === 'too-long') {
    const rule = `the longest that is read has ${raw.limit} bytes`;
    return {
      fault: {
        line,
        column: null,
        code: 'CSV_LINE_TOO_LONG',
        message: `The row is too long (${rule}); it was skipped. Check for a missing line end or quote.`,
      },
    };
  }
  if (raw.kind === 'unclosed') {
    return {
      fault: {
        line,
        column: null,
        code: 'CSV_QUOTE',
        message: 'A quote (") is opened in this row and not closed. Close it, or write two quotes for one inside a value.',
      },
    };
  }
  if (raw.bytes[0] === 0xff && raw.bytes[1] === 0xfe && line === 1) {
    return { fault: { line, column: null, code: 'CSV_ENCODING', message: 'The file is UTF-16. Save it as "CSV UTF-8".' } };
  }
  try {
    const text = UTF8.decode(raw.bytes);
    if (!CONTROL_CHARACTER.test(text)) return { line, text };
    return {
      fault: { line, column: null, code: 'CSV_CONTROL_CHARACTER', message: 'The row holds a control character that no value may have. Remove it.' },
    };
  } catch {
    return { fault: { line, column: null, code: 'CSV_ENCODING', message: 'The row is not valid UTF-8. Save the file as "CSV UTF-8".' } };
  }
}

function readHeader(decoded: DecodedRecord | { readonly fault: RowFault }, shape: CsvShape): { names: readonly string[] | null; items: CsvItem[] } {
  if ('fault' in decoded) return { names: null, items: [{ kind: 'fault', fault: decoded.fault }] };
  const expected = shape.required.join(',');
  const refuse = (message: string): { names: null; items: CsvItem[] } => ({
    names: null,
    items: [faultItem(decoded.line, null, 'CSV_HEADER', message)],
  });
  const cells = cellsOf(decoded.text);
  if (typeof cells === 'string') return refuse(`The header cannot be read: ${cells} Expected: ${expected}`);
  const names = cells.map((name) => name.trim().toLowerCase());
  const known = new Set([...shape.required, ...(shape.optional ?? [])]);
  const missing = shape.required.filter((name) => !names.includes(name));
  const twice = [...known].filter((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (missing.length > 0) {
    const hint = names.length === 1 && /[;\t|]/.test(decoded.text) ? ' Columns must be separated by commas.' : '';
    return refuse(`The header lacks the column ${missing.map(quoted).join(', ')}.${hint} Expected: ${expected}; found: ${clipped(names.join(','))}`);
  }
  if (twice.length > 0) return refuse(`The header names the column ${twice.map(quoted).join(', ')} more than once. Expected: ${expected}`);
  const unused = names.filter((name) => !known.has(name)).map((name) => (name === '' ? '(no name)' : name));
  const items: CsvItem[] = unused.length === 0 ? [] : [{ kind: 'note', message: `Columns that are not used: ${clipped(unused.join(', '))}` }];
  return { names, items };
}

function itemOf({ line, text }: DecodedRecord, header: Header): CsvItem {
  const cells = plainCells(text) ?? cellsOf(text);
  return typeof cells === 'string' ? faultItem(line, null, 'CSV_QUOTE', cells) : rowOf(line, cells, header);
}

/**
 * The cells of a record of one line in which each value has no quote, or is quoted from end to end; null for any other, which csv-parse
 * judges. Nearly all records of a large file are such, and csv-parse takes ten times as long for them.
 */
function plainCells(text: string): string[] | null {
  const cells: string[] = [];
  for (let at = 0; ;) {
    if (text.charCodeAt(at) === QUOTE) {
      const end = closingQuote(text, at + 1);
      if (end === -1) return null;
      cells.push(text.slice(at + 1, end).replaceAll('""', '"'));
      if (end + 1 === text.length) return cells;
      if (text.charAt(end + 1) !== ',') return null;
      at = end + 2;
    } else {
      const comma = text.indexOf(',', at), cell = text.slice(at, comma === -1 ? text.length : comma);
      if (cell.includes('"') || cell.includes('\n')) return null;
      cells.push(cell);
      if (comma === -1) return cells;
      at = comma + 1;
    }
  }
}

/** Place of the quote that ends a value; two together are one inside it. -1: there is none. */
function closingQuote(text: string, from: number): number {
  let end = text.indexOf('"', from);
  while (end !== -1 && text.charCodeAt(end + 1) === QUOTE) end = text.indexOf('"', end + 2);
  return end;
}

function rowOf(line: number, cells: readonly string[], header: Header): CsvItem {
  if (cells.length !== header.names.length) {
    return faultItem(
      line,
      null,
      'CSV_COLUMNS',
      `The row has ${cells.length} values and the header has ${header.names.length} columns. Quote values that hold a comma.`,
    );
  }
  const values = new Values();
  header.names.forEach((name, i) => {
    values[name] = (cells[i] ?? '').trim();
  });
  return { kind: 'row', line, values };
}

/** The cells of one record, or what is wrong with its quotes. */
function cellsOf(text: string): readonly string[] | string {
  const rows = parsed(text);
  if (typeof rows === 'string') return rows;
  return rows.length === 1 ? (rows[0] ?? []) : UNPAIRED;
}

function parsed(text: string): string[][] | string {
  try {
    return parse(text, { relax_column_count: true, skip_empty_lines: false, record_delimiter: ['\r\n', '\n'] });
  } catch (error) {
    if (error instanceof CsvError) return UNPAIRED;
    throw error;
  }
}

function faultItem(line: number, column: string | null, code: string, message: string): CsvFault {
  return { kind: 'fault', fault: { line, column, code, message } };
}

function quoted(name: string): string {
  return `"${name}"`;
}

function clipped(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
