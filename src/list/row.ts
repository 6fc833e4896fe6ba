import { hash } from 'node:crypto';
import type { Mark } from '../plate/mark.ts';
import type { RowFault } from './entry.ts';
import type { MarkMemo } from './mark-memo.ts';

/** Faults of one row, gathered so that a person who corrects the row sees all of them at once. */
export class RowCheck {
  readonly line: number;
  readonly faults: RowFault[] = [];
  readonly #values: Readonly<Record<string, string>>;
  readonly #nameOf: (column: string) => string | null;

  /** `nameOf`: how the file calls a column; null where it has none. Faults name the column as the file does. */
  constructor(line: number, values: Readonly<Record<string, string>>, nameOf: (column: string) => string | null = (column) => column) {
    this.line = line;
    this.#values = values;
    this.#nameOf = nameOf;
  }

  value(column: string): string {
    const name = this.#nameOf(column);
    return name === null ? '' : this.#values[name] ?? '';
  }

  refuse(column: string, code: string, message: string): null {
    this.faults.push({ line: this.line, column: this.named(column), code, message });
    return null;
  }

  named(column: string): string {
    return this.#nameOf(column) ?? column;
  }

  /** Text of at most `limit` characters; the empty text only where `required` is false. */
  text(column: string, limit: number, required: boolean): string {
    const value = this.value(column);
    if (required && value === '') this.refuse(column, 'VALUE_MISSING', `The column "${this.named(column)}" is empty; it must have a value.`);
    if (value.length > limit)
      this.refuse(column, 'VALUE_TOO_LONG', `The column "${this.named(column)}" has ${value.length} characters; the longest has ${limit}.`);
    return value;
  }

  /** One of `words`, whatever its case. */
  oneOf<W extends string>(column: string, words: readonly W[]): W | null {
    const value = this.value(column).toLowerCase(),
      known = words.find((word) => word === value);
    if (known !== undefined) return known;
    return this.refuse(column, 'VALUE_UNKNOWN', `The column "${this.named(column)}" says ${shown(this.value(column))}; it must be one of ${words.join(', ')}.`);
  }

  /** `jurisdiction`: code that another column states. */
  mark(column: string, jurisdiction: string | null, marks: MarkMemo): Mark | null {
    const value = this.value(column);
    if (value === '') return this.refuse(column, 'MARK_MISSING', `The column "${this.named(column)}" is empty; every row needs a mark, like LEA-07-1234.`);
    if (/[*?%_]/.test(value)) {
      return this.refuse(
        column,
        'MARK_PATTERN',
        `The mark ${shown(value)} has a wildcard, and one single mark is needed here. Write one row for each mark.`,
      );
    }
    const stated = jurisdiction === null || /[:|]/.test(value) ? value : `${jurisdiction}:${value}`;
    const parsed = marks.read(stated);
    if (parsed.kind === 'invalid') return this.refuse(column, 'MARK_INVALID', `The mark ${shown(value)} cannot be used: ${parsed.reason}.`);
    return parsed.mark;
  }
}

/** A stable id from the parts that make a row what it is. */
export function contentId(parts: readonly (string | number | null)[]): string {
  return hash('sha256', JSON.stringify(parts)).slice(0, 32);
}

/** A value for a message: quoted, of bounded length. */
export function shown(value: string): string {
  return value === '' ? 'nothing' : `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
}

/** Whether year, month and day name a day of the calendar. */
export function isCalendarDay(date: string): boolean {
  const at = Date.parse(`${date}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(at) && new Date(at).toISOString().startsWith(date);
}
