import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { cloneFinding } from '../../src/journey/clones.ts';
import { findingId, type Evidence, type Finding } from '../../src/journey/finding.ts';
import { EVIDENCE_KEPT } from '../../src/journey/merge-findings.ts';
import { markKey } from '../../src/plate/key.ts';
import { addDueKeys, markRunDone, runDoneTo, takeDueKeys } from '../../src/store/finding-due.ts';
import { glimpsesBetween } from '../../src/store/glimpses.ts';
import { replaceLinkTimes, storedLinkTimes } from '../../src/store/link-times.ts';
import { addVerdict, findFinding, listFindings, type FindingFilter } from '../../src/store/list-findings.ts';
import { inTransaction, rowsOf } from '../../src/store/query.ts';
import { saveFindings, settleClones } from '../../src/store/write-findings.ts';
import { onBothDatabases } from '../support/databases.ts';
import { aPass, DAY, HOUR, mark, MINUTE, MORNING } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

const thing = (at: number, more: Partial<Evidence> = {}): Evidence => ({
  id: `e-${at}`, at, firm: true, words: `Seen at baleli and 300 s later at lak-pass.`, figures: { seconds: 300, bound: 'straight-line', unread: 'jurisdiction', differs: '' },
  passes: [{ passId: `p-${at}`, cameraId: 'baleli-in-1', siteId: 'baleli', at, mark: 'PB:LEC-13-8447', confidence: 0.97, vehicleClass: null, vehicleColour: 'white' }], ...more,
});
function aClone(text: string, ...evidence: readonly Evidence[]): Finding {
  const of = mark(text), made = cloneFinding({ key: markKey(of), mark: of }, evidence.length === 0 ? [thing(MORNING)] : evidence);
  if (made === null) throw new Error('a finding needs evidence');
  return made;
}
function aConvoy(keys: readonly string[], at = MORNING): Finding {
  return { ...aClone('LEC-13-8447', thing(at)), id: findingId('convoy', keys), kind: 'convoy', label: 'convoy', key: keys[0] ?? '', keys, summary: `${keys.join()} together` };
}

