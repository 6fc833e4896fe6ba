import { access, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Pass } from '../../src/pass/pass.ts';
import { cutOffsAt } from '../../src/pipeline/keep-days.ts';
import type { Recorder } from '../../src/pipeline/record.ts';
import { createRetention, lastNight } from '../../src/pipeline/retention.ts';
import { appendAudit, listAudit, verifyAudit } from '../../src/store/audit-log.ts';
import type { Database } from '../../src/store/database.ts';
import { frameDone, openFrames, takeFrame } from '../../src/store/frames.ts';
import { placeHold, releaseHold } from '../../src/store/legal-holds.ts';
import { listJourneys } from '../../src/store/list-journeys.ts';
import { rebuildKeys } from '../../src/store/rebuild-journeys.ts';
import { inTransaction, rowsOf } from '../../src/store/query.ts';
import type { RetentionKind } from '../../src/store/retention-report.ts';
import { findRun, listRuns, noteRun, type RetentionRun } from '../../src/store/retention-runs.ts';
import { onBothDatabases } from '../support/databases.ts';
import { aPass, DAY, HOUR, mark, MINUTE } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';
import { evidenceFolder, KEEP, retentionOn, type EvidenceFolder } from '../support/retention.ts';
import { happen, hitNumber, raise, anEvent } from '../support/stored-hits.ts';

/** Later than any file is written really: a picture that was written within the hour is not deleted. */
const NOW = Date.parse('2041-06-15T03:00:00+05:00');

describe('when things are past', () => {
  test('a hit gives a pass a longer time, never a shorter one', () => {
    expect(cutOffsAt(NOW, { ...KEEP, passes: 90, hits: 30 })).toMatchObject({ passes: NOW - 90 * DAY, hits: NOW - 90 * DAY });
    expect(cutOffsAt(NOW, KEEP)).toEqual({
      passes: NOW - 90 * DAY, hits: NOW - 365 * DAY, journeys: NOW - 365 * DAY, evidence: NOW - 365 * DAY, audit: NOW - 1095 * DAY, setAside: NOW - 30 * DAY, payloads: NOW - 30 * DAY,
    });
  });

  test.each([
    ['2041-06-15T02:59:59+05:00', '2041-06-14T03:00:00+05:00'], ['2041-06-15T03:00:00+05:00', '2041-06-15T03:00:00+05:00'], ['2041-06-16T00:30:00+05:00', '2041-06-15T03:00:00+05:00'],
  ])('at %s the last night was %s', (at, night) => expect(lastNight(Date.parse(at), 300)).toBe(Date.parse(night)));

  test('the night is that of the city, west of Greenwich too', () => {
    expect(lastNight(Date.parse('2041-06-15T10:00:00Z'), -420)).toBe(Date.parse('2041-06-15T03:00:00-07:00'));
  });
});

