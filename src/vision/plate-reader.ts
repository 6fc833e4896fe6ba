import type { PlateCues } from '../plate/mark.ts';
import type { Picture, Quad } from './picture.ts';

export interface CharacterRead {
  readonly char: string;
  /** Probability that this character is right, 0..1. */
  readonly confidence: number;
  readonly alternatives: readonly { readonly char: string; readonly confidence: number }[];
}

/** The text of one rectified plate. `text` holds the mark's characters in reading order, without separators, as read. */
export interface PlateText {
  readonly text: string;
  readonly characters: readonly CharacterRead[];
  /** Probability that the whole text is right, 0..1. */
  readonly confidence: number;
  readonly cues: PlateCues;
  /** Where the mark's characters stand, in pixels of the picture that was read; absent when the reader does not know. */
  readonly area?: Quad;
  /** Probability that anybody could read the plate, 0..1; absent when the reader does not say. */
  readonly legible?: number;
  /** The text reaches the edge of what was seen: a character may have been cut off. */
  readonly atEdge?: boolean;
  /** By how much of the height of what was seen the rows fall over its width; negative when they rise. Absent when the reader does not know. */
  readonly tilt?: number;
  /** A part of the plate that a closer look may tell better. */
  readonly closer?: CloserLook;
}

/** A part of a plate to be seen closer: its edges as shares of what was seen, whether nothing was seen there yet, and the text without what it would tell. */
export interface CloserLook {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly view: PlateView;
  readonly unseen: boolean;
  readonly rest: string;
  /** The text with the part as it is seen closer; null when that shows nothing better. */
  read(part: Picture): Promise<PlateText | null>;
}

/** A way to cut a plate out: pixels of the upright picture, and how much of the plate's width and height is added on each side. */
export interface PlateView { readonly width: number; readonly height: number; readonly margin: number }

export interface ReadHint {
  /** It is known to be a plate (cut out by somebody): worth every effort. Otherwise text that cannot be a mark is given up early. */
  readonly surelyPlate?: boolean;
  /** Other frames show the plate too: one look is enough, and what it leaves in doubt they settle. */
  readonly oftenSeen?: boolean;
}

/** Reads a rectified plate. One instance per thread; not re-entrant. `null`: nothing readable on it. */
export interface PlateReader {
  readonly name: string;
  /**
   * How the reader wants to see a plate whose sides measure so in the picture; the first is the usual one, the others are worth a look
   * while that leaves doubt. Absent: the plate as the detector gave it, in its own size.
   */
  views?(size: { readonly width: number; readonly height: number }): readonly [PlateView, ...PlateView[]];
  read(plate: Picture, hint?: ReadHint): Promise<PlateText | null>;
  close(): Promise<void>;
}
