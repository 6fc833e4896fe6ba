import { PlateMotion, type Place } from './plate-motion.ts';
import type { PlateBox } from './pass.ts';
import type { SeenPlate } from './mover.ts';

/** A plate goes on as it went for so long before it is first and after it is last read; milliseconds. A place alone tells no motion. */
const GOES_ON_MS = 1500, ALONE_MS = 400;
/** Places of a plate that its motion is taken from, and those that are kept. */
const NEAREST = 8, MOST_PLACES = 64;
/** A plate that was not seen for longer has nothing to do with what moves now; milliseconds. */
const KEPT_MS = 30_000;

/** Where the plates of one camera were over the last half minute, and so would have been shortly before and after. */
export class PlateTrails {
  #trails = new Map<number, Place[]>();

  take(at: number, plates: readonly SeenPlate[]): void {
    for (const { track, box } of plates) {
      const trail = this.#trails.get(track) ?? [];
      trail.push({ at, box });
      this.#trails.set(track, trail.length > MOST_PLACES ? [...trail.slice(0, -NEAREST).filter((_, i) => i % 2 === 0), ...trail.slice(-NEAREST)] : trail);
    }
    for (const [track, trail] of this.#trails) if ((trail.at(-1) as Place).at < at - KEPT_MS) this.#trails.delete(track);
  }

  /** The greatest share of the places that one plate, by where it was and would have been, belongs to. */
  share(places: readonly Place[], belongs: (plate: PlateBox, place: PlateBox) => boolean): number {
    const shares = [...this.#trails.values()].map((trail) => places.filter((place) => {
      const plate = placeAt(trail, place.at);
      return plate !== null && belongs(plate, place.box);
    }).length / Math.max(1, places.length));
    return Math.max(0, ...shares);
  }
}

/** Null: nobody can tell. */
function placeAt(trail: readonly Place[], at: number): PlateBox | null {
  const first = trail[0] as Place, last = trail.at(-1) as Place, longest = trail.length > 1 ? GOES_ON_MS : ALONE_MS;
  if (at < first.at - longest || at > last.at + longest) return null;
  if (trail.length === 1) return first.box;
  if (at <= first.at) return PlateMotion.along(trail.slice(0, NEAREST).toReversed()).expected(at);
  if (at >= last.at) return PlateMotion.along(trail.slice(-NEAREST)).expected(at);
  const next = trail.findIndex((p) => p.at >= at), a = trail[next - 1] as Place, b = trail[next] as Place, share = (at - a.at) / (b.at - a.at);
  const between = (from: number, to: number): number => from + (to - from) * share;
  return { x: between(a.box.x, b.box.x), y: between(a.box.y, b.box.y), width: between(a.box.width, b.box.width), height: between(a.box.height, b.box.height) };
}
