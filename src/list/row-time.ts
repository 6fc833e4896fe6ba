import { isCalendarDay, shown, type RowCheck } from './row.ts';

const INSTANT = /^(\d{4}-\d{2}-\d{2})[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):?[0-5]\d)$/i;
/** A file has few different days; finding the end of one by the zone's rules takes longer than all else of a row. */
const DAYS_REMEMBERED = 5000;

/** Reads dates and times of rows; a date holds to its last millisecond in the city's time zone. */
export class RowTimes {
  readonly #format: Intl.DateTimeFormat;
  readonly #ends = new Map<string, number>();

  /** `timeZone`: IANA. */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
  }

  /** Epoch milliseconds up to and including which something holds; null where the column is empty or, with a fault, says no time. */
  until(check: RowCheck, column: string): number | null {
    const value = check.value(column);
    if (value === '') return null;
    const known = this.#ends.get(value);
    if (known !== undefined) return known;
    const at = this.#read(value);
    if (at === null) {
      const form = 'write a date like 2027-01-31, or a time with its offset like 2027-01-31T18:00:00+05:00';
      return check.refuse(column, 'TIME_INVALID', `The column "${check.named(column)}" says ${shown(value)}; ${form}.`);
    }
    if (this.#ends.size < DAYS_REMEMBERED) this.#ends.set(value, at);
    return at;
  }

  #read(value: string): number | null {
    if (isCalendarDay(value)) return this.#startOfDayAfter(value) - 1;
    const day = INSTANT.exec(value)?.[1];
    if (day === undefined || !isCalendarDay(day)) return null;
    const at = Date.parse(value.replace(' ', 'T').replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
    return Number.isNaN(at) ? null : at;
  }

  #startOfDayAfter(date: string): number {
    const midnight = Date.parse(`${date}T00:00:00Z`) + 86_400_000;
    // The zone's offset at the wanted instant is found from a first guess; two rounds settle it also across a change of clocks.
    const first = midnight - this.#offsetAt(midnight);
    return midnight - this.#offsetAt(first);
  }

  /** Milliseconds that the zone is ahead of UTC at an instant. */
  #offsetAt(at: number): number {
    const parts = Object.fromEntries(this.#format.formatToParts(at).map((p) => [p.type, Number(p.value)]));
    const local = Date.UTC(parts['year'] ?? 0, (parts['month'] ?? 1) - 1, parts['day'], parts['hour'], parts['minute'], parts['second']);
    return local - Math.floor(at / 1000) * 1000;
  }
}
