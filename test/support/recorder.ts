import { createLog } from '../../src/core/log.ts';
import { createMatcher, type Matcher } from '../../src/hit/matcher.ts';
import { createDerivation } from '../../src/pipeline/derivation.ts';
import { createRecorder, type Recorder } from '../../src/pipeline/record.ts';
import type { Database } from '../../src/store/database.ts';
import { createLocalIndexHost } from './local-index-host.ts';
import { quetta } from './passes.ts';

/** The matcher of a process, with its index in this thread. */
export function matcherOn(database: Database, clock: () => number): Matcher {
  return createMatcher({ database, host: createLocalIndexHost(), timeZone: 'Asia/Karachi', clock });
}

/** A recorder as the engine makes one, over the example city. */
export function recorderOn(database: Database, clock: () => number, matcher = matcherOn(database, clock)): Recorder {
  const log = createLog('silent'), register = quetta();
  return createRecorder({ database, register, clock, matcher, derivation: createDerivation({ database, register, log }), lateAfterMs: 120_000, log });
}
