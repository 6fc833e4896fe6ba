import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { appendAudit, listAudit, overdueAudit, trimAudit, verifyAudit, type AuditEntry } from '../../src/store/audit-log.ts';
import type { Database } from '../../src/store/database.ts';
import { onBothDatabases } from '../support/databases.ts';
import { MORNING } from '../support/passes.ts';

const entry = (given: Partial<AuditEntry> = {}): AuditEntry => ({
  at: MORNING + 1, actor: 'k_0011223344556677', action: 'listPasses', purpose: 'stolen', caseReference: 'FIR 112/2026', question: { mark: 'LEC-13-8447', limit: 100 },
  resultCount: 3, requestId: 'a1b2', ...given,
});

onBothDatabases('the audit log', (database) => {
  let db: Database;
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
  });
  /** As somebody with all rights on the database could. */
  const tamper = (statement: string): Promise<void> =>
    db.script(`alter table audit_log disable trigger user; ${statement}; alter table audit_log enable trigger user`);

  test('gives back what was written, newest first, page by page', async () => {
    for (const resultCount of [1, 2, 3, 4]) await appendAudit(db, entry({ resultCount }));
    const rows = await listAudit(db);
    expect(rows.map((r) => [r.sequence, r.resultCount])).toEqual([[4, 4], [3, 3], [2, 2], [1, 1]]);
    expect(rows[3]).toMatchObject(entry({ resultCount: 1 }));
    expect((await listAudit(db, { before: 4, limit: 2 })).map((r) => r.sequence)).toEqual([3, 2]);
  });

  test('an empty one is intact', async () => {
    expect(await verifyAudit(db)).toEqual({ kind: 'intact', begins: 1, rows: 0, head: '0'.repeat(64) });
  });

  test('each row holds the hash of the one before it, and the appended row is the stored one', async () => {
    const first = await appendAudit(db, entry()), second = await appendAudit(db, entry({ purpose: null, caseReference: null, resultCount: null, requestId: null }));
    expect(second.previousHash).toBe(first.hash);
    expect(await listAudit(db)).toEqual([second, first]);
    expect(await verifyAudit(db)).toEqual({ kind: 'intact', begins: 1, rows: 2, head: second.hash });
  });

  test('is one chain without gaps when many write at once, through two connections', async () => {
    const other = await database().another();
    await Promise.all(Array.from({ length: 40 }, (_, i) => appendAudit(i % 2 ? db : other, entry({ resultCount: i }))));
    expect(await verifyAudit(db)).toMatchObject({ kind: 'intact', rows: 40 });
    expect((await listAudit(db)).map((r) => r.resultCount).toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  test('stays verifiable beyond one batch of reading', async () => {
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 51 }, () => appendAudit(db, entry())));
    expect(await verifyAudit(db)).toMatchObject({ kind: 'intact', rows: 1020 });
  }, 120_000);

  test.each<[string, Partial<AuditEntry>]>([
    ['characters of every script', { question: { mark: '🚗 ﷽ "\\', deep: { a: [1, 2.5e-7, null, true] } }, caseReference: 'کیس ۱۲' }],
    ['keys whose order the database might change', { question: { zz: 1, a: 2, bbb: 3 } }],
    ['a NUL and half a surrogate pair', { actor: 'a\0b', caseReference: 'x\ud83dy', question: { mark: '\0\ud83d' } }],
    ['an empty question', { question: {} }],
  ])('holds %s', async (_, given) => {
    await appendAudit(db, entry(given));
    await appendAudit(db, entry());
    expect(await verifyAudit(db)).toMatchObject({ kind: 'intact', rows: 2 });
  });

  describe('refuses every change', () => {
    test.each(['update audit_log set actor = actor', 'delete from audit_log', 'truncate audit_log', 'update audit_log set actor = actor where false'])('%s', async (statement) => {
      await appendAudit(db, entry());
      await expect(db.script(statement)).rejects.toMatchObject({ code: 'DATABASE_REFUSED', details: { sqlstate: '23001' } });
      expect(await verifyAudit(db)).toMatchObject({ kind: 'intact', rows: 1 });
    });
  });

  describe('shows what somebody did who went around the guard', () => {
    beforeEach(async () => {
      for (let i = 1; i <= 5; i++) await appendAudit(db, entry({ resultCount: i }));
    });

    test.each([
      ['at', `at = at + interval '1 millisecond'`], ['actor', `actor = 'k_other'`], ['action', `action = 'listHits'`], ['purpose', 'purpose = null'],
      ['case_reference', `case_reference = ''`], ['question', `question = '{"mark":"LEC-13-8448","limit":100}'`], ['the mere spelling of the question', `question = '{"mark": "LEC-13-8447", "limit": 100}'`],
      ['result_count', 'result_count = 0'], ['request_id', `request_id = 'zz'`],
    ])('changed %s', async (_, change) => {
      await tamper(`update audit_log set ${change} where sequence = 3`);
      expect(await verifyAudit(db)).toEqual({ kind: 'broken', sequence: 3, reason: 'its content was changed' });
    });

    test('took a row out', async () => {
      await tamper('delete from audit_log where sequence = 3');
      expect(await verifyAudit(db)).toEqual({ kind: 'broken', sequence: 3, reason: 'the row is missing' });
    });

    test('took a row out and closed the gap', async () => {
      await tamper('delete from audit_log where sequence = 3; update audit_log set sequence = sequence - 1 where sequence > 3');
      expect(await verifyAudit(db)).toEqual({ kind: 'broken', sequence: 3, reason: 'it does not follow on the row before it' });
    });

    test('exchanged two rows', async () => {
      await tamper('update audit_log set sequence = 99 where sequence = 3; update audit_log set sequence = 3 where sequence = 4; update audit_log set sequence = 4 where sequence = 99');
      expect(await verifyAudit(db)).toMatchObject({ kind: 'broken', sequence: 3 });
    });

    test('put a row in', async () => {
      await tamper(`insert into audit_log select 6, at, actor, action, purpose, case_reference, question, result_count, request_id, hash, hash from audit_log where sequence = 5`);
      expect(await verifyAudit(db)).toMatchObject({ kind: 'broken', sequence: 6 });
    });

    test('cut the end off: seen against a head that was noted elsewhere', async () => {
      const head = (await listAudit(db, { limit: 1 }))[0];
      const noted = { sequence: head?.sequence ?? 0, hash: head?.hash ?? '' };
      expect(await verifyAudit(db, noted)).toMatchObject({ kind: 'intact' });
      await tamper('delete from audit_log where sequence = 5');
      expect(await verifyAudit(db)).toMatchObject({ kind: 'intact', rows: 4 });
      expect(await verifyAudit(db, noted)).toEqual({ kind: 'broken', sequence: 5, reason: 'rows are missing at the end' });
    });

    test('took the beginning away', async () => {
      await tamper('delete from audit_log where sequence <= 2');
      expect(await verifyAudit(db)).toEqual({ kind: 'broken', sequence: 1, reason: 'the row is missing' });
    });

    test('took the beginning away and left a checkpoint: no row of the chain tells of it', async () => {
      await tamper('insert into audit_checkpoints select sequence, at, hash from audit_log where sequence = 2; delete from audit_log where sequence <= 2');
      expect(await verifyAudit(db)).toEqual({ kind: 'broken', sequence: 3, reason: 'the rows before it are missing, and no row tells that they were deleted' });
    });

    test('took more away than was deleted by time', async () => {
      await appendAudit(db, entry({ at: MORNING + 1000 }));
      await trimAudit(db, MORNING + 500, { actor: 'retention', at: MORNING + 2000 });
      await tamper('insert into audit_checkpoints select sequence, at, hash from audit_log where sequence = 6; delete from audit_log where sequence <= 6');
      expect(await verifyAudit(db)).toMatchObject({ kind: 'broken', sequence: 7 });
    });

    test('cut the end off and wrote on: the noted head is not there', async () => {
      const head = (await listAudit(db, { limit: 1 }))[0];
      await tamper('delete from audit_log where sequence = 5');
      await appendAudit(db, entry({ resultCount: 77 }));
      expect(await verifyAudit(db, { sequence: 5, hash: head?.hash ?? '' })).toEqual({ kind: 'broken', sequence: 5, reason: 'it is not the row that was noted' });
    });
  });

  describe('loses its beginning', () => {
    const trim = (cutOff: number): Promise<number> => trimAudit(db, cutOff, { actor: 'retention', at: MORNING + 9000 });
    beforeEach(async () => {
      for (let i = 1; i <= 5; i++) await appendAudit(db, entry({ at: MORNING + i, resultCount: i }));
    });

    test('by rows older than a time, again and again, and stays one chain', async () => {
      expect(await trim(MORNING + 3)).toBe(2);
      expect(await verifyAudit(db)).toMatchObject({ kind: 'intact', begins: 3, rows: 4 });
      expect(await trim(MORNING + 3)).toBe(0);
      expect(await trim(MORNING + 5)).toBe(2);
      expect(await verifyAudit(db)).toMatchObject({ kind: 'intact', begins: 5, rows: 3 });
      const [last] = await listAudit(db, { limit: 1 });
      expect(last).toMatchObject({ sequence: 7, action: 'trimAudit', actor: 'retention', question: { upTo: 4, olderThan: new Date(MORNING + 5).toISOString() }, resultCount: 2 });
      expect((await appendAudit(db, entry())).sequence).toBe(8);
    });

    test('wholly, and goes on from there', async () => {
      expect(await trim(MORNING + 1_000_000)).toBe(5);
      expect(await verifyAudit(db)).toMatchObject({ kind: 'intact', begins: 6, rows: 1 });
      expect((await appendAudit(db, entry())).sequence).toBe(7);
    });

    test('only up to the first row that is not past, also where clocks of two processes were apart', async () => {
      await appendAudit(db, entry({ at: MORNING - 1 }));
      expect(await trim(MORNING + 4)).toBe(3);
      expect(await overdueAudit(db.orm, MORNING + 4)).toEqual({ overdue: 0, hold: 1 });
      expect(await verifyAudit(db)).toMatchObject({ kind: 'intact', begins: 4 });
    });

    test('by no other way: without a checkpoint, and beyond it', async () => {
      await trim(MORNING + 3);
      for (const statement of ['delete from audit_log where sequence = 3', 'delete from audit_log', 'delete from audit_checkpoints', 'update audit_checkpoints set sequence = 5', 'truncate audit_log']) {
        await expect(db.script(statement)).rejects.toMatchObject({ code: 'DATABASE_REFUSED', details: { sqlstate: '23001' } });
      }
      expect(await verifyAudit(db)).toMatchObject({ kind: 'intact', begins: 3, rows: 4 });
    });

    test('while others write and verify', async () => {
      const other = await database().another();
      const verdicts = await Promise.all([
        ...Array.from({ length: 10 }, () => appendAudit(other, entry({ at: MORNING + 5000 }))), trim(MORNING + 3), trim(MORNING + 5), ...Array.from({ length: 4 }, () => verifyAudit(db)),
      ]);
      expect(verdicts.slice(-4)).toEqual(Array.from({ length: 4 }, () => expect.objectContaining({ kind: 'intact' })));
      expect(await verifyAudit(db)).toMatchObject({ kind: 'intact', begins: 5 });
    });
  });

  test('a write that fails leaves no gap', async () => {
    await appendAudit(db, entry());
    await expect(appendAudit(db, entry({ resultCount: 2 ** 40 }))).rejects.toMatchObject({ code: 'DATABASE_REFUSED' });
    expect((await appendAudit(db, entry())).sequence).toBe(2);
    expect(await db.orm.execute(sql`select 1`)).toBeDefined();
  });
});
