import { createHash } from 'node:crypto';
import type { Action } from '../list/entry.ts';
import type { ListMatch } from '../list/match.ts';
import { writeMark } from '../plate/written-form.ts';
import type { ListState } from '../store/active-list-entries.ts';
import type { HitAction, HitRecord } from '../store/hit-record.ts';
import type { StoredPass } from '../store/stored-pass.ts';

export type { HitAction, HitStatus } from '../store/hit-record.ts';

/** A pass that matches an entry of a list. */
export type Hit = HitRecord;

/** A pass with a mark, finished; or, with a frame and without an id, the first confident read of a vehicle still in view. */
export type SeenVehicle = Pick<StoredPass, 'capturedAt' | 'cameraId' | 'siteId' | 'direction'> & {
  readonly mark: NonNullable<StoredPass['mark']>;
  readonly key: string;
  readonly passId: string | null;
  /** SHA-256 of the frame; null for a finished pass. */
  readonly frame: string | null;
};

export interface HitContext {
  /** The list of the entry as it stood. */
  readonly state: ListState;
  /** Now, epoch milliseconds. */
  readonly at: number;
  /** A pass that comes this much after it was seen is late; milliseconds. */
  readonly lateAfterMs: number;
}

/** The hit that a match makes. */
export function hitOf(seen: SeenVehicle, match: ListMatch, { state, at, lateAfterMs }: HitContext): Hit {
  const { entry } = match, { settings } = state;
  const late = at - seen.capturedAt > lateAfterMs, action = shownAction(match);
  const { vehicle, warnings, caseReference, source, stage } = entry;
  return {
    id: hitId(seen, entry.id), passId: seen.passId, provisionalFrame: seen.frame, capturedAt: seen.capturedAt, cameraId: seen.cameraId, siteId: seen.siteId,
    direction: seen.direction, key: seen.key, plate: writeMark(seen.mark), passMark: seen.mark, entryMark: entry.mark, entryPattern: entry.pattern, entryId: entry.id,
    entryDetails: { vehicle, warnings, caseReference, source, stage }, list: entry.list, listVersion: state.version, listImportedAt: state.confirmedAt, kind: entry.kind,
    matchKind: match.kind, via: match.via, score: match.score, contradictions: match.contradictions, action, reason: entry.reason, owner: entry.owner,
    agreement: [...agreementOf(match), ...match.remarks].join(' '), priority: settings.priority, colour: settings.colour, sound: settings.sound, covert: settings.covert, late,
    status: seen.passId === null ? 'provisional' : 'confirmed', at, count: 1, firstSeenAt: seen.capturedAt, lastSeenAt: seen.capturedAt, latestPassId: seen.passId, deliveredAt: null,
    acknowledgedAt: null, acknowledgedBy: null, escalateAt: escalateAt(late, action, state, at), escalation: 0, decidedAt: null, decidedBy: null, rejectReason: null,
    note: null, trueMark: null, enforced: null, closesAt: closesAt(entry.kind, state, at),
  };
}

export function hitId(seen: Pick<SeenVehicle, 'passId' | 'frame' | 'cameraId'> & { readonly key: string }, entryId: string): string {
  const origin = seen.passId === null ? [seen.cameraId, seen.frame, seen.key] : [seen.passId];
  return `h-${createHash('sha256').update(JSON.stringify([...origin, entryId])).digest('hex').slice(0, 24)}`;
}

/** Whether the hit makes a sound when it is raised: nobody is called for what is over, or for what should stay silent. */
export function rings(hit: Pick<HitRecord, 'late' | 'action'>): boolean {
  return !hit.late && hit.action !== 'silent';
}

/** Nobody is stopped for a mark that is not surely the listed one, or for a vehicle that was found already. */
function shownAction({ entry, mayStop }: ListMatch): HitAction {
  return entry.action === 'stop' && !mayStop ? 'check' : (entry.action satisfies Action);
}

function escalateAt(late: boolean, action: HitAction, { settings }: ListState, at: number): number | null {
  return settings.acknowledgeSeconds === null || !rings({ late, action }) ? null : at + settings.acknowledgeSeconds * 1000;
}

/** What agrees; the remarks of the match say what does not, or was not compared. */
function agreementOf({ kind, contradictions }: ListMatch): string[] {
  if (kind === 'exact' && contradictions.length === 0) return ['Everything that the list states of the mark was read and agrees.'];
  return kind === 'exact' || kind === 'unread-part' ? ['Letters and number agree.'] : [];
}

/** A stolen or wanted vehicle stays open until somebody decides. */
function closesAt(kind: Hit['kind'], { settings }: ListState, at: number): number | null {
  return settings.closeHours === null || kind === 'stolen' || kind === 'wanted' ? null : at + settings.closeHours * 3_600_000;
}
