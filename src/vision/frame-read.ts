import type { PlateCues, PlateParse } from '../plate/mark.ts';
import type { Box, Quad } from './picture.ts';
import type { CharacterRead } from './plate-reader.ts';

/** The text read from one plate of one frame, and its parse. */
export interface Read {
  readonly text: string;
  readonly parse: PlateParse;
  readonly confidence: number;
  readonly characters: readonly CharacterRead[];
  readonly corners: Quad;
  readonly box: Box;
  /** What stands around the mark; a vote over several frames settles it anew. */
  readonly cues?: PlateCues;
  /** How sure the detector is of the plate, 0..1; absent when it proposes text rather than plates, and for a crop. */
  readonly detection?: number;
  /** Probability that anybody could read the plate; absent when the reader does not say. */
  readonly legible?: number;
  /** How sharp the plate stands in the picture, 0..1; absent for a picture that is no frame of a stream. */
  readonly sharpness?: number;
}

/** Everything that vision says of one picture. Times are wall milliseconds of each stage. */
export interface FrameRead {
  readonly width: number;
  readonly height: number;
  readonly reads: readonly Read[];
  readonly ms: { readonly decode: number; readonly detect: number; readonly read: number };
}
