import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import type { ListEntry } from '../../src/list/entry.ts';
import { DEFAULT_LIST_SETTINGS } from '../../src/list/list-settings.ts';
import type { Registration } from '../../src/list/registration.ts';
import { markKey } from '../../src/plate/key.ts';
import { activeListEntries, listStates } from '../../src/store/active-list-entries.ts';
import type { Database } from '../../src/store/database.ts';
import { importList, type ImportResult, type ListImportResult } from '../../src/store/import-list.ts';
import { importRegister, registerState } from '../../src/store/import-register.ts';
import { markRecord } from '../../src/store/mark-record.ts';
import { rowsOf } from '../../src/store/query.ts';
import { onBothDatabases } from '../support/databases.ts';
import { anEntry, aPass, DAY, HOUR, mark, MORNING } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

const NOW = MORNING;
const entries = (...marks: string[]): ListEntry[] => marks.map((text) => anEntry({ mark: text }));
const many = (count: number, from = 0): ListEntry[] => Array.from({ length: count }, (_, i) => anEntry({ mark: `LEA-${from + i + 1}`, id: `e${from + i}` }));

function registration(text: string, given: Partial<Registration> = {}): Registration {
  const parsed = mark(text);
  return {
    id: `r:${text}:${given.status ?? ''}`, mark: parsed, key: markKey(parsed), vehicleClass: 'motor car', make: 'Suzuki', model: 'Alto', colour: 'white', status: 'active', tokenPaidTo: '2027-06-30', ...given,
  };
}

async function* thenFailing<T>(rows: readonly T[]): AsyncGenerator<T> {
  yield* rows;
  throw new Error('the upload was cut off');
}

