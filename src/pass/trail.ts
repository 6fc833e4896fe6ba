import { PlateMotion, type Fit, type Place } from './plate-motion.ts';

/** Places kept of one vehicle: with every other one left out whenever they are too many, they span its whole time in view. */
const MOST_PLACES = 48;
/** Places that a motion at another time is taken from. */
const NEAREST = 8;

/** Where one plate was, over time. Bounded: of a long stay every second, fourth, eighth… place is kept, and the latest ones. */
export class Trail {
  #places: Place[] = [];

  get places(): readonly Place[] {
    return this.#places;
  }

  take(place: Place): void {
    const { at } = place, last = this.#places.at(-1);
    if (last === undefined || last.at <= at) this.#places.push(place);
    else this.#places.splice(this.#places.findIndex((p) => p.at > at), 0, place);
    if (this.#places.length <= MOST_PLACES) return;
    const recent = this.#places.slice(-NEAREST);
    this.#places = [...this.#places.slice(0, -NEAREST).filter((_, i) => i % 2 === 0), ...recent];
  }

  /** How well a place fits to the motion before it, or after it where nothing was seen before. */
  fit(place: Place, pictureArea: number): Fit {
    const before = this.#places.filter((p) => p.at <= place.at).slice(-NEAREST), after = this.#places.filter((p) => p.at > place.at).slice(0, NEAREST).toReversed();
    const gap = (places: readonly Place[]): number => Math.abs((places.at(-1)?.at ?? Infinity) - place.at);
    // The side that is nearer, but a motion needs two places to have a velocity.
    const side = before.length > 1 && (after.length < 2 || gap(before) <= gap(after)) ? before : after.length > 1 || before.length === 0 ? after : before;
    return PlateMotion.along(side).fit(place, pictureArea);
  }
}
