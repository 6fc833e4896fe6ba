import type { Action, ListKind } from '../list/entry.ts';
import type { Mark } from '../plate/mark.ts';

/** `stop` is shown only for an exact match; a look-alike or wildcard match asks to `check` first. */
export type HitAction = Action | 'check';
export const HIT_STATUSES = ['provisional', 'confirmed', 'withdrawn', 'accepted', 'rejected'] as const;
export type HitStatus = (typeof HIT_STATUSES)[number];

/** A pass that matches an entry, as kept. List, reason, owner stand here as they were when the hit was raised. */
export interface HitRecord {
  /** From pass and entry, so that matching twice raises one hit. */
  readonly id: string;
  readonly passId: string;
  readonly capturedAt: number;
  readonly cameraId: string;
  readonly siteId: string | null;
  readonly key: string;
  /** As read by the camera; beside `entryMark`, so that the officer compares the two with the picture. */
  readonly passMark: Mark;
  /** As the list has it. */
  readonly entryMark: Mark;
  readonly entryId: string;
  readonly list: string;
  readonly listVersion: number;
  /** When that list was last delivered, epoch milliseconds: its age at the hit is `at - listImportedAt`. */
  readonly listImportedAt: number;
  readonly kind: ListKind;
  readonly matchKind: string;
  readonly action: HitAction;
  readonly reason: string;
  readonly owner: string;
  /** What agrees, and what is unread or differs, in words for the officer. */
  readonly agreement: string;
  /** `confirmed`: the finished pass says the same as the entry in every part; `provisional`: a part is unread. A person then compares the picture: `accepted`, `rejected`. */
  readonly status: HitStatus;
  /** When the hit was raised, epoch milliseconds. */
  readonly at: number;
}