onBothDatabases('importing a list', (database) => {
  let db: Database;
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
  });
  const give = (sha256: string, rows: Iterable<ListEntry> | AsyncIterable<ListEntry>, list = 'stolen', importedAt = NOW): Promise<ListImportResult> =>
    importList(db, { list, sha256, fileName: `${sha256}.csv`, entries: rows, importedAt });
  const inForce = async (): Promise<string[]> => (await activeListEntries(db)).entries.map((e) => e.id);
  const staged = async (): Promise<number> => (await rowsOf(db.orm, sql`select 1 from list_import_rows union all select 1 from list_import_changes`)).length;

  test('makes version 1, whole', async () => {
    const given = [anEntry({ mark: 'LEC-13-8447', expiresAt: NOW + HOUR + 1 }), anEntry({ mark: 'KP:SWAT A-1214', reason: `"quoted", 'single' \\ ﷽`, action: 'inform' })];
    expect(await give('a', given)).toMatchObject({ version: 1, rows: 2, added: 2, changed: 0, removed: 0, duplicates: 0, unchanged: false });
    const { entries: found, states } = await activeListEntries(db);
    // What names no date of its own is reviewed by being delivered.
    expect(found).toEqual(given.map((e) => ({ ...e, reviewAt: NOW + 28 * DAY })).toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    expect(states).toEqual([{ list: 'stolen', version: 1, sha256: 'a', fileName: 'a.csv', entryCount: 2, importedAt: NOW, confirmedAt: NOW, settings: DEFAULT_LIST_SETTINGS }]);
    expect(await staged()).toBe(0);
  });

  test('replaces the entries: rows that stay are the same entries, others come and go', async () => {
    await give('a', entries('LEA-1', 'LEA-2', 'LEA-3'));
    expect(await give('b', entries('LEA-2', 'LEA-3', 'LEA-4', 'LEA-5'))).toMatchObject({ version: 2, rows: 4, added: 2, changed: 0, removed: 1, duplicates: 0, unchanged: false });
    expect(await inForce()).toEqual(['stolen:LEA-2', 'stolen:LEA-3', 'stolen:LEA-4', 'stolen:LEA-5']);
  });

  test('keeps what was listed before, with the versions it was in force', async () => {
    await give('a', entries('LEA-1'));
    await give('b', entries('LEA-2'));
    await give('a', entries('LEA-1'));
    const rows = await rowsOf(db.orm, sql`select id, from_version as since, to_version as until from list_entries order by id, from_version`);
    expect(rows).toEqual([
      { id: 'stolen:LEA-1', since: 1, until: 2 }, { id: 'stolen:LEA-1', since: 3, until: null }, { id: 'stolen:LEA-2', since: 2, until: 3 },
    ]);
  });

  test('the same file again is the same version, only younger, and is not even read', async () => {
    await give('a', entries('LEA-1'));
    const again = await give('a', thenFailing([]), 'stolen', NOW + HOUR);
    expect(again).toMatchObject({ version: 1, rows: 1, added: 0, changed: 0, removed: 0, duplicates: 0, unchanged: true });
    expect(await listStates(db)).toMatchObject([{ version: 1, importedAt: NOW, confirmedAt: NOW + HOUR }]);
  });

  test('a clock that went back does not make a list older', async () => {
    await give('a', entries('LEA-1'));
    await give('a', [], 'stolen', NOW - HOUR);
    expect(await listStates(db)).toMatchObject([{ confirmedAt: NOW }]);
  });

  test('several lists do not touch each other', async () => {
    await give('a', entries('LEA-1'));
    await give('b', [anEntry({ list: 'wanted', mark: 'LEA-1' })], 'wanted');
    await give('c', [anEntry({ list: 'wanted', mark: 'LEA-9' })], 'wanted');
    expect(await inForce()).toEqual(['stolen:LEA-1', 'wanted:LEA-9']);
    expect((await listStates(db)).map((s) => [s.list, s.version])).toEqual([['stolen', 1], ['wanted', 2]]);
  });

  test('counts rows that say the same, within a batch and across', async () => {
    const rows = many(2500);
    expect(await give('a', [...rows, ...rows.slice(0, 3), ...rows.slice(-2)])).toMatchObject({ rows: 2500, added: 2500, duplicates: 5 });
  });

  test('an empty file changes nothing', async () => {
    await give('a', entries('LEA-1'));
    await expect(give('b', [])).rejects.toMatchObject({ code: 'IMPORT_EMPTY', details: { name: 'b.csv' } });
    expect(await inForce()).toEqual(['stolen:LEA-1']);
  });

  test.each([0, 1, 1999, 2000, 2001, 4100])('cut off after %d rows, the version before stays in force and nothing is left over', async (count) => {
    await give('a', entries('LEA-1', 'LEA-2'));
    await expect(give('b', thenFailing(many(count)))).rejects.toThrow('the upload was cut off');
    expect(await inForce()).toEqual(['stolen:LEA-1', 'stolen:LEA-2']);
    expect(await listStates(db)).toMatchObject([{ version: 1, sha256: 'a' }]);
    expect(await staged()).toBe(0);
  });

  test('a failure while it is put in force takes all of it back', async () => {
    await give('a', entries('LEA-1', 'LEA-2'));
    await db.script(`alter table list_entries add constraint no_nine check (id <> 'stolen:LEA-9')`);
    try {
      await expect(give('b', entries('LEA-2', 'LEA-8', 'LEA-9'))).rejects.toMatchObject({ code: 'DATABASE_REFUSED' });
    } finally {
      await db.script('alter table list_entries drop constraint no_nine');
    }
    expect(await inForce()).toEqual(['stolen:LEA-1', 'stolen:LEA-2']);
    expect(await listStates(db)).toMatchObject([{ version: 1 }]);
    expect(await staged()).toBe(0);
    expect(await give('b', entries('LEA-2', 'LEA-8', 'LEA-9'))).toMatchObject({ version: 2, added: 2, removed: 1 });
  });

  test('rows that a killed import left behind are swept by a later one, those of one under way are not', async () => {
    await db.script(`
      insert into list_import_rows (import_id, started_at, line, id, digest, withdraw, kind, reason, owner, action, warnings) select id, at::timestamptz, 1, 'x', 'd', false, 'k', 'r', 'o', 'a', '{}' from (values ('dead', '2026-11-01T00:00:00Z'), ('alive', '2026-11-03T00:59:00Z')) as r (id, at);
      insert into list_import_changes select import_id, started_at, 'x', 'added' from list_import_rows
    `);
    await give('a', entries('LEA-1'));
    expect(await rowsOf(db.orm, sql`select import_id from list_import_rows union select import_id from list_import_changes`)).toEqual([{ import_id: 'alive' }]);
  });

  test('two imports of one list at once become two versions, each whole', async () => {
    const other = await database().another();
    await give('a', many(10));
    const results = await Promise.all([
      give('b', many(3000, 100)), importList(other, { list: 'stolen', sha256: 'c', fileName: 'c.csv', entries: many(3000, 5000), importedAt: NOW }),
    ]);
    expect(results.map((r) => r.version).toSorted()).toEqual([2, 3]);
    const last = results[0].version === 3 ? 'e1' : 'e5', ids = await inForce();
    expect([ids.length, ids.every((id) => id.startsWith('e') && (last === 'e5' ? Number(id.slice(1)) >= 5000 : Number(id.slice(1)) < 5000))]).toEqual([3000, true]);
  });

  test('the same file twice at once is one version', async () => {
    const other = await database().another();
    const results = await Promise.all([give('b', many(100)), importList(other, { list: 'stolen', sha256: 'b', fileName: 'b.csv', entries: many(100), importedAt: NOW })]);
    expect(results.map((r) => [r.version, r.unchanged]).toSorted()).toEqual([[1, false], [1, true]]);
  });

  test('more entries than are fetched at once are all read', async () => {
    await give('a', many(20_001));
    expect(new Set((await activeListEntries(db)).entries.map((e) => e.id)).size).toBe(20_001);
  });
});

