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
  readonly mark: import('../plate/mark.ts').Mark;
  readonly key: string;
}

/** A stay in the city of one vehicle: entry, the passes between, exit. Either end may be missing and is then named so. */
export interface Journey {
  /** From its first sighting, so that rebuilding gives the same id. */
  readonly id: string;
  readonly key: string;
  /** Fullest known mark of the sightings. */
  readonly mark: import('../plate/mark.ts').Mark;
  readonly status: 'open' | 'closed';
  readonly entry: Sighting | null;
  readonly exit: Sighting | null;
  /** True when the vehicle was seen inside, or leaving, but not entering. */
  readonly entryMissing: boolean;
  /** True when the vehicle entered again without having been seen to leave. */
  readonly exitMissing: boolean;
  /** Several vehicles share the key and the part that tells them apart is unread. */
  readonly ambiguous: boolean;
  readonly startedAt: number;
  readonly lastSeenAt: number;
  readonly sightings: readonly Sighting[];
}
