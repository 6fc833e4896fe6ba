import type { ListEntry, RowFault } from './entry.ts';
import { createListRowReader, type ListRules } from './list-row.ts';
import type { ListSettings } from './list-settings.ts';

const DAY = 86_400_000;
/** What a person adds on the road is for now; what is to stand longer goes into the department's file. */
export const LONGEST_PERSONS_ENTRY_DAYS = 90;

/** What a person says of an entry: values by column, as a file would have them. */
export type PersonsValues = Readonly<Partial<Record<'mark' | 'kind' | 'reason' | 'owner' | 'action' | 'expires' | 'jurisdiction' | 'class' | 'make' | 'colour' | 'chassis' | 'warnings' | 'case' | 'source' | 'stage', string | undefined>>>;

export interface PersonsRules extends Omit<ListRules, 'settings' | 'mode'> {
  readonly settings: ListSettings;
  /** Now, epoch milliseconds. */
  readonly at: number;
}

/**
 * An entry as a person adds it at a checkpoint: with a reason, and an end at most 90 days away. It lapses when nobody reviews it in time, as
 * any other. All faults at once; `line` means nothing in them.
 */
export function readPersonsEntry(values: PersonsValues, { settings, at, ...rules }: PersonsRules): ListEntry | RowFault[] {
  // The names of a department's file are not those of the API.
  const read = createListRowReader({ ...rules, settings: { ...settings, columns: {} } }).read(1, Object.fromEntries(Object.entries(values).map(([column, value]) => [column, value?.trim() ?? ''])));
  if (Array.isArray(read)) return read;
  const { entry } = read;
  if (entry.expiresAt === null) return wrongEnd('The value "expires" is missing: an entry that a person adds has an end.');
  if (entry.expiresAt <= at) return wrongEnd('The value "expires" lies in the past.');
  if (entry.expiresAt > at + LONGEST_PERSONS_ENTRY_DAYS * DAY) return wrongEnd(`The value "expires" is more than ${LONGEST_PERSONS_ENTRY_DAYS} days away; what is to stand longer goes into the file of the list.`);
  return { ...entry, reviewAt: settings.reviewDays === null ? null : at + settings.reviewDays * DAY };
}

const wrongEnd = (message: string): RowFault[] => [{ line: 1, column: 'expires', code: 'EXPIRY_INVALID', message }];
