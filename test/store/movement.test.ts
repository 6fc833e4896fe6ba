import fc from 'fast-check';
import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import { estimateInside } from '../../src/journey/inside-estimate.ts';
import { markSearch } from '../../src/list/mark-search.ts';
import type { Pass } from '../../src/pass/pass.ts';
import { parseMarkPattern } from '../../src/plate/pattern.ts';
import { writeMark } from '../../src/plate/written-form.ts';
import type { Recorder } from '../../src/pipeline/record.ts';
import { crossingsPerHour } from '../../src/store/crossings-per-hour.ts';
import type { Database } from '../../src/store/database.ts';
import { DWELL_BINS, dwellHistogram } from '../../src/store/dwell.ts';
import { deleteJourneys } from '../../src/store/delete-journeys.ts';
import { foldInsideChanges, insideNow, type InsideNow } from '../../src/store/inside-now.ts';
import { listPasses, type PassFilter } from '../../src/store/list-passes.ts';
import { originDestination } from '../../src/store/origin-destination.ts';
import type { Page, PageRequest } from '../../src/store/page.ts';
import { rowsOf } from '../../src/store/query.ts';
import { seenAtBoth, type SeenAtSearch } from '../../src/store/seen-at-both.ts';
import { markTimeline, type TimelineItem } from '../../src/store/timeline.ts';
import { searchVehicles } from '../../src/store/vehicles-search.ts';
import { onBothDatabases } from '../support/databases.ts';
import { aPass, DAY, HOUR, mark, MINUTE, MORNING, quetta } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

const at = (minutes: number): number => MORNING + minutes * MINUTE;
const register = quetta();
const site = (siteId: string) => ({ siteId, cameraIds: register.cameras.filter((c) => c.siteId === siteId).map((c) => c.id) });
const seen = (text: string | null, cameraId: string, minute: number, more: Partial<Pass> = {}): Pass => aPass({ mark: text, cameraId, capturedAt: at(minute), ...more });
const truck = { vehicle: { class: 'Truck', make: null, colour: null } }, car = { vehicle: { class: 'car', make: null, colour: null } };

const PASSES: readonly Pass[] = [
  // In at Baleli, by Sariab, out at Lak Pass: two hours.
  seen('LEC-13-8447', 'baleli-in-1', 0, car), seen('LEC-13-8447', 'sariab-1', 40, car), seen('LEC-13-8447', 'lak-pass-out-1', 120, car),
  // The same letters and number in another year, and with the year unread.
  seen('LEC-14-8447', 'sariab-1', 50), seen('LEC-8447', 'hazarganji-1', 60),
  // In, and not out.
  seen('BCS-036', 'lak-pass-in-1', 30, truck), seen('BCS-036', 'sariab-1', 55, truck),
  // In twice, the first exit unseen.
  seen('QAD-118', 'baleli-in-1', 10), seen('QAD-118', 'sariab-1', 45), seen('QAD-118', 'baleli-in-1', 600),
  // Never seen to enter.
  seen('QAE-77', 'airport-road-1', 90), seen('QAE-77', 'baleli-out-1', 95),
  seen('QAF-9', 'sariab-1', 100),
  seen(null, 'sariab-1', 70, { outcome: 'applied-for', rawText: 'AFR2026' }),
];
const END = at(700);

async function all<T>(read: (page: PageRequest) => Promise<Page<T>>, limit: number): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null = null; ;) {
    const page: Page<T> = await read({ limit, cursor });
    items.push(...page.items);
    if (page.nextCursor === null) return items;
    cursor = page.nextCursor;
  }
}

const told = (item: TimelineItem): string => (item.kind === 'pass' ? `${writeMark(item.pass.mark ?? mark('QAF-9'))} ${item.pass.cameraId}` : `journey ${item.stay.entry?.siteId ?? '?'} → ${item.stay.exit?.siteId ?? '?'}`);

