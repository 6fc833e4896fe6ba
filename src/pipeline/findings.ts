import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import type { Register } from '../geo/register.ts';
import type { TripRules } from '../journey/impossible-trips.ts';
import { localTime, type LocalTime } from '../journey/patterns.ts';
import type { Database } from '../store/database.ts';
import { markRunDone, runDoneTo } from '../store/finding-due.ts';
import { clockErrors, enterImpossibleTrips, settleDueKeys, tripRules } from './clone-search.ts';
import { FINDINGS_SETTINGS, type FindingsSettings } from './findings-settings.ts';
import { searchLastDay, searchNewcomers, searchNights, searchStays, searchTraffic, type SearchParts } from './pattern-search.ts';

export interface FindingsOptions {
  readonly database: Database;
  readonly register: Register;
  readonly clock: Clock;
  readonly log: Log;
  /** Local time of the city, minutes east of UTC: the night and the parts of the day go by it. */
  readonly utcOffsetMinutes: number;
  readonly settings?: FindingsSettings;
}

/** What one run did: how many findings are new, by search; a search that was not due is left out. */
export interface FindingsRun { readonly clones: number; readonly lastDay?: number; readonly night?: { readonly links: number; readonly convoys: number; readonly patterns: number } }

/** Looks for what movements show: clones within seconds of a suspicious pass, patterns of the last day each hour, all else each night. */
export interface FindingsJob {
  /** Everything that is due now. What was not finished is due again; several processes may run at once. @throws DATABASE_UNAVAILABLE */
  runOnce(): Promise<FindingsRun>;
  /** Runs every few seconds until closed; a run that fails is logged, and the next makes up for it. */
  start(): void;
  /** Waits for a step under way; the rest is left for the next start. Doing it twice does no harm. */
  close(): Promise<void>;
}

const EVERY_MS = 5_000, CLOCKS_EVERY_MS = 60_000, HOUR_MS = 3_600_000, DAY_MS = 24 * HOUR_MS;
/** The local hour of the nightly searches: the least traffic, and the night that they look at is nearly over. */
const NIGHT_HOUR = 3;
/** How far back the nightly search for impossible trips goes: sites that were cut off deliver a day late. */
const SWEEP_MS = 2 * DAY_MS;

export function createFindingsJob(options: FindingsOptions): FindingsJob {
  const job = new Job(options);
  let timer: NodeJS.Timeout | null = null, running: Promise<void> | null = null;
  const once = (): void => {
    running ??= job.run().then(() => undefined, (cause: unknown) => options.log.error({ trace: traceOf(cause) }, 'findings could not be looked for; it is tried again')).finally(() => {
      running = null;
    });
  };
  return {
    runOnce: () => job.run(),
    start: () => void (timer ??= setInterval(once, EVERY_MS)),
    async close() {
      job.closed = true;
      if (timer !== null) clearInterval(timer);
      timer = null;
      await running;
    },
  };
}

class Job {
  readonly #options: FindingsOptions;
  readonly #settings: FindingsSettings;
  readonly #local: LocalTime;
  #rules: TripRules | null = null;
  #clocksAt = 0;
  closed = false;

  constructor(options: FindingsOptions) {
    this.#options = options;
    this.#settings = options.settings ?? FINDINGS_SETTINGS;
    this.#local = localTime(options.utcOffsetMinutes);
  }

  async run(): Promise<FindingsRun> {
    const { database, clock, log } = this.#options, now = clock();
    await this.#bringRulesUp(now);
    let clones = await this.#settleDue(now);
    const hour = Math.floor(now / HOUR_MS) * HOUR_MS, lastDay = await this.#periodic('last-day', hour, () => searchLastDay(this.#parts(hour)));
    const night = await this.#periodic('night', this.#lastNight(now), (before) => this.#night(now, before));
    if (night !== null) clones += await this.#settleDue(now);
    if (clones > 0 || lastDay !== null || night !== null) log.info({ clones, lastDay, night, database: database.host }, 'movements were searched for findings');
    return { clones, ...(lastDay !== null && { lastDay }), ...(night !== null && { night }) };
  }

  async #settleDue(now: number): Promise<number> {
    const { database } = this.#options;
    for (let found = 0; ;) {
      if (this.closed || this.#rules === null) return found;
      const done = await settleDueKeys(database, this.#rules, now);
      found += done.found;
      if (done.taken === 0) return found;
    }
  }

  /** A search that is due once for each `upTo`; `before`: up to when it was done last, null the first time. */
  async #periodic<T>(name: string, upTo: number, search: (before: number | null) => Promise<T>): Promise<T | null> {
    const { database } = this.#options, before = await runDoneTo(database, name);
    if (this.closed || (before !== null && before >= upTo)) return null;
    const found = await search(before);
    await markRunDone(database, name, upTo);
    return found;
  }

  async #night(now: number, before: number | null): Promise<NonNullable<FindingsRun['night']>> {
    const { database } = this.#options, parts = this.#parts(now), traffic = await searchTraffic(parts);
    this.#rules = await this.#freshRules();
    await enterImpossibleTrips(database, this.#rules, now - SWEEP_MS, now);
    // A day more than since the last time: who came yesterday evening was seen at one site only when it was looked.
    const since = (before ?? now - DAY_MS) - DAY_MS;
    const patterns = await searchNights(parts) + await searchNewcomers(parts, since) + await searchStays(parts, since);
    return { ...traffic, patterns };
  }

  #parts(now: number): SearchParts {
    return { database: this.#options.database, local: this.#local, settings: this.#settings, now };
  }

  /** Links are learned each night; a clock may go wrong at any minute, and what rests on it must not be told. */
  async #bringRulesUp(now: number): Promise<void> {
    if (this.#rules === null) this.#rules = await this.#freshRules();
    else if (now - this.#clocksAt >= CLOCKS_EVERY_MS) this.#rules = { ...this.#rules, clockErrorMs: await clockErrors(this.#options.database, this.#settings, now) };
    else return;
    this.#clocksAt = now;
  }

  #freshRules(): Promise<TripRules> {
    return tripRules(this.#options.database, this.#options.register, this.#local, this.#settings, this.#options.clock());
  }

  /** The last time that the nightly hour began. */
  #lastNight(now: number): number {
    const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
    return hour - ((this.#local.hourOf(hour) - NIGHT_HOUR + 24) % 24) * HOUR_MS;
  }
}
