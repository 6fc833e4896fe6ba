import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import type { Register } from '../geo/register.ts';
import { leastTravelMs } from '../geo/travel.ts';
import { CLOCKS_APART_MS } from '../journey/build.ts';
import { DEFAULT_LONGEST_STAY_MS, DEFAULT_MOST_COST, type PairRules } from '../journey/pair.ts';
import type { Database } from '../store/database.ts';
import { rebuildDueJourneys } from '../store/due-journeys.ts';
import { foldInsideChanges } from '../store/inside-now.ts';
import { settlePairs } from '../store/pair-journeys.ts';

/** What follows from journeys after they are committed: probable pairs, counts of those who are inside, and journeys that an upgrade wants built anew. */
export interface Derivation {
  /** Something was recorded: look whether anything is due. Returns at once. */
  poke(): void;
  /** Ends when nothing is due any more. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface DerivationOptions {
  readonly database: Database;
  readonly register: Register;
  /** Highest cost of a look-alike that pairs an exit with an entry; 0 pairs nothing. */
  readonly mostCost?: number;
  readonly log: Log;
}

/** Highest cost of a look-alike by which an exit is paired with an entry, by the setting DARWAZA_PAIRING. */
export const PAIRING_COSTS = { none: 0, hard: 0.1, wide: DEFAULT_MOST_COST } as const;

/** Passes that come in a stream make one look at the pairs for all of a while. */
const GATHER_MS = 250;
/** What another process left, or a lost database held up. */
const AGAIN_MS = 30_000;
/** Faster than anybody drives here between two sites: the motorway limit is 120 km/h. */
const SPEED_CAP_KMH = 160;

export function createDerivation(options: DerivationOptions): Derivation {
  return new JourneyDerivation(options);
}

/** Least times between sites by the straight line, with what clocks may be apart taken off. */
export function pairRules(register: Register, mostCost = DEFAULT_MOST_COST): PairRules {
  const sites = new Map(register.sites.map((site) => [site.id, site])), known = new Map<string, number>();
  const least = (fromSite: string, toSite: string): number => {
    const from = sites.get(fromSite), to = sites.get(toSite);
    return from && to ? Math.max(0, leastTravelMs(from, to, SPEED_CAP_KMH) - CLOCKS_APART_MS) : 0;
  };
  return {
    mostCost, longestStayMs: DEFAULT_LONGEST_STAY_MS,
    leastTravelMs: (fromSite, toSite) => {
      const link = `${fromSite} ${toSite}`, time = known.get(link) ?? least(fromSite, toSite);
      known.set(link, time);
      return time;
    },
  };
}

class JourneyDerivation implements Derivation {
  readonly #options: DerivationOptions;
  readonly #rules: PairRules;
  #running: Promise<void> | null = null;
  #pokedAgain = false;
  #closed = false;
  #timer: NodeJS.Timeout | null = null;
  readonly #again: NodeJS.Timeout;

  constructor(options: DerivationOptions) {
    this.#options = options;
    this.#rules = pairRules(options.register, options.mostCost);
    this.#again = setInterval(() => this.poke(), AGAIN_MS).unref();
    this.poke();
  }

  poke(): void {
    if (this.#closed) return;
    if (this.#running !== null) this.#pokedAgain = true;
    else this.#timer ??= setTimeout(() => void this.#run(), GATHER_MS).unref();
  }

  async settled(): Promise<void> {
    do {
      // One that began before may have looked already at what was recorded since.
      await this.#running;
      await this.#run();
    } while (this.#pokedAgain);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#again);
    if (this.#timer) clearTimeout(this.#timer);
    await this.#running;
  }

  #run(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#pokedAgain = false;
    this.#running ??= this.#derive().catch((cause: unknown) => this.#options.log.error({ trace: traceOf(cause) }, 'what follows from journeys could not be brought up to date; it is tried again'))
      .finally(() => {
        this.#running = null;
        if (this.#pokedAgain) this.poke();
      });
    return this.#running;
  }

  async #derive(): Promise<void> {
    const { database } = this.#options;
    while (!this.#closed && await settlePairs(database, this.#rules) > 0) continue;
    while (!this.#closed && await rebuildDueJourneys(database) > 0) await settlePairs(database, this.#rules);
    while (!this.#closed && await foldInsideChanges(database) > 0) continue;
  }
}
