import type { Pass } from '../pass/pass.ts';

/** Where the camera stood when it saw the vehicle, from the register as of the capture time. */
export interface Placement {
  /** null: the register did not know the camera at that time. */
  readonly siteId: string | null;
  readonly boundary: boolean;
}

export type StoredPass = Pass & Placement;
