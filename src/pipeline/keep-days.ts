import type { Config } from '../core/config.ts';
import type { CutOffs } from '../store/retention-report.ts';

/** How long each kind is kept, in days. */
export interface KeepDays {
  readonly passes: number;
  readonly hits: number;
  readonly journeys: number;
  readonly evidence: number;
  readonly audit: number;
  readonly setAside: number;
  readonly payloads: number;
}

const DAY_MS = 86_400_000;

export function keepDaysOf(config: Config): KeepDays {
  return {
    passes: config.DARWAZA_KEEP_PASSES_DAYS, hits: config.DARWAZA_KEEP_HITS_DAYS, journeys: config.DARWAZA_KEEP_JOURNEYS_DAYS,
    evidence: config.DARWAZA_KEEP_EVIDENCE_DAYS, audit: config.DARWAZA_KEEP_AUDIT_DAYS, setAside: config.DARWAZA_KEEP_SET_ASIDE_DAYS,
    payloads: config.DARWAZA_KEEP_PAYLOADS_DAYS,
  };
}

/** Times (epoch milliseconds) before which each kind is to go at `at`. A hit gives a pass a longer time, never a shorter one. */
export function cutOffsAt(at: number, keep: KeepDays): CutOffs {
  const before = (days: number): number => at - days * DAY_MS;
  return {
    passes: before(keep.passes), hits: before(Math.max(keep.hits, keep.passes)), journeys: before(keep.journeys), evidence: before(keep.evidence),
    audit: before(keep.audit), setAside: before(keep.setAside), payloads: before(payloadDays(keep)),
  };
}

/** A message holds the plates and pictures of its passes: it never outlives them. */
export function payloadDays({ payloads, passes, evidence }: KeepDays): number {
  return Math.min(payloads, passes, evidence);
}
