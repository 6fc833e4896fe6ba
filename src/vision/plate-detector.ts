import type { Picture, Quad } from './picture.ts';

/** One plate found in a picture: where it is and how sure the detector is, 0..1. */
export interface LocatedPlate { readonly corners: Quad; readonly confidence: number }

/** Finds plates. One instance per thread; not re-entrant. */
export interface PlateDetector {
  readonly name: string;
  detect(picture: Picture): Promise<readonly LocatedPlate[]>;
  close(): Promise<void>;
}
