import type { Register } from '../geo/register.ts';
import { checkedOptions, type CityOptions } from './city-options.ts';
import type { CityTruth, SimulatedPass } from './city-truth.ts';

export type { CityOptions } from './city-options.ts';
export type * from './city-truth.ts';

/** A city's traffic as its cameras report it, with what really happened. */
export interface SimulatedCity {
  /**
   * Passes in the order of their arrival; repeats stand twice. About a day of them is held at once. Each call drives the same days again and gives the same passes.
   */
  passes(): Iterable<SimulatedPass>;
  /** Complete once `passes()` has been read to its end: see `CityTruth`. */
  readonly truth: CityTruth;
}

/** @throws RangeError for options that cannot be used, and for a register without a boundary site */
export function simulateCity(register: Register, options: CityOptions): SimulatedCity {
  checkedOptions(options);
  throw new Error(`not driven yet: ${register.city.name}`);
}
