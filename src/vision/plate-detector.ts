import type { Picture, Quad } from './picture.ts';

/** One plate found in a picture: where it is and how sure the detector is, 0..1. */
export interface LocatedPlate { readonly corners: Quad; readonly confidence: number }

/** Finds plates. One instance per thread; not re-entrant. */
export interface PlateDetector {
  readonly name: string;
  /** It knows plates by their look. Otherwise it proposes whatever text could stand on one, and what is read there decides. */
  readonly knowsPlates?: boolean;
  detect(picture: Picture): Promise<readonly LocatedPlate[]>;
  /** A dearer search for smaller plates, for a picture in which the first gave nothing that reads like a plate. Null: it would see no more. */
  detectCloser?(picture: Picture): Promise<readonly LocatedPlate[]> | null;
  /** A cheap search for a plate that fills most of the picture, seen small and with something around it. */
  detectFilling?(picture: Picture): Promise<readonly LocatedPlate[]>;
  close(): Promise<void>;
}
