import type { Database } from '../../src/store/database.ts';
import { insertHitEvents, lockHistory, type NewHitEvent } from '../../src/store/hit-events.ts';
import type { HitEvent, HitRecord } from '../../src/store/hit-record.ts';
import { inTransaction } from '../../src/store/query.ts';
import { writeHits } from '../../src/store/write-hits.ts';
import { aHit, type HitGiven } from './hits.ts';
import { MINUTE, MORNING } from './passes.ts';

/** The n-th of hits that have nothing to do with each other, raised at `at`; `changes` are made to the hit itself. */
export function hitNumber(n: number, at: number, changes: Partial<HitRecord> = {}, given: HitGiven = {}): HitRecord {
  return { ...aHit({ plate: `LEA-${n + 1}`, capturedAt: MORNING + n * MINUTE, at, ...given }), ...changes };
}

export function anEvent(hit: HitRecord, changes: Partial<NewHitEvent> = {}): NewHitEvent {
  return { at: hit.at, hitId: hit.id, kind: 'raised', ring: true, actor: null, sites: [], keys: [], detail: {}, ...changes };
}

/** Stores hits with their event 'raised', in one transaction as the engine does. */
export function raise(db: Database, ...hits: readonly HitRecord[]): Promise<HitEvent[]> {
  return inTransaction(db, db.orm, async (tx) => {
    await lockHistory(tx);
    await writeHits(tx, hits);
    return insertHitEvents(tx, hits.map((hit) => anEvent(hit)));
  });
}

/** Further things that happened to hits that are stored. */
export function happen(db: Database, ...events: readonly NewHitEvent[]): Promise<HitEvent[]> {
  return inTransaction(db, db.orm, (tx) => insertHitEvents(tx, events));
}
