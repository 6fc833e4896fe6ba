/** When the frames of one stream were taken. */
export interface FrameTimes {
  /**
   * Epoch milliseconds, whole and strictly rising, of a frame with presentation time `seconds` (null: it has none) that came at `arrivedAt`. Null: it
   * cannot be told yet when it was taken.
   */
  at(seconds: number | null, arrivedAt: number): number | null;
  /** A new connection counts its presentation times from elsewhere. */
  restart(): void;
}

/** Beyond this the two clocks do not merely drift: one of them was set, or the camera began to count anew. */
const JUMP_MS = 1000;
/** Frames of which the least late one tells how far the clocks have drifted: half a minute at 5 a second. */
const WINDOW = 150;
/** For how long all frames must be late before it is a jump: what a network that stood still held back comes at once when it moves again. */
const LATE_FOR_MS = 5000;

/** A connection begins with frames that waited for it; they are over when one comes no sooner than its distance from the frame before tells, give or take this. */
const SETTLED_MS = 40;
/** After so many it counts as settled whatever comes. */
const MOST_UNSETTLED = 10;

/**
 * Times by this machine's clock with the stream's own spacing: arrival alone shakes with the network, presentation times alone have no date.
 * A frame cannot come before it was taken, so that the least late frame fixes the two clocks to each other; what drifts is followed slowly.
 */
export function createFrameTimes(): FrameTimes {
  let anchor: number | null = null, last = -Infinity, lastSeconds = -Infinity, leastLate = Infinity, counted = 0, lateSince: number | null = null, unsettled = MOST_UNSETTLED;
  const anchorAt = (value: number): void => {
    anchor = value;
    leastLate = Infinity;
    counted = 0;
    lateSince = null;
  };
  const follow = (lateness: number, arrivedAt: number): void => {
    leastLate = Math.min(leastLate, lateness);
    counted += 1;
    lateSince = lateness > JUMP_MS ? (lateSince ?? arrivedAt) : null;
    if (lateSince !== null && arrivedAt - lateSince > LATE_FOR_MS) anchorAt((anchor as number) + lateness);
    else if (counted >= WINDOW) anchorAt((anchor as number) + leastLate);
  };
  const rising = (at: number): number => {
    last = Math.max(Math.floor(at), last + 1);
    return last;
  };
  return {
    restart: () => {
      anchor = null;
      lastSeconds = -Infinity;
      unsettled = MOST_UNSETTLED;
    },
    at: (seconds, arrivedAt) => {
      if (seconds === null) return rising(arrivedAt);
      const shown = seconds * 1000, tooSoon = anchor === null ? Infinity : anchor + shown - arrivedAt;
      unsettled = tooSoon <= SETTLED_MS ? 0 : Math.max(0, unsettled - 1);
      if (anchor === null || seconds < lastSeconds || anchor + shown > arrivedAt) anchorAt(arrivedAt - shown);
      else follow(arrivedAt - shown - anchor, arrivedAt);
      lastSeconds = seconds;
      return unsettled > 0 ? null : rising((anchor as number) + shown);
    },
  };
}

/** Times of a file's frames: its start and their presentation times, strictly rising. */
export function createFileTimes(startsAt: number): FrameTimes {
  let last = -Infinity;
  return {
    restart: () => undefined,
    at: (seconds) => {
      last = Math.max(Math.floor(startsAt + (seconds ?? 0) * 1000), last + 1);
      return last;
    },
  };
}
