import { compareMarks } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';

/** A pass at one of two places. */
export interface PlacedPass {
  readonly passId: string;
  readonly key: string;
  readonly mark: Mark;
  /** Epoch milliseconds. */
  readonly capturedAt: number;
  readonly place: 'a' | 'b';
}

/** One vehicle at one place and then at the other. `certain`: no part of the two marks is known on one side only. */
export interface Trip<P extends PlacedPass> {
  readonly earlier: P;
  readonly later: P;
  readonly certain: boolean;
}

export interface TripRules {
  /** Longest time between the two passes. */
  readonly withinMs: number;
  readonly order: 'any' | 'a-first';
}

/**
 * Trips between two places, newest arrival first. A trip is a pass and the last one before it that could be of the same vehicle, when that
 * was at the other place: a vehicle parked at the second place arrives once. Marks that share a key and contradict each other in a part that
 * was read are different vehicles. The order in which the passes are given changes nothing.
 */
export function tripsBetween<P extends PlacedPass>(passes: readonly P[], { withinMs, order }: TripRules): Trip<P>[] {
  const byKey = new Map<string, P[]>();
  for (const pass of passes) {
    const same = byKey.get(pass.key);
    if (same === undefined) byKey.set(pass.key, [pass]);
    else same.push(pass);
  }
  const trips = [...byKey.values()].filter((own) => own.length > 1).flatMap((own) => tripsOfKey(own.toSorted(inOrder), withinMs));
  return trips.filter((trip) => order === 'any' || trip.earlier.place === 'a').toSorted((x, y) => inOrder(y.later, x.later));
}

function tripsOfKey<P extends PlacedPass>(passes: readonly P[], withinMs: number): Trip<P>[] {
  return passes.flatMap((later, i): Trip<P>[] => {
    for (let k = i - 1; k >= 0; k--) {
      const earlier = passes[k];
      if (earlier === undefined || later.capturedAt - earlier.capturedAt > withinMs) return [];
      const { contradicts, unread } = compareMarks(earlier.mark, later.mark);
      if (contradicts.length > 0) continue;
      return earlier.place === later.place ? [] : [{ earlier, later, certain: unread.length === 0 }];
    }
    return [];
  });
}

export function inOrder(a: PlacedPass, b: PlacedPass): number {
  return a.capturedAt - b.capturedAt || (a.passId < b.passId ? -1 : a.passId > b.passId ? 1 : 0);
}
