import { markKey } from '../plate/key.ts';
import { seriesInForce, type SeriesTable } from '../plate/series.ts';
import { readCsv, type CsvFault, type CsvNote, type CsvRow } from './csv.ts';
import type { RowFault } from './entry.ts';
import { MarkMemo } from './mark-memo.ts';
import type { Registration } from './registration.ts';
import { contentId, isCalendarDay, RowCheck, shown } from './row.ts';
import { asStated, refuseContradiction, statedJurisdiction } from './stated-mark.ts';

export const REGISTER_COLUMNS = ['mark', 'jurisdiction', 'class', 'make', 'model', 'colour', 'status', 'token_paid_to'] as const;

export interface RegisterOptions {
  readonly maxRecordBytes?: number;
  /** Default: the series in force. */
  readonly series?: SeriesTable;
}

export interface RegisterItem {
  readonly kind: 'registration';
  readonly line: number;
  readonly registration: Registration;
}

const LONGEST_VALUE = 100;

/**
 * Registration records from a CSV file with the header `mark,jurisdiction,class,make,model,colour,status,token_paid_to`, as a stream.
 * Other columns (owner, CNIC, chassis) are named in a note and not read. A vehicle that stands in the file twice is a fault on its later
 * line; to know it, one short id per row is remembered (about 100 bytes). Never throws for any content.
 */
export async function* parseRegister(
  chunks: AsyncIterable<Uint8Array>,
  options: RegisterOptions = {},
): AsyncGenerator<RegisterItem | CsvFault | CsvNote, void, undefined> {
  const series = options.series ?? seriesInForce(),
    marks = new MarkMemo(series),
    lines = new Map<string, number>();
  const shape = { required: REGISTER_COLUMNS, ...(options.maxRecordBytes === undefined ? {} : { maxRecordBytes: options.maxRecordBytes }) };
  for await (const item of readCsv(chunks, shape)) {
    if (item.kind !== 'row') {
      yield item;
      continue;
    }
    const found = registrationOf(item, series, marks);
    if (Array.isArray(found)) {
      for (const fault of found) yield { kind: 'fault', fault };
      continue;
    }
    const before = lines.get(found.id);
    if (before === undefined) {
      lines.set(found.id, item.line);
      yield { kind: 'registration', line: item.line, registration: found };
    } else {
      const mark = shown(item.values['mark'] ?? '');
      const message = `The vehicle ${mark} already stands in line ${before}; this line was left out. Keep the line that holds.`;
      yield { kind: 'fault', fault: { line: item.line, column: 'mark', code: 'VEHICLE_REPEATED', message } };
    }
  }
}

function registrationOf(row: CsvRow, series: SeriesTable, marks: MarkMemo): Registration | RowFault[] {
  const check = new RowCheck(row.line, row.values);
  const jurisdiction = statedJurisdiction(check, 'jurisdiction', series);
  const read = check.mark('mark', jurisdiction, marks);
  const text = (column: string): string | null => check.text(column, LONGEST_VALUE, false) || null;
  const record = {
    vehicleClass: text('class'),
    make: text('make'),
    model: text('model'),
    colour: text('colour'),
    status: text('status'),
    tokenPaidTo: dayOf(check, 'token_paid_to'),
  };
  refuseContradiction(check, 'jurisdiction', read?.jurisdiction ?? null, jurisdiction);
  if (read === null || check.faults.length > 0) return check.faults;
  const mark = asStated(read, jurisdiction, record.vehicleClass);
  // Sindh numbers motorcycles apart from other vehicles, so the wheeler type belongs to what a record is of.
  const id = contentId([mark.jurisdiction, mark.district, markKey(mark), mark.year, mark.suffix, mark.class === 'motorcycle' ? mark.class : null]);
  return { id, mark, key: markKey(mark), ...record };
}

function dayOf(check: RowCheck, column: string): string | null {
  const value = check.value(column);
  if (value === '' || isCalendarDay(value)) return value || null;
  return check.refuse(column, 'DATE_INVALID', `The column "${column}" says ${shown(value)}; write the day as year-month-day, like 2027-06-30.`);
}