onBothDatabases('findings', (database) => {
  beforeEach(() => database().clear());
  const save = (found: readonly Finding[], at = MORNING): Promise<number> => inTransaction(database().db, database().db.orm, (tx) => saveFindings(tx, found, at));
  const settle = (key: string, found: readonly Finding[], from: number, to: number): Promise<number> =>
    inTransaction(database().db, database().db.orm, (tx) => settleClones(tx, key, found, { from, to }, MORNING));
  const list = async (filter: FindingFilter = {}): Promise<string[]> => (await listFindings(database().db, filter)).items.map((f) => f.keys.join(' '));

  test('are kept whole, with their evidence in words, numbers and passes', async () => {
    const clone = aClone('PB:LEC-13-8447');
    expect(await save([clone], MORNING + HOUR)).toBe(1);
    expect(await findFinding(database().db, clone.id)).toEqual({ finding: { ...clone, foundAt: MORNING + HOUR, verdict: null }, verdicts: [] });
    expect(await findFinding(database().db, 'f-none')).toBeNull();
  });

  test('that are found again gather in one, which stays where it is in the list', async () => {
    await save([aClone('LEC-13-8447', thing(MORNING))], MORNING);
    await save([aClone('BCS-036')], MORNING + 1);
    expect(await save([aClone('LEC-13-8447', thing(MORNING), thing(MORNING + DAY))], MORNING + DAY)).toBe(0);
    const { items } = await listFindings(database().db, {});
    expect(items).toMatchObject([{ key: 'BCS36' }, { key: 'LEC8447', count: 2, label: 'clone', foundAt: MORNING, firstAt: MORNING, lastAt: MORNING + DAY }]);
  });

  test('found by two at once lose nothing', async () => {
    const days = Array.from({ length: 6 }, (_, day) => aClone('LEC-13-8447', thing(MORNING + day * DAY)));
    await Promise.all(days.map((found) => save([found])));
    expect((await listFindings(database().db, {})).items).toMatchObject([{ count: 6 }]);
  });

  test('keep the newest of much evidence and count all', async () => {
    for (let i = 0; i < 3; i++) await save([aClone('LEC-13-8447', ...Array.from({ length: 60 }, (_, k) => thing(MORNING + (i * 60 + k) * MINUTE)))]);
    const [item] = (await listFindings(database().db, {})).items;
    expect(item).toMatchObject({ count: 180, firstAt: MORNING });
    expect((await findFinding(database().db, item?.id ?? ''))?.finding.evidence).toHaveLength(EVIDENCE_KEPT);
  });

  test('lose what does not hold any more, and go when nothing is left', async () => {
    await save([aClone('LEC-13-8447', thing(MORNING), thing(MORNING + DAY)), aClone('BCS-036')]);
    await settle('LEC8447', [], MORNING, MORNING + 1);
    expect((await listFindings(database().db, { mark: 'LEC-13-8447' })).items).toMatchObject([{ count: 1, label: 'possible-misread' }]);
    await settle('LEC8447', [], MORNING, MORNING + 2 * DAY);
    expect(await list()).toEqual(['BCS36']);
  });

  test('stay when somebody has said something of them', async () => {
    const clone = aClone('LEC-13-8447');
    await save([clone]);
    await addVerdict(database().db, clone.id, { at: MORNING, verdict: 'misread', actor: 'k1', reason: 'The picture shows an 8' });
    await settle('LEC8447', [], 0, MORNING + DAY);
    expect(await list()).toEqual(['LEC8447']);
  });

  test('of a convoy give way to the same convoy with one vehicle more', async () => {
    await save([aConvoy(['A1', 'B2']), aConvoy(['A1', 'C3'])]);
    await save([aConvoy(['A1', 'B2', 'D4'])]);
    expect((await list()).toSorted()).toEqual(['A1 B2 D4', 'A1 C3']);
  });

  test('are found by kind, label, time, mark and whether anybody has decided', async () => {
    const clone = aClone('PB:LEC-13-8447', thing(MORNING), thing(MORNING + DAY));
    await save([clone, aClone('SD:BCS-036', thing(MORNING + 3 * DAY)), aConvoy(['BCS36', 'XYZ9'], MORNING + 5 * DAY)]);
    expect(await list({ kind: 'convoy' })).toEqual(['BCS36 XYZ9']);
    expect(await list({ label: 'possible-misread' })).toEqual(['BCS36']);
    expect(await list({ from: MORNING + 1, to: MORNING + DAY })).toEqual(['LEC8447']);
    expect(await list({ from: MORNING + DAY + 1, to: MORNING + 3 * DAY })).toEqual([]);
    expect((await list({ mark: 'BCS-036' })).toSorted()).toEqual(['BCS36', 'BCS36 XYZ9']);
    expect(await list({ mark: 'XYZ-9' })).toEqual(['BCS36 XYZ9']);
    expect(await list({ mark: 'PB:BCS-036', kind: 'clone' })).toEqual([]);
    await addVerdict(database().db, clone.id, { at: MORNING, verdict: 'confirmed', actor: 'k1', reason: 'Two cars' });
    expect(await list({ open: false })).toEqual(['LEC8447']);
    expect((await list({ open: true })).toSorted()).toEqual(['BCS36', 'BCS36 XYZ9']);
  });

  test('are found by wildcard, convoys by each of their vehicles', async () => {
    await save([aClone('PB:LEC-13-8447'), aClone('BCS-036'), aConvoy(['BCS36', 'XYZ9'])]);
    expect(await list({ mark: 'LE*' })).toEqual(['LEC8447']);
    expect(await list({ mark: 'X?Z*' })).toEqual(['BCS36 XYZ9']);
    expect(await list({ mark: 'SD:LE*' })).toEqual([]);
    await expect(list({ mark: '%' })).rejects.toMatchObject({ code: 'MARK_INVALID' });
  });

  test('page to the end while more are found and known ones grow', async () => {
    const all = Array.from({ length: 25 }, (_, i) => aClone(`LEC-13-${1000 + i}`));
    for (const [i, found] of all.entries()) await save([found], MORNING + Math.floor(i / 3));
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await listFindings(database().db, { kind: 'clone' }, { limit: 7, cursor });
      seen.push(...page.items.map((f) => f.key));
      await save([aClone(`LEC-13-${2000 + seen.length}`), { ...(all[seen.length % 25] as Finding), evidence: [thing(MORNING + DAY + seen.length)] }], MORNING + DAY);
      cursor = page.nextCursor;
    }
    expect(seen.toSorted()).toEqual(all.map((f) => f.key).toSorted());
    await expect(listFindings(database().db, {}, { cursor: 'x' })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  });

  test('take verdicts beside each other: the newest holds, none can be changed', async () => {
    const clone = aClone('LEC-13-8447');
    await save([clone]);
    expect(await addVerdict(database().db, clone.id, { at: MORNING, verdict: 'misread', actor: 'k1', reason: 'Looks like it' })).toBe(true);
    expect(await addVerdict(database().db, clone.id, { at: MORNING + 1, verdict: 'confirmed', actor: 'k2', reason: "It's two" })).toBe(true);
    expect(await addVerdict(database().db, 'f-none', { at: MORNING, verdict: 'misread', actor: 'k1', reason: 'x' })).toBe(false);
    const known = await findFinding(database().db, clone.id);
    expect(known?.verdicts.map((v) => v.verdict)).toEqual(['misread', 'confirmed']);
    expect(known?.finding.verdict).toEqual({ at: MORNING + 1, verdict: 'confirmed', actor: 'k2', reason: "It's two" });
    expect((await listFindings(database().db, {})).items[0]?.verdict).toMatchObject({ verdict: 'confirmed' });
    await expect(database().db.script("update finding_verdicts set verdict = 'dismissed'")).rejects.toMatchObject({ code: 'DATABASE_REFUSED' });
  });
});