onBothDatabases('importing the register', (database) => {
  let db: Database;
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
  });
  const give = (sha256: string, registrations: Iterable<Registration> | AsyncIterable<Registration>, importedAt = NOW): Promise<ImportResult> =>
    importRegister(db, { sha256, fileName: 'register.csv', registrations, importedAt });

  test('keeps every field, and says when it came', async () => {
    expect(await registerState(db)).toBeNull();
    const bare = registration('BCS-036', { vehicleClass: null, make: null, model: null, colour: null, status: null, tokenPaidTo: null });
    await give('a', [registration('LEC-13-8447'), bare]);
    expect((await markRecord(db, 'BCS36', NOW)).registrations).toEqual([bare]);
    expect((await markRecord(db, 'LEC8447', NOW)).registrations).toEqual([registration('LEC-13-8447')]);
    expect(await registerState(db)).toEqual({ version: 1, sha256: 'a', fileName: 'register.csv', rowCount: 2, importedAt: NOW, confirmedAt: NOW });
  });

  test('a new file replaces what changed, an unchanged one only renews the age', async () => {
    await give('a', [registration('LEC-13-8447'), registration('BCS-036')]);
    expect(await give('b', [registration('LEC-13-8447', { status: 'cancelled' }), registration('BCS-036')])).toMatchObject({ version: 2, added: 1, removed: 1 });
    expect((await markRecord(db, 'LEC8447', NOW)).registrations.map((r) => r.status)).toEqual(['cancelled']);
    expect(await give('b', thenFailing([]), NOW + HOUR)).toMatchObject({ version: 2, unchanged: true });
    expect(await registerState(db)).toMatchObject({ version: 2, importedAt: NOW, confirmedAt: NOW + HOUR });
  });

  test('cut off in the middle, the version before stays', async () => {
    await give('a', [registration('LEC-13-8447')]);
    await expect(give('b', thenFailing([registration('BCS-036')]))).rejects.toThrow('cut off');
    expect(await registerState(db)).toMatchObject({ version: 1 });
    expect((await markRecord(db, 'BCS36', NOW)).registrations).toEqual([]);
  });

  test('an empty file changes nothing', async () => {
    await expect(give('a', [])).rejects.toMatchObject({ code: 'IMPORT_EMPTY' });
    expect(await registerState(db)).toBeNull();
  });
});

onBothDatabases('all that is known of a mark', (database) => {
  test('register, lists that are in force, latest pass, and how old lists and register are', async () => {
    const { db } = database();
    const listed = [anEntry({ mark: 'LEC-13-8447' }), anEntry({ mark: 'LEC-8447', expiresAt: NOW }), anEntry({ mark: 'LEC-14-8447', expiresAt: NOW + 1 }), anEntry({ mark: 'BCS-036' })];
    await importList(db, { list: 'stolen', sha256: 'a', fileName: 'a.csv', entries: listed, importedAt: NOW - HOUR });
    await importRegister(db, { sha256: 'a', fileName: 'r.csv', registrations: [registration('LEC-13-8447')], importedAt: NOW - HOUR });
    await recorderOn(db, () => NOW).record([aPass({ capturedAt: NOW - HOUR }), aPass({ capturedAt: NOW - 2 * HOUR })]);
    const known = await markRecord(db, 'LEC8447', NOW);
    expect(known.entries.map((e) => e.mark?.year)).toEqual(['13', '14']);
    expect(known.registrations).toHaveLength(1);
    expect(known.latestPass?.capturedAt).toBe(NOW - HOUR);
    expect(known.lists).toMatchObject([{ list: 'stolen', confirmedAt: NOW - HOUR }]);
    expect(known.register).toMatchObject({ version: 1 });
  });

  test('patterns that the mark fits, and entries that nobody reviewed marked as lapsed', async () => {
    const { db } = database();
    const pattern = { ...anEntry({ list: 'watch', id: 'w1' }), mark: null, key: null, pattern: 'LE?-8447' };
    await importList(db, { list: 'watch', sha256: 'w', fileName: 'w.csv', entries: [pattern, { ...pattern, id: 'w2', pattern: 'RI*' }], importedAt: NOW - HOUR });
    expect((await markRecord(db, 'LEC8447', NOW, mark('LEC-13-8447'))).entries.filter((e) => e.list === 'watch').map((e) => [e.id, e.standing])).toEqual([['w1', 'in-force']]);
    expect((await markRecord(db, 'LEC8447', NOW + 29 * DAY, mark('LEC-13-8447'))).entries.map((e) => e.standing)).toEqual(['lapsed', 'lapsed']);
    expect((await markRecord(db, 'LEC8447', NOW)).entries.every((e) => e.pattern === null)).toBe(true);
  });

  test('a mark that nobody knows still comes with the age of the lists', async () => {
    const known = await markRecord(database().db, 'XYZ999', NOW);
    expect(known).toMatchObject({ registrations: [], entries: [], latestPass: null, lists: [{ list: 'stolen' }, { list: 'watch' }], register: { version: 1 } });
  });
});