onBothDatabases('what is past its time', (database, kind) => {
  let db: Database, folder: EvidenceFolder, recorder: Recorder, now = NOW;
  beforeAll(async () => {
    folder = await evidenceFolder();
  });
  afterAll(() => folder.remove());
  beforeEach(async () => {
    ({ db } = database());
    now = NOW;
    await database().clear();
    recorder = recorderOn(db, () => now);
  });

  const run = (given: Parameters<typeof retentionOn>[3] = {}): Promise<RetentionRun> => retentionOn(db, folder.evidence, () => now, given).run({ actor: 'schedule' });
  const of = (report: RetentionRun, named: RetentionKind) => report.report.kinds.find((k) => k.kind === named);
  const daysAgo = (days: number): number => NOW - days * DAY;
  const far = (days: number, given: Parameters<typeof aPass>[0] = {}): Pass => aPass({ cameraId: 'far-away', capturedAt: daysAgo(days), evidence: null, ...given });
  const record = async (...passes: Pass[]): Promise<Pass[]> => {
    expect((await recorder.record(passes)).stored).toHaveLength(passes.length);
    return passes;
  };
  const idsIn = async (table = 'passes'): Promise<string[]> => (await rowsOf<{ id: string }>(db.orm, sql`select id from ${sql.identifier(table)} order by id`)).map((row) => row.id);
  const months = async (table = 'passes'): Promise<string[]> =>
    (await rowsOf<{ name: string }>(db.orm, sql`select inhrelid::regclass::text as name from pg_inherits where inhparent = ${table}::regclass order by 1`)).map((row) => row.name);
  const isThere = (sha256: string): Promise<boolean> => access(join(folder.dataDir, 'evidence', sha256.slice(0, 2), sha256.slice(2, 4), `${sha256}.jpg`)).then(() => true, () => false);
  const picture = (text: string): Promise<string> => folder.evidence.put(Buffer.from(text), 'image/jpeg');
  const frame = async (days: number, sha256: string, cameraId = 'far-away'): Promise<void> => {
    await takeFrame(db, { cameraId, capturedAt: daysAgo(days), sha256, timeSource: 'camera', mediaType: 'image/jpeg', name: 'f.jpg', receivedAt: daysAgo(days) });
    await frameDone(db, [{ cameraId, capturedAt: daysAgo(days), sha256 }]);
  };
  const evidenceOf = (sha256: string) => ({ sha256, mediaType: 'image/jpeg', width: 4, height: 3 });

  describe('passes', () => {
    test('go to the millisecond', async () => {
      const passes = await record(far(90), aPass({ cameraId: 'far-away', capturedAt: daysAgo(90) - 1, evidence: null }));
      await run();
      expect(await idsIn()).toEqual([passes[0]?.id]);
    });

    test('whole months go with their partition, the rest of a month by rows; the months ahead are made', async () => {
      await record(...[200, 150, 120, 95, 80, 1].map((days) => far(days)));
      const report = await run();
      expect(of(report, 'passes')).toMatchObject({ deleted: 4, overdue: 0, partitions: ['passes_2040_11', 'passes_2041_01', 'passes_2041_02'] });
      expect(of(report, 'passes')?.bytes).toBeGreaterThan(0);
      expect(await months()).toEqual(['passes_2041_03', 'passes_2041_06', 'passes_2041_07', 'passes_2041_08', 'passes_2041_09']);
      expect(await months('frames')).toEqual(['frames_2041_06', 'frames_2041_07', 'frames_2041_08', 'frames_2041_09']);
      expect(report.report.ahead).toEqual(['2041-06', '2041-07', '2041-08', '2041-09']);
    });

    test('many rows of a month that is only partly past go in slices', async () => {
      await db.script(`
        select ensure_month_partition('passes', '2041-03-01Z');
        insert into passes (captured_at, received_at, processed_at, confidence, sequence, read_count, boundary, id, camera_id, direction, outcome, time_source, source, raw_text)
        select at, at, at, 1, 0, 1, false, 'p' || n, 'c', 'in', 'no-plate', 'camera', 'api', '' from (select n, '2041-03-01Z'::timestamptz + n * interval '90 seconds' as at from generate_series(0, 16999) as n) as rows
      `);
      const steps: string[] = [], report = await run({ onStep: (name) => steps.push(name) });
      const left = await rowsOf<{ n: number }>(db.orm, sql`select count(*)::integer as n from passes where captured_at < ${new Date(daysAgo(90)).toISOString()}::timestamptz`);
      expect([left[0]?.n, of(report, 'passes')?.deleted, steps.filter((name) => name === 'passes slice').length]).toEqual([0, of(report, 'passes')?.deleted, 4]);
      expect(of(report, 'passes')?.deleted).toBeGreaterThan(15_000);
    });

    test('more rows than a slice at one instant go too', async () => {
      await db.script(`
        select ensure_month_partition('passes', '2041-03-01Z');
        insert into passes (captured_at, received_at, processed_at, confidence, sequence, read_count, boundary, id, camera_id, direction, outcome, time_source, source, raw_text)
        select at, at, at, 1, 0, 1, false, 'p' || n, 'c', 'in', 'no-plate', 'camera', 'api', '' from (select n, '2041-03-02Z'::timestamptz as at from generate_series(1, 12000) as n) as rows
      `);
      expect(of(await run(), 'passes')).toMatchObject({ deleted: 12_000, overdue: 0 });
    });

    test('of a counted sighting stay with the hit that counts it, those of a withdrawn hit do not', async () => {
      const [raised = far(0), counted = far(0), withdrawn = far(0)] = await record(far(200), far(199), far(150));
      const hit = hitNumber(1, daysAgo(200), { passId: raised.id, status: 'accepted', decidedAt: daysAgo(180), lastSeenAt: daysAgo(199) });
      await raise(db, hit, hitNumber(2, daysAgo(150), { passId: withdrawn.id, status: 'withdrawn', lastSeenAt: daysAgo(150) }));
      await happen(db, anEvent(hit, { kind: 'repeated', detail: { passId: counted.id, sighting: 'h-x' } }));
      expect(of(await run(), 'passes')).toMatchObject({ kept: { hit: 2 }, deleted: 1 });
      expect(await idsIn()).toEqual([raised.id, counted.id].toSorted());
    });

    test('an open hit keeps what it refers to for ever, and its decision starts the time', async () => {
      const [pass = far(0)] = await record(far(900)), hit = hitNumber(1, daysAgo(900), { passId: pass.id, status: 'confirmed', lastSeenAt: daysAgo(900), capturedAt: daysAgo(900) });
      await raise(db, hit);
      expect(of(await run(), 'passes')).toMatchObject({ kept: { open: 1 }, deleted: 0 });
      expect(of(await run(), 'hits')).toMatchObject({ kept: { open: 1 }, deleted: 0 });
      await rowsOf(db.orm, sql`update hits set status = 'accepted', decided_at = ${new Date(daysAgo(1)).toISOString()}::timestamptz`);
      expect(of(await run(), 'passes')).toMatchObject({ kept: { hit: 1 }, deleted: 0 });
      now = NOW + 365 * DAY;
      const report = await run();
      expect([await idsIn(), await idsIn('hits'), of(report, 'hits')?.deleted]).toEqual([[], [], 1]);
      expect(await rowsOf(db.orm, sql`select 1 from hit_events`)).toEqual([]);
    });

    test('a month in use is put off, its rows are not', async () => {
      if (kind === 'pglite') return;
      await record(far(200));
      const other = await database().another();
      let report: RetentionRun | null = null;
      await other.orm.transaction(async (tx) => {
        await tx.execute(sql`select count(*) from passes`);
        report = await run();
      });
      expect(of(report as unknown as RetentionRun, 'passes')).toMatchObject({ deleted: 1, overdue: 0, putOff: expect.stringContaining('passes_2040_11'), partitions: [] });
      expect(of(await run(), 'passes')).toMatchObject({ partitions: ['passes_2040_11'], putOff: null });
    }, 60_000);
  });

  describe('late passes', () => {
    test('into a month that is gone are set aside, and the rest of the batch goes on', async () => {
      await record(far(120));
      await run();
      const late = far(100), fresh = far(1), { stored, setAside, repeated } = await recorder.record([late, fresh, far(100, { mark: 'LEA-1', sequence: 1 })]);
      expect([stored.map((p) => p.id), repeated, setAside.map(({ pass, floor }) => [pass.id, floor])]).toEqual([[fresh.id], 0, [[late.id, daysAgo(90)], [expect.any(String), daysAgo(90)]]]);
      expect(await idsIn('passes_set_aside')).toHaveLength(2);
      expect(await months()).not.toContain('passes_2041_03');
      expect((await recorder.record([late])).setAside).toHaveLength(1);
      expect(await idsIn('passes_set_aside')).toHaveLength(2);
    });

    test('are taken as long as nothing was deleted, and just above the floor', async () => {
      await record(far(200));
      await run();
      await record(aPass({ cameraId: 'far-away', capturedAt: daysAgo(90), sequence: 3 }));
      expect((await recorder.record([aPass({ cameraId: 'far-away', capturedAt: daysAgo(90) - 1 })])).setAside).toHaveLength(1);
    });

    test('that are there, because a hit kept them, are repetitions', async () => {
      const [kept = far(0)] = await record(far(200));
      await raise(db, hitNumber(1, daysAgo(200), { passId: kept.id, status: 'accepted', decidedAt: daysAgo(100), lastSeenAt: daysAgo(200) }));
      await run();
      expect(await recorder.record([kept])).toMatchObject({ stored: [], repeated: 1, setAside: [] });
    });

    test('a time that no clock can have had refuses the whole all the same', async () => {
      await run();
      await expect(recorder.record([far(1), aPass({ capturedAt: 0 })])).rejects.toMatchObject({ code: 'TIME_IMPLAUSIBLE' });
      expect(await idsIn()).toEqual([]);
    });

    test('a frame from before is refused and leaves nothing', async () => {
      await run();
      const old = { cameraId: 'far-away', capturedAt: daysAgo(91), sha256: 'ab'.repeat(32), timeSource: 'camera', mediaType: 'image/jpeg', name: 'f', receivedAt: now } as const;
      await expect(takeFrame(db, old)).rejects.toMatchObject({ code: 'PASS_EXPIRED', status: 422, details: { camera: 'far-away' } });
      expect(await openFrames(db)).toEqual([]);
    });

    test('the floor never goes down: with a longer setting what came between is not taken half', async () => {
      await run();
      await run({ keep: { passes: 200 } });
      expect((await recorder.record([far(100)])).setAside).toMatchObject([{ floor: daysAgo(90) }]);
    });

    test('wait for a person for their own time only, longer while their mark is held', async () => {
      await run();
      await recorder.record([far(100, { mark: 'LEA-1' }), far(100, { mark: 'LEA-2', sequence: 1 })]);
      await placeHold(db, { id: 'h', at: now, author: 'k', reason: 'r', subject: { kind: 'mark', mark: mark('LEA-2') } });
      now = NOW + 31 * DAY;
      expect(of(await run(), 'set-aside')).toMatchObject({ deleted: 1, overdue: 0, kept: { hold: 1 } });
    });
  });

  describe('pictures', () => {
    test('go with the rows that they stand for', async () => {
      const [gone, stays] = [await picture('gone'), await picture('stays')];
      await frame(91, gone);
      await frame(1, stays);
      await record(far(91, { evidence: evidenceOf(gone) }), far(1, { evidence: evidenceOf(stays) }));
      expect(of(await run(), 'pictures')).toMatchObject({ deleted: 1, bytes: 4, overdue: 0 });
      expect([await isThere(gone), await isThere(stays)]).toEqual([false, true]);
    });

    test('of a frame in which nobody drove by go with the frame', async () => {
      const empty = await picture('an empty road');
      await frame(91, empty);
      await run();
      expect([await isThere(empty), await rowsOf(db.orm, sql`select 1 from frames`)]).toEqual([false, []]);
    });

    test('that two passes share stay until the last of them goes', async () => {
      const shared = await picture('two vehicles');
      await frame(100, shared);
      const [a = far(0)] = await record(far(100, { evidence: evidenceOf(shared) }), far(100, { mark: 'LEA-9', sequence: 1, evidence: evidenceOf(shared) }));
      await raise(db, hitNumber(1, daysAgo(100), { passId: a.id, status: 'accepted', decidedAt: daysAgo(99), lastSeenAt: daysAgo(100) }));
      await run();
      expect([await idsIn(), await isThere(shared)]).toEqual([[a.id], true]);
      now = NOW + 300 * DAY;
      await run();
      expect([await idsIn(), await isThere(shared)]).toEqual([[], false]);
    });

    test('of the same bytes taken again later stay for the later frame', async () => {
      const still = await picture('the camera shows a still');
      await frame(200, still);
      await frame(5, still);
      await run();
      expect(await isThere(still)).toBe(true);
    });

    test('with a shorter time than their pass leave a row that says so', async () => {
      const short = await picture('short'), [pass = far(0)] = [far(50, { evidence: evidenceOf(short) })];
      await frame(50, short);
      await record(pass);
      expect(of(await run({ keep: { evidence: 30 } }), 'pictures')).toMatchObject({ deleted: 1, overdue: 0 });
      const rows = await rowsOf<{ deleted: boolean }>(db.orm, sql`select picture_deleted_at is not null as deleted from frames`);
      expect([await isThere(short), rows, await idsIn()]).toEqual([false, [{ deleted: true }], [pass.id]]);
    });

    test('of an open hit and of a held mark stay beyond their time', async () => {
      const [ofHit, ofHold] = [await picture('hit'), await picture('hold')];
      await frame(50, ofHit);
      await frame(51, ofHold);
      const [hitPass = far(0)] = await record(far(50, { evidence: evidenceOf(ofHit) }), far(51, { mark: 'LEA-2', evidence: evidenceOf(ofHold) }));
      await raise(db, hitNumber(1, daysAgo(50), { passId: hitPass.id, status: 'confirmed' }));
      await placeHold(db, { id: 'h', at: now, author: 'k', reason: 'r', subject: { kind: 'mark', mark: mark('LEA-2') } });
      expect(of(await run({ keep: { evidence: 30 } }), 'pictures')).toMatchObject({ deleted: 0, overdue: 0, kept: { open: 1, hold: 1 } });
      await releaseHold(db, 'h', { at: now, by: 'k', reason: null });
      await run({ keep: { evidence: 30 } });
      expect([await isThere(ofHit), await isThere(ofHold)]).toEqual([true, false]);
    });

    test('of a provisional hit whose pass never came stay with their frame', async () => {
      const seen = await picture('in view');
      await frame(200, seen, 'baleli-in-1');
      await raise(db, hitNumber(1, daysAgo(200), { passId: null, provisionalFrame: seen, status: 'provisional' }));
      await run();
      expect(await isThere(seen)).toBe(true);
    });

    test('that are due and were written again just now wait, and stay when their row comes', async () => {
      const again = await picture('again');
      await frame(200, again);
      const file = join(folder.dataDir, 'evidence', again.slice(0, 2), again.slice(2, 4), `${again}.jpg`);
      await utimes(file, new Date(NOW), new Date(NOW));
      expect(of(await run(), 'pictures')).toMatchObject({ deleted: 0, putOff: expect.stringContaining('1 pictures') });
      await frame(1, again);
      now = NOW + DAY;
      expect(of(await run(), 'pictures')).toMatchObject({ deleted: 0, putOff: null });
      expect([await isThere(again), await rowsOf(db.orm, sql`select 1 from pictures_due`)]).toEqual([true, []]);
    });

    test('for which no row stands are found within 32 days, those that are young are not touched', async () => {
      const lost = await picture('lost: the power went between picture and row'), young = await picture('young');
      const file = join(folder.dataDir, 'evidence', young.slice(0, 2), young.slice(2, 4), `${young}.jpg`);
      await utimes(file, new Date(NOW), new Date(NOW));
      for (let day = 0; day < 32; day++) {
        now = NOW + day * DAY;
        await run();
      }
      expect([await isThere(lost), await isThere(young)]).toEqual([false, true]);
      expect(await readdir(join(folder.dataDir, 'evidence', 'drafts'))).toEqual([]);
    }, 120_000);
  });

  describe('journeys', () => {
    const entry = (days: number, given: Parameters<typeof aPass>[0] = {}): Pass => aPass({ cameraId: 'baleli-in-1', capturedAt: daysAgo(days), evidence: null, ...given });
    const exit = (days: number, given: Parameters<typeof aPass>[0] = {}): Pass => aPass({ cameraId: 'lak-pass-out-1', capturedAt: daysAgo(days) + HOUR, evidence: null, ...given });
    const inside = (days: number): Pass => aPass({ cameraId: 'sariab-1', capturedAt: daysAgo(days), evidence: null });
    const stays = async () => (await listJourneys(db, {})).items.map((j) => ({ startedAt: j.startedAt, entry: j.entry !== null, exit: j.exit !== null, count: j.sightingCount })).toSorted((a, b) => a.startedAt - b.startedAt);

    test('outlive their passes, and go when their own time is over', async () => {
      await record(entry(200), exit(200));
      const report = await run();
      expect([await idsIn(), of(report, 'passes')?.deleted, await stays()]).toEqual([[], 2, [{ startedAt: daysAgo(200), entry: true, exit: true, count: 2 }]]);
      now = NOW + 166 * DAY;
      expect(of(await run(), 'journeys')).toMatchObject({ deleted: 1, overdue: 0 });
      expect([await stays(), await rowsOf(db.orm, sql`select 1 from vehicles`)]).toEqual([[], []]);
    });

    test('that are sealed stay when the vehicle comes again, late or in time, and when all is built anew', async () => {
      await record(entry(200), exit(200), entry(80), exit(80));
      await run();
      const before = await stays();
      expect(before).toHaveLength(2);
      await record(entry(2), exit(2));
      await record(inside(80));
      const now3 = await stays();
      expect(now3.map((j) => [j.startedAt, j.entry, j.exit])).toEqual([[daysAgo(200), true, true], [daysAgo(80), true, true], [daysAgo(2), true, true]]);
      await inTransaction(db, db.orm, (tx) => rebuildKeys(tx, ['LEC8447']));
      expect(await stays()).toEqual(now3);
      // Another vehicle of the same key is read for the first time: all that are not sealed are grouped anew.
      await record(entry(1, { mark: 'LEC-14-8447' }));
      expect((await stays()).map((j) => j.startedAt)).toEqual([daysAgo(200), daysAgo(80), daysAgo(2), daysAgo(1)]);
    });

    test('under way keep their entry: who came in long ago and leaves today was in the city all the time', async () => {
      const [came = entry(0)] = await record(entry(120), inside(110), inside(40));
      const report = await run();
      expect([of(report, 'passes')?.kept, (await idsIn()).length]).toEqual([{ journey: 1 }, 2]);
      expect(await idsIn()).toContain(came.id);
      await record(exit(1));
      expect(await stays()).toMatchObject([{ startedAt: daysAgo(120), entry: true, exit: true }]);
      now = NOW + 91 * DAY;
      await run();
      expect([await idsIn(), await stays()]).toMatchObject([[], [{ startedAt: daysAgo(120), entry: true, exit: true }]]);
    });

    test('of a held mark, and those in which a held case was seen, stay', async () => {
      const [first = entry(0)] = await record(entry(400), exit(400), entry(400, { mark: 'LEA-2', sequence: 1 }), exit(400, { mark: 'LEA-2', sequence: 1 }), entry(400, { mark: 'LEA-3', sequence: 2 }));
      await raise(db, hitNumber(1, daysAgo(400), { passId: first.id, key: 'LEC8447', status: 'accepted', decidedAt: daysAgo(399), firstSeenAt: daysAgo(400), lastSeenAt: daysAgo(400), entryDetails: { vehicle: { class: null, make: null, colour: null, chassis: null }, warnings: [], caseReference: 'FIR 1', source: null, stage: null } }));
      await placeHold(db, { id: 'a', at: now, author: 'k', reason: 'r', subject: { kind: 'mark', mark: mark('LEA-2') } });
      await placeHold(db, { id: 'b', at: now, author: 'k', reason: 'r', subject: { kind: 'case', caseReference: 'FIR 1' } });
      const report = await run();
      expect(of(report, 'journeys')).toMatchObject({ deleted: 1, kept: { hold: 2 }, overdue: 0 });
      expect(of(report, 'hits')).toMatchObject({ deleted: 0, kept: { hold: 1 } });
      // Of the case the pass of the hit, of the mark all.
      expect(of(report, 'passes')).toMatchObject({ deleted: 2, kept: { hold: 3 } });
    });
  });

  test('counts of cameras go when there is nothing left to compare them with', async () => {
    await record(aPass({ capturedAt: daysAgo(400), evidence: null }), aPass({ capturedAt: daysAgo(100), evidence: null }));
    expect(of(await run(), 'camera-hours')).toMatchObject({ deleted: 1, overdue: 0, days: 365 });
  });

  describe('the audit log', () => {
    const look = (days: number, caseReference = 'FIR 112/2041') => appendAudit(db, { at: daysAgo(days), actor: 'k', action: 'showMark', purpose: 'stolen', caseReference, question: {}, resultCount: 1, requestId: null });

    test('loses its beginning and still verifies; a row of it tells', async () => {
      for (const days of [1200, 1100, 1000, 10]) await look(days);
      const report = await run();
      expect(of(report, 'audit')).toMatchObject({ deleted: 2, overdue: 0 });
      expect(await verifyAudit(db)).toMatchObject({ kind: 'intact', begins: 3, rows: 4 });
      expect((await listAudit(db)).map((row) => [row.sequence, row.action])).toEqual([[6, 'runRetention'], [5, 'trimAudit'], [4, 'showMark'], [3, 'showMark']]);
    });

    test('keeps what was searched under a case that is held, and so what stands behind it', async () => {
      await look(1200);
      await look(1150, 'FIR 9');
      await look(1140);
      await placeHold(db, { id: 'h', at: now, author: 'k', reason: 'r', subject: { kind: 'case', caseReference: 'FIR 9' } });
      expect(of(await run(), 'audit')).toMatchObject({ deleted: 1, kept: { hold: 2 }, overdue: 0 });
    });
  });

  describe('a run', () => {
    test('is reported: in its row, and in the audit log', async () => {
      await record(far(120), far(1));
      const report = await run();
      expect(report).toMatchObject({ outcome: 'complete', actor: 'schedule', fault: null, startedAt: NOW, finishedAt: NOW });
      expect(await findRun(db, report.id)).toEqual(report);
      expect((await listAudit(db))[0]).toMatchObject({ actor: 'schedule', action: 'runRetention', question: { run: report.id, dryRun: false, deleted: expect.objectContaining({ passes: 1 }) } });
    });

    test('that is dry counts what would go, and changes nothing', async () => {
      const old = await picture('old');
      await frame(120, old);
      await record(far(120, { evidence: evidenceOf(old) }), far(1));
      const dry = await retentionOn(db, folder.evidence, () => now).run({ actor: 'cli', dryRun: true });
      expect(of(dry, 'passes')).toMatchObject({ deleted: 1, overdue: 1, partitions: ['passes_2041_02'] });
      expect([(await idsIn()).length, await isThere(old), await rowsOf(db.orm, sql`select 1 from retention_floors`)]).toEqual([2, true, []]);
      expect(of(await run(), 'passes')).toMatchObject({ deleted: 1, overdue: 0, partitions: ['passes_2041_02'] });
    });

    test('is refused while another is under way, and goes on after one that fell silent', async () => {
      const first = await run();
      await rowsOf(db.orm, sql`update retention_runs set outcome = 'running', finished_at = null`);
      await expect(run()).rejects.toMatchObject({ code: 'RETENTION_BUSY', details: { id: first.id } });
      await noteRun(db, first.id, now - 16 * MINUTE, first.report);
      await run();
      expect((await listRuns(db, { limit: 10 })).map((r) => r.outcome)).toEqual(['complete', 'interrupted']);
    });

    test('waits for journeys that are still to be built, for which the passes are needed', async () => {
      await record(far(120));
      await rowsOf(db.orm, sql`insert into journeys_due (key) values ('LEC8447')`);
      await expect(run()).rejects.toMatchObject({ code: 'RETENTION_UNREADY', details: { waiting: 1 } });
      expect(await idsIn()).toHaveLength(1);
    });

    test('that ends anywhere leaves all rows whole, and the next one finishes it', async () => {
      const shas: string[] = [];
      const fill = async (): Promise<void> => {
        await database().clear();
        shas.length = 0;
        for (const [i, days] of [200, 150, 95, 92, 1].entries()) {
          const sha256 = await picture(`crash ${i}`);
          shas.push(sha256);
          await frame(days, sha256);
          await record(far(days, { mark: `LEA-${i + 1}`, evidence: evidenceOf(sha256) }));
        }
        await raise(db, hitNumber(1, daysAgo(150), { passId: far(150, { mark: 'LEA-2' }).id, status: 'confirmed', lastSeenAt: daysAgo(150) }));
        await appendAudit(db, { at: daysAgo(1200), actor: 'k', action: 'a', purpose: null, caseReference: null, question: {}, resultCount: 1, requestId: null });
      };
      const wanted = [false, true, false, false, true];
      await fill();
      let at = 0;
      for (let ended = false; ; at += kind === 'pglite' ? 3 : 2) {
        let left = at;
        await run({ onStep: () => {
          if (left-- === 0) throw new Error('the power went');
        } }).then(() => (ended = true), (cause: Error) => expect(cause.message).toBe('the power went'));
        if (ended) break;
        // No row says that a picture is there which is not.
        const claimed = await rowsOf<{ sha256: string }>(db.orm, sql`select sha256 from frames where picture_deleted_at is null`);
        for (const { sha256 } of claimed) expect(await isThere(sha256), `step ${at}`).toBe(true);
        expect(await idsIn(), `step ${at}`).toEqual(expect.arrayContaining([1, 4].map((i) => far([200, 150, 95, 92, 1][i] ?? 0, { mark: `LEA-${i + 1}` }).id)));
        expect(await verifyAudit(db)).toMatchObject({ kind: 'intact' });
        const report = await run();
        expect(report.report.kinds.filter((k) => k.overdue !== 0), `step ${at}`).toEqual([]);
        expect([(await idsIn()).length, await Promise.all(shas.map(isThere))], `step ${at}`).toEqual([2, wanted]);
        expect((await listRuns(db, { limit: 10 })).map((r) => [r.outcome, r.fault]), `step ${at}`).toEqual([['complete', null], ['failed', 'INTERNAL']]);
        await fill();
      }
      expect(at).toBeGreaterThan(20);
    }, 240_000);

    test('comes every night once, soon after a night that was missed, and not at once on a new installation', async () => {
      const runs = async (): Promise<number> => (await listRuns(db, { limit: 100 })).length;
      now = Date.parse('2041-06-15T12:00:00+05:00');
      const look: (() => void)[] = [], real = globalThis.setInterval;
      globalThis.setInterval = ((work: () => void) => (look.push(work), 0)) as unknown as typeof setInterval;
      const retention = createRetention({ database: db, evidence: folder.evidence, keep: KEEP, clock: () => now, log: { error: () => undefined } as never, utcOffsetMinutes: 300 });
      try {
        retention.start();
      } finally {
        globalThis.setInterval = real;
      }
      const lookAt = async (time: string): Promise<number> => {
        now = Date.parse(time);
        look[0]?.();
        await retention.close();
        return runs();
      };
      expect(await lookAt('2041-06-15T12:10:00+05:00')).toBe(0);
      expect(await lookAt('2041-06-16T02:59:00+05:00')).toBe(0);
      expect(await lookAt('2041-06-16T03:05:00+05:00')).toBe(1);
      expect(await lookAt('2041-06-16T12:00:00+05:00')).toBe(1);
      expect(await lookAt('2041-06-19T09:00:00+05:00')).toBe(2);
    });
  });
});
