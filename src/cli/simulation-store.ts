import { systemClock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { createLog } from '../core/log.ts';
import type { Register } from '../geo/register.ts';
import { createThreadIndexHost } from '../hit/index-host.ts';
import { createMatcher } from '../hit/matcher.ts';
import { createDerivation, PAIRING_COSTS } from '../pipeline/derivation.ts';
import { createRecorder } from '../pipeline/record.ts';
import { SIMULATION } from '../simulate/reading.ts';
import type { Database } from '../store/database.ts';
import { holdsPassesOfOthers } from '../store/passes-of-other-sources.ts';
import { loadOwnSeries, openStore } from './instance.ts';
import type { SimulationSink } from './simulation-sink.ts';

/**
 * Records passes into the store of the settings as the running program does: matched, with journeys and hits, but told to nobody.
 * @throws STORE_HOLDS_EVIDENCE unless `force`, and what opening a store throws
 */
export async function openSimulationStore(config: Config, register: Register, force: boolean): Promise<SimulationSink> {
  loadOwnSeries(config);
  const database = await openStore(config);
  try {
    if (!force && await holdsPassesOfOthers(database, SIMULATION)) throw new DarwazaError('STORE_HOLDS_EVIDENCE', { host: database.host });
    return await recordingSink(config, register, database);
  } catch (cause) {
    await database.close();
    throw cause;
  }
}

async function recordingSink(config: Config, register: Register, database: Database): Promise<SimulationSink> {
  const matcher = createMatcher({ database, host: createThreadIndexHost(), timeZone: register.city.timeZone, clock: systemClock });
  const log = createLog(config.DARWAZA_LOG), derivation = createDerivation({ database, register, mostCost: PAIRING_COSTS[config.DARWAZA_PAIRING], log });
  const recorder = createRecorder({ database, register, clock: systemClock, matcher, derivation, lateAfterMs: config.DARWAZA_LATE_AFTER_SECONDS * 1000, log });
  // Nothing is recorded before the lists are there to match it against.
  await matcher.caughtUp();
  const sum = { stored: 0, repeated: 0, hits: 0 };
  let ms = 0;
  return {
    async take(passes) {
      const begun = performance.now(), { stored, repeated, hits } = await recorder.record(passes.map(({ pass }) => pass));
      ms += performance.now() - begun;
      sum.stored += stored.length;
      sum.repeated += repeated;
      sum.hits += hits.length;
    },
    async finish() {
      await recorder.settled();
      const perSecond = Math.round((sum.stored + sum.repeated) / Math.max(0.001, ms / 1000));
      return {
        name: 'store', figures: { ...sum, perSecond }, refused: 0,
        lines: [`${sum.stored} passes recorded in ${database.host}, ${sum.repeated} known already, ${sum.hits} hits; ${perSecond} passes a second.`],
      };
    },
    async close() {
      await derivation.close();
      await matcher.close();
      await database.close();
    },
  };
}
