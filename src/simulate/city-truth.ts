import type { Pass } from '../pass/pass.ts';
import type { Mark } from '../plate/mark.ts';

/**
 * How a vehicle uses the city. `resident`: lives inside; `commuter`: comes and goes daily; `through`: crosses the city, mostly once; `bus`: a timetable on
 * one line; `truck`: at night; `visitor`: stays for days.
 */
export const VEHICLE_KINDS = ['resident', 'commuter', 'through', 'bus', 'truck', 'visitor'] as const;
export type VehicleKind = (typeof VEHICLE_KINDS)[number];

/** One delivery of a pass. */
export interface SimulatedPass {
  /** As the recorder takes it: what was read, by the camera's clock. */
  readonly pass: Pass;
  /** Who really drove by: an index into `CityTruth.vehicles`. */
  readonly vehicle: number;
  /** Epoch milliseconds, of a right clock; the same as `pass.receivedAt`. */
  readonly arrivesAt: number;
  /** A character differs from the plate. What was merely not read is no misread. */
  readonly misread: boolean;
  /** The second delivery of the same pass. */
  readonly repeated: boolean;
}

export interface TrueVehicle {
  readonly vehicle: number;
  readonly mark: Mark;
  readonly kind: VehicleKind;
  /** Words as cameras and lists use them: car, motorcycle, truck; white, grey. */
  readonly class: string;
  readonly colour: string;
  /** The vehicle whose mark this one carries as a forgery. */
  readonly cloneOf: number | null;
  /** The vehicle that carries the same letters and number of another province or year, lawfully. */
  readonly twinOf: number | null;
  readonly convoy: number | null;
}

/** One end of a stay. `at`: true time, not the camera's; `passId`: the pass that captured it, null when no camera did. */
export interface TrueCrossing { readonly at: number; readonly site: string; readonly passId: string | null }

export interface TrueStay {
  readonly vehicle: number;
  /** null: inside from the beginning. */
  readonly entry: TrueCrossing | null;
  /** null: still inside at the end. */
  readonly exit: TrueCrossing | null;
  /** Passes that cameras captured of it, both ends included; repeats count once. */
  readonly seen: number;
}

/** Vehicles that travelled as one: within 30 s of each other at every site of `trips` trips, over `sites` different sites. */
export interface TrueConvoy { readonly convoy: number; readonly vehicles: readonly number[]; readonly trips: number; readonly sites: number }

/** A period (from inclusive, to exclusive, epoch milliseconds) in which a camera recorded nothing. */
export interface CameraDown { readonly cameraId: string; readonly from: number; readonly to: number }
/** A period in which a site could not send: its passes arrive after `to`. */
export interface SiteCut { readonly siteId: string; readonly from: number; readonly to: number }
/** A camera says true time + `offsetMs` + `driftMsPerDay` × days since the beginning. */
export interface CameraClock { readonly cameraId: string; readonly offsetMs: number; readonly driftMsPerDay: number }
/** A vehicle that stood in view of one camera. */
export interface ParkedVehicle { readonly vehicle: number; readonly cameraId: string; readonly from: number; readonly to: number }

/** What really happened. Everything but `stays`, `insideAtEnd` and `parked` is there from the beginning; those three once `passes()` was read to its end. */
export interface CityTruth {
  readonly vehicles: readonly TrueVehicle[];
  /** Every true stay in the city, in no order. */
  readonly stays: readonly TrueStay[];
  /** Vehicles inside at the end, whether or not any camera ever saw them. */
  readonly insideAtEnd: number;
  /** Of them, those that a camera captured during the stay. Nobody can know of the others. */
  readonly seenInsideAtEnd: number;
  /** Vehicles that carry another's mark, with that other. */
  readonly clones: readonly { readonly vehicle: number; readonly original: number }[];
  /** Vehicles that lawfully share letters and number with another. */
  readonly twins: readonly { readonly vehicle: number; readonly other: number }[];
  readonly convoys: readonly TrueConvoy[];
  readonly downs: readonly CameraDown[];
  readonly cuts: readonly SiteCut[];
  readonly clocks: readonly CameraClock[];
  readonly parked: readonly ParkedVehicle[];
}
