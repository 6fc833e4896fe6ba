import type { PlateCues } from '../plate/mark.ts';
import type { Direction, Movement, ObservedVehicle, PlateBox } from '../pass/pass.ts';

/** What ANPR cameras and other systems send, each in its own form. */
export const VENDORS = ['hikvision', 'dahua', 'axis', 'onvif', 'rekor', 'plate-recognizer', 'fiware'] as const;
export type Vendor = (typeof VENDORS)[number];

/** One message as it came: its parts, whole, in memory. A message of one part has one. */
export interface VendorMessage {
  readonly parts: readonly { readonly name: string | null; readonly fileName: string | null; readonly mediaType: string; readonly bytes: Buffer }[];
  /** Topic of a broker's message; null over HTTP. */
  readonly topic: string | null;
}

/** One vehicle as a camera that reads plates itself reports it. */
export interface VendorRead {
  /** The camera's own name of the event, by which its repeats and updates are known; null: it has none. */
  readonly eventId: string | null;
  /** What the message calls the camera (serial, channel, address); null: nothing. The route or topic says which camera of the register it is. */
  readonly device: string | null;
  /** By the camera's clock; epoch milliseconds. */
  readonly capturedAt: number;
  /** As the camera read it; '' for a vehicle without a plate. */
  readonly text: string;
  /** 0..1; null: not told. */
  readonly confidence: number | null;
  /** Other texts that it held possible, likeliest first. */
  readonly alternatives: readonly { readonly text: string; readonly confidence: number | null }[];
  /** In pixels of `picture`. */
  readonly plateBox: PlateBox | null;
  readonly direction: Direction;
  readonly movement: Movement;
  readonly lane: string | null;
  readonly vehicle: ObservedVehicle;
  /** Country, province or plate colour as far as our parser takes them. */
  readonly cues: PlateCues | null;
  /** `update`: more of a vehicle that is still in view; only `final` is a pass. */
  readonly stage: 'update' | 'final';
  readonly picture: { readonly bytes: Buffer; readonly mediaType: string } | null;
  readonly platePicture: { readonly bytes: Buffer; readonly mediaType: string } | null;
}

export type VendorReading =
  /** Never empty. */
  | { readonly kind: 'reads'; readonly reads: readonly VendorRead[] }
  /** A message in order that reports no vehicle: heartbeat, another kind of event. */
  | { readonly kind: 'other'; readonly what: string }
  | { readonly kind: 'faults'; readonly faults: readonly { readonly path: string; readonly message: string }[] };

/** Reads one message. Never throws: whatever comes is one of the three. */
export type VendorFormat = (message: VendorMessage, context: { readonly utcOffsetMinutes: number; readonly receivedAt: number }) => VendorReading;
