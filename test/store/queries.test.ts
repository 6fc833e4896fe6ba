import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Recorder } from '../../src/pipeline/record.ts';
import { passId } from '../../src/pass/pass-id.ts';
import type { Pass } from '../../src/pass/pass.ts';
import { cameraLatest } from '../../src/store/camera-latest.ts';
import { camerasWithPasses } from '../../src/store/cameras-with-passes.ts';
import type { Database } from '../../src/store/database.ts';
import { findPass } from '../../src/store/find-pass.ts';
import { importList } from '../../src/store/import-list.ts';
import { listHits, type HitFilter } from '../../src/store/list-hits.ts';
import { findJourney, listJourneys, type JourneyFilter } from '../../src/store/list-journeys.ts';
import { listPasses, type PassFilter } from '../../src/store/list-passes.ts';
import type { Page, PageRequest } from '../../src/store/page.ts';
import { passesOfKey } from '../../src/store/passes-of-key.ts';
import { rowsOf } from '../../src/store/query.ts';
import { storeStatistics } from '../../src/store/statistics.ts';
import { onBothDatabases } from '../support/databases.ts';
import { anEntry, aPass, DAY, MINUTE, mark, MORNING } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

const at = (minutes: number): number => MORNING + minutes * MINUTE;

/** A morning of seven vehicles; `*` of the comments: listed as stolen. */
const PASSES: readonly Pass[] = [
  aPass({ mark: 'LEC-13-8447', cameraId: 'baleli-in-1', capturedAt: at(0) }), // *
  aPass({ mark: 'LEC-8447', cameraId: 'sariab-1', capturedAt: at(20) }), // * year unread
  aPass({ mark: 'LEC-14-8447', cameraId: 'lak-pass-in-1', capturedAt: at(21) }),
  aPass({ mark: 'BCS-036', cameraId: 'lak-pass-in-1', capturedAt: at(30) }),
  aPass({ mark: 'BCS-036', cameraId: 'baleli-out-1', capturedAt: at(300) }),
  aPass({ mark: 'PB:ABH-041', cameraId: 'airport-road-1', capturedAt: at(31) }),
  aPass({ mark: 'IS:ABH-041', cameraId: 'airport-road-1', capturedAt: at(32) }),
  aPass({ mark: null, outcome: 'applied-for', rawText: 'AFR2026', cameraId: 'baleli-in-1', capturedAt: at(33) }),
  aPass({ mark: null, cameraId: 'baleli-in-1', capturedAt: at(34) }),
  aPass({ mark: 'LEC-13-8447', cameraId: 'lak-pass-out-1', capturedAt: at(240) }), // *
];

async function allPages<T>(read: (page: PageRequest) => Promise<Page<T>>, limit: number): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await read({ limit, cursor });
    items.push(...page.items);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    ({ nextCursor: cursor } = page);
  } while (cursor !== null);
  return items;
}

