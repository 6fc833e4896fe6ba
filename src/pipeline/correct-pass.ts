import type { Clock } from '../core/clock.ts';
import { DarwazaError } from '../core/errors.ts';
import { characterPairs } from '../hit/character-pairs.ts';
import { hitOf } from '../hit/hit.ts';
import type { Matcher, WatchedMatch } from '../hit/matcher.ts';
import { settleHits } from '../hit/settle-hits.ts';
import { correctedPass, FIRST_CORRECTION } from '../pass/corrected.ts';
import type { Mark } from '../plate/mark.ts';
import { writeMark } from '../plate/written-form.ts';
import { addConfusions } from '../store/confusion-counts.ts';
import { beginCorrection, correctionsOf, insertCorrection, reviseVehicle } from '../store/corrections.ts';
import type { Database, Orm } from '../store/database.ts';
import { atStore } from '../store/failure.ts';
import { addDueKeys } from '../store/finding-due.ts';
import { passesByIds } from '../store/find-pass.ts';
import { insertHitEvents, lockHistory, type NewHitEvent } from '../store/hit-events.ts';
import type { HitRecord } from '../store/hit-record.ts';
import { hitsOfPasses, type HitOfPasses } from '../store/hits-of-passes.ts';
import { insertPasses } from '../store/insert-passes.ts';
import { lockKeys, lockVehicles } from '../store/lock-vehicles.ts';
import { inTransaction } from '../store/query.ts';
import { rebuildKeys } from '../store/rebuild-journeys.ts';
import { lockRetention } from '../store/retention-floors.ts';
import type { StoredPass } from '../store/stored-pass.ts';
import { writeHits } from '../store/write-hits.ts';

export interface CorrectionParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly matcher: Matcher;
}

/** What a person says of a pass. */
export interface Correction {
  readonly passId: string;
  /** What stands on the plate; null: nobody can read it. */
  readonly mark: Mark | null;
  readonly reason: string;
  /** Id of the API key. */
  readonly author: string;
}

/** What a correction made of it all. */
export interface Corrected {
  readonly pass: StoredPass;
  /** Hits of the pass that the corrected mark does not bear out. */
  readonly withdrawn: readonly HitRecord[];
  /** Hits that it raised, or was counted into; they are late and never ring. */
  readonly raised: readonly HitRecord[];
  readonly journeysChanged: number;
}

type Matched = StoredPass & { readonly mark: Mark; readonly key: string };

/**
 * Stores what a person says of a pass as a pass of its own and has everything derived follow, in one transaction: journeys of the old and the
 * new mark, hits, the times of vehicles. The original stays as it was read. A correction may be corrected in turn.
 * @throws PASS_NOT_FOUND, PASS_CORRECTED when somebody was first, DATABASE_UNAVAILABLE
 */
export async function correctPass(parts: CorrectionParts, correction: Correction): Promise<Corrected> {
  const { database, matcher, clock } = parts;
  const original = await atStore(database, () => originalOf(database.orm, correction.passId)), at = clock();
  // A list that is just being read would be missed, and nobody matches a corrected pass again.
  await matcher.caughtUp();
  const draft = correctedPass(original, { mark: correction.mark, at, sequence: FIRST_CORRECTION });
  const matches = isMatchable(draft) ? (await matcher.match([draft]))[0] ?? [] : [];
  return inTransaction(database, database.orm, async (tx) => {
    await lockRetention(tx, 'shared');
    const sequence = await beginCorrection(tx, original), chain = await chainOf(tx, await originalOf(tx, original.id));
    const pass = correctedPass(original, { mark: correction.mark, at, sequence });
    await insertPasses(tx, [pass]);
    await insertCorrection(tx, { passId: original.id, replacementId: pass.id, capturedAt: pass.capturedAt, at, oldKey: original.key, newKey: pass.key, author: correction.author, reason: correction.reason });
    const journeysChanged = await followCorrection(tx, original, pass);
    await learn(tx, chain, pass);
    return { pass, journeysChanged, ...await settleCorrection(tx, { pass, chain, matches, at }) };
  });
}

async function originalOf(orm: Orm, id: string): Promise<StoredPass> {
  const pass = (await passesByIds(orm, [id])).get(id);
  if (pass === undefined) throw new DarwazaError('PASS_NOT_FOUND', { id });
  return pass;
}

/** The pass and those that it corrects, the camera's own read last. */
async function chainOf(tx: Orm, pass: StoredPass): Promise<StoredPass[]> {
  return pass.corrects == null ? [pass] : [pass, ...await chainOf(tx, await originalOf(tx, pass.corrects))];
}

