import type { RandomNumbers } from './random-numbers.ts';

/** A period in which one of several things did not work; `from` inclusive, `to` exclusive. */
export interface Outage { readonly index: number; readonly from: number; readonly to: number }

export interface OutageRules {
  /** How many things there are. */
  readonly count: number;
  /** Share of all their time. */
  readonly share: number;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly meanMs: number;
  readonly mostMs: number;
}

/** Shorter ones are not worth a repairman's way. */
const LEAST_MS = 15 * 60_000;
/** Things that are out already are asked again this often for each outage; a city in which all is broken need not be filled to the last minute. */
const TRIES = 50;

/** Outages that together take the share asked, sorted by begin; those of one thing do not touch. */
export function outagesOf(rules: OutageRules, random: RandomNumbers): Outage[] {
  const { count, startsAt, endsAt } = rules, outages: Outage[] = [], ofIndex = new Map<number, Outage[]>();
  let left = rules.share * count * (endsAt - startsAt), tries = 0;
  if (count === 0) return [];
  while (left >= LEAST_MS && tries < TRIES) {
    const length = Math.round(Math.min(left, rules.mostMs, endsAt - startsAt, LEAST_MS + random.exponential(rules.meanMs - LEAST_MS)));
    const index = random.whole(count), from = Math.floor(random.between(startsAt, endsAt - length)), outage = { index, from, to: from + length };
    const own = ofIndex.get(index) ?? [];
    tries = own.some((other) => other.from <= outage.to + LEAST_MS && outage.from <= other.to + LEAST_MS) ? tries + 1 : 0;
    if (tries > 0) continue;
    ofIndex.set(index, [...own, outage]);
    outages.push(outage);
    left -= length;
  }
  return outages.toSorted((a, b) => a.from - b.from || a.index - b.index);
}

/** Tells for rising times whether a thing is out, and until when. */
export class OutageWatch {
  readonly #ofIndex: readonly (readonly Outage[])[];
  readonly #next: Int32Array;

  constructor(outages: readonly Outage[], count: number) {
    this.#ofIndex = Array.from({ length: count }, (_, index) => outages.filter((outage) => outage.index === index));
    this.#next = new Int32Array(count);
  }

  /** End of the outage at that time, 0 for none. Times of one thing must not fall. */
  outUntil(index: number, at: number): number {
    const own = this.#ofIndex[index] as readonly Outage[];
    let next = this.#next[index] as number;
    while (next < own.length && (own[next] as Outage).to <= at) next++;
    this.#next[index] = next;
    const outage = own[next];
    return outage !== undefined && outage.from <= at ? outage.to : 0;
  }
}
