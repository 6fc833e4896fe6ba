import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decideHit } from '../../src/hit/decide-hit.ts';
import type { Pass } from '../../src/pass/pass.ts';
import { correctPass } from '../../src/pipeline/correct-pass.ts';
import { verifyAudit } from '../../src/store/audit-log.ts';
import { takeFrame } from '../../src/store/frames.ts';
import { ListSettings } from '../../src/list/list-settings.ts';
import { importList } from '../../src/store/import-list.ts';
import { putListSettings } from '../../src/store/list-settings-row.ts';
import { placeHold, releaseHold } from '../../src/store/legal-holds.ts';
import { passFacts } from '../../src/store/pass-facts.ts';
import { passesByIds } from '../../src/store/find-pass.ts';
import { rowsOf } from '../../src/store/query.ts';
import type { RetentionRun } from '../../src/store/retention-runs.ts';
import { onBothDatabases } from '../support/databases.ts';
import { anEntry, aPass, DAY, HOUR, mark } from '../support/passes.ts';
import { matcherOn, recorderOn } from '../support/recorder.ts';
import { evidenceFolder, retentionOn, type EvidenceFolder } from '../support/retention.ts';

/** Later than any file is written really: a picture that was written within the hour is not deleted. */
const START = Date.parse('2041-01-05T03:30:00+05:00'), DAYS = 450;
const KEEP = { passes: 90, hits: 365, journeys: 365, evidence: 200, audit: 400, setAside: 30, payloads: 30 };
const HELD_FROM = 30, HELD_TO = 330, CASE_FROM = 60, CASE_TO = 430;
const SLOW = 600_000;

/** What a test knows of a pass that it stored. */
interface Known {
  readonly pass: Pass;
  readonly held: 'mark' | 'case' | null;
  /** null: no hit; open: nobody ever decides; otherwise when somebody did. */
  readonly hit: number | 'open' | null;
  /** The other of a pass and its correction. */
  readonly partner: string | null;
}

const inForce = (known: Known, day: number): boolean => (known.held === 'mark' ? day >= HELD_FROM && day < HELD_TO : known.held === 'case' && day >= CASE_FROM && day < CASE_TO);

/** Whether something keeps the pass itself beyond its time, by the rules as they are written down for people. */
function reasonOf(known: Known, day: number, now: number): 'open' | 'hold' | 'hit' | null {
  if (known.hit === 'open') return 'open';
  if (inForce(known, day)) return 'hold';
  return known.hit !== null && Math.max(known.hit, known.pass.capturedAt) >= now - KEEP.hits * DAY ? 'hit' : null;
}

/** Which passes must be there after the run of a day, of those that were there before. */
function standing(before: ReadonlyMap<string, Known>, day: number, now: number): Map<string, Known> {
  const stays = (known: Known): boolean => known.pass.capturedAt >= now - KEEP.passes * DAY || reasonOf(known, day, now) !== null;
  return new Map([...before].filter(([, known]) => {
    const partner = known.partner === null ? undefined : before.get(known.partner);
    return stays(known) || (partner !== undefined && stays(partner));
  }));
}

