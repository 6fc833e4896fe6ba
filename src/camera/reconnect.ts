/** How long is waited before a camera is tried again. */
export interface BackOff {
  /** Milliseconds to wait after a connection that lasted `ranMs`. */
  next(ranMs: number): number;
}

export interface BackOffSettings { readonly firstMs: number; readonly capMs: number }

/** A camera that was rebooted is back within a minute; 225 sites behind one VPN that comes back must not all knock at once. */
export const BACK_OFF: BackOffSettings = { firstMs: 500, capMs: 30_000 };

/**
 * Doubles from `firstMs` up to `capMs`, each time shortened by up to a half by chance (`random`, 0..1). It starts over after a connection that lasted
 * longer than the cap: a camera that answers, sends one frame and dies is not hammered.
 */
export function createBackOff(random: () => number, { firstMs, capMs }: BackOffSettings = BACK_OFF): BackOff {
  let failures = 0;
  return {
    next: (ranMs) => {
      if (ranMs > capMs) failures = 0;
      // Past 2^30 the shift would turn negative; the cap is reached long before.
      const full = Math.min(capMs, firstMs * 2 ** Math.min(failures, 30));
      failures += 1;
      return Math.round(full * (1 - random() / 2));
    },
  };
}
