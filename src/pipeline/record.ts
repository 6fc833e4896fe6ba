import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import { headsUpOf } from '../geo/reachable.ts';
import { cameraAt, type Register } from '../geo/register.ts';
import { hitOf, type Hit, type SeenVehicle } from '../hit/hit.ts';
import type { Matcher, WatchedMatch } from '../hit/matcher.ts';
import { settleHits, type Settlement, type SettleContext } from '../hit/settle-hits.ts';
import type { MatchablePass } from '../list/matchable-pass.ts';
import type { Pass } from '../pass/pass.ts';
import type { Database, Orm } from '../store/database.ts';
import { countCameraHours } from '../store/camera-hours.ts';
import { addDueKeys } from '../store/finding-due.ts';
import { insertPasses } from '../store/insert-passes.ts';
import { checkPlausible, ensurePartitions, forgetPartitions } from '../store/partitions.ts';
import { inTransaction } from '../store/query.ts';
import { followPasses } from '../store/rebuild-journeys.ts';
import { lockRetention, passesFloor } from '../store/retention-floors.ts';
import { divideAt, setExpiredAside } from '../store/set-aside.ts';
import type { StoredPass } from '../store/stored-pass.ts';
import type { Derivation } from './derivation.ts';
import { createSuspectTrips } from './suspect-trips.ts';

export interface RecordResult {
  /** Those of the passes that were not stored before, in the order given. */
  readonly stored: readonly StoredPass[];
  readonly repeated: number;
  /** Hits that these passes raised, confirmed or were counted into. */
  readonly hits: readonly Hit[];
  /** How many journeys came, went or changed. */
  readonly journeysChanged: number;
  /** Passes from before the time of anything that is kept (`floor`, epoch milliseconds): a person decides on them. */
  readonly setAside: readonly { readonly pass: StoredPass; readonly floor: number }[];
}

/** A hit that a vehicle raised while still in view. */
export interface ProvisionalHit { readonly hitId: string; readonly entryId: string }

/** The first confident read of a vehicle in view. */
export interface EarlyRead extends Pick<MatchablePass, 'mark' | 'key' | 'confidence' | 'characters'> {
  readonly cameraId: string;
  readonly capturedAt: number;
  /** SHA-256 of the frame. */
  readonly frame: string;
}

export interface Recorder {
  /**
   * Stores passes, rebuilds their journeys and settles their hits in one transaction (one for each 500 passes, large calls in two halves side by side); when this resolves all of
   * it is durable. Safe to repeat, and to run in several processes at once. A camera that the register does not know at that time has no
   * site: a gap in the register loses no pass. A pass whose time is over is set aside, and the rest goes on.
   * `provisional`: by pass id, the hits that its vehicle raised while in view; the finished pass confirms or withdraws them.
   * @throws TIME_IMPLAUSIBLE (nothing is stored), ARGUMENT_INVALID (nothing of the part that holds it), DATABASE_UNAVAILABLE (what was stored before stays; send all again)
   */
  record(passes: readonly Pass[], provisional?: ReadonlyMap<string, readonly ProvisionalHit[]>): Promise<RecordResult>;
  /** Stores a pass though its time is over, because a hold covers it. It makes no journey: those of its time are built and stay. */
  recordHeld(pass: Pass): Promise<RecordResult>;
  /** Raises provisional hits for a vehicle that is still in view. `hits`: as stored, where they changed something. */
  recordEarly(read: EarlyRead): Promise<{ readonly raised: readonly ProvisionalHit[]; readonly hits: readonly Hit[] }>;
  /** Withdraws provisional hits that no finished pass bears out. */
  withdraw(hitIds: readonly string[]): Promise<void>;
  /** Ends when passes that came while a list was being read have been matched against it too, and what follows from journeys is up to date. */
  settled(): Promise<void>;
}

export interface RecorderOptions {
  readonly database: Database;
  readonly register: Register;
  readonly clock: Clock;
  readonly matcher: Matcher;
  /** Told after every commit. */
  readonly derivation: Derivation;
  /** A pass that comes this much after it was seen is late; milliseconds. */
  readonly lateAfterMs: number;
  readonly log: Log;
}

/** Enough for the cost of a transaction to vanish; more would only hold the locks of its keys longer. */
const BATCH_SIZE = 500;
/** One works while the other waits for the database; more only wait for each other. */
const LANES = 2;
/** Below this a second transaction costs more than it gains. */
const DIVIDED_FROM = 64;
/** How far ahead the next sites of a vehicle are told. */
const HEADS_UP_WITHIN_MS = 2 * 3_600_000;

type MarkedPass = StoredPass & { readonly mark: NonNullable<StoredPass['mark']>; readonly key: string };

export function createRecorder(options: RecorderOptions): Recorder {
  return new PassRecorder(options);
}

class PassRecorder implements Recorder {
  readonly #options: RecorderOptions;
  /** Passes that were matched while a new version of a list was still being read. */
  #matchAgain: MarkedPass[] = [];
  #matchingAgain: Promise<void> | null = null;

