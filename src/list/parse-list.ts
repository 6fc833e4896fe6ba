import { readCsvParts, type CsvFault, type CsvNote, type CsvRow } from './csv.ts';
import { createListRowReader, type ListRow, type ListRowReader, type ListRules } from './list-row.ts';
import { readJsonItems, type BrokenFile } from './json-items.ts';

export { LIST_COLUMNS } from './list-columns.ts';

export const LIST_FORMATS = ['csv', 'json', 'ndjson'] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];

const PART = 256;

export interface ListOptions extends ListRules {
  /** `json`: one array of objects; `ndjson`: one object a line. Default csv. */
  readonly format?: ListFormat;
  /** Longest row in bytes. Default 64 KiB. */
  readonly maxRecordBytes?: number;
}

export interface ListItem extends ListRow {
  readonly kind: 'entry';
}

export type ListFileItem = ListItem | CsvFault | CsvNote | BrokenFile;

/**
 * Entries of one list from a file, as a stream: one item per row, faults by line beside the good rows. A row of several faults gives
 * several. `broken` is the last item of a JSON array that ends too early or is none: nothing of such a file may be used. Memory stays flat:
 * no row is remembered, so that rows which say the same are for the store to find. Never throws for any content.
 */
export async function* parseList(chunks: AsyncIterable<Uint8Array>, options: ListOptions): AsyncGenerator<ListFileItem, void, undefined> {
  for await (const part of parseListParts(chunks, options)) yield* part;
}

/** The same, some hundred rows together: a million that are each waited for take seconds longer. */
export async function* parseListParts(chunks: AsyncIterable<Uint8Array>, options: ListOptions): AsyncGenerator<readonly ListFileItem[], void, undefined> {
  const reader = createListRowReader(options);
  for await (const part of partsOf(chunks, options, reader.names)) yield part.flatMap((item) => (item.kind === 'row' ? read(reader, item) : item));
}

function read(reader: ListRowReader, { line, values }: CsvRow): ListItem | CsvFault[] {
  const found = reader.read(line, values);
  return Array.isArray(found) ? found.map((fault) => ({ kind: 'fault', fault })) : { kind: 'entry', line: found.line, withdraw: found.withdraw, entry: found.entry };
}

type FileItem = CsvRow | CsvFault | CsvNote | BrokenFile;

function partsOf(
  chunks: AsyncIterable<Uint8Array>,
  { format = 'csv', maxRecordBytes }: ListOptions,
  { required, optional }: { readonly required: readonly string[]; readonly optional: readonly string[] },
): AsyncIterable<readonly FileItem[]> {
  const limit = maxRecordBytes === undefined ? {} : { maxRecordBytes };
  return format === 'csv' ? readCsvParts(chunks, { required, optional, ...limit }) : together(readJsonItems(chunks, { format, fields: [...required, ...optional], ...limit }));
}

async function* together(items: AsyncIterable<FileItem>): AsyncGenerator<readonly FileItem[]> {
  let part: FileItem[] = [];
  for await (const item of items) {
    part.push(item);
    if (part.length < PART) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
