import { sql, type SQL } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import type { ListEntry } from '../list/entry.ts';

/** One value of an entry's content: where it goes and how people call it. */
interface ContentColumn {
  readonly name: string;
  /** As in the file; null where the difference is told with the mark. */
  readonly label: string | null;
  readonly type?: 'timestamptz' | 'list';
  /** Never null in the table. */
  readonly required?: true;
}

const VALUE = '\u001f', ROW = '\u001e', PART = '\u001d', HEAD = '\u001c';
/** What would be taken for the end of a value or row, and NUL, which PostgreSQL does not store. No import lets control characters through. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000\u001c\u001e\u001f]/;

// In the order of `valuesOf`. The digest is over the values in this order with empty ones at the end left out: new columns go to the end, and
// old rows keep their digests.
const CONTENT: readonly ContentColumn[] = [
  { name: 'key', label: null }, { name: 'pattern', label: null },
  { name: 'mark_jurisdiction', label: 'jurisdiction' }, { name: 'mark_district', label: 'district' }, { name: 'mark_letters', label: 'mark' }, { name: 'mark_year', label: 'mark' },
  { name: 'mark_number', label: 'mark' }, { name: 'mark_suffix', label: 'mark' }, { name: 'mark_class', label: null }, { name: 'mark_series', label: null },
  { name: 'kind', label: 'kind', required: true }, { name: 'reason', label: 'reason', required: true }, { name: 'owner', label: 'owner', required: true }, { name: 'action', label: 'action', required: true },
  { name: 'expires_at', label: 'expires', type: 'timestamptz' },
  { name: 'vehicle_class', label: 'class' }, { name: 'vehicle_make', label: 'make' }, { name: 'vehicle_colour', label: 'colour' }, { name: 'chassis', label: 'chassis' },
  { name: 'warnings', label: 'warnings', type: 'list', required: true }, { name: 'case_reference', label: 'case' }, { name: 'source', label: 'source' }, { name: 'stage', label: 'stage' },
  { name: 'review_at', label: 'review', type: 'timestamptz' },
];

const NO_MARK = { jurisdiction: null, district: null, letters: null, year: null, number: null, suffix: null, class: null, series: null };
const instant = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

function valuesOf({ key, pattern, mark, kind, reason, owner, action, expiresAt, vehicle, warnings, caseReference, source, stage, reviewAt }: ListEntry): (string | null)[] {
  const m = mark ?? NO_MARK;
  return [
    key, pattern, m.jurisdiction, m.district, m.letters, m.year, m.number, m.suffix, m.class, m.series, kind, reason, owner, action, instant(expiresAt),
    vehicle.class, vehicle.make, vehicle.colour, vehicle.chassis, warnings.length === 0 ? null : warnings.join(PART), caseReference, source, stage, instant(reviewAt),
  ];
}

/** The content of an entry as one text: twenty-four parameters a row would take most of an import's time. @throws ARGUMENT_INVALID */
export function packEntry(entry: ListEntry): string {
  const values = valuesOf(entry);
  // `join` writes nothing for null.
  if (FORBIDDEN.test(values.join(''))) throw new DarwazaError('ARGUMENT_INVALID', { name: 'entry', reason: 'it holds a control character' });
  while (values.length > 0 && !values.at(-1)) values.pop();
  return values.join(VALUE);
}

/** What stands before the content of a row, and the content. */
export function packRow(head: readonly string[], entry: ListEntry): string {
  return `${head.join(VALUE)}${HEAD}${packEntry(entry)}`;
}

/** Packed rows as one parameter, for `from`: rows of `head` (a text array), `content`, and its values as `a`. */
export function packedRows(rows: readonly string[]): SQL {
  return sql`(
    select string_to_array(split_part(r, ${HEAD}, 1), ${VALUE}) as head, split_part(r, ${HEAD}, 2) as content, string_to_array(split_part(r, ${HEAD}, 2), ${VALUE}) as a
    from unnest(string_to_array(${rows.join(ROW)}, ${ROW})) as r offset 0
  ) packed`;
}

/** Columns of `list_entries` that hold content, for `insert into`. */
export const CONTENT_COLUMNS: SQL = sql.raw(CONTENT.map((c) => c.name).join(', '));

/** Values of `CONTENT_COLUMNS` out of the array `a`. */
export const CONTENT_VALUES: SQL = sql.raw(CONTENT.map(valueOf).join(', '));

/** Whether two rows of `list_entries` have the same content. */
export const sameContent = (one: string, other: string): SQL =>
  sql.raw(`row(${CONTENT.map((c) => `${one}.${c.name}`).join(', ')}) is not distinct from row(${CONTENT.map((c) => `${other}.${c.name}`).join(', ')})`);

function valueOf({ type, required }: ContentColumn, index: number): string {
  const value = `a[${index + 1}]`;
  if (type === 'list') return `string_to_array(coalesce(${value}, ''), '${PART}')`;
  if (type === 'timestamptz') return `nullif(${value}, '')::timestamptz`;
  return required ? `coalesce(${value}, '')` : `nullif(${value}, '')`;
}

export interface ContentChange { readonly column: string; readonly from: string; readonly to: string }

/** What differs between two entries, by the names that columns have in files; values as people write them. */
export function contentChanges(before: ListEntry, after: ListEntry): ContentChange[] {
  const [old, now] = [valuesOf(before), valuesOf(after)];
  return CONTENT.flatMap(({ label }, i) => {
    const [from, to] = [(old[i] ?? '').replaceAll(PART, '; '), (now[i] ?? '').replaceAll(PART, '; ')];
    return label === null || from === to ? [] : [{ column: label, from, to }];
  });
}
