import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { DarwazaError } from '../core/errors.ts';
import { parseJson } from './request-body.ts';
import type { TextBody } from './route.ts';

export const MARKS_LIMIT = 10_000;
/** Room for 10,000 marks of 32 characters in any of the forms, and for the other columns of a short table. */
export const MARKS_LIMIT_BYTES = 2_000_000;
export const MARKS_MEDIA_TYPES = ['application/json', 'text/plain', 'text/csv'] as const;

/** A mark as somebody wrote it. `line`: of the text, 1 = first; of a JSON array, its item. */
export interface AskedMark { readonly line: number; readonly text: string }

/**
 * The marks of a body: a JSON array of texts, one mark a line, or the column `mark` of CSV (the first where no heading names it).
 * @throws BODY_INVALID for more than 10,000, none, or what is not of its form at all
 */
export function askedMarks({ mediaType, text }: TextBody): AskedMark[] {
  const marks = mediaType === 'application/json' ? fromJson(text) : mediaType === 'text/csv' ? fromCsv(text) : fromLines(text);
  if (marks.length === 0) throw new DarwazaError('BODY_INVALID', { reason: 'it names no mark' });
  if (marks.length > MARKS_LIMIT) throw new DarwazaError('BODY_INVALID', { reason: `it has ${marks.length} marks; at most ${MARKS_LIMIT} can be looked up at once` });
  return marks;
}

function fromJson(text: string): AskedMark[] {
  const json = parseJson(text);
  if (!Array.isArray(json)) throw new DarwazaError('BODY_INVALID', { reason: 'it must be a JSON array of marks' });
  // What is no text can be no mark, and is reported with its item like every other bad one.
  return json.map((item: unknown, i) => ({ line: i + 1, text: typeof item === 'string' ? item : '' }));
}

function fromLines(text: string): AskedMark[] {
  return text.split(/\r\n|\n|\r/).flatMap((line, i) => (line.trim() === '' ? [] : [{ line: i + 1, text: line.trim() }]));
}

function fromCsv(text: string): AskedMark[] {
  const records = csvRecords(text), [first] = records;
  const heading = first?.cells.findIndex((cell) => /^\s*mark\s*$/i.test(cell)) ?? -1, column = Math.max(0, heading);
  return records.slice(heading < 0 ? 0 : 1).map(({ line, cells }) => ({ line, text: (cells[column] ?? '').trim() }));
}

function csvRecords(text: string): { readonly line: number; readonly cells: readonly string[] }[] {
  try {
    const parsed = parse(text, { bom: true, relax_column_count: true, skip_empty_lines: true, info: true }) as unknown as { readonly record: string[]; readonly info: { readonly lines: number } }[];
    return parsed.map(({ record, info }) => ({ line: info.lines, cells: record }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new DarwazaError('BODY_INVALID', { reason: `it is not CSV (line ${String(cause['lines'] ?? '?')})` }, cause);
  }
}

/** So many stand in the audit log as they were written; more are packed. */
const PLAIN_LIMIT = 50;

/**
 * A question of many marks for the audit log, so that it can be asked again: the texts as a JSON array, above 50 of them gzip in base64
 * (10,000 marks take 60 kB in place of 130), with the SHA-256 of that array.
 */
export function auditedMarks(marks: readonly AskedMark[]): Record<string, unknown> {
  const texts = marks.map((m) => m.text), json = JSON.stringify(texts), sha256 = createHash('sha256').update(json).digest('hex');
  return { marks: texts.length, sha256, ...(texts.length <= PLAIN_LIMIT ? { asked: texts } : { askedGzip: gzipSync(json, { level: 9 }).toString('base64') }) };
}