onBothDatabases('keys that are due', (database) => {
  beforeEach(() => database().clear());
  const take = (limit: number): Promise<unknown> => inTransaction(database().db, database().db.orm, (tx) => takeDueKeys(tx, limit));

  test('are taken once, the oldest first', async () => {
    await inTransaction(database().db, database().db.orm, (tx) => addDueKeys(tx, ['A1', 'B2', 'C3'].map((key, i) => ({ key, at: MORNING + i }))));
    expect(await take(2)).toEqual([{ key: 'A1', at: MORNING }, { key: 'B2', at: MORNING + 1 }]);
    expect(await take(2)).toEqual([{ key: 'C3', at: MORNING + 2 }]);
    expect(await take(2)).toEqual([]);
  });

  test('are due again when their transaction fails', async () => {
    await inTransaction(database().db, database().db.orm, (tx) => addDueKeys(tx, [{ key: 'A1', at: MORNING }]));
    await expect(inTransaction(database().db, database().db.orm, async (tx) => {
      await takeDueKeys(tx, 5);
      throw new Error('killed');
    })).rejects.toThrow('killed');
    expect(await take(5)).toEqual([{ key: 'A1', at: MORNING }]);
  });

  test('a periodic search says how far it came, and never takes it back', async () => {
    expect(await runDoneTo(database().db, 'night')).toBeNull();
    await markRunDone(database().db, 'night', MORNING);
    await markRunDone(database().db, 'night', MORNING - DAY);
    expect(await runDoneTo(database().db, 'night')).toBe(MORNING);
    expect(await runDoneTo(database().db, 'last-day')).toBeNull();
  });

  test('link times are replaced as a whole', async () => {
    const link = (from: string, to: string) => ({ from, to, band: 'night' as const, trips: 40, medianMs: 600_000, madMs: 60_000, p01Ms: 400_000 });
    await replaceLinkTimes(database().db, [link('a', 'b'), link('b', 'a')], MORNING);
    await replaceLinkTimes(database().db, [link('b', 'a'), link('c', 'a')], MORNING + DAY);
    expect(await storedLinkTimes(database().db)).toEqual([link('b', 'a'), link('c', 'a')]);
    await replaceLinkTimes(database().db, [], MORNING + DAY);
    expect(await storedLinkTimes(database().db)).toEqual([]);
  });

  test('sightings come in order of time, without passes that have no mark, no site or a correction', async () => {
    const { db } = database();
    await recorderOn(db, () => MORNING + HOUR).record([
      aPass({ capturedAt: MORNING + 2 * MINUTE }), aPass({ capturedAt: MORNING }), aPass({ capturedAt: MORNING + MINUTE, mark: null }), aPass({ capturedAt: MORNING + MINUTE, cameraId: 'from-anywhere' }),
      aPass({ capturedAt: MORNING + 3 * MINUTE, mark: 'LEC-13-8441' }), aPass({ capturedAt: MORNING + HOUR }),
    ]);
    const wrong = aPass({ capturedAt: MORNING + 3 * MINUTE }).id;
    await rowsOf(db.orm, sql`insert into corrections (pass_id, replacement_id, captured_at, at, author, reason) values (${wrong}, 'x', now(), now(), 'k', 'r')`);
    const glimpses = [];
    for await (const page of glimpsesBetween(db, MORNING, MORNING + HOUR)) glimpses.push(...page);
    expect(glimpses).toMatchObject([{ key: 'LEC8447', siteId: 'baleli', direction: 'in', capturedAt: MORNING }, { capturedAt: MORNING + 2 * MINUTE }]);
  });

  test('sightings of the same instant are each on one page', async () => {
    const { db } = database(), marks = ['LEC-13-1001', 'LEC-13-1002', 'LEC-13-1003', 'LEC-13-1004', 'LEC-13-1005'];
    await recorderOn(db, () => MORNING + HOUR).record(marks.flatMap((of, i) => [0, 1].map((k) => aPass({ mark: of, capturedAt: MORNING + k, sequence: i }))));
    for (const pageSize of [1, 2, 3, 5, 10, 11]) {
      const pages = [];
      for await (const page of glimpsesBetween(db, MORNING, MORNING + 2, pageSize)) pages.push(page);
      expect(pages.every((page) => page.length <= pageSize)).toBe(true);
      expect(pages.flat().map((g) => g.capturedAt - MORNING)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
      expect(new Set(pages.flat().map((g) => g.passId)).size).toBe(10);
    }
  });
});
