import type { Clock } from '../core/clock.ts';
import { cameraAt, type Register } from '../geo/register.ts';
import { hitOf, type Hit } from '../hit/hit.ts';
import { createListWatch, type WatchedLists } from '../hit/list-watch.ts';
import { matchPass } from '../list/match.ts';
import type { Pass } from '../pass/pass.ts';
import type { Database, Orm } from '../store/database.ts';
import { insertHits } from '../store/insert-hits.ts';
import { insertPasses } from '../store/insert-passes.ts';
import { ensurePartitions, forgetPartitions } from '../store/partitions.ts';
import { inTransaction } from '../store/query.ts';
import { rebuildJourneys } from '../store/rebuild-journeys.ts';
import type { StoredPass } from '../store/stored-pass.ts';

export interface RecordResult {
  /** Those of the passes that were not stored before, in the order given. */
  readonly stored: readonly StoredPass[];
  readonly repeated: number;
  readonly hits: readonly Hit[];
  /** How many journeys came, went or changed. */
  readonly journeysChanged: number;
}

export interface Recorder {
  /**
   * Stores passes, raises their hits and rebuilds their journeys in one transaction (one for each 500 passes); when this resolves all of
   * it is durable. Safe to repeat, and to run in several processes at once. A camera that the register does not know at that time has no
   * site: a gap in the register loses no pass.
   * @throws TIME_IMPLAUSIBLE, ARGUMENT_INVALID (nothing is stored), DATABASE_UNAVAILABLE (what was stored before stays; send all again)
   */
  record(passes: readonly Pass[]): Promise<RecordResult>;
}

export interface RecorderOptions {
  readonly database: Database;
  readonly register: Register;
  readonly clock: Clock;
}

/** Enough for the cost of a transaction to vanish; more would only hold the locks of its keys longer. */
const BATCH_SIZE = 500;

export function createRecorder({ database, register, clock }: RecorderOptions): Recorder {
  const watch = createListWatch(database);
  const recordBatch = async (passes: readonly StoredPass[]): Promise<RecordResult> => {
    const lists = await watch.current();
    let attempts = 0;
    const ensureMonths = async (): Promise<void> => {
      if (attempts++ > 0) forgetPartitions(database);
      await ensurePartitions(database, 'passes', passes.map((pass) => pass.capturedAt));
    };
    return inTransaction(database, database.orm, (tx) => store(tx, passes, lists, clock()), ensureMonths);
  };
  return {
    async record(passes) {
      const placed = passes.map((pass) => place(pass, register));
      // All months first: an implausible time then refuses the whole before any of it is stored.
      await ensurePartitions(database, 'passes', placed.map((pass) => pass.capturedAt));
      const results: RecordResult[] = [];
      for (let start = 0; start < placed.length; start += BATCH_SIZE) results.push(await recordBatch(placed.slice(start, start + BATCH_SIZE)));
      return {
        stored: results.flatMap((r) => r.stored), repeated: sum(results.map((r) => r.repeated)), hits: results.flatMap((r) => r.hits),
        journeysChanged: sum(results.map((r) => r.journeysChanged)),
      };
    },
  };
}

async function store(tx: Orm, passes: readonly StoredPass[], lists: WatchedLists, now: number): Promise<RecordResult> {
  const added = await insertPasses(tx, passes);
  // The id is taken out once used: a pass that stands twice in the batch was stored once.
  const stored = passes.filter((pass) => added.delete(pass.id));
  const hits = stored.flatMap((pass) => hitsOf(pass, lists, now));
  await insertHits(tx, hits);
  const keys = new Set(stored.flatMap((pass) => (pass.mark === null ? [] : pass.key ?? [])));
  return { stored, repeated: passes.length - stored.length, hits, journeysChanged: await rebuildJourneys(tx, [...keys]) };
}

function hitsOf(pass: StoredPass, lists: WatchedLists, now: number): Hit[] {
  const { mark, key } = pass;
  if (mark === null || key === null) return [];
  return matchPass(lists.index, { mark, key, capturedAt: pass.capturedAt }).flatMap((match) => {
    const state = lists.states.get(match.entry.list);
    return state === undefined ? [] : [hitOf({ ...pass, mark, key }, match, state, now)];
  });
}

/** Site, boundary and direction as the register has them for the capture time; a direction that the camera itself measured goes first. */
function place(pass: Pass, register: Register): StoredPass {
  const camera = cameraAt(register, pass.cameraId, pass.capturedAt);
  const direction = pass.direction === 'unknown' && camera !== null ? camera.direction : pass.direction;
  return { ...pass, direction, siteId: camera?.siteId ?? null, boundary: camera?.boundary ?? false };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
