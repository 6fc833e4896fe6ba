import { readCsv, type CsvFault, type CsvNote, type CsvRow } from './csv.ts';
import type { ListRow, ListRules } from './list-row.ts';
import { createListRowReader } from './list-row.ts';
import { readJsonItems, type BrokenFile } from './json-items.ts';

export { LIST_COLUMNS } from './list-columns.ts';

export const LIST_FORMATS = ['csv', 'json', 'ndjson'] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];

export interface ListOptions extends ListRules {
  /** `json`: one array of objects; `ndjson`: one object a line. Default csv. */
  readonly format?: ListFormat;
  /** Longest row in bytes. Default 64 KiB. */
  readonly maxRecordBytes?: number;
}

export interface ListItem extends ListRow {
  readonly kind: 'entry';
}

/**
 * Entries of one list from a file, as a stream: one item per row, faults by line beside the good rows. A row of several faults gives
 * several. `broken` is the last item of a JSON array that ends too early or is none: nothing of such a file may be used. Memory stays flat:
 * no row is remembered, so that rows which say the same are for the store to find. Never throws for any content.
 */
export async function* parseList(
  chunks: AsyncIterable<Uint8Array>,
  options: ListOptions,
): AsyncGenerator<ListItem | CsvFault | CsvNote | BrokenFile, void, undefined> {
  const reader = createListRowReader(options);
  for await (const item of itemsOf(chunks, options, reader.names)) {
    if (item.kind !== 'row') {
      yield item;
      continue;
    }
    const found = reader.read(item.line, item.values);
    if (!Array.isArray(found)) yield { kind: 'entry', line: found.line, withdraw: found.withdraw, entry: found.entry };
    else for (const fault of found) yield { kind: 'fault', fault };
  }
}

function itemsOf(
  chunks: AsyncIterable<Uint8Array>,
  { format = 'csv', maxRecordBytes }: ListOptions,
  { required, optional }: { readonly required: readonly string[]; readonly optional: readonly string[] },
): AsyncIterable<CsvRow | CsvFault | CsvNote | BrokenFile> {
  const limit = maxRecordBytes === undefined ? {} : { maxRecordBytes };
  return format === 'csv' ? readCsv(chunks, { required, optional, ...limit }) : readJsonItems(chunks, { format, fields: [...required, ...optional], ...limit });
}