function isMatchable(pass: StoredPass): pass is Matched {
  return pass.mark !== null && pass.key !== null;
}

/** Journeys of both keys, and what else is told of their vehicles. Keys are locked in order, as by everybody who stores passes. */
async function followCorrection(tx: Orm, original: StoredPass, pass: StoredPass): Promise<number> {
  const keys = [...new Set([original.key, pass.key].filter((key) => key !== null))].toSorted();
  if (keys.length === 0) return 0;
  await lockKeys(tx, keys);
  await lockVehicles(tx, [pass]);
  if (original.key !== null) await reviseVehicle(tx, original.key, original.capturedAt);
  await addDueKeys(tx, keys.map((key) => ({ key, at: pass.capturedAt })));
  return rebuildKeys(tx, keys);
}

/** What the camera read where the person says what stands there. The same word twice would count twice. */
async function learn(tx: Orm, chain: readonly StoredPass[], pass: StoredPass): Promise<void> {
  const read = chain.at(-1);
  if (pass.mark === null || read === undefined || chain.some((before) => before.source === 'correction' && before.key === pass.key)) return;
  await addConfusions(tx, characterPairs(read.mark === null ? read.rawText : writeMark(read.mark), writeMark(pass.mark)));
}

interface CorrectedHits { readonly pass: StoredPass; readonly chain: readonly StoredPass[]; readonly matches: readonly WatchedMatch[]; readonly at: number }

/** Hits of the pass that its new mark does not match are withdrawn, those that it matches stay with it, and what else it matches is raised as late. */
async function settleCorrection(tx: Orm, { pass, chain, matches, at }: CorrectedHits): Promise<Pick<Corrected, 'withdrawn' | 'raised'>> {
  await lockHistory(tx);
  const known = (await hitsOfPasses(tx, chain.map((before) => before.id))).filter(({ hit }) => hit.status !== 'withdrawn');
  const matched = new Set(matches.map(({ match }) => match.entry.id)), stays = known.filter(({ hit }) => matched.has(hit.entryId));
  const unborne = await withoutPass(tx, known.filter(({ hit }) => !matched.has(hit.entryId)), chain);
  const withdrawn = unborne.map((hit): HitRecord => ({ ...hit, status: 'withdrawn', escalateAt: null, closesAt: null }));
  await writeHits(tx, withdrawn);
  await insertHitEvents(tx, [
    ...withdrawn.map((hit) => eventOf(hit, 'withdrawn', at, { message: 'A person corrected the read, and the corrected mark does not match the entry.', passId: pass.id })),
    ...stays.map(({ hit }) => eventOf(hit, 'confirmed', at, { message: 'A person corrected the read, and the corrected mark matches the entry.', passId: pass.id })),
  ]);
  const standing = new Set(stays.map(({ hit }) => hit.entryId)), news = matches.filter(({ match }) => !standing.has(match.entry.id));
  const raised = isMatchable(pass) ? news.map(({ match, state }) => hitOf({ ...pass, passId: pass.id, frame: null }, match, { state, at, lateAfterMs: Number.NEGATIVE_INFINITY })) : [];
  const cooldowns = new Map(matches.map(({ state }) => [state.list, state.settings.cooldownSeconds * 1000]));
  const settled = await settleHits(tx, { raised, confirmed: [], withdrawn: [] }, {
    at, cooldownMs: (hit) => cooldowns.get(hit.list) ?? 0, headsUp: () => [],
  });
  return { withdrawn, raised: settled.hits };
}

function eventOf(hit: HitRecord, kind: 'withdrawn' | 'confirmed', at: number, detail: NewHitEvent['detail']): NewHitEvent {
  return { at, hitId: hit.id, kind, ring: false, actor: null, sites: [], keys: [], detail };
}

/** Hits behind which no other pass stands. What a person decided stays decided. */
async function withoutPass(tx: Orm, hits: readonly HitOfPasses[], chain: readonly StoredPass[]): Promise<HitRecord[]> {
  const own = new Set(chain.map((before) => before.id)), others = hits.flatMap(({ passIds }) => passIds.filter((id) => !own.has(id)));
  const corrected = await correctionsOf(tx, others);
  return hits.flatMap(({ hit, passIds }) => {
    const decided = hit.status === 'accepted' || hit.status === 'rejected';
    return decided || passIds.some((id) => !own.has(id) && !corrected.has(id)) ? [] : [hit];
  });
}