  readonly #lanes: Promise<void>[] = Array.from({ length: LANES }, () => Promise.resolve());
  readonly #suspectTrips: ReturnType<typeof createSuspectTrips>;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#suspectTrips = createSuspectTrips(options.register);
  }

  async record(passes: readonly Pass[], provisional: ReadonlyMap<string, readonly ProvisionalHit[]> = new Map()): Promise<RecordResult> {
    const { register } = this.#options;
    const placed = passes.map((pass) => place(pass, register));
    // An implausible time refuses the whole before any of it is stored.
    checkPlausible(placed.map((pass) => pass.capturedAt));
    const order = new Map(placed.map((pass, i) => [pass.id, i]));
    const results = (await Promise.all(this.#lanesOf(placed).map((lane) => lane((part) => this.#recordBatch(part, provisional))))).flat();
    return {
      stored: results.flatMap((r) => r.stored).toSorted((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0)), repeated: sum(results.map((r) => r.repeated)), hits: results.flatMap((r) => r.hits),
      journeysChanged: sum(results.map((r) => r.journeysChanged)), setAside: results.flatMap((r) => r.setAside),
    };
  }

  /**
   * Divides passes into what may be recorded side by side. Large calls go by their keys, each key always to the same lane, and wait there for
   * calls before them: two at once that see the same vehicles would only wait for each other's locks in the database.
   */
  #lanesOf(passes: readonly StoredPass[]): ((record: RecordPart) => Promise<RecordResult[]>)[] {
    if (passes.length < DIVIDED_FROM || this.#options.database.kind === 'pglite') return [(record) => inParts(passes, record)];
    return this.#lanes.map((_, lane) => (record) => {
      const own = passes.filter((pass) => laneOf(pass) === lane), mine = (this.#lanes[lane] ?? Promise.resolve()).then(() => inParts(own, record));
      this.#lanes[lane] = mine.then(() => undefined, () => undefined);
      return mine;
    });
  }

  recordHeld(pass: Pass): Promise<RecordResult> {
    return this.#recordBatch([place(pass, this.#options.register)], new Map(), true);
  }

  async recordEarly(read: EarlyRead): Promise<{ readonly raised: readonly ProvisionalHit[]; readonly hits: readonly Hit[] }> {
    const { database, register, matcher } = this.#options;
    const camera = cameraAt(register, read.cameraId, read.capturedAt);
    const where = { siteId: camera?.siteId ?? null, direction: camera?.direction ?? 'unknown' } as const;
    const [matches = []] = await matcher.match([{ ...read, ...where, alternatives: [], vehicle: { class: null, make: null, colour: null } }]);
    // Look-alikes and second choices wait for the vote: most of them are gone after a frame or two.
    const early = matches.filter(({ match }) => match.kind === 'exact' || match.kind === 'unread-part');
    if (early.length === 0) return { raised: [], hits: [] };
    const raised = this.#hitsOf({ ...read, ...where, passId: null }, early);
    const { hits } = await inTransaction(database, database.orm, (tx) => settleHits(tx, { raised, confirmed: [], withdrawn: [] }, this.#context(early)));
    return { raised: raised.map((hit) => ({ hitId: hit.id, entryId: hit.entryId })), hits };
  }

  async withdraw(hitIds: readonly string[]): Promise<void> {
    const { database } = this.#options;
    const withdrawn = hitIds.map((id) => ({ id, message: 'The vehicle went by and its reads together bear no such mark.' }));
    await inTransaction(database, database.orm, (tx) => settleHits(tx, { raised: [], confirmed: [], withdrawn }, this.#context([])));
  }

  async settled(): Promise<void> {
    await this.#matchingAgain;
    await this.#options.derivation.settled();
  }

  async #recordBatch(passes: readonly StoredPass[], provisional: ReadonlyMap<string, readonly ProvisionalHit[]>, held = false): Promise<RecordResult> {
    const { database, matcher, derivation, clock } = this.#options;
    const marked = passes.filter(isMarked);
    const matches = marked.length === 0 ? [] : await matcher.match(marked);
    const matchesOf = new Map(marked.map((pass, i) => [pass.id, matches[i] ?? []]));
    const behind = matcher.behind();
    let attempts = 0;
    const ensureMonths = async (): Promise<void> => {
      if (attempts++ > 0) forgetPartitions(database);
      const due = held ? passes : divideAt(passes, await passesFloor(database)).inTime;
      await ensurePartitions(database, 'passes', due.map((pass) => pass.capturedAt));
    };
    const result = await inTransaction(database, database.orm, async (tx) => {
      if (held) await lockRetention(tx, 'shared');
      const { inTime, expired, floor } = held ? divideAt(passes, null) : await setExpiredAside(tx, passes, clock());
      const { stored, journeysChanged } = await this.#store(tx, inTime);
      const settlement = joined(stored.map((pass) => this.#settlementOf(pass, matchesOf.get(pass.id) ?? [], provisional.get(pass.id) ?? [])));
      const hits = isEmpty(settlement) ? [] : (await settleHits(tx, settlement, this.#context(matches.flat()))).hits;
      await countCameraHours(tx, stored);
      return { stored, repeated: inTime.length - stored.length, hits, journeysChanged, setAside: expired.map((pass) => ({ pass, floor: floor ?? 0 })) };
    }, ensureMonths);
    if (result.setAside.length > 0) this.#options.log.warn({ passes: result.setAside.length }, 'passes older than anything that is kept came and were set aside');
    derivation.poke();
    if (behind) this.#matchLater(result.stored.filter(isMarked));
    return result;
  }

  async #store(tx: Orm, passes: readonly StoredPass[]): Promise<{ readonly stored: readonly StoredPass[]; readonly journeysChanged: number }> {
    const added = await insertPasses(tx, passes);
    // The id is taken out once used: a pass that stands twice in the batch was stored once.
    const stored = passes.filter((pass) => added.delete(pass.id));
    const { journeysChanged, known } = await followPasses(tx, stored);
    await addDueKeys(tx, this.#suspectTrips(stored, known));
    return { stored, journeysChanged };
  }

  #settlementOf(pass: StoredPass, matches: readonly WatchedMatch[], provisional: readonly ProvisionalHit[]): Settlement {
    if (!isMarked(pass)) return { raised: [], confirmed: [], withdrawn: provisional.map(({ hitId }) => ({ id: hitId, message: 'The finished pass has no mark.' })) };
    const hits = this.#hitsOf({ ...pass, passId: pass.id, frame: null }, matches);
    const early = new Map(provisional.map((p) => [p.entryId, p.hitId])), found = new Set(hits.map((hit) => hit.entryId));
    return {
      raised: hits.filter((hit) => !early.has(hit.entryId)),
      confirmed: hits.flatMap((hit) => {
        const id = early.get(hit.entryId);
        return id === undefined ? [] : [{ id, hit: { ...hit, id } }];
      }),
      withdrawn: provisional.filter((p) => !found.has(p.entryId)).map(({ hitId }) => ({ id: hitId, message: 'The finished pass, voted over all frames, no longer matches the entry.' })),
    };
  }

  #hitsOf(seen: SeenVehicle, matches: readonly WatchedMatch[]): Hit[] {
    const { clock, lateAfterMs } = this.#options;
    return matches.map(({ match, state }) => hitOf(seen, match, { state, at: clock(), lateAfterMs }));
  }

  #context(matches: readonly WatchedMatch[]): SettleContext {
    const { clock, register } = this.#options;
    const cooldowns = new Map(matches.map(({ state }) => [state.list, state.settings.cooldownSeconds * 1000]));
    return { at: clock(), cooldownMs: (hit) => cooldowns.get(hit.list) ?? 0, headsUp: (hit) => headsUpOf(register, hit, HEADS_UP_WITHIN_MS) };
  }

  /** Passes recorded while a list was being read are matched against it as soon as it is. Hits that they raised already stay as they are. */
  #matchLater(passes: readonly MarkedPass[]): void {
    this.#matchAgain.push(...passes);
    this.#matchingAgain ??= this.#matchThem().catch((cause: unknown) => this.#options.log.error({ trace: traceOf(cause) }, 'passes recorded while a list was read could not be matched against it'))
      .finally(() => {
        this.#matchingAgain = null;
      });
  }

  async #matchThem(): Promise<void> {
    const { database, matcher } = this.#options;
    do {
      await matcher.caughtUp();
      const passes = this.#matchAgain.splice(0);
      for (let start = 0; start < passes.length; start += BATCH_SIZE) {
        const part = passes.slice(start, start + BATCH_SIZE), matches = await matcher.match(part);
        const settlement = joined(part.map((pass, i) => this.#settlementOf(pass, matches[i] ?? [], [])));
        if (!isEmpty(settlement)) await inTransaction(database, database.orm, (tx) => settleHits(tx, settlement, this.#context(matches.flat())));
      }
    } while (this.#matchAgain.length > 0);
  }
}

type RecordPart = (part: readonly StoredPass[]) => Promise<RecordResult>;

async function inParts(passes: readonly StoredPass[], record: RecordPart): Promise<RecordResult[]> {
  const results: RecordResult[] = [];
  for (let start = 0; start < passes.length; start += BATCH_SIZE) results.push(await record(passes.slice(start, start + BATCH_SIZE)));
  return results;
}

/** Any spread that is the same for the same key. */
function laneOf({ key, cameraId }: StoredPass): number {
  let hash = 0;
  for (const char of key ?? cameraId) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) | 0;
  return Math.abs(hash) % LANES;
}

function isMarked(pass: StoredPass): pass is MarkedPass {
  return pass.mark !== null && pass.key !== null;
}

function joined(parts: readonly Settlement[]): Settlement {
  return { raised: parts.flatMap((p) => p.raised), confirmed: parts.flatMap((p) => p.confirmed), withdrawn: parts.flatMap((p) => p.withdrawn) };
}

function isEmpty({ raised, confirmed, withdrawn }: Settlement): boolean {
  return raised.length + confirmed.length + withdrawn.length === 0;
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