onBothDatabases('asking the store', (database) => {
  let db: Database, recorder: Recorder;
  beforeAll(async () => {
    ({ db } = database());
    recorder = recorderOn(db, () => at(400));
    await importList(db, { list: 'stolen', sha256: 's', fileName: 's.csv', entries: [anEntry({ mark: 'LEC-13-8447' })], importedAt: at(-60) });
    await importList(db, { list: 'tax', sha256: 't', fileName: 't.csv', entries: [anEntry({ list: 'tax', mark: 'BCS-036', kind: 'tax', action: 'inform' })], importedAt: at(-60) });
    await recorder.record(PASSES);
  });
  const marks = async (filter: PassFilter): Promise<(string | null)[]> =>
    (await listPasses(db, filter)).items.map((p) => (p.mark === null ? p.rawText : [p.mark.letters, p.mark.year, p.mark.number].filter(Boolean).join('-')));

  describe('passes', () => {
    test('come newest first', async () => {
      const times = (await listPasses(db, {})).items.map((p) => p.capturedAt);
      expect(times).toEqual(PASSES.map((p) => p.capturedAt).toSorted((a, b) => b - a));
    });

    test.each<[string, PassFilter, number]>([
      ['from a time on', { from: at(240) }, 2],
      ['before a time', { to: at(20) }, 1],
      ['from ≤ t < to', { from: at(20), to: at(31) }, 3],
      ['an empty time', { from: at(500) }, 0],
      ['a site', { siteId: 'lak-pass' }, 3],
      ['a camera', { cameraId: 'lak-pass-in-1' }, 2],
      ['a direction', { direction: 'out' }, 2],
      ['an outcome', { outcome: 'applied-for' }, 1],
      ['site and direction', { siteId: 'baleli', direction: 'out' }, 1],
      ['a key', { key: 'BCS36' }, 2],
      ['a site that does not exist', { siteId: "'; drop table passes; --" }, 0],
    ])('by %s', async (_, filter, count) => {
      expect((await listPasses(db, filter)).items).toHaveLength(count);
    });

    test('one by its id, whole', async () => {
      const [pass] = PASSES;
      expect(await findPass(db, pass?.id ?? '')).toEqual({ ...pass, direction: 'in', siteId: 'baleli', boundary: true });
    });

    test.each(['', 'x', passId('baleli-in-1', at(0), 7), `zzzzzzzzz-${'0'.repeat(16)}`, "' or 1=1 --"])('none by the id %j', async (id) => {
      expect(await findPass(db, id)).toBeNull();
    });
  });

  describe('marks', () => {
    test.each<[string, readonly string[]]>([
      ['LEC-13-8447', ['LEC-13-8447', 'LEC-8447', 'LEC-13-8447']],
      ['lec 13 8447', ['LEC-13-8447', 'LEC-8447', 'LEC-13-8447']],
      ['LEC-8447', ['LEC-13-8447', 'LEC-14-8447', 'LEC-8447', 'LEC-13-8447']],
      ['LEC*', ['LEC-13-8447', 'LEC-14-8447', 'LEC-8447', 'LEC-13-8447']],
      ['*8447', ['LEC-13-8447', 'LEC-14-8447', 'LEC-8447', 'LEC-13-8447']],
      ['LEC-14-8???', ['LEC-14-8447', 'LEC-8447']],
      ['?CS-036', ['BCS-036', 'BCS-036']],
      ['BCS-03?', ['BCS-036', 'BCS-036']],
      ['*H*1', ['ABH-041', 'ABH-041']],
      ['IS:ABH-041', ['ABH-041']],
      ['IS:ABH*', ['ABH-041']],
      ['XYZ*', []],
    ])('%s', async (text, expected) => {
      expect(await marks({ mark: text })).toEqual(expected);
    });

    test.each(['%', '_', 'LE%', 'LEC_8447', String.raw`LEC\*`, '*', '?', '', "LEC' or '1'='1", '*'.repeat(40)])('%j is refused or finds nothing: LIKE has no say', async (text) => {
      const found = listPasses(db, { mark: text }).then((page) => page.items, (error: unknown) => error);
      expect([[], expect.objectContaining({ code: 'MARK_INVALID' })]).toContainEqual(await found);
    });

    test('a LIKE pattern that was not made from a mark is refused', async () => {
      const forged = { kind: 'pattern', likes: ["A' or true --"], year: null, jurisdiction: null } as const;
      await expect(listPasses(db, { mark: forged })).rejects.toMatchObject({ code: 'MARK_INVALID' });
    });

    test('a Sindh motorcycle is not the Sindh car of the same mark', async () => {
      const car = { ...mark('SD:BFF-029'), jurisdiction: 'SD', class: 'private' } as const;
      await recorder.record([aPass({ mark: car, capturedAt: at(600) }), aPass({ mark: { ...car, class: 'motorcycle' }, capturedAt: at(601) })]);
      const classes = async (asked: typeof car | { class: 'motorcycle' }): Promise<unknown> =>
        (await listPasses(db, { mark: { kind: 'exact', mark: { ...car, ...asked }, key: 'BFF29' } })).items.map((p) => p.mark?.class);
      expect(await classes(car)).toEqual(['private']);
      expect(await classes({ class: 'motorcycle' })).toEqual(['motorcycle']);
    });
  });

  describe('paging', () => {
    test.each([1, 2, 3, 7, 100])('by %d gives every pass once, in order', async (limit) => {
      const whole = (await listPasses(db, {}, { limit: 1000 })).items;
      expect(await allPages((page) => listPasses(db, {}, page), limit)).toEqual(whole);
    });

    test('goes on through passes of the same millisecond', async () => {
      const same = Array.from({ length: 7 }, (_, sequence) => aPass({ cameraId: 'eastern-bypass-in-1', capturedAt: at(700), sequence, mark: null }));
      await recorder.record(same);
      const ids = (await allPages((page) => listPasses(db, { cameraId: 'eastern-bypass-in-1' }, page), 2)).map((p) => p.id);
      expect(ids).toEqual(same.map((p) => p.id).toSorted().toReversed());
    });

    test('is not disturbed by passes that arrive meanwhile', async () => {
      const cameraId = 'spezand-in-1', early = Array.from({ length: 10 }, (_, i) => aPass({ cameraId, capturedAt: at(800 + i), mark: null }));
      await recorder.record(early);
      const first = await listPasses(db, { cameraId }, { limit: 4 });
      await recorder.record(Array.from({ length: 5 }, (_, i) => aPass({ cameraId, capturedAt: at(900 + i), mark: null })));
      const rest = await listPasses(db, { cameraId }, { limit: 100, cursor: first.nextCursor });
      expect([...first.items, ...rest.items].map((p) => p.id)).toEqual(early.map((p) => p.id).toReversed());
      expect(rest.nextCursor).toBeNull();
    });

    test('a cursor is good for its own question only', async () => {
      const { nextCursor } = await listPasses(db, { siteId: 'lak-pass' }, { limit: 1 });
      expect((await listPasses(db, { siteId: 'lak-pass', cameraId: undefined }, { cursor: nextCursor })).items).toHaveLength(2);
      await expect(listPasses(db, { siteId: 'baleli' }, { cursor: nextCursor })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
      await expect(listPasses(db, {}, { cursor: nextCursor })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    });

    const forged = (content: unknown): string => Buffer.from(JSON.stringify(content)).toString('base64url');
    test.each(['', 'x', '!!', forged(null), forged([]), forged({ q: 'x', at: 0, id: '' }), forged({ at: 1e300 }), '𝓒', 'A'.repeat(10_000)])('%.40j is no cursor', async (cursor) => {
      await expect(listPasses(db, {}, { cursor })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
      await expect(listHits(db, {}, { cursor })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    });

    test('a cursor of ours with another time or id in it does no harm', async () => {
      const { nextCursor } = await listPasses(db, {}, { limit: 1 });
      const content = JSON.parse(Buffer.from(nextCursor ?? '', 'base64url').toString()) as object;
      await expect(listPasses(db, {}, { cursor: forged({ ...content, at: 9e15 }) })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
      await expect(listPasses(db, {}, { cursor: forged({ ...content, id: '\0' }) })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
      expect((await listPasses(db, {}, { cursor: forged({ ...content, at: 0, id: "'" }) })).items).toEqual([]);
    });

    test.each([0, -1, 1.5, 1001, Number.NaN])('%d is no limit', async (limit) => {
      await expect(listPasses(db, {}, { limit })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    });
  });

  test('all passes of one key, newest first, page by page', async () => {
    expect((await allPages((page) => passesOfKey(db, { key: 'LEC8447' }, page), 1)).map((p) => p.capturedAt)).toEqual([at(240), at(21), at(20), at(0)]);
    expect((await passesOfKey(db, { key: 'LEC8447', from: at(20), to: at(240) })).items).toHaveLength(2);
  });

  describe('journeys', () => {
    test.each<[string, JourneyFilter, readonly string[]]>([
      ['open', { status: 'open', key: 'LEC8447' }, ['LEC8447', 'LEC8447']],
      ['closed', { status: 'closed' }, ['BCS36', 'LEC8447']],
      ['overlapping a time', { from: at(250), to: at(260), status: 'closed' }, ['BCS36']],
      ['that ended before', { to: at(10) }, ['LEC8447']],
      ['an open one has no end', { from: at(10 * 24 * 60), key: 'LEC8447' }, ['LEC8447', 'LEC8447']],
      ['with a sighting at a site', { siteId: 'sariab' }, ['LEC8447']],
      ['of a mark', { mark: 'LEC-14-8447' }, ['LEC8447', 'LEC8447']],
      ['of marks', { mark: 'BC*' }, ['BCS36']],
    ])('%s', async (_, filter, keys) => {
      expect((await listJourneys(db, filter)).items.map((j) => j.key)).toEqual(keys);
    });

    test('come with their sightings in order, entry and exit among them, and again by id', async () => {
      const [journey] = (await listJourneys(db, { key: 'BCS36' })).items;
      expect(journey).toMatchObject({
        status: 'closed', entry: { siteId: 'lak-pass', direction: 'in', capturedAt: at(30) }, exit: { siteId: 'baleli', direction: 'out', capturedAt: at(300) },
        startedAt: at(30), lastSeenAt: at(300), entryMissing: false, exitMissing: false, ambiguous: false, mark: mark('BCS-036'),
      });
      expect(journey?.sightings.map((s) => s.capturedAt)).toEqual([at(30), at(300)]);
      expect(await findJourney(db, journey?.id ?? '')).toEqual(journey);
      expect(await findJourney(db, 'j-none')).toBeNull();
    });

    test('a sighting that two vehicles could be is in neither journey', async () => {
      const { items } = await listJourneys(db, { key: 'LEC8447' });
      expect(items.map((j) => [j.mark.year, j.ambiguous]).toSorted()).toEqual([[null, true], ['13', false], ['14', false]]);
    });

    test('page by page', async () => {
      const whole = (await listJourneys(db, {}, { limit: 1000 })).items;
      expect(whole.length).toBeGreaterThan(4);
      expect(await allPages((page) => listJourneys(db, {}, page), 2)).toEqual(whole);
    });
  });

  describe('hits', () => {
    test.each<[string, HitFilter, number]>([
      ['all', {}, 5], ['of a list', { list: 'tax' }, 2], ['of a camera', { cameraId: 'sariab-1' }, 1], ['of a site', { siteId: 'baleli' }, 2],
      ['with an unread part', { matchKind: 'unread-part' }, 1], ['to be compared first', { action: 'check' }, 1], ['still in view', { status: 'provisional' }, 0],
      ['confirmed', { status: 'confirmed', list: 'stolen' }, 3], ['of a kind', { kind: 'tax' }, 2], ['late', { late: true }, 5], ['in time', { late: false }, 0], ['open', { open: true }, 5],
      ['over', { open: false }, 0], ['probable enough', { leastScore: 0 }, 5], ['surer than sure', { leastScore: 1 }, 0], ['of lists that are not covert', { covert: false }, 5], ['in a time', { from: at(1), to: at(240) }, 2],
      ['of a pass', { passId: PASSES[0]?.id }, 1],
    ])('%s', async (_, filter, count) => {
      expect((await listHits(db, filter)).items).toHaveLength(count);
    });

    test('page by page, latest capture first', async () => {
      const whole = (await listHits(db, {})).items;
      expect(whole.map((h) => h.capturedAt)).toEqual([at(300), at(240), at(30), at(20), at(0)]);
      expect(await allPages((page) => listHits(db, {}, page), 2)).toEqual(whole);
    });
  });

  describe('cameras', () => {
    test('give their latest pass and how many they saw in a day, in the order asked', async () => {
      const asked = ['sariab-1', 'hanna-urak-in-1', 'lak-pass-in-1'];
      const found = await cameraLatest(db, asked, at(60));
      expect(found.map((c) => [c.cameraId, c.latest?.capturedAt ?? null, c.lastDay])).toEqual([['sariab-1', at(20), 1], ['hanna-urak-in-1', null, 0], ['lak-pass-in-1', at(30), 2]]);
      expect(found[0]?.latest).toEqual(await findPass(db, PASSES[1]?.id ?? ''));
    });

    test('a day is 24 hours to the millisecond', async () => {
      const counts = await Promise.all([DAY - 1, DAY].map(async (later) => (await cameraLatest(db, ['sariab-1'], at(20) + later))[0]?.lastDay));
      expect(counts).toEqual([1, 0]);
    });

    test('none asked, none answered', async () => {
      expect(await cameraLatest(db, [], at(0))).toEqual([]);
    });

    test('which saw anything at all in a time', async () => {
      const asked = ['sariab-1', 'baleli-in-1', 'lak-pass-out-1', "x'y"];
      expect(await camerasWithPasses(db, asked, { from: at(0), to: at(21) })).toEqual(new Set(['sariab-1', 'baleli-in-1']));
      expect(await camerasWithPasses(db, asked, {})).toEqual(new Set(['sariab-1', 'baleli-in-1', 'lak-pass-out-1']));
    });
  });

  test('figures for monitoring', async () => {
    const figures = await storeStatistics(db, at(60));
    expect(figures).toMatchObject({
      passesLastHour: 7, openJourneys: expect.any(Number) as number, hitsLastDay: { confirmed: 3 }, register: null, auditRows: 0,
      lists: [{ list: 'stolen', entryCount: 1, importedAt: at(-60) }, { list: 'tax', version: 1 }],
    });
    expect(figures.latestPassAt).toBe((await listPasses(db, {}, { limit: 1 })).items[0]?.capturedAt);
    expect(figures.databaseBytes).toBeGreaterThan(1_000_000);
  });

  describe('the questions that must stay fast at a hundred million passes use an index', () => {
    const plan = async (statement: ReturnType<typeof sql>, without: readonly string[] = ['seqscan', 'bitmapscan', 'sort']): Promise<string> => db.orm.transaction(async (tx) => {
      // The table is tiny: the planner is told what it finds out by itself when the table is large.
      for (const way of without) await tx.execute(sql.raw(`set local enable_${way} = off`));
      return JSON.stringify(await rowsOf(tx as unknown as Database['orm'], sql`explain (costs off) ${statement}`));
    });

    test.each([
      ['latest of a camera', sql`select id from passes where camera_id = 'sariab-1' order by captured_at desc, id desc limit 1`, 'camera_id'],
      ['history of a key', sql`select id from passes where key = 'LEC8447' order by captured_at desc, id desc limit 100`, 'key'],
      ['the next page', sql`select id from passes where (captured_at, id) < (now(), 'x') and captured_at <= now() order by captured_at desc, id desc limit 100`, 'pkey'],
    ])('%s', async (_, statement, index) => {
      const text = await plan(statement);
      expect(text).toMatch(new RegExp(`Index (Only )?Scan Backward using passes_\\w*${index}`));
      expect(text).not.toMatch(/Seq Scan|-> +Sort|"Sort/);
    });

    test('a wildcard in the middle, by trigrams', async () => {
      expect(await plan(sql`select key from vehicles where key like '%844%'`, ['seqscan', 'indexscan', 'indexonlyscan'])).toContain('vehicles_trigram');
    });

    test('a wildcard at the end, by the beginning', async () => {
      expect(await plan(sql`select key from vehicles where key like 'LE%'`)).toMatch(/Index Cond: \(\(key >= 'LE'/);
    });
  });

  test('a pass cannot be edited, and saying so names no value', async () => {
    const refused = await db.script(`update passes set raw_text = 'FORGED'`).then(() => null, (error: unknown) => error);
    expect(refused).toMatchObject({ code: 'DATABASE_REFUSED', details: { sqlstate: '23001' } });
    expect(String(refused) + String((refused as Error).cause)).not.toContain('FORGED');
  });

  test('nothing of a failed statement leaks into the error: neither SQL nor values', async () => {
    const huge = aPass({ capturedAt: at(999), readCount: 2 ** 40, rawText: 'SECRET1' });
    const refused = await recorder.record([huge]).then(() => new Error('stored'), (error: unknown) => error as Error);
    expect(refused).toMatchObject({ code: 'DATABASE_REFUSED' });
    const cause = refused.cause as Error, told = [refused.message, refused.stack, JSON.stringify(refused), String(cause), cause.stack].join('\n');
    expect(told).not.toMatch(/SECRET1|1099511627776|insert into|unnest/i);
  });
});
