import { beforeEach, describe, expect, test } from 'vitest';
import { decideHit, type Decision } from '../../src/hit/decide-hit.ts';
import { confusionsFrom } from '../../src/list/confusions.ts';
import { confusionCounts } from '../../src/store/confusion-counts.ts';
import type { Database } from '../../src/store/database.ts';
import { findHit } from '../../src/store/find-hit.ts';
import { eventsOfHit } from '../../src/store/hit-events.ts';
import type { HitRecord } from '../../src/store/hit-record.ts';
import { onBothDatabases } from '../support/databases.ts';
import { aHit, settle } from '../support/hits.ts';
import { anEntry, MINUTE, MORNING } from '../support/passes.ts';

const LATER = MORNING + MINUTE;

onBothDatabases('deciding on a hit', (database) => {
  let db: Database;
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
  });
  const raise = async (hit: HitRecord): Promise<string> => {
    await settle(db, { raised: [hit] });
    return hit.id;
  };
  const decide = (id: string, decision: Decision, { at = LATER, actor = 'k-officer', covert = false } = {}): Promise<HitRecord> => decideHit(db, id, decision, { at, actor, covert });
  const history = async (id: string): Promise<unknown[]> => (await eventsOfHit(db, id)).slice(1).map(({ kind, actor, detail }) => [kind, actor, detail]);

  test('acknowledging ends the escalation, says who and when, once', async () => {
    const hit = aHit(), id = await raise(hit), acknowledged = await decide(id, { kind: 'acknowledge', note: 'on it' });
    expect(acknowledged).toEqual({ ...hit, acknowledgedAt: LATER, acknowledgedBy: 'k-officer', escalateAt: null, note: 'on it' });
    expect(await decide(id, { kind: 'acknowledge' }, { actor: 'k-other', at: LATER + 1 })).toEqual(acknowledged);
    expect(await findHit(db, id, false)).toEqual(acknowledged);
    expect(await history(id)).toEqual([['acknowledged', 'k-officer', { note: 'on it' }]]);
  });

  test('accepting implies acknowledging and keeps what was done', async () => {
    const id = await raise(aHit({ entry: anEntry({ kind: 'tax' }) })), hit = await decide(id, { kind: 'accept', enforced: true, note: 'impounded' });
    expect(hit).toMatchObject({ status: 'accepted', decidedAt: LATER, decidedBy: 'k-officer', acknowledgedAt: LATER, acknowledgedBy: 'k-officer', escalateAt: null, closesAt: null, enforced: true, note: 'impounded' });
    expect(await history(id)).toEqual([['accepted', 'k-officer', { enforced: true, note: 'impounded' }]]);
  });

  test('does not take the acknowledgement from the one who gave it', async () => {
    const id = await raise(aHit());
    await decide(id, { kind: 'acknowledge' }, { actor: 'k-first' });
    expect(await decide(id, { kind: 'accept' }, { at: LATER + 5 })).toMatchObject({ acknowledgedBy: 'k-first', acknowledgedAt: LATER, decidedBy: 'k-officer', decidedAt: LATER + 5 });
  });

  test.each<[string, Decision]>([['accept', { kind: 'accept' }], ['reject', { kind: 'reject', reason: 'misread' }]])('the same again (%s) changes nothing', async (_what, decision) => {
    const id = await raise(aHit()), once = await decide(id, decision);
    expect(await decide(id, decision, { actor: 'k-other', at: LATER + 1 })).toEqual(once);
    expect(await history(id)).toHaveLength(1);
  });

  test.each<[string, Decision, Decision]>([
    ['accepted, then rejected', { kind: 'accept' }, { kind: 'reject', reason: 'misread' }],
    ['rejected, then accepted', { kind: 'reject', reason: 'misread' }, { kind: 'accept' }],
    ['rejected for another reason', { kind: 'reject', reason: 'misread' }, { kind: 'reject', reason: 'recovered' }],
  ])('%s is refused, and the first decision stands', async (_what, first, second) => {
    const id = await raise(aHit()), once = await decide(id, first);
    await expect(decide(id, second)).rejects.toMatchObject({ code: 'HIT_DECIDED', details: { id, status: once.status } });
    expect(await findHit(db, id, false)).toEqual(once);
  });

  test('of two officers who decide differently at the same time one is refused', async () => {
    const id = await raise(aHit()), other = await database().another();
    const outcomes = await Promise.allSettled([
      decideHit(db, id, { kind: 'accept' }, { actor: 'a', at: LATER, covert: false }), decideHit(other, id, { kind: 'reject', reason: 'misread' }, { actor: 'b', at: LATER, covert: false }),
    ]);
    expect(outcomes.map((o) => o.status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await history(id)).toHaveLength(1);
  });

  test('whether it was enforced can be told later, corrected, and of a rejected hit too', async () => {
    const id = await raise(aHit());
    await decide(id, { kind: 'reject', reason: 'wrong-vehicle' });
    expect(await decide(id, { kind: 'enforce', enforced: true, note: 'family stopped' })).toMatchObject({ status: 'rejected', enforced: true });
    await decide(id, { kind: 'enforce', enforced: true });
    await decide(id, { kind: 'enforce', enforced: false });
    expect(await history(id)).toEqual([
      ['rejected', 'k-officer', { reason: 'wrong-vehicle' }], ['enforced', 'k-officer', { enforced: true, note: 'family stopped' }], ['enforced', 'k-officer', { enforced: false }],
    ]);
  });

  test('accepting again with what was done adds that', async () => {
    const id = await raise(aHit());
    await decide(id, { kind: 'accept' });
    expect(await decide(id, { kind: 'accept', enforced: true })).toMatchObject({ status: 'accepted', enforced: true, decidedAt: LATER });
    expect(await history(id)).toEqual([['accepted', 'k-officer', {}], ['enforced', 'k-officer', { enforced: true }]]);
  });

  test('a provisional hit may be decided; its pass fills in what is missing and changes nothing else', async () => {
    const early = aHit({ frame: 'f' }), id = await raise(early), decided = await decide(id, { kind: 'accept' }), finished = aHit();
    await settle(db, { confirmed: [{ id, hit: { ...finished, id } }] });
    expect(await findHit(db, id, false)).toEqual({ ...decided, passId: finished.passId, latestPassId: finished.passId });
  });

  test('a withdrawn hit may be acknowledged and not decided', async () => {
    const id = await raise(aHit({ frame: 'f' }));
    await settle(db, { withdrawn: [{ id, message: 'No.' }] });
    await expect(decide(id, { kind: 'accept' })).rejects.toMatchObject({ code: 'HIT_DECIDED', details: { status: 'withdrawn' } });
    await expect(decide(id, { kind: 'reject', reason: 'misread' })).rejects.toMatchObject({ code: 'HIT_DECIDED' });
    expect(await decide(id, { kind: 'acknowledge' })).toMatchObject({ status: 'withdrawn', acknowledgedBy: 'k-officer' });
  });

  test.each(['h-none', 'h-\0', ''])('the hit %j is not there', async (id) => {
    await expect(decide(id, { kind: 'acknowledge' })).rejects.toMatchObject({ code: 'HIT_NOT_FOUND' });
  });

  test('a covert hit is not there for those who may not know of it', async () => {
    const id = await raise(aHit({ settings: { covert: true } }));
    await expect(decide(id, { kind: 'acknowledge' })).rejects.toMatchObject({ code: 'HIT_NOT_FOUND' });
    expect(await findHit(db, id, false)).toBeNull();
    expect(await decide(id, { kind: 'acknowledge' }, { covert: true })).toMatchObject({ acknowledgedBy: 'k-officer' });
  });

  describe('teaches which characters are misread', () => {
    const counts = async (): Promise<Record<string, number>> => Object.fromEntries((await confusionCounts(db)).map(({ read, truth, count }) => [`${read}>${truth}`, count]));
    const lookAlike = { plate: 'LEC-13-8441', match: { kind: 'look-alike' as const, via: '7 for 1', mayStop: false } };

    test('by an accepted look-alike: the listed character stood there', async () => {
      await decide(await raise(aHit(lookAlike)), { kind: 'accept' });
      expect(await counts()).toEqual({ '1>1': 1, '1>7': 1, '3>3': 1, '4>4': 2, '8>8': 1, 'C>C': 1, 'E>E': 1, 'L>L': 1 });
    });

    test('once a decision, adding up over hits', async () => {
      const first = await raise(aHit()), second = await raise(aHit({ ...lookAlike, siteId: 'sariab', capturedAt: MORNING + 1 }));
      await decide(first, { kind: 'accept' });
      await decide(first, { kind: 'accept' });
      await decide(first, { kind: 'enforce', enforced: true });
      await decide(second, { kind: 'accept' });
      expect(await counts()).toMatchObject({ '7>7': 1, '1>7': 1, '4>4': 4, 'L>L': 2 });
    });

    test('by a misread whose true mark the officer told', async () => {
      await decide(await raise(aHit()), { kind: 'reject', reason: 'misread', trueMark: 'LEC-13-8441' });
      expect(await counts()).toMatchObject({ '7>1': 1, '4>4': 2 });
    });

    test('not by a reject without a true mark, of another length, or for another reason', async () => {
      const decisions: Decision[] = [{ kind: 'reject', reason: 'misread' }, { kind: 'reject', reason: 'misread', trueMark: 'LEC-8447' }, { kind: 'reject', reason: 'recovered' }, { kind: 'acknowledge' }];
      for (const [i, decision] of decisions.entries()) await decide(await raise(aHit({ siteId: `site${i}`, capturedAt: MORNING + i })), decision);
      expect(await counts()).toEqual({});
    });

    test('so that the next look-alike of the kind is likelier', async () => {
      const before = confusionsFrom(await confusionCounts(db)).share('1', '7');
      for (let i = 0; i < 5; i++) await decide(await raise(aHit({ ...lookAlike, siteId: `site${i}`, capturedAt: MORNING + i })), { kind: 'accept' });
      expect(confusionsFrom(await confusionCounts(db)).share('1', '7')).toBeGreaterThan(before);
    });
  });
});
