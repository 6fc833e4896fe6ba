import { hitOf, type Hit } from '../../src/hit/hit.ts';
import { settleHits, type SettleContext, type Settled, type Settlement } from '../../src/hit/settle-hits.ts';
import { ListSettings } from '../../src/list/list-settings.ts';
import type { ListEntry } from '../../src/list/entry.ts';
import type { ListMatch } from '../../src/list/match.ts';
import { passId } from '../../src/pass/pass-id.ts';
import { markKey } from '../../src/plate/key.ts';
import type { ListState } from '../../src/store/active-list-entries.ts';
import type { Database } from '../../src/store/database.ts';
import { inTransaction } from '../../src/store/query.ts';
import { anEntry, HOUR, mark, MINUTE, MORNING } from './passes.ts';

export const COOLDOWN = 15 * MINUTE;
const LATE_AFTER = 2 * MINUTE;

export interface HitGiven {
  readonly entry?: ListEntry;
  /** As read. */
  readonly plate?: string;
  readonly capturedAt?: number;
  /** When it is matched; half a second after it was seen when not given. */
  readonly at?: number;
  readonly cameraId?: string;
  readonly siteId?: string | null;
  readonly direction?: 'in' | 'out' | 'unknown';
  /** A provisional hit, of this frame. */
  readonly frame?: string;
  readonly settings?: Partial<ListSettings>;
  readonly match?: Partial<ListMatch>;
}

/** The hit of a pass, or of the first read of a vehicle in view; what matters to a test is given. */
export function aHit(given: HitGiven = {}): Hit {
  const { entry = anEntry(), plate = 'LEC-13-8447', capturedAt = MORNING, at = capturedAt + 500, cameraId = 'baleli-in-1', siteId = 'baleli', direction = 'in', frame = null } = given;
  const read = mark(plate), settings = ListSettings.parse(given.settings ?? {});
  const state: ListState = { list: entry.list, version: 7, sha256: 'a', fileName: 'a.csv', entryCount: 1, importedAt: MORNING - HOUR, confirmedAt: MORNING - HOUR, settings };
  const match: ListMatch = { entry, kind: 'exact', via: null, score: 0.93, contradictions: [], remarks: ['All that the entry states was read and agrees.'], mayStop: true, ...given.match };
  const seen = { capturedAt, cameraId, siteId, direction, mark: read, key: markKey(read), passId: frame === null ? passId(cameraId, capturedAt, 0) : null, frame };
  return hitOf(seen, match, { state, at, lateAfterMs: LATE_AFTER });
}

const NOTHING: Settlement = { raised: [], confirmed: [], withdrawn: [] };

/** Settles in a transaction of its own, as the recorder does. */
export function settle(db: Database, given: Partial<Settlement>, context: Partial<SettleContext> = {}): Promise<Settled> {
  const at = context.at ?? Math.max(...[...(given.raised ?? []), ...(given.confirmed ?? []).map((c) => c.hit)].map((h) => h.at), MORNING);
  return inTransaction(db, db.orm, (tx) => settleHits(tx, { ...NOTHING, ...given }, { at, cooldownMs: () => COOLDOWN, headsUp: () => [], ...context }));
}
