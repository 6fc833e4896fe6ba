import { hash } from 'node:crypto';
import { sql, type SQL } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import type { ListEntry } from '../list/entry.ts';

/** One value of an entry's content: where it comes from, where it goes, how people call it. */
interface ContentColumn {
  readonly name: string;
  /** As in the file; null where the difference is told with the mark. */
  readonly label: string | null;
  readonly of: (entry: ListEntry) => string | null;
  readonly type?: 'timestamptz' | 'list';
  /** Never null in the table. */
  readonly required?: true;
}

const VALUE = '\u001f', RECORD = '\u001e', PART = '\u001d';
/** What would be taken for the end of a value or row, and NUL, which PostgreSQL does not store. No import lets control characters through. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000\u001e\u001f]/;

const instant = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

// The digest is over these values in this order with empty ones at the end left out: new columns go to the end, and old rows keep theirs.
const CONTENT: readonly ContentColumn[] = [
  { name: 'key', label: null, of: (e) => e.key },
  { name: 'pattern', label: null, of: (e) => e.pattern },
  { name: 'mark_jurisdiction', label: 'jurisdiction', of: (e) => e.mark?.jurisdiction ?? null },
  { name: 'mark_district', label: 'district', of: (e) => e.mark?.district ?? null },
  { name: 'mark_letters', label: 'mark', of: (e) => e.mark?.letters ?? null },
  { name: 'mark_year', label: 'mark', of: (e) => e.mark?.year ?? null },
  { name: 'mark_number', label: 'mark', of: (e) => e.mark?.number ?? null },
  { name: 'mark_suffix', label: 'mark', of: (e) => e.mark?.suffix ?? null },
  { name: 'mark_class', label: null, of: (e) => e.mark?.class ?? null },
  { name: 'mark_series', label: null, of: (e) => e.mark?.series ?? null },
  { name: 'kind', label: 'kind', of: (e) => e.kind, required: true },
  { name: 'reason', label: 'reason', of: (e) => e.reason, required: true },
  { name: 'owner', label: 'owner', of: (e) => e.owner, required: true },
  { name: 'action', label: 'action', of: (e) => e.action, required: true },
  { name: 'expires_at', label: 'expires', of: (e) => instant(e.expiresAt), type: 'timestamptz' },
  { name: 'vehicle_class', label: 'class', of: (e) => e.vehicle.class },
  { name: 'vehicle_make', label: 'make', of: (e) => e.vehicle.make },
  { name: 'vehicle_colour', label: 'colour', of: (e) => e.vehicle.colour },
  { name: 'chassis', label: 'chassis', of: (e) => e.vehicle.chassis },
  { name: 'warnings', label: 'warnings', of: (e) => e.warnings.join(PART), type: 'list', required: true },
  { name: 'case_reference', label: 'case', of: (e) => e.caseReference },
  { name: 'source', label: 'source', of: (e) => e.source },
  { name: 'stage', label: 'stage', of: (e) => e.stage },
  { name: 'review_at', label: 'review', of: (e) => instant(e.reviewAt), type: 'timestamptz' },
];

/** The content of an entry as one text: twenty-four parameters a row would take most of an import's time. @throws ARGUMENT_INVALID */
export function packEntry(entry: ListEntry): string {
  const values = CONTENT.map((column) => column.of(entry) ?? '');
  if (FORBIDDEN.test(values.join(''))) throw new DarwazaError('ARGUMENT_INVALID', { name: 'entry', reason: 'it holds a control character' });
  while (values.at(-1) === '') values.pop();
  return values.join(VALUE);
}

export function digestOf(content: string): string {
  return hash('sha256', content).slice(0, 32);
}

/** Contents of a batch as one parameter, and what makes rows of it again. */
export const packedBatch = (contents: readonly string[]): SQL => sql`string_to_array(${contents.join(RECORD)}, ${RECORD})`;

/** Columns of `list_entries` that hold content, for `insert into`. */
export const CONTENT_COLUMNS: SQL = sql.raw(CONTENT.map((c) => c.name).join(', '));

/** Values of `CONTENT_COLUMNS` out of `string_to_array(content, U+001F)` called `a`. */
export const CONTENT_VALUES: SQL = sql.raw(CONTENT.map(valueOf).join(', '));

/** Whether two rows of `list_entries` have the same content. */
export const sameContent = (one: string, other: string): SQL =>
  sql.raw(`row(${CONTENT.map((c) => `${one}.${c.name}`).join(', ')}) is not distinct from row(${CONTENT.map((c) => `${other}.${c.name}`).join(', ')})`);

export const contentArray: SQL = sql`string_to_array(content, ${VALUE})`;

function valueOf({ type, required }: ContentColumn, index: number): string {
  const value = `a[${index + 1}]`;
  if (type === 'list') return `string_to_array(coalesce(${value}, ''), '${PART}')`;
  if (type === 'timestamptz') return `nullif(${value}, '')::timestamptz`;
  return required ? `coalesce(${value}, '')` : `nullif(${value}, '')`;
}

export interface ContentChange { readonly column: string; readonly from: string; readonly to: string }

/** What differs between two contents, by the names that columns have in files; values as people write them. */
export function contentChanges(before: string, after: string): ContentChange[] {
  const [old, now] = [before.split(VALUE), after.split(VALUE)];
  return CONTENT.flatMap(({ label }, i) => {
    const [from, to] = [(old[i] ?? '').replaceAll(PART, '; '), (now[i] ?? '').replaceAll(PART, '; ')];
    return label === null || from === to ? [] : [{ column: label, from, to }];
  });
}

/** Mark or pattern of a content in written form, the jurisdiction before it. */
export function markOfContent(content: string): string {
  const values = content.split(VALUE), [, pattern = '', jurisdiction = '', district = '', letters = '', year = '', number = '', suffix = ''] = values;
  if (pattern !== '') return pattern;
  const written = [letters, year, number, suffix].filter((part) => part !== '').join('-');
  return jurisdiction === '' ? written : `${jurisdiction}:${district === '' ? '' : `${district} `}${written}`;
}
