import { createHash } from 'node:crypto';
import type { ListMatch } from '../list/match.ts';
import type { ListState } from '../store/active-list-entries.ts';
import type { HitAction, HitRecord } from '../store/hit-record.ts';
import type { StoredPass } from '../store/stored-pass.ts';

export type { HitAction, HitStatus } from '../store/hit-record.ts';

/** A pass that matches an entry of a list. */
export type Hit = HitRecord;

/** The hit that a match makes. `state`: the list of the entry as it stood; `at`: now, epoch milliseconds. */
export function hitOf(pass: StoredPass & { readonly mark: NonNullable<StoredPass['mark']>; readonly key: string }, match: ListMatch, state: ListState, at: number): Hit {
  const { entry, kind: matchKind } = match;
  return {
    id: hitId(pass.id, entry.id), passId: pass.id, capturedAt: pass.capturedAt, cameraId: pass.cameraId, siteId: pass.siteId, key: pass.key, passMark: pass.mark,
    entryMark: entry.mark, entryId: entry.id, list: entry.list, listVersion: state.version, listImportedAt: state.confirmedAt, kind: entry.kind, matchKind,
    action: shownAction(match), reason: entry.reason, owner: entry.owner, agreement: agreementOf(match), status: matchKind === 'exact' ? 'confirmed' : 'provisional', at,
  };
}

export function hitId(passId: string, entryId: string): string {
  return `h-${createHash('sha256').update(JSON.stringify([passId, entryId])).digest('hex').slice(0, 24)}`;
}

/** Nobody is stopped for a mark of which a part was not read. */
function shownAction({ entry, kind }: ListMatch): HitAction {
  return entry.action === 'stop' && kind !== 'exact' ? 'check' : entry.action;
}

function agreementOf({ kind, remarks }: ListMatch): string {
  const first = kind === 'exact' ? 'Everything that the list states of the mark was read and agrees.' : 'Letters and number agree; a part was not compared.';
  return [first, ...remarks].join(' ');
}
