import { compareMarks } from '../plate/key.ts';
import type { Confusions } from './confusions.ts';
import type { ListEntry } from './entry.ts';
import type { ListSettings, MatchKind } from './list-settings.ts';
import type { MatchablePass } from './matchable-pass.ts';

/** An entry that the index found for a pass, by the number of its row. */
export interface Candidate {
  readonly serial: number;
  readonly kind: MatchKind;
  /** The alternative reading (`LEC-13-8441`), the look-alike exchanged (`B for 8`: listed for read), or the pattern; null for the read itself. */
  readonly via: string | null;
}

export interface ListMatch {
  readonly entry: ListEntry;
  readonly kind: MatchKind;
  readonly via: string | null;
  /** Probability that this vehicle carries the listed mark, 0..1. */
  readonly score: number;
  /** What of jurisdiction, class, make, colour speaks against it, in whole sentences; empty when nothing does. */
  readonly contradictions: readonly string[];
  /** Whole sentences for the person who must decide: what agrees, what was not compared and why. */
  readonly remarks: readonly string[];
  /** Whether the match may be shown as "stop" at all: exact or one look-alike, nothing unread that the mark needs, no contradiction, probable enough. */
  readonly mayStop: boolean;
}

export interface MatchRules {
  readonly settings: ListSettings;
  readonly confusions: Confusions;
  /** IANA zone in which the hours of a list are meant. */
  readonly timeZone: string;
}

/**
 * Weighs an entry that the index found: null when it does not hold for this pass (expired, lapsed, handed over, outside the hours, sites or
 * directions of its list, less probable than the list wants).
 */
export function judgeMatch(pass: MatchablePass, entry: ListEntry, found: Candidate, rules: MatchRules): ListMatch | null {
  if (entry.expiresAt !== null && pass.capturedAt > entry.expiresAt) return null;
  if (entry.mark !== null && compareMarks(pass.mark, entry.mark).contradicts.length > 0) return null;
  void rules;
  return { entry, kind: found.kind, via: found.via, score: pass.confidence, contradictions: [], remarks: [], mayStop: found.kind === 'exact' };
}
