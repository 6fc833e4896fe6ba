import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { compareMarks, markKey } from '../../src/plate/key.ts';
import type { Mark } from '../../src/plate/mark.ts';
import type { Database } from '../../src/store/database.ts';
import { findHold, holdsMarkOf, isMarkHeld, listHolds, placeHold, releaseHold, type HeldSubject } from '../../src/store/legal-holds.ts';
import { inTransaction, rowsOf } from '../../src/store/query.ts';
import { lockRetention } from '../../src/store/retention-floors.ts';
import { onBothDatabases } from '../support/databases.ts';
import { mark, MINUTE, MORNING } from '../support/passes.ts';

onBothDatabases('legal holds', (database) => {
  let db: Database;
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
  });
  const place = (id: string, subject: HeldSubject, at = MORNING): Promise<void> => placeHold(db, { id, at, author: 'k_1', reason: 'order 41/2026', subject });

  test('are given back as they were placed, newest first, page by page', async () => {
    await place('a', { kind: 'mark', mark: mark('LEB-17-4201') });
    await place('b', { kind: 'case', caseReference: 'FIR 9/2026' }, MORNING + MINUTE);
    await place('c', { kind: 'mark', mark: mark('PB:LEB-4201') }, MORNING + MINUTE);
    const first = await listHolds(db, { inForce: false }, { limit: 2 });
    expect(first.items.map((h) => [h.id, h.subject.kind])).toEqual([['c', 'mark'], ['b', 'case']]);
    expect((await listHolds(db, { inForce: false }, { limit: 2, cursor: first.nextCursor })).items).toEqual([
      { id: 'a', at: MORNING, author: 'k_1', reason: 'order 41/2026', subject: { kind: 'mark', mark: mark('LEB-17-4201') }, released: null },
    ]);
    expect(await findHold(db, 'nobody')).toBeNull();
    expect(await findHold(db, 'a\0')).toBeNull();
  });

  test('end once, and stay to be seen', async () => {
    await place('a', { kind: 'case', caseReference: 'FIR 9/2026' });
    expect(await releaseHold(db, 'a', { at: MORNING + 1, by: 'k_2', reason: 'acquitted' })).toBe(true);
    expect(await releaseHold(db, 'a', { at: MORNING + 2, by: 'k_3', reason: null })).toBe(false);
    expect(await findHold(db, 'a')).toMatchObject({ released: { at: MORNING + 1, by: 'k_2', reason: 'acquitted' } });
    expect((await listHolds(db, { inForce: true })).items).toEqual([]);
  });

  test.each([
    'delete from legal_holds', `update legal_holds set reason = 'x'`, `update legal_holds set key = 'LEA1'`, `update legal_holds set released_at = null, released_by = null`,
  ])('are neither erased nor edited: %s', async (statement) => {
    await place('a', { kind: 'mark', mark: mark('LEB-17-4201') });
    await releaseHold(db, 'a', { at: MORNING + 1, by: 'k_2', reason: null });
    await expect(db.script(statement)).rejects.toMatchObject({ code: 'DATABASE_REFUSED', details: { sqlstate: '23001' } });
  });

  test('hold one thing each', async () => {
    await expect(db.script(`insert into legal_holds (id, at, author, reason) values ('x', now(), 'k', 'r')`)).rejects.toMatchObject({ details: { sqlstate: '23514' } });
  });

  describe('of a mark', () => {
    const part = (...values: (string | null)[]): fc.Arbitrary<string | null> => fc.constantFrom(null, ...values);
    const someMark: fc.Arbitrary<Mark> = fc.record({
      jurisdiction: part('PB', 'IS'), district: part('QUETTA'), letters: fc.constantFrom('LEB', 'LEA'), year: part('17', '18'), number: fc.constantFrom('4201', '04201'), suffix: part('A'),
      class: fc.constant(null), series: fc.constant(null),
    });

    test('hold just the rows that do not contradict it, in SQL as in compareMarks', async () => {
      await fc.assert(fc.asyncProperty(someMark, someMark, async (held, seen) => {
        await db.script('alter table legal_holds disable trigger user; delete from legal_holds; alter table legal_holds enable trigger user');
        await place('h', { kind: 'mark', mark: held });
        const rows = await rowsOf(db.orm, sql`
          select 1 from (select ${markKey(seen)}::text as key, ${seen.jurisdiction}::text as mark_jurisdiction, ${seen.district}::text as mark_district, ${seen.year}::text as mark_year, ${seen.suffix}::text as mark_suffix) as p
          join legal_holds l on ${holdsMarkOf(sql`p`)}
        `);
        expect([rows.length === 1, await isMarkHeld(db.orm, seen)]).toEqual([compareMarks(held, seen).same, compareMarks(held, seen).same]);
      }), { numRuns: 60 });
    });
  });

  test('wait for a step of deletion that is under way', async () => {
    if (database().kind === 'pglite') return;
    const other = await database().another(), order: string[] = [];
    let placed: Promise<unknown> = Promise.resolve();
    await inTransaction(other, other.orm, async (tx) => {
      await lockRetention(tx, 'exclusive');
      placed = place('a', { kind: 'case', caseReference: 'FIR 1' }).then(() => order.push('placed'));
      await new Promise((resolve) => setTimeout(resolve, 200));
      order.push('deleted');
    });
    await placed;
    expect(order).toEqual(['deleted', 'placed']);
  });
});
