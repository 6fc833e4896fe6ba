import type { SeenFrame } from './observation.ts';
import type { PlateBox } from './pass.ts';
import type { Place } from './plate-motion.ts';

/** A plate in a frame, and the number of the track that it belongs to. */
export interface SeenPlate { readonly track: number; readonly box: PlateBox }

/** How often a plate was seen while a movement was, and how often within it. */
interface Sightings { readonly seen: number; readonly within: number }

/** What may be one vehicle: a movement, and those that came of it when it stopped, was hidden or fell in two. It is one pass, or a plate's. */
export interface Mover {
  joined: Mover | null;
  /** It is a plate's vehicle, or nothing that counts, whatever is seen later. */
  claimed: boolean;
  reported: boolean;
  best: { readonly frame: SeenFrame; readonly order: number; readonly area: number; readonly cut: boolean } | null;
  firstAt: number;
  /** When the movement that makes it a vehicle was over; null: none was yet. */
  endedAt: number | null;
  /** Where it came to rest. */
  rests: PlateBox | null;
  lastAt: number;
  /** By track of the plate. */
  plates: Map<number, Sightings>;
  /** Where the movements went that make it a vehicle. */
  way: readonly Place[];
}

/** A plate is a movement's when it was within it in this share of the frames that show both, and in this share of the most that it was within any. */
const MOSTLY = 0.5, OF_THE_MOST = 0.5;
/** Seen in it so often, a plate is hardly another vehicle's: no picture of the movement needs keeping. */
const OFTEN = 5;

export function newMover(at: number, claimed: boolean): Mover {
  return { joined: null, claimed, reported: false, best: null, firstAt: at, endedAt: null, rests: null, lastAt: at, plates: new Map(), way: [] };
}

export function whole(mover: Mover): Mover {
  let at = mover;
  while (at.joined !== null) at = at.joined;
  return at;
}

export function sawPlate({ plates }: Mover, track: number, isWithin: boolean): void {
  const { seen, within } = plates.get(track) ?? { seen: 0, within: 0 };
  plates.set(track, { seen: seen + 1, within: within + (isWithin ? 1 : 0) });
}

/** Whether a plate was seen in it. Of vehicles that meet, each plate is the one's that it was seen in most; `all`: every movement that it may have been in. */
export function isPlates(mover: Mover, all: readonly Mover[]): boolean {
  return mover.claimed || [...mover.plates].some(([track, { seen, within }]) => within >= MOSTLY * seen && within >= OF_THE_MOST * Math.max(...all.map((m) => m.plates.get(track)?.within ?? 0)));
}

/** Whether a plate was seen in it often. */
export function isSurelyPlates({ claimed, plates }: Mover): boolean {
  return claimed || [...plates.values()].some(({ seen, within }) => within >= OFTEN && within >= MOSTLY * seen);
}

/** Keeps the frame that shows the vehicle largest, whole if any does. */
export function keepBest(mover: Mover, candidate: NonNullable<Mover['best']>): void {
  const { best } = mover;
  if (best === null || (best.cut === candidate.cut ? candidate.area > best.area : best.cut)) mover.best = candidate;
}

/** From now on both are one: a plate's if either is, given out if either was. */
export function join(into: Mover, other: Mover): void {
  if (into === other) return;
  other.joined = into;
  into.claimed ||= other.claimed;
  into.reported ||= other.reported;
  into.firstAt = Math.min(into.firstAt, other.firstAt);
  into.lastAt = Math.max(into.lastAt, other.lastAt);
  into.endedAt ??= other.endedAt;
  into.rests ??= other.rests;
  into.way = [...into.way, ...other.way];
  for (const [track, { seen, within }] of other.plates) {
    const own = into.plates.get(track) ?? { seen: 0, within: 0 };
    // Both saw the same reads: they are not counted twice.
    into.plates.set(track, { seen: Math.max(own.seen, seen), within: Math.max(own.within, within) });
  }
  if (other.best !== null) keepBest(into, other.best);
}
