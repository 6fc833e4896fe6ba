import type { Mark, PlateOutcome } from '../plate/mark.ts';

export type Direction = 'in' | 'out' | 'unknown';
/** Which way a vehicle moved in the camera's view: towards the camera or away from it. */
export type Movement = 'towards' | 'away' | 'unknown';
export type TimeSource = 'camera' | 'exif' | 'file';

/** The picture that a pass was read from: SHA-256 (hex) of its unaltered bytes, which is also its address in the evidence folder. */
export interface Evidence { readonly sha256: string; readonly mediaType: string; readonly width: number; readonly height: number }

export interface VotedCharacter { readonly char: string; readonly confidence: number }
export interface AlternativeMark { readonly mark: string; readonly confidence: number }
export interface PlateBox { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

/** What another system's camera says of the vehicle itself, in its words; null where it says nothing. Never guessed from the plate. */
export interface ObservedVehicle { readonly class: string | null; readonly make: string | null; readonly colour: string | null }
export const UNOBSERVED: ObservedVehicle = { class: null, make: null, colour: null };

/** One vehicle going by one camera: the vote over its reads. Never edited once recorded. All times are epoch milliseconds. */
export interface Pass {
  /** From camera, capture time and sequence (`passId`), so that sending it twice stores it once. */
  readonly id: string;
  readonly cameraId: string;
  /** When the vehicle was seen: capture time of the first read that was sure of itself, else of the evidence frame. The id carries it. */
  readonly capturedAt: number;
  readonly receivedAt: number;
  readonly processedAt: number;
  readonly timeSource: TimeSource;
  /** Tells apart vehicles that one camera saw at the same instant: 0, 1, … from left to right; large where the time has whole seconds only. */
  readonly sequence: number;
  readonly direction: Direction;
  readonly outcome: PlateOutcome | 'no-plate';
  /** Text as read, kept for ever beside the parse; '' when nothing was read. */
  readonly rawText: string;
  readonly mark: Mark | null;
  /** letters + number without leading zeros; null without a mark. */
  readonly key: string | null;
  /** `key` with look-alike characters folded. */
  readonly skeleton: string | null;
  readonly confidence: number;
  readonly characters: readonly VotedCharacter[];
  readonly alternatives: readonly AlternativeMark[];
  /** How many frames' reads the vote rests on. */
  readonly readCount: number;
  readonly plateBox: PlateBox | null;
  readonly corners: readonly (readonly [number, number])[] | null;
  readonly evidence: Evidence | null;
  /** Capture time of the evidence frame; null or absent: `capturedAt`. */
  readonly evidenceAt?: number | null;
  /** Absent: unknown. */
  readonly movement?: Movement;
  /** What was added to the time that the camera gave, milliseconds; null or absent: nothing. `capturedAt` has it in it. */
  readonly clockCorrectionMs?: number | null;
  readonly vehicle: ObservedVehicle;
  /** Who made the record: 'pipeline', 'api' for another system's pass, 'correction' for a person's. */
  readonly source: string;
  /** Id of the pass that this one, a person's correction, takes the place of. */
  readonly corrects?: string | null;
}
