import type { HeadsUp } from '../geo/reachable.ts';
import type { Action, ListedVehicle, ListKind, Stage } from '../list/entry.ts';
import type { ListSettings, MatchKind } from '../list/list-settings.ts';
import type { Direction } from '../pass/pass.ts';
import type { Mark } from '../plate/mark.ts';

export type { HeadsUp } from '../geo/reachable.ts';

/** `stop` is shown only for an exact match or one look-alike without contradiction; everything else asks to `check` first. */
export type HitAction = Action | 'check';

/**
 * `provisional`: on the first confident read, the vehicle is still in view; `confirmed`: the finished pass says the same; `withdrawn`: it does
 * not. A person then compares the picture: `accepted`, `rejected`. `closed`: nobody decided in time (never stolen or wanted).
 */
export const HIT_STATUSES = ['provisional', 'confirmed', 'withdrawn', 'accepted', 'rejected', 'closed'] as const;
export type HitStatus = (typeof HIT_STATUSES)[number];

/** Why an officer rejects a hit; free text stands besides. */
export const REJECT_REASONS = ['misread', 'other-jurisdiction', 'recovered', 'wrong-vehicle', 'entry-outdated', 'duplicate', 'other'] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

/** What the entry said beside its mark when the hit was raised. */
export interface EntryDetails {
  readonly vehicle: ListedVehicle;
  readonly warnings: readonly string[];
  readonly caseReference: string | null;
  readonly source: string | null;
  readonly stage: Stage | null;
}

/** A pass that matches an entry, as kept. List, reason, owner stand here as they were when the hit was raised. Times are epoch milliseconds. */
export interface HitRecord {
  /** From the first confident read (or the pass) and the entry, so that matching twice raises one hit. */
  readonly id: string;
  /** null while provisional: the vehicle is still in view. */
  readonly passId: string | null;
  readonly provisionalFrame: string | null;
  readonly capturedAt: number;
  readonly cameraId: string;
  readonly siteId: string | null;
  readonly direction: Direction;
  readonly key: string;
  /** Mark as read, year and suffix included. */
  readonly plate: string;
  /** As read by the camera; beside `entryMark`, so that the officer compares the two with the picture. */
  readonly passMark: Mark;
  /** As the list has it; null for a pattern. */
  readonly entryMark: Mark | null;
  readonly entryPattern: string | null;
  readonly entryId: string;
  readonly entryDetails: EntryDetails;
  readonly list: string;
  readonly listVersion: number;
  /** When that list was last delivered: its age at the hit is `at - listImportedAt`. */
  readonly listImportedAt: number;
  readonly kind: ListKind;
  readonly matchKind: MatchKind;
  /** The alternative reading, or the look-alike exchanged ("8 for B"), or the pattern; null for the read itself. */
  readonly via: string | null;
  /** Probability that this vehicle carries the listed mark, 0..1. */
  readonly score: number;
  readonly contradictions: readonly string[];
  readonly action: HitAction;
  readonly reason: string;
  readonly owner: string;
  /** What agrees, and what is unread or differs, in words for the officer. */
  readonly agreement: string;
  readonly priority: number;
  readonly colour: ListSettings['colour'];
  readonly sound: ListSettings['sound'];
  readonly covert: boolean;
  /** The pass came long after it was seen: never rings as live. */
  readonly late: boolean;
  readonly status: HitStatus;
  /** When the hit was raised. */
  readonly at: number;
  /** Sightings within the cooldown, the first one counted. */
  readonly count: number;
  /** Earliest and latest capture of them, in whatever order they arrived. */
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly latestPassId: string | null;
  /** When it first reached somebody: an open stream, a webhook's 2xx. The cooldown starts here. */
  readonly deliveredAt: number | null;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly escalateAt: number | null;
  /** Steps of escalation taken. */
  readonly escalation: number;
  readonly decidedAt: number | null;
  readonly decidedBy: string | null;
  readonly rejectReason: RejectReason | null;
  readonly note: string | null;
  /** What the plate really said, where the officer who rejected a misread told. */
  readonly trueMark: string | null;
  /** Whether the vehicle was stopped or the tax taken; null = not told. */
  readonly enforced: boolean | null;
  /** When it closes by itself; null = never. */
  readonly closesAt: number | null;
}

export const HIT_EVENT_KINDS = ['raised', 'confirmed', 'withdrawn', 'repeated', 'delivered', 'acknowledged', 'escalated', 'accepted', 'rejected', 'enforced', 'closed'] as const;
export type HitEventKind = (typeof HIT_EVENT_KINDS)[number];

/** One thing that happened to a hit: a row of its append-only history and one server-sent event. */
export interface HitEvent {
  /** Rising in the order of commit. */
  readonly sequence: number;
  readonly at: number;
  readonly hitId: string;
  readonly kind: HitEventKind;
  readonly ring: boolean;
  /** API key id of who did it; null = the program. */
  readonly actor: string | null;
  /** Sites beside the hit's own that are told. */
  readonly sites: readonly string[];
  /** API keys that an escalation names. */
  readonly keys: readonly string[];
  readonly detail: HitEventDetail;
}

export interface HitEventDetail {
  /** In words: why withdrawn, what changed. */
  readonly message?: string;
  readonly reason?: RejectReason;
  readonly note?: string;
  readonly enforced?: boolean;
  readonly level?: number;
  readonly passId?: string;
  /** Of a repeated one: the id that the sighting would have had as a hit of its own. It is counted once. */
  readonly sighting?: string;
  readonly count?: number;
  readonly channel?: string;
  /** Of an escalation: who is called by this very step; its `sites` and `keys` are all that were ever told of the hit. */
  readonly calledSites?: readonly string[];
  readonly calledKeys?: readonly string[];
  readonly headsUp?: readonly HeadsUp[];
}
