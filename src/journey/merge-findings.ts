import { cloneFinding } from './clones.ts';
import { joinedEvidence, type Finding } from './finding.ts';

/** Things in evidence that a finding keeps: the newest. Its count tells of all. */
export const EVIDENCE_KEPT = 100;

/** A time in which everything was looked at anew; epoch milliseconds, from ≤ t < to. */
export interface Examined { readonly from: number; readonly to: number }

/**
 * What a finding comes to when it is found again. Evidence gathers, each thing once; what stood in an examined time and was not found there
 * again (a pass was corrected, another came late) goes. null: nothing is left of it.
 */
export function mergedFinding(before: Finding | null, found: Finding | null, examined: Examined | null = null): Finding | null {
  const either = found ?? before;
  if (either === null) return null;
  const again = new Set(found?.evidence.map((e) => e.id)), known = new Set(before?.evidence.map((e) => e.id));
  const kept = (before?.evidence ?? []).filter((e) => again.has(e.id) || examined === null || e.at < examined.from || e.at >= examined.to);
  const evidence = joinedEvidence(kept, found?.evidence ?? []), fresh = evidence.filter((e) => !known.has(e.id)).length;
  const count = (before?.count ?? 0) - ((before?.evidence.length ?? 0) - kept.length) + fresh, newest = evidence.slice(-EVIDENCE_KEPT), [oldest] = newest;
  if (oldest === undefined) return null;
  // Older things than those that are kept were in evidence too.
  const firstAt = before !== null && count > newest.length ? Math.min(before.firstAt, oldest.at) : oldest.at;
  const merged = { ...either, firstAt, lastAt: newest.at(-1)?.at ?? oldest.at, count, evidence: newest };
  return either.kind === 'clone' ? { ...merged, ...labelled(merged) } : merged;
}

/** The label of a clone follows from all its evidence, not from what was found last. */
function labelled(finding: Finding): Partial<Finding> {
  const { label, summary } = cloneFinding(finding, finding.evidence, finding.count) ?? finding;
  return { label, summary };
}
