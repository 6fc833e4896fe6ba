import { DarwazaError } from '../core/errors.ts';
import { writeMark } from '../plate/written-form.ts';
import { addConfusions } from '../store/confusion-counts.ts';
import type { Database, Orm } from '../store/database.ts';
import { hitById } from '../store/find-hit.ts';
import { insertHitEvents, lockHistory } from '../store/hit-events.ts';
import type { HitEventDetail, HitEventKind, HitRecord, RejectReason } from '../store/hit-record.ts';
import { inTransaction } from '../store/query.ts';
import { writeHits } from '../store/write-hits.ts';
import { characterPairs } from './character-pairs.ts';

/** What an officer does about a hit. */
export type Decision =
  | { readonly kind: 'acknowledge'; readonly note?: string | undefined }
  /** The vehicle carries the listed mark and is the listed one. `enforced`: it was stopped, the tax was taken; undefined = not told. */
  | { readonly kind: 'accept'; readonly enforced?: boolean | undefined; readonly note?: string | undefined }
  /** `trueMark`: what the plate really says, for a misread. */
  | { readonly kind: 'reject'; readonly reason: RejectReason; readonly note?: string | undefined; readonly trueMark?: string | undefined }
  /** Whether it was stopped, told afterwards: of a rejected hit too, because that is a wrong stop. */
  | { readonly kind: 'enforce'; readonly enforced: boolean; readonly note?: string | undefined };

export interface DecisionContext {
  /** Id of the API key. */
  readonly actor: string;
  /** Now, epoch milliseconds. */
  readonly at: number;
  /** Whether the key may see hits of covert lists. */
  readonly covert: boolean;
}

interface Outcome { readonly hit: HitRecord; readonly kind: HitEventKind; readonly detail: HitEventDetail }

/**
 * Writes what an officer did, one event each, and learns from it which characters are misread. The same again changes nothing. A hit that
 * closed by itself may still be decided; one that was withdrawn may not, because no finished pass stands behind it.
 * @throws HIT_NOT_FOUND, HIT_DECIDED for what contradicts an earlier decision
 */
export async function decideHit(db: Database, id: string, decision: Decision, context: DecisionContext): Promise<HitRecord> {
  return inTransaction(db, db.orm, async (tx) => {
    await lockHistory(tx);
    const hit = await hitById(tx, id, context.covert);
    if (hit === null) throw new DarwazaError('HIT_NOT_FOUND', { id });
    const outcome = outcomeOf(hit, decision, context);
    if (outcome === null) return hit;
    await writeHits(tx, [outcome.hit]);
    const { kind, detail } = outcome, note = decision.note === undefined ? {} : { note: decision.note };
    await insertHitEvents(tx, [{ at: context.at, hitId: id, kind, ring: false, actor: context.actor, sites: [], keys: [], detail: { ...detail, ...note } }]);
    await learn(tx, outcome);
    return outcome.hit;
  });
}

/** What the decision makes of the hit; null when it was made before. */
function outcomeOf(hit: HitRecord, decision: Decision, { actor, at }: DecisionContext): Outcome | null {
  const noted = { ...hit, note: decision.note ?? hit.note };
  const acknowledged = { ...noted, acknowledgedAt: hit.acknowledgedAt ?? at, acknowledgedBy: hit.acknowledgedAt === null ? actor : hit.acknowledgedBy, escalateAt: null };
  const decided = { ...acknowledged, decidedAt: at, decidedBy: actor, closesAt: null };
  switch (decision.kind) {
    case 'acknowledge':
      return hit.acknowledgedAt === null ? { hit: acknowledged, kind: 'acknowledged', detail: {} } : null;
    case 'accept': {
      const { enforced } = decision, told = enforced === undefined ? {} : { enforced };
      if (hit.status === 'accepted') return enforced === undefined || enforced === hit.enforced ? null : { hit: { ...noted, enforced }, kind: 'enforced', detail: { enforced } };
      refuseDecided(hit);
      return { hit: { ...decided, status: 'accepted', ...told }, kind: 'accepted', detail: told };
    }
    case 'reject': {
      const { reason, trueMark } = decision;
      if (hit.status === 'rejected' && hit.rejectReason === reason) return null;
      refuseDecided(hit);
      return { hit: { ...decided, status: 'rejected', rejectReason: reason, trueMark: trueMark ?? null }, kind: 'rejected', detail: { reason } };
    }
    case 'enforce': {
      const { enforced } = decision;
      return hit.enforced === enforced ? null : { hit: { ...acknowledged, enforced }, kind: 'enforced', detail: { enforced } };
    }
  }
}

function refuseDecided({ id, status }: HitRecord): void {
  if (status === 'accepted' || status === 'rejected' || status === 'withdrawn') throw new DarwazaError('HIT_DECIDED', { id, status });
}

/** An accepted hit says that the listed mark stands on the plate; a misread says so of the mark that the officer saw. */
async function learn(tx: Orm, { hit, kind }: Outcome): Promise<void> {
  const truth = kind === 'accepted' ? hit.entryMark && writeMark(hit.entryMark) : kind === 'rejected' && hit.rejectReason === 'misread' ? hit.trueMark : null;
  if (truth !== null) await addConfusions(tx, characterPairs(writeMark(hit.passMark), truth));
}
