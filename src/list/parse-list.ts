import { markKey } from '../plate/key.ts';
import { writeMarkInFull } from '../plate/written-form.ts';
import type { SeriesTable } from '../plate/series.ts';
import { readCsv, type CsvFault, type CsvNote, type CsvRow } from './csv.ts';
import { ACTIONS, LIST_KINDS, type ListEntry, type RowFault } from './entry.ts';
import { contentId, isCalendarDay, RowCheck, shown } from './row.ts';

export const LIST_COLUMNS = ['mark', 'kind', 'reason', 'owner', 'action', 'expires'] as const;

export interface ListOptions {
  /** Name of the list; part of every entry's id. */
  readonly list: string;
  /** IANA zone in which a date without a time ends. Default Asia/Karachi. */
  readonly timeZone?: string;
  readonly maxRecordBytes?: number;
  /** Default: the series in force. */
  readonly series?: SeriesTable;
}

export interface ListItem {
  readonly kind: 'entry';
  readonly line: number;
  readonly entry: ListEntry;
}

const LONGEST_REASON = 500,
  LONGEST_OWNER = 200;
const INSTANT = /^(\d{4}-\d{2}-\d{2})[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):?[0-5]\d)$/i;

/**
 * Entries of one list from a CSV file with the header `mark,kind,reason,owner,action,expires`, as a stream: one item per row, faults by
 * line beside the good rows. A row of several faults gives several. Never throws for any content.
 */
export async function* parseList(
  chunks: AsyncIterable<Uint8Array>,
  options: ListOptions,
): AsyncGenerator<ListItem | CsvFault | CsvNote, void, undefined> {
  const lines = new Map<string, number>();
  const shape = { required: LIST_COLUMNS, ...(options.maxRecordBytes === undefined ? {} : { maxRecordBytes: options.maxRecordBytes }) };
  for await (const item of readCsv(chunks, shape)) {
    if (item.kind !== 'row') {
      yield item;
      continue;
    }
    const found = entryOf(item, options);
    if (Array.isArray(found)) {
      for (const fault of found) yield { kind: 'fault', fault };
      continue;
    }
    const before = lines.get(found.id);
    if (before === undefined) {
      lines.set(found.id, item.line);
      yield { kind: 'entry', line: item.line, entry: found };
    } else
      yield {
        kind: 'fault',
        fault: {
          line: item.line,
          column: null,
          code: 'ROW_REPEATED',
          message: `The row says the same as line ${before}; it was left out. Remove one of them.`,
        },
      };
  }
}

function entryOf(row: CsvRow, options: ListOptions): ListEntry | RowFault[] {
  const check = new RowCheck(row.line, row.values);
  const mark = check.mark('mark', null, options.series);
  const kind = check.oneOf('kind', LIST_KINDS),
    action = check.oneOf('action', ACTIONS);
  const reason = check.text('reason', LONGEST_REASON, true),
    owner = check.text('owner', LONGEST_OWNER, true);
  const expiresAt = expiryOf(check, options.timeZone ?? 'Asia/Karachi');
  if (mark === null || kind === null || action === null || check.faults.length > 0) return check.faults;
  const id = contentId([options.list, writeMarkInFull(mark), kind, reason, owner, action, expiresAt]);
  const vehicle = { class: null, make: null, colour: null, chassis: null };
  return {
    id, list: options.list, mark, key: markKey(mark), pattern: null, kind, reason, owner, action, vehicle, warnings: [], caseReference: null, source: null, stage: null, expiresAt,
    reviewAt: null,
  };
}

/** Epoch milliseconds up to and including which an entry holds. A date holds to its last millisecond in the city's time zone. */
function expiryOf(check: RowCheck, timeZone: string): number | null {
  const value = check.value('expires');
  if (value === '') return null;
  if (isCalendarDay(value)) return startOfDayAfter(value, timeZone) - 1;
  const day = INSTANT.exec(value)?.[1];
  if (day !== undefined && isCalendarDay(day)) {
    const at = Date.parse(value.replace(' ', 'T').replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
    if (!Number.isNaN(at)) return at;
  }
  const form = 'write a date like 2027-01-31, or a time with its offset like 2027-01-31T18:00:00+05:00';
  return check.refuse('expires', 'TIME_INVALID', `The column "expires" says ${shown(value)}; ${form}.`);
}

/** Epoch milliseconds at which the day after `date` begins in the zone. */
function startOfDayAfter(date: string, timeZone: string): number {
  const midnight = Date.parse(`${date}T00:00:00Z`) + 86_400_000;
  // The zone's offset at the wanted instant is found from a first guess; two rounds settle it also across a change of clocks.
  const first = midnight - offsetAt(midnight, timeZone);
  return midnight - offsetAt(first, timeZone);
}

/** Milliseconds that the zone is ahead of UTC at an instant. */
function offsetAt(at: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const parts = Object.fromEntries(format.formatToParts(at).map((p) => [p.type, Number(p.value)]));
  const local = Date.UTC(parts['year'] ?? 0, (parts['month'] ?? 1) - 1, parts['day'], parts['hour'], parts['minute'], parts['second']);
  return local - Math.floor(at / 1000) * 1000;
}
