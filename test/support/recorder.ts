import { createLog } from '../../src/core/log.ts';
import { createMatcher, type Matcher } from '../../src/hit/matcher.ts';
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
  return createRecorder({ database, register: quetta(), clock, matcher, lateAfterMs: 120_000, log: createLog('silent') });
}
