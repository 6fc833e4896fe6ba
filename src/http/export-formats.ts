import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';

export const EXPORT_FORMATS = ['csv', 'ndjson', 'json', 'geojson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export type Cell = string | number | boolean | null | readonly string[];
/** [longitude, latitude] in degrees WGS 84 (RFC 7946). */
export type Position = readonly [number, number];
export type Geometry = { readonly type: 'Point'; readonly coordinates: Position } | { readonly type: 'LineString'; readonly coordinates: readonly Position[] };

/** One column of an export: the heading in CSV, the member in JSON, the property in GeoJSON. */
export interface ExportColumn<T> { readonly name: string; readonly meaning: string; readonly of: (row: T) => Cell }

export interface ExportSubject<T> {
  readonly columns: readonly ExportColumn<T>[];
  readonly idOf: (row: T) => string;
  /** null where nobody knows the place. */
  readonly geometry: (row: T) => Geometry | null;
}

/** Text of an export, piece by piece. Each format says at its end that it is whole, and how many rows it has: a file that was cut does not. */
export interface ExportWriter<T> {
  readonly head: (head: object) => string;
  /** `before`: rows written so far. */
  readonly rows: (rows: readonly T[], before: number) => string;
  readonly end: (rowCount: number) => string;
}

export const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson', json: 'application/json; charset=utf-8', geojson: 'application/geo+json',
};

/** First column of the last row of a CSV file. */
export const CSV_END = 'end';
const BOM = '\uFEFF';

export const exportFormat = z.enum(EXPORT_FORMATS).describe('csv, ndjson, json or geojson');

/** `bom`: a CSV file begins with a byte order mark, without which Excel takes UTF-8 for the code page of the machine. */
export function exportWriter<T>(format: ExportFormat, subject: ExportSubject<T>, bom: boolean): ExportWriter<T> {
  switch (format) {
    case 'csv': return csvWriter(subject, bom);
    case 'ndjson': return {
      head: (head) => `${JSON.stringify({ head })}\n`,
      rows: (rows) => rows.map((row) => `${JSON.stringify(recordOf(subject, row))}\n`).join(''),
      end: (rowCount) => `${JSON.stringify({ rows: rowCount, complete: true })}\n`,
    };
    case 'json': return arrayWriter('', 'items', (row) => recordOf(subject, row));
    case 'geojson': return arrayWriter('"type":"FeatureCollection",', 'features', (row) => (
      { type: 'Feature', id: subject.idOf(row), geometry: subject.geometry(row), properties: recordOf(subject, row) }
    ));
  }
}

function recordOf<T>({ columns }: ExportSubject<T>, row: T): Record<string, Cell> {
  const record: Record<string, Cell> = {};
  for (const column of columns) record[column.name] = column.of(row);
  return record;
}

/** One JSON object with the rows as its array; members beside those of RFC 7946 are allowed in GeoJSON (§6.1). */
function arrayWriter<T>(first: string, name: string, item: (row: T) => object): ExportWriter<T> {
  return {
    head: (head) => `{${first}"head":${JSON.stringify(head)},"${name}":[\n`,
    rows: (rows, before) => `${before > 0 ? ',\n' : ''}${rows.map((row) => JSON.stringify(item(row))).join(',\n')}`,
    end: (rowCount) => `\n],"rows":${rowCount},"complete":true}\n`,
  };
}

function line(record: (string | number)[]): string {
  return stringify([record], { record_delimiter: 'windows', escape_formulas: true });
}

/**
 * RFC 4180, lines ending in CR LF. What a camera or another system wrote may begin with = + - @: a spreadsheet would run it as a formula, so
 * an apostrophe stands before it.
 */
function csvWriter<T>({ columns }: ExportSubject<T>, bom: boolean): ExportWriter<T> {
  return {
    head: () => `${bom ? BOM : ''}${line(['row', ...columns.map((c) => c.name)])}`,
    rows: (rows, before) => rows.map((row, i) => line([before + i + 1, ...columns.map((c) => csvCell(c.of(row)))])).join(''),
    end: (rowCount) => line([CSV_END, rowCount, ...columns.slice(1).map(() => '')]),
  };
}

function csvCell(cell: Cell): string | number {
  if (cell === null) return '';
  if (typeof cell === 'boolean') return String(cell);
  return typeof cell === 'object' ? cell.join(';') : cell;
}
