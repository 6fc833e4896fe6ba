import type { Mark } from '../plate/mark.ts';

export const LIST_KINDS = ['stolen', 'wanted', 'tax', 'fake', 'missing', 'allow', 'watch'] as const;
export type ListKind = (typeof LIST_KINDS)[number];
export const ACTIONS = ['stop', 'inform', 'silent'] as const;
export type Action = (typeof ACTIONS)[number];

/** Where a vehicle stands in the work of an anti-vehicle-lifting desk (Punjab's AVLS has these states). */
export const STAGES = ['stolen', 'snatched', 'recovered', 'in-court', 'handed-over'] as const;
export type Stage = (typeof STAGES)[number];

/** What an entry says of the vehicle beside its mark; null where it says nothing. */
export interface ListedVehicle {
  /** Car, motorcycle, truck …, in the words of the list. */
  readonly class: string | null;
  readonly make: string | null;
  readonly colour: string | null;
  readonly chassis: string | null;
}

/** One mark, or pattern of marks, of interest: one row of a list. */
export interface ListEntry {
  /** From list, mark, kind, owner and case: the same row imported again, or changed in what it says, is the same entry. */
  readonly id: string;
  readonly list: string;
  /** null for a pattern. */
  readonly mark: Mark | null;
  readonly key: string | null;
  /** `LE?-*`, as `parseMarkPattern` reads it; null for a mark. */
  readonly pattern: string | null;
  readonly kind: ListKind;
  readonly reason: string;
  readonly owner: string;
  readonly action: Action;
  readonly vehicle: ListedVehicle;
  /** Short warnings for the officer: armed, children on board. */
  readonly warnings: readonly string[];
  readonly caseReference: string | null;
  /** Who told: a department, a system, a person. */
  readonly source: string | null;
  readonly stage: Stage | null;
  /** Epoch milliseconds; past it the entry matches no more. */
  readonly expiresAt: number | null;
  /** Epoch milliseconds; past it the entry matches no more and shows as lapsed until its owner reviews it. null: never. */
  readonly reviewAt: number | null;
}

/** One row that could not be used, by its line in the file (1 = header). */
export interface RowFault { readonly line: number; readonly column: string | null; readonly code: string; readonly message: string }
