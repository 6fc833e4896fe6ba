import type { Mark } from '../plate/mark.ts';

/** What a journey is made from: a pass of one vehicle at a camera whose place against the city boundary is known. */
export interface Sighting {
  readonly passId: string;
  readonly cameraId: string;
  readonly siteId: string | null;
  /** Epoch milliseconds. */
  readonly capturedAt: number;
  readonly sequence: number;
  /** True for a camera on the city boundary; then `direction` decides entry or exit. */
  readonly boundary: boolean;
  readonly direction: 'in' | 'out' | 'unknown';
  readonly mark: Mark;
  readonly key: string;
  /** 0..1, of the whole mark as read. */
  readonly confidence: number;
  /** What another system's camera saw of the vehicle itself, in its words; null where it says nothing. */
  readonly vehicleClass: string | null;
  readonly vehicleColour: string | null;
}

/** When something that no camera saw must have happened: after `from`, before `to` (epoch milliseconds); null = no bound is known. */
export interface TimeWindow { readonly from: number | null; readonly to: number | null }

/** An exit whose mark is one look-alike from the entry's: probably the same vehicle. Both readings are shown. */
export interface ProbableExit {
  /** The journey that the exit made by itself, of a vehicle that nobody saw enter. */
  readonly journeyId: string;
  readonly exit: Sighting;
  /** 0..1: how sure the pairing is. */
  readonly score: number;
}

/** The outline of a journey: what is stored of it. The sightings themselves are the passes of its vehicle from start to end. */
export interface JourneyOutline {
  /** From its first sighting, so that rebuilding gives the same id. */
  readonly id: string;
  readonly key: string;
  /** Which of the vehicles that share the key: see `vehiclesOf`. */
  readonly vehicle: string;
  /** Fullest known mark of the vehicle. */
  readonly mark: Mark;
  readonly status: 'open' | 'closed';
  readonly entry: Sighting | null;
  readonly exit: Sighting | null;
  /** True when the vehicle was seen inside, or leaving, but not entering. */
  readonly entryMissing: boolean;
  /** True when the vehicle entered again without having been seen to leave. */
  readonly exitMissing: boolean;
  /** When the entry that nobody saw must have happened; null where the entry was seen. */
  readonly inferredEntry: TimeWindow | null;
  /** When the exit that nobody saw must have happened; null where it was seen or is still to come. */
  readonly inferredExit: TimeWindow | null;
  /** Several vehicles share the key and the part that tells them apart is unread. */
  readonly ambiguous: boolean;
  /** 0..1: that the passes at its ends were read right: their confidences multiplied. */
  readonly confidence: number;
  /** 0..1: that its passes are of one vehicle (`Vehicle.certainty`). Follows from all marks of the key, and is not stored: else one misread would change all journeys of a year. */
  readonly certainty: number;
  readonly startedAt: number;
  readonly lastSeenAt: number;
  readonly sightingCount: number;
  /** Sites where it was seen, each once, sorted. */
  readonly sites: readonly string[];
  /** Classes of vehicle that cameras saw, each once, sorted. */
  readonly classes: readonly string[];
}

/** A stay in the city of one vehicle: entry, the passes between, exit. Either end may be missing and is then named so. */
export interface Journey extends JourneyOutline {
  readonly sightings: readonly Sighting[];
}

/** A journey as it is kept: with what was found about it beside its own sightings. */
export interface KeptJourney extends Journey {
  readonly probableExit: ProbableExit | null;
  /** The journey whose probable exit this one holds; then it is no stay of its own. */
  readonly partOf: string | null;
}