onBothDatabases('a year of months, day by day', (database, kind) => {
  let folder: EvidenceFolder, now = START;
  beforeAll(async () => {
    folder = await evidenceFolder();
  });
  afterAll(() => folder.remove());

  const idsIn = async (): Promise<string[]> => (await rowsOf<{ id: string }>(database().db.orm, sql`select id from passes order by id`)).map((row) => row.id);
  const picturesIn = async (): Promise<Set<string>> => {
    const names = await readdir(join(folder.dataDir, 'evidence'), { recursive: true });
    return new Set(names.flatMap((name) => /([0-9a-f]{64})\.jpg$/.exec(name)?.[1] ?? []));
  };
  const noted = (run: RetentionRun, of: string) => run.report.kinds.find((k) => k.kind === of);

  test('everything that must be there is there, and nothing else, after each night', async () => {
    const { db } = database(), recorder = recorderOn(db, () => now), matcher = matcherOn(db, () => now), retention = retentionOn(db, folder.evidence, () => now, { keep: KEEP });
    await putListSettings(db, 'watched', ListSettings.parse({ reviewDays: null }));
    await importList(db, {
      list: 'watched', sha256: 'w', fileName: 'w.csv', importedAt: START,
      entries: [anEntry({ list: 'watched', mark: 'LEA-1001' }), anEntry({ list: 'watched', mark: 'LEA-1002', id: 'case', caseReference: 'FIR 9/2041' }), anEntry({ list: 'watched', mark: 'LEA-1003', id: 'open' })],
    });
    let known = new Map<string, Known>(), emptied = 0;
    const pictured = new Map<string, string>();

    /** A frame with its picture, and the pass that came of it. The register does not know the camera: no journey comes of it. */
    const see = async (day: number, plate: string, rest: { readonly nth: number; readonly picture?: string; readonly held?: Known['held']; readonly entry?: string }): Promise<Pass> => {
      const bytes = Buffer.from(rest.picture ?? `day ${day}, vehicle ${rest.nth}`), sha256 = await folder.evidence.put(bytes, 'image/jpeg');
      const pass = aPass({ cameraId: `far-${rest.nth}`, capturedAt: now - rest.nth * HOUR, mark: plate, evidence: { sha256, mediaType: 'image/jpeg', width: 4, height: 3 } });
      await takeFrame(db, { cameraId: pass.cameraId, capturedAt: pass.capturedAt, sha256, timeSource: 'camera', mediaType: 'image/jpeg', name: 'f.jpg', receivedAt: now });
      const { stored, hits } = await recorder.record([pass]);
      expect(stored).toHaveLength(1);
      const [hit] = hits;
      expect(hit?.entryId).toBe(rest.entry);
      if (hit !== undefined && hit.entryId !== 'open') await decideHit(db, hit.id, { kind: 'accept' }, { actor: 'k', at: now, covert: true });
      known.set(pass.id, { pass, held: rest.held ?? null, hit: hit === undefined ? null : hit.entryId === 'open' ? 'open' : now, partner: null });
      pictured.set(pass.id, sha256);
      return pass;
    };

    for (let day = 0; day <= DAYS; day++) {
      now = START + day * DAY;
      if (day === HELD_FROM) await placeHold(db, { id: 'by-mark', at: now, author: 'k', reason: 'court', subject: { kind: 'mark', mark: mark('LEB-17-2000') } });
      if (day === HELD_TO) await releaseHold(db, 'by-mark', { at: now, by: 'k', reason: null });
      if (day === CASE_FROM) await placeHold(db, { id: 'by-case', at: now, author: 'k', reason: 'court', subject: { kind: 'case', caseReference: 'FIR 9/2041' } });
      if (day === CASE_TO) await releaseHold(db, 'by-case', { at: now, by: 'k', reason: null });

      await see(day, `LEC-${day + 1}`, { nth: 1 });
      // The same bytes on two days: the picture belongs to both.
      if (day % 40 === 0) await see(day, `LED-${day + 1}`, { nth: 2, picture: `every fortieth ${Math.floor(day / 120)}` });
      if (day % 15 === 0) await see(day, 'LEA-1001', { nth: 3, entry: 'watched:LEA-1001' });
      if (day % 50 === 20) await see(day, 'LEA-1002', { nth: 4, held: 'case', entry: 'case' });
      if (day === 17) await see(day, 'LEA-1003', { nth: 5, entry: 'open' });
      if (day % 12 === 0) await see(day, 'LEB-17-2000', { nth: 6, held: 'mark' });
      if (day % 12 === 6) await see(day, 'LEB-18-2000', { nth: 6 });
      if (day % 60 === 33) {
        const wrong = await see(day, 'LEK-5558', { nth: 7 });
        const { pass, raised } = await correctPass({ database: db, clock: () => now, matcher }, { passId: wrong.id, mark: mark('LEA-1001'), reason: 'seen', author: 'k' });
        expect(raised).toHaveLength(1);
        await decideHit(db, raised[0]?.id ?? '', { kind: 'accept' }, { actor: 'k', at: now, covert: true });
        known.set(wrong.id, { ...(known.get(wrong.id) as Known), partner: pass.id });
        known.set(pass.id, { pass, held: null, hit: now, partner: wrong.id });
        pictured.set(pass.id, pictured.get(wrong.id) as string);
      }

      // Nights are left out: nothing may depend on a run every night.
      if (day % (kind === 'pglite' ? 10 : 2) !== 0) continue;
      const run = await retention.run({ actor: 'schedule' });
      known = standing(known, day, now);
      expect(await idsIn(), `day ${day}`).toEqual([...known.keys()].toSorted());
      expect(run.report.kinds.filter((k) => k.overdue !== 0), `day ${day}`).toEqual([]);
      emptied += noted(run, 'passes')?.partitions.length ?? 0;

      const past = [...known.values()].filter((k) => k.pass.capturedAt < now - KEEP.passes * DAY);
      const counted = { open: 0, hold: 0, hit: 0, correction: 0 };
      for (const k of past) counted[reasonOf(k, day, now) ?? 'correction']++;
      expect({ open: 0, hold: 0, hit: 0, correction: 0, ...noted(run, 'passes')?.kept }, `day ${day}`).toEqual(counted);

      const showing = [...known.values()].filter((k) => k.pass.capturedAt >= now - KEEP.evidence * DAY || k.hit === 'open' || inForce(k, day));
      expect(await picturesIn(), `day ${day}`).toEqual(new Set(showing.map((k) => pictured.get(k.pass.id))));
      if (day % 50 !== 0) continue;

      // What the rows say of their pictures is so.
      const stored = [...(await passesByIds(db.orm, [...known.keys()])).values()], { picturesDeleted } = await passFacts(db, stored);
      expect(new Set(stored.filter((p) => !picturesDeleted.has(p.id)).map((p) => p.id))).toEqual(new Set(showing.map((k) => k.pass.id)));
      expect(await verifyAudit(db)).toMatchObject({ kind: 'intact' });
      const [orphans] = await rowsOf<{ n: number }>(db.orm, sql`
        select ((select count(*) from frames f where not exists (select from passes p where p.captured_at = f.captured_at and p.camera_id = f.camera_id and p.evidence_sha256 = f.sha256))
          + (select count(*) from vehicles v where not exists (select from passes p where p.key = v.key)) + (select count(*) from pictures_due)
          + (select count(*) from corrections c where not exists (select from passes p where p.id in (c.pass_id, c.replacement_id)))
          + (select count(*) from hit_events e where not exists (select from hits h where h.id = e.hit_id)))::integer as n
      `);
      expect(orphans?.n).toBe(0);
    }
    expect(emptied).toBeGreaterThanOrEqual(12);
    const months = await rowsOf<{ name: string }>(db.orm, sql`select inhrelid::regclass::text as name from pg_inherits where inhparent = 'passes'::regclass order by 1`);
    // The months ahead stand ready.
    expect(months.slice(-3).map((m) => m.name)).toEqual(['passes_2042_04', 'passes_2042_05', 'passes_2042_06']);
  }, SLOW);
});
