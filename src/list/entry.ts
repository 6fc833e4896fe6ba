import type { Mark } from '../plate/mark.ts';

export const LIST_KINDS = ['stolen', 'wanted', 'tax', 'fake', 'missing', 'allow', 'watch'] as const;
export type ListKind = (typeof LIST_KINDS)[number];
export const ACTIONS = ['stop', 'inform', 'silent'] as const;
export type Action = (typeof ACTIONS)[number];

/** One mark of interest, as parsed from one row of a list. */
export interface ListEntry {
  /** From list name and row content, so that the same row imported again is the same entry. */
  readonly id: string;
  readonly list: string;
  readonly mark: Mark;
  readonly key: string;
  readonly kind: ListKind;
  readonly reason: string;
  readonly owner: string;
  readonly action: Action;
  /** Epoch milliseconds; past it the entry matches no more. */
  readonly expiresAt: number | null;
}

/** One row that could not be used, by its line in the file (1 = header). */
export interface RowFault { readonly line: number; readonly column: string | null; readonly code: string; readonly message: string }
