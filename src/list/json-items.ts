import { CONTROL_CHARACTER, type CsvFault, type CsvNote, type CsvRow } from './csv.ts';
import type { RowFault } from './entry.ts';
import { splitArray, splitLines, type JsonRecord } from './json-records.ts';

export interface JsonShape {
  /** `json`: one array of objects; `ndjson`: one object a line. */
  readonly format: 'json' | 'ndjson';
  /** Fields that are used, in small letters; others are named in a note. */
  readonly fields: readonly string[];
  /** Longest item in bytes. Default 64 KiB. */
  readonly maxRecordBytes?: number;
}

/** The file as a whole cannot be used: what was read of it may be half. */
export interface BrokenFile {
  readonly kind: 'broken';
  readonly fault: RowFault;
}

const DEFAULT_MAX_RECORD_BYTES = 64 * 1024;
const MOST_UNUSED_TOLD = 20;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Rows of a JSON file as `readCsv` gives them: every value as text, trimmed; numbers and true/false as written, null as none, an array of
 * texts with ";" between them. Memory stays flat. An item that cannot be used is one fault with its number (line for NDJSON). Never throws.
 */
export async function* readJsonItems(chunks: AsyncIterable<Uint8Array>, shape: JsonShape): AsyncGenerator<CsvRow | CsvFault | CsvNote | BrokenFile, void, undefined> {
  const limit = shape.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES, known = new Set(shape.fields), unused = new Set<string>();
  for await (const record of shape.format === 'json' ? splitArray(chunks, limit) : splitLines(chunks, limit)) {
    if (record.kind === 'broken') {
      yield { kind: 'broken', fault: { line: record.line, column: null, code: 'JSON_BROKEN', message: `${record.reason} (at item ${record.line}).` } };
      return;
    }
    const row = rowOf(record, limit);
    if (row.kind === 'row') for (const field of Object.keys(row.values)) if (!known.has(field) && unused.size < MOST_UNUSED_TOLD) unused.add(field.slice(0, 40));
    yield row;
  }
  if (unused.size > 0) yield { kind: 'note', message: `Fields that are not used: ${[...unused].join(', ')}` };
}

function rowOf(record: Exclude<JsonRecord, { kind: 'broken' }>, limit: number): CsvRow | CsvFault {
  const fault = (code: string, message: string, column: string | null = null): CsvFault => ({ kind: 'fault', fault: { line: record.line, column, code, message } });
  if (record.kind === 'too-long') return fault('JSON_ITEM_TOO_LONG', `The item is too long (the longest that is read has ${limit} bytes); it was skipped.`);
  let item: unknown;
  try {
    item = JSON.parse(UTF8.decode(record.bytes));
  } catch {
    return fault('JSON_ITEM', 'The item is not JSON in UTF-8.');
  }
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return fault('JSON_ITEM', 'The item is not an object with fields, like {"mark": "LEC-13-8447", "reason": "…"}.');
  // A null prototype: a field may be called "__proto__" or "constructor".
  const values: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(item)) {
    const field = name.trim().toLowerCase(), text = textOf(value);
    if (field in values) return fault('JSON_FIELD_REPEATED', 'The item has the field twice.', field.slice(0, 40));
    if (text === null) return fault('VALUE_UNKNOWN', 'The field must be a text, a number, true, false, null or an array of texts.', field.slice(0, 40));
    if (CONTROL_CHARACTER.test(text)) return fault('CSV_CONTROL_CHARACTER', 'The item holds a control character that no value may have. Remove it.', field.slice(0, 40));
    values[field] = text.trim();
  }
  return { kind: 'row', line: record.line, values };
}

function textOf(value: unknown): string | null {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) && value.every((part) => typeof part === 'string') ? value.join(';') : null;
}
