import type { StreamState } from '../camera/live-frame.ts';
import type { KeptStream } from '../store/camera-figures.ts';

/** Mean brightness, 0..255. The second number ends what the first begins, so that a picture near the limit does not come and go. */
const DARK = { below: 10, until: 16 }, GLARING = { above: 245, until: 235 };
/** Share of the scene that stands where it stood: a covered, turned or sprayed camera shows next to nothing of it, a queue of lorries hides a half. */
const MOVED = { below: 0.4, until: 0.6 };

/** A stream's state as it is kept, with since when its picture is not what it should be. `now`: epoch milliseconds. */
export function keptStream(before: KeptStream | null, { state, fault, reconnects, brightness, sameScene }: StreamState, now: number): KeptStream {
  const since = (was: number | null | undefined, measure: number | null, begins: (m: number) => boolean, ends: (m: number) => boolean): number | null => {
    if (measure === null) return was ?? null;
    if (was == null) return begins(measure) ? now : null;
    return ends(measure) ? null : was;
  };
  return {
    state, fault, reconnects, brightness, sameScene,
    darkSince: since(before?.darkSince, brightness, (b) => b < DARK.below, (b) => b > DARK.until),
    glaringSince: since(before?.glaringSince, brightness, (b) => b > GLARING.above, (b) => b < GLARING.until),
    movedSince: since(before?.movedSince, sameScene, (s) => s < MOVED.below, (s) => s > MOVED.until),
  };
}