onBothDatabases('questions of movement', (database) => {
  let db: Database, recorder: Recorder;
  beforeAll(async () => {
    ({ db } = database());
    recorder = recorderOn(db, () => END);
    await recorder.record(PASSES);
    await recorder.settled();
  });

  describe('the timeline of a mark', () => {
    const timeline = (text: string, times: { from?: number; to?: number } = {}, page: PageRequest = {}) => markTimeline(db, { mark: mark(text), ...times }, page);

    it('holds its passes and journeys, newest first, each journey behind the pass that began it', async () => {
      expect((await timeline('BCS-036')).items.map(told)).toEqual(['BCS-036 sariab-1', 'BCS-036 lak-pass-in-1', 'journey lak-pass → ?']);
    });

    it('leaves out the vehicle of another year, and keeps what could be either', async () => {
      const items = (await timeline('LEC-13-8447')).items.map(told);
      expect(items.filter((t) => t.includes('LEC'))).toEqual(['LEC-13-8447 lak-pass-out-1', 'LEC-8447 hazarganji-1', 'LEC-13-8447 sariab-1', 'LEC-13-8447 baleli-in-1']);
      expect(items).toContain('journey baleli → lak-pass');
    });

    it('names the window of an exit that nobody saw', async () => {
      const stays = (await timeline('QAD-118')).items.flatMap((item) => (item.kind === 'journey' ? [item.stay] : []));
      expect(stays).toMatchObject([{ status: 'open', entry: { at: at(600) } }, { exitMissing: true, exit: null, lastSeenAt: at(45), leftBefore: at(600) }]);
    });

    it.each([1, 2, 3, 50])('is the same in pages of %i', async (limit) => {
      const whole = (await timeline('LEC-8447')).items.map(told);
      expect((await all((page) => timeline('LEC-8447', {}, page), limit)).map(told)).toEqual(whole);
    });

    it('says which pass follows on the next page', async () => {
      const page = await timeline('BCS-036', {}, { limit: 1 });
      expect(page.olderPass?.cameraId).toBe('lak-pass-in-1');
      expect((await timeline('BCS-036')).olderPass).toBeNull();
    });

    it('is cut to a period; a journey that overlaps it is there', async () => {
      expect((await timeline('BCS-036', { from: at(40), to: at(56) })).items.map(told)).toEqual(['BCS-036 sariab-1', 'journey lak-pass → ?']);
      expect((await timeline('BCS-036', { to: at(30) })).items).toEqual([]);
    });

    it('of a mark never seen is empty', async () => expect((await timeline('LEZ-11-1111')).items).toEqual([]));

    it('refuses the cursor of another question', async () => {
      const { nextCursor } = await timeline('LEC-13-8447', {}, { limit: 1 });
      await expect(timeline('BCS-036', {}, { cursor: nextCursor })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    });
  });

  describe('passes', () => {
    const marks = async (filter: PassFilter, cameras?: readonly string[]): Promise<string[]> => (await listPasses(db, filter, {}, cameras)).items.map((p) => `${p.mark === null ? p.rawText : writeMark(p.mark)} ${p.cameraId}`);

    it.each<[string, PassFilter, number]>([
      ['several cameras', { cameraId: ['sariab-1', 'hazarganji-1'] }, 7], ['a class as cameras saw it, in any case', { vehicleClass: 'truck' }, 2], ['another class', { vehicleClass: 'bus' }, 0],
      ['several cameras and a direction', { cameraId: ['baleli-in-1', 'baleli-out-1', 'sariab-1'], direction: 'out' }, 1], ['no camera', { cameraId: [] }, 0],
    ])('are found by %s', async (_, filter, count) => expect(await marks(filter)).toHaveLength(count));

    it('of a site are the same, asked camera by camera or all at once, in pages too', async () => {
      const { cameraIds } = site('baleli'), plain = await marks({ siteId: 'baleli' });
      expect(plain).toHaveLength(4);
      expect(await marks({ siteId: 'baleli' }, cameraIds)).toEqual(plain);
      expect((await all((page) => listPasses(db, { siteId: 'baleli' }, page, cameraIds), 1)).map((p) => p.cameraId)).toEqual(plain.map((t) => t.split(' ')[1]));
    });

    it.each<[string, string[]]>([
      ['LE*8447', ['LEC-13-8447 lak-pass-out-1', 'LEC-8447 hazarganji-1', 'LEC-14-8447 sariab-1', 'LEC-13-8447 sariab-1', 'LEC-13-8447 baleli-in-1']],
      ['LE?-13-84*', ['LEC-13-8447 lak-pass-out-1', 'LEC-8447 hazarganji-1', 'LEC-13-8447 sariab-1', 'LEC-13-8447 baleli-in-1']],
      ['*77', ['QAE-77 baleli-out-1', 'QAE-77 airport-road-1']], ['Z*', []],
    ])('are found by the pattern %s', async (pattern, found) => {
      expect(await marks({ mark: pattern })).toEqual(found);
      expect((await all((page) => listPasses(db, { mark: pattern }, page), 1)).length).toBe(found.length);
    });

    it('are found by what looks like them, when asked so', async () => {
      expect(await marks({ mark: 'LEC-13-8441' })).toEqual([]);
      expect(new Set(await marks({ mark: 'LEC-13-8441', lookAlikes: true }))).toEqual(new Set(['LEC-13-8447 lak-pass-out-1', 'LEC-13-8447 sariab-1', 'LEC-13-8447 baleli-in-1', 'LEC-8447 hazarganji-1']));
      expect(await marks({ mark: 'BCX-0*', lookAlikes: true })).toEqual([]);
      expect(await marks({ mark: '8CS-0*', lookAlikes: true })).toEqual(['BCS-036 sariab-1', 'BCS-036 lak-pass-in-1']);
    });

    it('by pattern heed the other conditions', async () => {
      expect(await marks({ mark: 'Q*', siteId: 'baleli' }, site('baleli').cameraIds)).toEqual(['QAD-118 baleli-in-1', 'QAE-77 baleli-out-1', 'QAD-118 baleli-in-1']);
      expect(await marks({ mark: 'Q*', from: at(50), to: at(96) })).toEqual(['QAE-77 baleli-out-1', 'QAE-77 airport-road-1']);
      expect(await marks({ mark: '*8447', vehicleClass: 'car', direction: 'in' })).toEqual(['LEC-13-8447 baleli-in-1']);
    });
  });

  describe('the marks themselves', () => {
    const search = (text: string, like = false, page: PageRequest = {}, times: { from?: number; to?: number } = {}) => {
      const pattern = parseMarkPattern(text);
      if (pattern.kind === 'invalid') throw new Error(pattern.reason);
      return searchVehicles(db, { marks: markSearch(pattern, like), ...times }, { text, like, ...times }, page);
    };

    it('are one row a key, with all that was read under it, and when it was first and last seen', async () => {
      const { items } = await search('LE*');
      expect(items).toMatchObject([{ key: 'LEC8447', firstSeenAt: at(0), lastSeenAt: at(120), lastSiteId: 'lak-pass' }]);
      expect(items[0]?.marks.map(writeMark).sort()).toEqual(['LEC-13-8447', 'LEC-14-8447', 'LEC-8447']);
    });

    it('are only those that were asked for', async () => {
      expect((await search('LE*-14-84*')).items[0]?.marks.map(writeMark).sort()).toEqual(['LEC-14-8447', 'LEC-8447']);
    });

    it('come page by page in order of the alphabet', async () => {
      expect((await all((page) => search('Q*', false, page), 1)).map((v) => v.key)).toEqual(['QAD118', 'QAE77', 'QAF9']);
    });

    it('may be asked for by time and by what looks like them', async () => {
      expect((await search('Q*', false, {}, { from: at(101) })).items.map((v) => v.key)).toEqual(['QAD118']);
      expect((await search('Q*', false, {}, { to: at(60) })).items.map((v) => v.key)).toEqual(['QAD118']);
      expect((await search('8CS-036', true)).items.map((v) => v.key)).toEqual(['BCS36']);
    });
  });

  describe('seen at two sites', () => {
    const trips = async (given: Partial<SeenAtSearch> = {}, limit = 100) =>
      (await all((page) => seenAtBoth(db, { a: site('baleli'), b: site('sariab'), withinMs: HOUR, order: 'any', from: at(-60), to: END, now: END, ...given }, page), limit))
        .map((t) => `${t.later.key} ${t.earlier.siteId}–${t.later.siteId} ${(t.later.capturedAt - t.earlier.capturedAt) / MINUTE}`);

    it('are those seen at one and then at the other within the time, newest first, of one vehicle', async () => {
      // LEC-14-8447 was at Sariab ten minutes after LEC-13-8447, and is another vehicle.
      expect(await trips()).toEqual(['QAD118 baleli–sariab 35', 'LEC8447 baleli–sariab 40']);
    });

    it('may be asked for one way', async () => {
      expect(await trips({ a: site('sariab'), b: site('baleli'), order: 'a-first' })).toEqual([]);
      expect(await trips({ a: site('sariab'), b: site('lak-pass'), withinMs: 2 * HOUR })).toEqual(['LEC8447 sariab–lak-pass 80', 'BCS36 lak-pass–sariab 25']);
    });

    it('are cut by the time between and by the period, in which both passes lie', async () => {
      expect(await trips({ withinMs: 39 * MINUTE })).toEqual(['QAD118 baleli–sariab 35']);
      expect(await trips({ from: at(5) })).toEqual(['QAD118 baleli–sariab 35']);
      expect(await trips({ to: at(45) })).toEqual(['LEC8447 baleli–sariab 40']);
    });

    it('are the same in pages', async () => expect(await trips({ withinMs: DAY, to: undefined }, 1)).toEqual(await trips({ withinMs: DAY })));
  });

  describe('counts of journeys', () => {
    const day = { from: at(-360), to: END };

    it('who is inside: entered and not seen to leave; seen inside alone apart', async () => {
      const inside = await insideNow(db, END);
      const open = inside.cohorts.flatMap((c) => (c.open > 0 ? [[c.site, c.vehicleClass, c.open]] : [])).sort();
      expect(open).toEqual([['baleli', null, 1], ['lak-pass', 'Truck', 1]]);
      expect(inside.cohorts.map((c) => [c.last, c.followed, c.unseen]).toSorted()).toContainEqual([0, 0, 1]);
      expect(inside.notSeenToEnter.count).toBeGreaterThanOrEqual(1);
      expect(estimateInside(inside).plain).toBe(2);
    });

    it('the counts of those who are inside are told before they are folded and after, and no row is folded twice', async () => {
      await recorder.record([seen('QAH-31', 'sariab-1', 130)]);
      const before = await insideNow(db, END), left = (await rowsOf(db.orm, sql`select from inside_changes`)).length;
      expect(left).toBeGreaterThan(0);
      const folded = await Promise.all([foldInsideChanges(db), foldInsideChanges(db)]);
      expect(folded[0] + folded[1] + await foldInsideChanges(db)).toBe(left);
      expect(await insideNow(db, END)).toEqual(before);
      expect(await foldInsideChanges(db)).toBe(0);
    });

    it('entered and left, by hour of the city and site', async () => {
      const counts = await crossingsPerHour(db, { ...day, per: 'hour', timeZone: 'Asia/Karachi' });
      expect(counts.map((c) => [(c.since - MORNING) / HOUR, c.siteId, c.entered, c.left])).toEqual([
        [0, 'baleli', 2, 0], [0, 'lak-pass', 1, 0], [1, 'baleli', 0, 1], [2, 'lak-pass', 0, 1], [10, 'baleli', 1, 0],
      ]);
    });

    it('entered and left, by day, site and class', async () => {
      const counts = await crossingsPerHour(db, { ...day, per: 'day', timeZone: 'Asia/Karachi', siteId: 'lak-pass' });
      expect(counts).toEqual([{ since: Date.parse('2026-11-03T00:00:00+05:00'), siteId: 'lak-pass', entered: 1, left: 1 }]);
      expect(await crossingsPerHour(db, { ...day, per: 'day', timeZone: 'Asia/Karachi', vehicleClass: 'Truck' })).toMatchObject([{ siteId: 'lak-pass', entered: 1, left: 0 }]);
      expect(await crossingsPerHour(db, { from: at(1), to: at(10), per: 'day', timeZone: 'Asia/Karachi' })).toEqual([]);
    });

    it('from where to where', async () => {
      const pairs = await originDestination(db, day);
      expect(pairs.map((p) => [p.entrySite, p.exitSite, p.journeys, p.open])).toEqual(expect.arrayContaining([['baleli', 'lak-pass', 1, 0], ['baleli', null, 2, 1], ['lak-pass', null, 1, 1], [null, 'baleli', 1, 0]]));
      expect(pairs.find((p) => p.entrySite === 'baleli' && p.exitSite === 'lak-pass')?.medianDwellMs).toBe(2 * HOUR);
    });

    it('how long they stayed', async () => {
      const { histograms, withoutBothEnds } = await dwellHistogram(db, day);
      expect(histograms).toMatchObject([{ group: null, journeys: 1, medianMs: 2 * HOUR, p90Ms: 2 * HOUR }]);
      expect(DWELL_BINS[histograms[0]?.counts.indexOf(1) ?? -1]).toBe(80 * MINUTE);
      expect(withoutBothEnds).toBeGreaterThanOrEqual(4);
      expect((await dwellHistogram(db, { ...day, by: 'class' })).histograms).toMatchObject([{ group: 'car', journeys: 1 }]);
      expect((await dwellHistogram(db, { ...day, entrySite: 'lak-pass' })).histograms).toEqual([]);
    });
  });
});

onBothDatabases('the timeline of a mark that shares its key', (database) => {
  it('goes on behind the passes of the other, few or many of them, until its page is full', async () => {
    const { db } = database(), minutes = Array.from({ length: 120 }, (_, i) => i);
    // The other comes once in a while at first, and then for most of the time.
    const other = (minute: number): boolean => (minute < 60 ? minute % 10 === 0 : minute % 10 !== 0);
    await recorderOn(db, () => END).record(minutes.map((minute) => seen(other(minute) ? 'LEC-14-8447' : 'LEC-13-8447', 'sariab-1', minute)));
    const own = minutes.filter((minute) => !other(minute)).map(at).toReversed();
    for (const limit of [1, 7, 20, 1000]) {
      const items = await all((page) => markTimeline(db, { mark: mark('LEC-13-8447') }, page), limit);
      expect(items.flatMap((item) => (item.kind === 'pass' ? [item.pass.capturedAt] : []))).toEqual(own);
    }
  });
});

/** What the counts must say, asked of the journeys themselves. */
async function countedAnew(db: Database, now: number): Promise<Pick<InsideNow, 'older' | 'notSeenToEnter'>> {
  const since = (age: number): string => new Date(Math.floor((now - age) / HOUR) * HOUR).toISOString();
  const [row] = await rowsOf<{ older: number; count: number; lastDay: number; lastWeek: number }>(db.orm, sql`
    select count(*) filter (where entry_at < ${since(14 * DAY)}::timestamptz)::integer as older, count(*) filter (where entry_at is null)::integer as count,
      count(*) filter (where entry_at is null and last_seen_at >= ${since(DAY)}::timestamptz)::integer as "lastDay",
      count(*) filter (where entry_at is null and last_seen_at >= ${since(7 * DAY)}::timestamptz)::integer as "lastWeek"
    from journeys where status = 'open' and not absorbed and left_at is null
  `);
  const { older = 0, ...notSeenToEnter } = row ?? { count: 0, lastDay: 0, lastWeek: 0 };
  return { older, notSeenToEnter };
}

onBothDatabases('the kept counts of those who are inside', (database) => {
  const MARKS = ['LEC-13-8447', 'LEC-14-8447', 'BCS-036', 'QAD-118'], CAMERAS = ['baleli-in-1', 'sariab-1', 'lak-pass-out-1'];
  const anyPass = fc.record({ mark: fc.constantFrom(...MARKS), cameraId: fc.constantFrom(...CAMERAS), hour: fc.nat(24 * 20), sequence: fc.nat(2) });

  it('are those of the journeys, whatever came in which order, was corrected by more, or deleted', async () => {
    const { db } = database(), now = MORNING + 20 * DAY;
    await fc.assert(fc.asyncProperty(fc.array(fc.array(anyPass, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 }), fc.nat(24 * 20), fc.boolean(), async (batches, gone, folds) => {
      await database().clear();
      const recorder = recorderOn(db, () => now);
      for (const batch of batches) {
        await recorder.record(batch.map(({ mark: text, cameraId, hour, sequence }) => seen(text, cameraId, hour * 60 + 1, { sequence })));
        if (folds) await recorder.settled();
      }
      await recorder.settled();
      expect(await insideNow(db, now)).toMatchObject(await countedAnew(db, now));
      await deleteJourneys(db, at(gone * 60));
      expect(await insideNow(db, now)).toMatchObject(await countedAnew(db, now));
    }), { numRuns: 15, seed: 5 });
  });

  it('go with journeys that are taken away all at once', async () => {
    const { db } = database();
    await db.script('truncate journeys');
    expect(await insideNow(db, END)).toMatchObject({ older: 0, notSeenToEnter: { count: 0, lastDay: 0, lastWeek: 0 } });
  });
});

/** Every page, with something recorded between any two. */
onBothDatabases('pages while data arrives', (database) => {
  it('show every pass that was there at the beginning once, newest first, whatever arrives, late ones too', async () => {
    const { db } = database();
    await fc.assert(fc.asyncProperty(
      fc.uniqueArray(fc.nat(600), { minLength: 1, maxLength: 25 }), fc.array(fc.nat(900), { maxLength: 12 }), fc.integer({ min: 1, max: 6 }),
      async (before, arriving, limit) => {
        await database().clear();
        const recorder = recorderOn(db, () => END), cameras = ['baleli-in-1', 'sariab-1', 'baleli-out-1'];
        const pass = (minute: number, sequence: number): Pass => seen('LEC-13-8447', cameras[minute % 3] ?? 'sariab-1', minute, { sequence });
        const first = before.map((minute) => aPass({ ...pass(minute, 0), mark: 'LEC-13-8447' }));
        await recorder.record(first);
        const late = [...arriving.entries()];
        const readers: [string, (page: PageRequest) => Promise<Page<{ readonly id: string; readonly at: number }>>][] = [
          ['timeline', async (page) => { const p = await markTimeline(db, { mark: mark('LEC-13-8447') }, page); return { ...p, items: p.items.flatMap((i) => (i.kind === 'pass' ? [{ id: i.pass.id, at: i.pass.capturedAt }] : [])) }; }],
          ['pattern', async (page) => { const p = await listPasses(db, { mark: 'LE*' }, page); return { ...p, items: p.items.map((i) => ({ id: i.id, at: i.capturedAt })) }; }],
          ['site', async (page) => { const p = await listPasses(db, { siteId: 'baleli' }, page, site('baleli').cameraIds); return { ...p, items: p.items.map((i) => ({ id: i.id, at: i.capturedAt })) }; }],
        ];
        for (const [name, read] of readers) {
          const items: { id: string; at: number }[] = [], expected = first.filter((p) => name !== 'site' || p.cameraId.startsWith('baleli')).map((p) => p.id);
          for (let cursor: string | null = null; ;) {
            const page: Page<{ id: string; at: number }> = await read({ limit, cursor });
            items.push(...page.items);
            if (page.nextCursor === null) break;
            cursor = page.nextCursor;
            const next = late.shift();
            if (next !== undefined) await recorder.record([aPass({ ...pass(next[1], 100 + next[0]), mark: 'LEC-13-8447' })]);
          }
          expect(items.map((i) => i.at)).toEqual(items.map((i) => i.at).toSorted((a, b) => b - a));
          expect(new Set(items.map((i) => i.id)).size).toBe(items.length);
          expect(items.map((i) => i.id)).toEqual(expect.arrayContaining(expected));
        }
        await recorder.settled();
      },
    ), { numRuns: 6 });
  });

  it('of a mark that was seen 50,000 times come to their end', async () => {
    const { db } = database();
    await database().clear();
    await rowsOf(db.orm, sql`select ensure_month_partition('passes', ${new Date(MORNING).toISOString()}::timestamptz)`);
    await rowsOf(db.bulk, sql`
      insert into passes (captured_at, received_at, processed_at, confidence, sequence, read_count, boundary, id, camera_id, site_id, direction, outcome, time_source, source, raw_text, key, skeleton, mark_letters, mark_year, mark_number)
      select at, at, at, 0.9, 0, 3, false, 'p' || n, 'sariab-1', 'sariab', 'unknown', 'mark', 'camera', 'pipeline', 'LEC138447', 'LEC8447', 'LEC8447', 'LEC', case when n % 10 = 0 then '14' else '13' end, '8447'
      from (select n, ${new Date(MORNING).toISOString()}::timestamptz + (n / 3) * interval '1 second' as at from generate_series(1, 50000) n) made
    `);
    await rowsOf(db.bulk, sql`insert into vehicles (key, skeleton, fold, first_seen_at, last_seen_at) select key, min(skeleton), min(skeleton), min(captured_at), max(captured_at) from passes group by key`);
    await rowsOf(db.bulk, sql`analyze passes`);
    const items = await all((page) => markTimeline(db, { mark: mark('LEC-13-8447') }, page), 1000), ids = items.flatMap((i) => (i.kind === 'pass' ? [i.pass.id] : []));
    expect(ids).toHaveLength(45_000);
    expect(new Set(ids).size).toBe(45_000);
    const either = await all((page) => listPasses(db, { mark: 'LE?-8*' }, page), 1000);
    expect(new Set(either.map((p) => p.id)).size).toBe(50_000);
  });
});
