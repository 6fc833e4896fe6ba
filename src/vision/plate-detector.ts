import type { Picture, Quad } from './picture.ts';

/** One plate found in a picture: where it is and how sure the detector is, 0..1. */
export interface LocatedPlate { readonly corners: Quad; readonly confidence: number }

/** Each look at a faint find costs a few milliseconds, of a picture that most often shows no plate at all. */
const mostFaint = 3;

/** Finds plates. One instance per thread; not re-entrant. */
export interface PlateDetector {
  readonly name: string;
  /** It knows plates by their look. Otherwise it proposes whatever text could stand on one, and what is read there decides. */
  readonly knowsPlates?: boolean;
  /** Finds less sure than this are worth a look only where nothing better was read. Absent: all are worth one. */
  readonly sureFrom?: number;
  detect(picture: Picture): Promise<readonly LocatedPlate[]>;
  /** A dearer search for smaller plates, for a picture in which the first gave nothing that reads like a plate. Null: it would see no more. */
  detectCloser?(picture: Picture): Promise<readonly LocatedPlate[]> | null;
  /** A cheap search for a plate that fills most of the picture, seen small and with something around it. */
  detectFilling?(picture: Picture): Promise<readonly LocatedPlate[]>;
  /** A search of the picture brought to `longSide` pixels, where it is larger. */
  detectSized?(picture: Picture, longSide: number): Promise<readonly LocatedPlate[]>;
  close(): Promise<void>;
}

/** The finds that are worth a look at once, and the few faint ones that are while nothing was read, each surest first. */
export function bySureness(found: readonly LocatedPlate[], { sureFrom = 0 }: Pick<PlateDetector, 'sureFrom'>): { readonly sure: readonly LocatedPlate[]; readonly faint: readonly LocatedPlate[] } {
  return { sure: found.filter((p) => p.confidence >= sureFrom), faint: found.filter((p) => p.confidence < sureFrom).slice(0, mostFaint) };
}
