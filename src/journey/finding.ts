import { createHash } from 'node:crypto';
import type { Mark } from '../plate/mark.ts';
import { writeMarkInFull } from '../plate/written-form.ts';
import type { Sighting } from './journey.ts';

export const FINDING_KINDS = ['clone', 'convoy', 'over-stay', 'first-seen', 'frequent-crossings', 'night-pattern', 'loop'] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/**
 * What the evidence comes to. `clone`: two vehicles carry the mark; `possible-misread`: one of the passes may show another mark (most impossible
 * trips are misreads); `convoy`; `counted`: a pattern that was counted, and says no more than that.
 */
export const FINDING_LABELS = ['clone', 'possible-misread', 'convoy', 'counted'] as const;
export type FindingLabel = (typeof FINDING_LABELS)[number];

/** A pass that evidence rests on, told so that it still says what it said when the pass itself has been deleted. */
export interface SeenAt {
  readonly passId: string;
  readonly cameraId: string;
  readonly siteId: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
  /** As read there, with its jurisdiction where known. */
  readonly mark: string;
  readonly confidence: number;
  readonly vehicleClass: string | null;
  readonly vehicleColour: string | null;
}

/** One thing that speaks for a finding: a sentence, the numbers behind it (units in their names), the passes. */
export interface Evidence {
  /** The same thing found again has the same id. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Whether it weighs towards the graver label: of an impossible trip, that both passes were verified and nothing explains them otherwise. */
  readonly firm: boolean;
  readonly words: string;
  readonly figures: Readonly<Record<string, number | string>>;
  readonly passes: readonly SeenAt[];
}

export interface Finding {
  /** From its kind and subject, so that what is found again gathers in one finding. */
  readonly id: string;
  readonly kind: FindingKind;
  readonly label: FindingLabel;
  /** The vehicle's key; of a convoy the first of them. */
  readonly key: string;
  /** Keys of all vehicles that it is about, sorted. */
  readonly keys: readonly string[];
  readonly mark: Mark;
  /** Times of the first and last thing in evidence, epoch milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** A whole sentence. */
  readonly summary: string;
  /** How often it was observed. */
  readonly count: number;
  /** Oldest first, each id once. */
  readonly evidence: readonly Evidence[];
}

/** The id of what `subject` names. Two findings of one kind about the same subject are one. */
export function findingId(kind: FindingKind, subject: readonly (string | number | null)[]): string {
  return `f-${hashOf([kind, ...subject])}`;
}

/** The id of one thing in evidence. */
export function evidenceId(of: readonly (string | number | null)[]): string {
  return `e-${hashOf(of)}`;
}

function hashOf(of: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 24);
}

export function seenAt(sighting: Sighting): SeenAt {
  const { passId, cameraId, siteId, capturedAt, confidence, vehicleClass, vehicleColour } = sighting;
  return { passId, cameraId, siteId, at: capturedAt, mark: writeMarkInFull(sighting.mark), confidence, vehicleClass, vehicleColour };
}

/** Evidence of both, each id once, oldest first. */
export function joinedEvidence(...parts: readonly (readonly Evidence[])[]): Evidence[] {
  const byId = new Map(parts.flat().map((one) => [one.id, one]));
  return [...byId.values()].toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

/** Sightings in the order of time; the same set always in the same order. */
export function byTime(a: Sighting, b: Sighting): number {
  return a.capturedAt - b.capturedAt || (a.passId < b.passId ? -1 : a.passId > b.passId ? 1 : 0);
}
