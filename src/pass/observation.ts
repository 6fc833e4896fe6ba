import type { PlateCues, PlateParse } from '../plate/mark.ts';
import type { Evidence, Movement, PlateBox, TimeSource } from './pass.ts';

/** One character of a read, with what else it could be. */
export interface ReadCharacter {
  readonly char: string;
  /** Probability that the character is right, 0..1. */
  readonly confidence: number;
  readonly alternatives: readonly { readonly char: string; readonly confidence: number }[];
}

/** The text read from one plate of one frame; the part of vision's `Read` that following and voting need. */
export interface PlateRead {
  readonly text: string;
  readonly parse: PlateParse;
  /** Probability that the whole text is right, 0..1. */
  readonly confidence: number;
  readonly characters: readonly ReadCharacter[];
  readonly corners: readonly (readonly [number, number])[];
  /** Pixels of the frame. */
  readonly box: PlateBox;
  /** What stands around the mark, for the jurisdiction. */
  readonly cues?: PlateCues;
  /** How sharp the plate stands in the picture, 0..1; absent: not measured. */
  readonly sharpness?: number;
}

/** One frame of one camera with its reads. `evidence.sha256` tells frames of one instant apart. */
export interface SeenFrame {
  readonly capturedAt: number;
  readonly timeSource: TimeSource;
  /** Epoch milliseconds at which the program got the frame. */
  readonly receivedAt: number;
  readonly evidence: Evidence;
  readonly reads: readonly PlateRead[];
  /** What was added to the time that the camera gave, milliseconds; absent or null: nothing. `capturedAt` has it in it. */
  readonly clockCorrectionMs?: number | null;
  /** Where in the frame something moved since the frames before, in its pixels; absent: nobody looked (single pictures). */
  readonly moving?: readonly PlateBox[];
}

/** One read in its frame. `order` tells it from all other plates that the camera saw at that instant, rising from left to right. */
export interface Observation {
  readonly frame: SeenFrame;
  readonly read: PlateRead;
  readonly order: number;
}

/** One vehicle followed over the frames of one camera. */
export interface Track {
  /** By time; the weakest ones are left out of a long track. Empty for a vehicle without a plate. */
  readonly observations: readonly Observation[];
  /** For a vehicle without a plate: the middle frame of its burst, and its place among what the camera saw at that instant. */
  readonly plateless: { readonly frame: SeenFrame; readonly order: number } | null;
  readonly firstAt: number;
  readonly lastAt: number;
  /** The first read that was sure of itself; the pass has its time and id. Absent or null: none was, and the evidence gives both. */
  readonly first?: Observation | null;
  /** Reads that the evidence is chosen from: those whose frames the follower asked to be kept all along. Absent: any. */
  readonly evidence?: readonly Observation[];
  /** The best read of another plate that the vehicle carries. */
  readonly second?: Observation | null;
  /** Which way it moved in the view; absent: unknown. */
  readonly movement?: Movement;
}
