import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ListEntry } from '../../src/list/entry.ts';
import { ListSettings } from '../../src/list/list-settings.ts';
import { backMatch, type BackMatchRules, type EarlierPass } from '../../src/pipeline/back-match.ts';
import { latestPassesOfKeys } from '../../src/store/passes-of-keys.ts';
import { rowsOf } from '../../src/store/query.ts';
import { samplePasses } from '../../src/store/sample-passes.ts';
import { onBothDatabases } from '../support/databases.ts';
import { anEntry, aPass, DAY, HOUR, MINUTE, MORNING } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

const NOW = MORNING + DAY;
const settings = (given: Partial<ListSettings> = {}): ListSettings => ListSettings.parse({ leastScore: 0, ...given });

onBothDatabases('where a newly listed vehicle was seen before', (database) => {
  beforeEach(() => database().clear());
  const drive = (...given: readonly Parameters<typeof aPass>[0][]): Promise<unknown> => recorderOn(database().db, () => NOW).record(given.map((pass) => aPass(pass)));
  const back = (entry: Partial<Omit<ListEntry, 'mark'>> & { readonly mark?: string }, more: Partial<BackMatchRules> = {}): Promise<EarlierPass[]> =>
    backMatch(database().db, anEntry(entry), { since: NOW - 30 * DAY, limit: 10, settings: settings(), timeZone: 'Asia/Karachi', ...more });

  test('is told latest first, with how it matches', async () => {
    await drive({ mark: 'LEC-13-8447' }, { mark: 'LEC-13-8447', cameraId: 'sariab-1', capturedAt: MORNING + HOUR }, { mark: 'BCS-036', capturedAt: MORNING + MINUTE });
    expect((await back({ mark: 'LEC-13-8447' })).map(({ pass, match }) => [pass.siteId, match.kind])).toEqual([['sariab', 'exact'], ['baleli', 'exact']]);
  });

  test('also by a look-alike and with the year unread, each named; not by another year', async () => {
    await drive({ mark: 'LEC-13-8447' }, { mark: 'LEC-8447', capturedAt: MORNING + MINUTE }, { mark: 'LEC-13-8441', capturedAt: MORNING + 2 * MINUTE }, { mark: 'LEC-15-8447', capturedAt: MORNING + 3 * MINUTE });
    expect((await back({ mark: 'LEC-13-8447' })).map(({ match }) => match.kind)).toEqual(['look-alike', 'unread-part', 'exact']);
  });

  test('only by the classes of the list', async () => {
    await drive({ mark: 'LEC-13-8447' }, { mark: 'LEC-13-8441', capturedAt: MORNING + MINUTE });
    expect((await back({ mark: 'LEC-13-8447' }, { settings: settings({ matchKinds: ['exact'] }) })).map(({ match }) => match.kind)).toEqual(['exact']);
  });

  test('wherever and whenever the list itself would match: the question is where it was', async () => {
    await drive({ mark: 'LEC-13-8447' });
    expect(await back({ mark: 'LEC-13-8447' }, { settings: settings({ sites: ['lak-pass'], hours: [{ days: [7], from: '01:00', to: '02:00' }], directions: ['out'] }) })).toHaveLength(1);
  });

  test('of a pattern too', async () => {
    await drive({ mark: 'LEC-13-8447' }, { mark: 'LED-14-8447', capturedAt: MORNING + MINUTE }, { mark: 'BCS-036', capturedAt: MORNING + 2 * MINUTE });
    const pattern = { ...anEntry(), mark: null, key: null, pattern: 'LE?-8447' };
    const found = await backMatch(database().db, pattern, { since: NOW - 30 * DAY, limit: 10, settings: settings(), timeZone: 'Asia/Karachi' });
    expect(found.map(({ pass, match }) => [pass.mark?.letters, match.kind])).toEqual([['LED', 'pattern'], ['LEC', 'pattern']]);
  });

  test('not from before the time asked for, and not more than asked for', async () => {
    await drive(...Array.from({ length: 30 }, (_, i) => ({ mark: 'LEC-13-8447', capturedAt: MORNING - i * DAY })));
    expect(await back({ mark: 'LEC-13-8447' }, { since: MORNING - 4 * DAY })).toHaveLength(5);
    expect(await back({ mark: 'LEC-13-8447' }, { limit: 3 })).toHaveLength(3);
  });

  test('of a vehicle that never passed is empty', async () => {
    expect(await back({ mark: 'ZZZ-999' })).toEqual([]);
  });

  describe('the latest passes of many keys', () => {
    test('are those of each key, over months, a parked one not hiding the others', async () => {
      await drive(
        ...Array.from({ length: 60 }, (_, i) => ({ mark: 'LEC-13-8447', capturedAt: MORNING + i * MINUTE })),
        { mark: 'BCS-036', capturedAt: MORNING - 20 * DAY }, { mark: 'BGC-771', capturedAt: MORNING - 40 * DAY },
      );
      const found = await latestPassesOfKeys(database().db, ['LEC8447', 'BCS36', 'BGC771', 'LEC8447', 'NO1'], MORNING - 30 * DAY, 1000);
      expect(found.filter((p) => p.key === 'BCS36')).toHaveLength(1);
      expect(found.filter((p) => p.key === 'BGC771')).toHaveLength(0);
      expect(found.map((p) => p.capturedAt)).toEqual(found.map((p) => p.capturedAt).toSorted((a, b) => b - a));
      expect(new Set(found.map((p) => p.id)).size).toBe(found.length);
      expect(await latestPassesOfKeys(database().db, [], 0, 10)).toEqual([]);
    });
  });

  describe('a sample of passes', () => {
    test('is all of few, and the same even part of many each time', async () => {
      await drive(...Array.from({ length: 200 }, (_, i) => ({ mark: `LEA-${i + 1}`, capturedAt: MORNING + i * MINUTE })));
      const all = await samplePasses(database().db, MORNING, NOW, 1000), some = await samplePasses(database().db, MORNING, NOW, 50);
      expect([all.passes.length, all.total, some.total]).toEqual([200, 200, 200]);
      expect(some.passes.length).toBeGreaterThan(20);
      expect(some.passes.length).toBeLessThan(90);
      expect((await samplePasses(database().db, MORNING, NOW, 50)).passes.map((p) => p.id).toSorted()).toEqual(some.passes.map((p) => p.id).toSorted());
    });

    test('leaves out what has no mark, and what lies outside', async () => {
      await drive({ mark: null }, { mark: 'LEC-13-8447', capturedAt: MORNING - DAY }, { mark: 'LEC-13-8447', capturedAt: MORNING + MINUTE });
      expect(await samplePasses(database().db, MORNING, NOW, 10)).toMatchObject({ total: 1, passes: [{ capturedAt: MORNING + MINUTE }] });
    });
  });

  test('passes are told apart by time and id together: two of one millisecond both come', async () => {
    await drive({ mark: 'LEC-13-8447', sequence: 0 }, { mark: 'LEC-13-8447', sequence: 1 });
    expect(await latestPassesOfKeys(database().db, ['LEC8447'], 0, 10)).toHaveLength(2);
    expect((await rowsOf<{ n: number }>(database().db.orm, sql`select count(*)::integer as n from passes`))[0]?.n).toBe(2);
  });
});
