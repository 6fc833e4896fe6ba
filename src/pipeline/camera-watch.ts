import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import { HOUR_MS } from '../geo/downtime.ts';
import type { Register } from '../geo/register.ts';
import { groupedBy } from '../journey/build.ts';
import { comparedHours, usualPasses } from '../geo/usual-passes.ts';
import { latestClocks } from '../store/camera-clocks.ts';
import { cameraStates, deleteOldFigures, passesInHours, readShares, type ReadShare } from '../store/camera-figures.ts';
import { closeTroubles, openTroubles, standingTroubles, TROUBLE_KINDS, type CameraTrouble, type TroubleKind } from '../store/camera-troubles.ts';
import type { Database } from '../store/database.ts';
import { JUDGES, type CameraFacts } from './camera-trouble-rules.ts';

export interface CameraWatchOptions { readonly database: Database; readonly register: Register; readonly clock: Clock; readonly log: Log }

/** Judges all cameras of the register: what begins to be wrong with one becomes an alarm, and ends as one. Several processes may do so at once. */
export interface CameraWatch {
  /** Looks once. @throws DATABASE_UNAVAILABLE */
  look(): Promise<{ readonly begun: number; readonly ended: number }>;
  /** Looks every minute until closed. */
  start(): void;
  close(): Promise<void>;
}

const EVERY_MS = 60_000, DAY_MS = 24 * HOUR_MS;
/** Hours and measures of clocks are kept for longer than anything that is compared with. */
const FIGURES_KEPT_MS = 100 * DAY_MS;
/** Silence is counted over a day. */
const HOURS_BACK = 25;

export function createCameraWatch(options: CameraWatchOptions): CameraWatch {
  const watch = new Watch(options);
  let timer: NodeJS.Timeout | null = null, looking: Promise<unknown> | null = null;
  const once = (): void => {
    looking ??= watch.look().catch((cause: unknown) => options.log.error({ trace: traceOf(cause) }, 'cameras could not be looked after; it is tried again')).finally(() => {
      looking = null;
    });
  };
  return {
    look: () => watch.look(),
    start() {
      once();
      timer ??= setInterval(once, EVERY_MS).unref();
    },
    async close() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      await looking;
    },
  };
}

class Watch {
  readonly #options: CameraWatchOptions;
  /** Usual passes by hour and camera; an hour that is over has them for good. */
  readonly #usual = new Map<number, ReadonlyMap<string, number>>();
  #sharesAt = 0;
  #shares: { readonly lately: ReadonlyMap<string, ReadShare>; readonly before: ReadonlyMap<string, ReadShare> } = { lately: new Map(), before: new Map() };
  #tidiedAt = 0;

  constructor(options: CameraWatchOptions) {
    this.#options = options;
  }

