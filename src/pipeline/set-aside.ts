import type { Clock } from '../core/clock.ts';
import { DarwazaError } from '../core/errors.ts';
import type { Pass } from '../pass/pass.ts';
import type { Database } from '../store/database.ts';
import { atStore } from '../store/failure.ts';
import { keepFrameOf } from '../store/frames.ts';
import { isMarkHeld } from '../store/legal-holds.ts';
import { inTransaction } from '../store/query.ts';
import { decideSetAside, findSetAside, type SetAsidePass } from '../store/set-aside.ts';
import type { RecordResult } from './record.ts';

export interface SetAsideParts {
  readonly database: Database;
  readonly clock: Clock;
  /** Stores a pass whose time is over. */
  readonly recordHeld: (pass: Pass) => Promise<RecordResult>;
}

/** What a person does about a pass that came when its time was over. */
export interface SetAsideChoice {
  readonly id: string;
  readonly decision: 'take' | 'discard';
  readonly reason: string;
  /** Id of the API key. */
  readonly by: string;
}

/**
 * Decides on a pass that was set aside. It may be taken only while a legal hold covers its mark: nothing else allows to keep what is older than
 * anything kept, and with the hold's release it goes. Doing the same again after a crash stores it once.
 * @throws SET_ASIDE_NOT_FOUND, SET_ASIDE_DECIDED, SET_ASIDE_UNHELD, DATABASE_UNAVAILABLE
 */
export async function chooseSetAside({ database, clock, recordHeld }: SetAsideParts, { id, decision, reason, by }: SetAsideChoice): Promise<SetAsidePass> {
  const found = await atStore(database, () => findSetAside(database.orm, id));
  if (found === null) throw new DarwazaError('SET_ASIDE_NOT_FOUND', { id });
  if (found.decision !== null) throw new DarwazaError('SET_ASIDE_DECIDED', { id, decision: found.decision });
  if (decision === 'take') {
    const { mark } = found.pass;
    if (mark === null || !(await atStore(database, () => isMarkHeld(database.orm, mark)))) throw new DarwazaError('SET_ASIDE_UNHELD', { id });
    await keepFrameOf(database, found.pass);
    await recordHeld(found.pass);
  }
  return inTransaction(database, database.orm, async (tx) => {
    const first = await decideSetAside(tx, id, { decision: decision === 'take' ? 'taken' : 'discarded', at: clock(), by, reason }), now = await findSetAside(tx, id);
    if (now === null) throw new DarwazaError('SET_ASIDE_NOT_FOUND', { id });
    if (!first) throw new DarwazaError('SET_ASIDE_DECIDED', { id, decision: now.decision ?? '' });
    return now;
  });
}
