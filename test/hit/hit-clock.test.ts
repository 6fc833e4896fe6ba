import { beforeEach, expect, test, vi } from 'vitest';
import { createLog } from '../../src/core/log.ts';
import { decideHit } from '../../src/hit/decide-hit.ts';
import { createHitClock, type HitClock } from '../../src/hit/hit-clock.ts';
import { ListSettings } from '../../src/list/list-settings.ts';
import type { Database } from '../../src/store/database.ts';
import { eventsOfHit, newestSequence } from '../../src/store/hit-events.ts';
import type { HitRecord } from '../../src/store/hit-record.ts';
import { listHits } from '../../src/store/list-hits.ts';
import { lists, listVersions } from '../../src/store/schema.ts';
import { onBothDatabases } from '../support/databases.ts';
import { aHit, settle, type HitGiven } from '../support/hits.ts';
import { anEntry, DAY, HOUR, MINUTE, MORNING } from '../support/passes.ts';

const SETTINGS = { acknowledgeSeconds: 60, closeHours: 24, escalateTo: [{ site: 'mian-ghundi' }, { key: 'k-chief' }] };

onBothDatabases('the clock of hits', (database) => {
  let db: Database, now: number;
  const on = (where: Database): HitClock => createHitClock({ database: where, clock: () => now, log: createLog('silent') });
  const tickAt = (at: number): Promise<unknown> => {
    now = at;
    return on(db).tick();
  };
  const hitOf = (list: 'stolen' | 'tax', given: HitGiven = {}): HitRecord => aHit({ entry: anEntry({ list, kind: list }), settings: ListSettings.parse(SETTINGS), ...given });
  const raise = async (...hits: readonly HitRecord[]): Promise<void> => void (await settle(db, { raised: hits }));
  const told = async (id: string): Promise<unknown[]> => (await eventsOfHit(db, id)).map((e) => [e.kind, e.ring, (e.at - MORNING - 500) / 1000, e.sites, e.keys]);
  const statuses = async (): Promise<string[]> => (await listHits(db, {}, {})).items.map((h) => `${h.list} ${h.status}`).toSorted();

  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
    for (const name of ['stolen', 'tax']) {
      await db.orm.insert(lists).values({ name, version: 1, settings: SETTINGS });
      await db.orm.insert(listVersions).values({ list: name, version: 1, sha256: 'a', fileName: 'a.csv', entryCount: 1, importedAt: MORNING, confirmedAt: MORNING });
    }
  });

  test('tells the next person or site when nobody acknowledged, each once', async () => {
    const hit = hitOf('tax');
    await raise(hit);
    expect(await tickAt(hit.at + 59_999)).toEqual({ escalated: 0, closed: 0 });
    expect(await tickAt(hit.at + 60_000)).toEqual({ escalated: 1, closed: 0 });
    expect(await tickAt(hit.at + 61_000)).toEqual({ escalated: 0, closed: 0 });
    await tickAt(hit.at + 120_000);
    await tickAt(hit.at + HOUR);
    expect(await told(hit.id)).toEqual([
      ['raised', true, 0, [], []], ['escalated', true, 60, ['mian-ghundi'], []], ['escalated', true, 120, ['mian-ghundi'], ['k-chief']],
    ]);
  });

  test('leaves hits alone that were acknowledged, decided, withdrawn, or are silent or late', async () => {
    const [acknowledged, accepted, withdrawn, silent, late] = [
      hitOf('stolen', { siteId: 'a' }), hitOf('stolen', { siteId: 'b', capturedAt: MORNING + 1 }), hitOf('stolen', { siteId: 'c', frame: 'f' }),
      hitOf('stolen', { siteId: 'd', capturedAt: MORNING + 2, entry: anEntry({ action: 'silent' }) }), hitOf('stolen', { siteId: 'e', capturedAt: MORNING - HOUR, at: MORNING }),
    ];
    await raise(acknowledged, accepted, withdrawn, silent, late);
    await decideHit(db, acknowledged.id, { kind: 'acknowledge' }, { actor: 'k', at: MORNING + 1000, covert: false });
    await decideHit(db, accepted.id, { kind: 'accept' }, { actor: 'k', at: MORNING + 1000, covert: false });
    await settle(db, { withdrawn: [{ id: withdrawn.id, message: 'No.' }] });
    expect(await tickAt(MORNING + HOUR)).toEqual({ escalated: 0, closed: 0 });
  });

  test('after a pause makes up for what was due, one step for each hit', async () => {
    await raise(hitOf('stolen'), hitOf('tax'));
    expect(await tickAt(MORNING + HOUR)).toEqual({ escalated: 2, closed: 0 });
  });

  test('closes what nobody decided on, never stolen or wanted vehicles', async () => {
    const wanted = { ...hitOf('stolen', { siteId: 'b', capturedAt: MORNING + 1 }), kind: 'wanted' as const, closesAt: MORNING + HOUR };
    await raise(hitOf('stolen'), hitOf('tax'), wanted);
    expect(await tickAt(MORNING + 500 + DAY)).toMatchObject({ closed: 1 });
    expect(await statuses()).toEqual(['stolen confirmed', 'stolen confirmed', 'tax closed']);
    await tickAt(MORNING + 365 * DAY);
    expect(await statuses()).toEqual(['stolen confirmed', 'stolen confirmed', 'tax closed']);
  });

  test('calls nobody for a hit that is over anyway', async () => {
    const hit = hitOf('tax');
    await raise(hit);
    expect(await tickAt(hit.at + DAY)).toEqual({ escalated: 0, closed: 1 });
    expect((await told(hit.id)).map((e) => (e as string[])[0])).toEqual(['raised', 'closed']);
  });

  test('leaves to late truth what it closed', async () => {
    const hit = hitOf('tax');
    await raise(hit);
    await tickAt(hit.at + DAY);
    expect(await decideHit(db, hit.id, { kind: 'accept' }, { actor: 'k', at: hit.at + 2 * DAY, covert: false })).toMatchObject({ status: 'accepted' });
  });

  test('ticking in several processes at once takes each step once', async () => {
    const other = await database().another(), hits = Array.from({ length: 30 }, (_, i) => hitOf('tax', { siteId: `s${i}`, capturedAt: MORNING + i }));
    await raise(...hits);
    now = MORNING + 2 * MINUTE;
    const ticked = await Promise.all([db, other, db, other].map((where) => on(where).tick()));
    expect(ticked.reduce((n, t) => n + t.escalated, 0)).toBe(30);
  });

  test('takes more than one batch', async () => {
    await raise(...Array.from({ length: 450 }, (_, i) => hitOf('tax', { siteId: `s${i}`, capturedAt: MORNING + i })));
    expect(await tickAt(MORNING + 2 * MINUTE)).toEqual({ escalated: 450, closed: 0 });
  });

  test('runs by itself until it is closed', async () => {
    const hit = hitOf('stolen');
    await raise(hit);
    now = hit.at + MINUTE;
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const clock = on(db);
    clock.start();
    clock.start();
    vi.advanceTimersByTime(1000);
    vi.useRealTimers();
    await clock.close();
    await clock.close();
    expect((await told(hit.id)).map((e) => (e as string[])[0])).toEqual(['raised', 'escalated']);
    expect(await newestSequence(db)).toBeGreaterThan(0);
  });
});