  async look(): Promise<{ readonly begun: number; readonly ended: number }> {
    const { database, register, clock } = this.#options, now = clock(), hour = Math.floor(now / HOUR_MS) * HOUR_MS;
    const inService = new Set(register.cameras.filter((c) => (c.validFrom ?? -Infinity) <= now && now < (c.validTo ?? Infinity)).map((c) => c.id)), cameraIds = [...inService];
    const [states, clocks, standing] = [await cameraStates(database, cameraIds), await latestClocks(database, now - DAY_MS, cameraIds), await standingTroubles(database)];
    await this.#learnUsual(hour);
    await this.#learnShares(hour, now);
    const clockOf = new Map(clocks.map((c) => [c.cameraId, c])), openOf = groupedBy(standing, (t) => t.cameraId);
    const facts = cameraIds.map((cameraId): CameraFacts => ({
      cameraId, state: states.get(cameraId) ?? null, clock: clockOf.get(cameraId) ?? null, usualOf: (at) => this.#usual.get(at)?.get(cameraId) ?? 0,
      reading: { lately: this.#shares.lately.get(cameraId) ?? null, before: this.#shares.before.get(cameraId) ?? null }, open: new Map((openOf.get(cameraId) ?? []).map((t) => [t.kind, t])),
    }));
    return this.#settle(facts, standing.filter((t) => !inService.has(t.cameraId)), now);
  }

  /** `gone`: troubles of cameras that are not in service any more. */
  async #settle(facts: readonly CameraFacts[], gone: readonly CameraTrouble[], now: number): Promise<{ readonly begun: number; readonly ended: number }> {
    const begun: Omit<CameraTrouble, 'until'>[] = [], ended: { cameraId: string; kind: TroubleKind; until: number }[] = gone.map(({ cameraId, kind }) => ({ cameraId, kind, until: now }));
    let newOnes = 0;
    for (const one of facts) for (const kind of TROUBLE_KINDS) {
      const judged = JUDGES[kind](one, now), { cameraId, open } = one;
      if (judged.kind === 'begun') {
        begun.push({ cameraId, kind, since: judged.since, noticedAt: now, message: judged.message });
        if (!open.has(kind)) newOnes++;
      } else if (judged.kind === 'none' && open.has(kind)) ended.push({ cameraId, kind, until: judged.until });
    }
    await closeTroubles(this.#options.database, ended);
    await openTroubles(this.#options.database, begun);
    return { begun: newOnes, ended: ended.length };
  }

  /** Reads for each hour of the last day, once, how many passes are usual in it. */
  async #learnUsual(hour: number): Promise<void> {
    const wanted = Array.from({ length: HOURS_BACK }, (_, i) => hour - i * HOUR_MS), missing = wanted.filter((h) => !this.#usual.has(h));
    for (const old of this.#usual.keys()) if (old < hour - HOURS_BACK * HOUR_MS) this.#usual.delete(old);
    if (missing.length === 0) return;
    const usual = await usualOfHours(this.#options.database, missing);
    for (const h of missing) this.#usual.set(h, usual.get(h) ?? new Map());
  }

  /** Once an hour. A camera that reads badly already is compared with the week before that began. */
  async #learnShares(hour: number, now: number): Promise<void> {
    const { database } = this.#options;
    if (this.#sharesAt === hour) return;
    const from = now - DAY_MS, before = new Map(await readShares(database, { from: from - 7 * DAY_MS, to: from }));
    for (const { cameraId, since } of (await standingTroubles(database)).filter((t) => t.kind === 'reading')) {
      const then = (await readShares(database, { from: since - 7 * DAY_MS, to: since }, [cameraId])).get(cameraId);
      if (then !== undefined) before.set(cameraId, then);
    }
    this.#shares = { lately: await readShares(database, { from, to: now }), before };
    this.#sharesAt = hour;
    if (now - this.#tidiedAt < DAY_MS) return;
    await deleteOldFigures(database, now - FIGURES_KEPT_MS);
    this.#tidiedAt = now;
  }
}

/** Usual passes in each of these hours (epoch milliseconds, full hours), by camera; cameras with none are left out. */
export async function usualOfHours(database: Database, hours: readonly number[], cameraIds?: readonly string[]): Promise<ReadonlyMap<number, ReadonlyMap<string, number>>> {
  const compared = new Map(hours.map((hour) => [hour, comparedHours(hour)])), asked = [...new Set([...compared.values()].flatMap(({ weeks, days }) => [...weeks, ...days]))];
  const known = groupedBy(await passesInHours(database, asked, cameraIds), (row) => row.hour);
  const byHour = new Map([...known].map(([hour, rows]) => [hour, new Map(rows.map((r) => [r.cameraId, r.passes]))])), passesAt = (hour: number, cameraId: string): number => byHour.get(hour)?.get(cameraId) ?? 0;
  return new Map([...compared].map(([hour, { weeks, days }]) => {
    const cameras = new Set([...weeks, ...days].flatMap((h) => [...(byHour.get(h)?.keys() ?? [])]));
    return [hour, new Map([...cameras].map((id) => [id, usualPasses(weeks.map((h) => passesAt(h, id)), days.map((h) => passesAt(h, id)))]))];
  }));
}
