import type { Mark } from '../plate/mark.ts';
import { markOf } from './mark-columns.ts';
import { journeys } from './schema.ts';

/** An end of a stay that was seen: when (epoch milliseconds), where, and by which pass. */
export interface StayEnd { readonly at: number; readonly siteId: string | null; readonly passId: string | null }

/** A journey as one line: its ends, and what is inferred of those that nobody saw. */
export interface Stay {
  readonly id: string;
  readonly key: string;
  readonly mark: Mark;
  readonly status: 'open' | 'closed';
  readonly entry: StayEnd | null;
  readonly exit: StayEnd | null;
  /** The exit was read one look-alike away: probably this vehicle's; 0..1 how sure that is, null for an exit of its own mark. */
  readonly pairScore: number | null;
  readonly entryMissing: boolean;
  readonly exitMissing: boolean;
  /** Of a missing entry: it was outside at this time. */
  readonly enteredAfter: number | null;
  /** Of a missing exit: it came in again at this time. */
  readonly leftBefore: number | null;
  readonly ambiguous: boolean;
  readonly confidence: number;
  readonly startedAt: number;
  readonly lastSeenAt: number;
  readonly sightingCount: number;
  readonly sites: readonly string[];
}

export function stayOf(row: typeof journeys.$inferSelect): Stay {
  const { id, key, status, entryMissing, exitMissing, ambiguous, confidence, startedAt, lastSeenAt, sightingCount, sites } = row;
  return {
    id, key, mark: markOf(row), status, entryMissing, exitMissing, ambiguous, confidence, startedAt, lastSeenAt, sightingCount, sites,
    entry: row.entryAt === null ? null : { at: row.entryAt, siteId: row.entrySite, passId: row.entryPassId },
    exit: row.leftAt === null ? null : { at: row.leftAt, siteId: row.leftSite, passId: row.exitPassId ?? row.pairExitPassId },
    pairScore: row.exitAt === null && row.leftAt !== null ? row.pairScore : null, enteredAfter: row.entryAfter, leftBefore: row.exitBefore,
  };
}
