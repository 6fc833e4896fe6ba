import * as fc from 'fast-check';
import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import type { ListEntry } from '../../src/list/entry.ts';
import { activeListEntries } from '../../src/store/active-list-entries.ts';
import { addListEntry, reviewEntry, stageEntry, withdrawEntry } from '../../src/store/change-entry.ts';
import type { Database } from '../../src/store/database.ts';
import { importList, type ListImport, type ListImportResult } from '../../src/store/import-list.ts';
import { listOverviews } from '../../src/store/list-overview.ts';
import { putListSettings } from '../../src/store/list-settings-row.ts';
import { rollbackList, versionsOfList } from '../../src/store/list-versions.ts';
import { DEFAULT_LIST_SETTINGS } from '../../src/list/list-settings.ts';
import { array, rowsOf } from '../../src/store/query.ts';
import type { GivenRow } from '../../src/store/stage-list-rows.ts';
import { onBothDatabases } from '../support/databases.ts';
import { anEntry, DAY, HOUR, MORNING } from '../support/passes.ts';

const NOW = MORNING, BY = { list: 'stolen', author: 'key-1', at: NOW + HOUR };
const e = (mark: string, given: Partial<Omit<ListEntry, 'mark'>> = {}): ListEntry => anEntry({ mark, id: mark, ...given });
const withdrawn = (mark: string, line = 1): GivenRow => ({ line, withdraw: true, entry: e(mark) });

async function* thenFailing(rows: readonly GivenRow[]): AsyncGenerator<GivenRow> {
  yield* rows;
  throw new Error('the upload was cut off');
}

onBothDatabases('a list', (database) => {
  let db: Database, files = 0;
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
  });
  const give = (entries: ListImport['entries'], how: Partial<ListImport> = {}): Promise<ListImportResult> => {
    files += 1;
    return importList(db, { list: 'stolen', sha256: `sha ${files}`, fileName: 'f.csv', entries, importedAt: NOW, ...how });
  };
  const inForce = async (): Promise<Record<string, string>> => Object.fromEntries((await activeListEntries(db)).entries.map((x) => [x.id, x.stage ?? x.reason]));
  const everything = (): Promise<object[]> => rowsOf(db.orm, sql`
    select 'entry' as what, id, from_version as a, to_version as b, reason, digest from list_entries union all
    select 'version', list, version, entry_count, sha256, confirmed_at::text from list_versions union all
    select 'list', name, version, null, settings::text, '' from lists union all
    select 'row', import_id, line, null, id, '' from list_import_rows union all select 'change', import_id, null, null, id, change from list_import_changes order by 1, 2, 3
  `);

  test('whose row changed keeps the entry: the old row is closed, the new one opened', async () => {
    await give([e('LEA-1'), e('LEA-2')]);
    expect(await give([e('LEA-1', { reason: 'recovered in Multan' }), e('LEA-2')])).toMatchObject({ version: 2, added: 0, changed: 1, removed: 0, rows: 2 });
    expect(await rowsOf(db.orm, sql`select id, from_version as since, to_version as until, reason from list_entries order by id, from_version`)).toEqual([
      { id: 'LEA-1', since: 1, until: 2, reason: 'FIR 112/2026' }, { id: 'LEA-1', since: 2, until: null, reason: 'recovered in Multan' }, { id: 'LEA-2', since: 1, until: null, reason: 'FIR 112/2026' },
    ]);
  });

  test.each<[string, Partial<ListEntry>]>([
    ['reason', { reason: 'x' }], ['action', { action: 'inform' }], ['expiry', { expiresAt: NOW + 1 }], ['review', { reviewAt: NOW + 1 }], ['colour', { vehicle: { class: null, make: null, colour: 'red', chassis: null } }],
    ['warnings', { warnings: ['armed', 'children'] }], ['stage', { stage: 'recovered' }], ['source', { source: 'CPLC' }],
  ])('sees a change of %s, and none where there is none', async (_what, change) => {
    await give([e('LEA-1')]);
    expect(await give([e('LEA-1', change as never)])).toMatchObject({ changed: 1 });
    expect(await give([e('LEA-1', change as never)])).toMatchObject({ changed: 0, added: 0, removed: 0 });
    expect((await activeListEntries(db)).entries[0]).toMatchObject(change);
  });

  test('keeps rows of one identity that say different things, all of them, whatever their order', async () => {
    const [a, b, c] = [e('LEA-1', { reason: 'one' }), e('LEA-1', { reason: 'two' }), e('LEA-1', { reason: 'three' })];
    expect(await give([a, b, a, c, b])).toMatchObject({ rows: 3, added: 3, duplicates: 2, repeated: [{ line: 3, other: 1 }, { line: 5, other: 2 }] });
    expect(Object.values(await inForce()).toSorted()).toEqual(['one', 'three', 'two']);
    expect(await give([c, b, a])).toMatchObject({ added: 0, changed: 0, removed: 0 });
    expect(await give([c, a])).toMatchObject({ rows: 2 });
    expect(Object.values(await inForce()).toSorted()).toEqual(['one', 'three']);
  });

  test('patterns, and every field, come back as they went in', async () => {
    const given = { ...e('LEA-1', { expiresAt: NOW, reviewAt: NOW + 5, warnings: ['armed', 'a "quoted" one'], caseReference: 'FIR 1', source: 'CPLC', stage: 'in-court', vehicle: { class: 'car', make: 'سوزوکی', colour: "o'hara", chassis: String.raw`\N` } }) };
    const pattern = { ...e('LEA-2'), mark: null, key: null, pattern: 'LE?-17-*', reviewAt: NOW };
    await give([given, pattern]);
    expect((await activeListEntries(db)).entries).toEqual([given, pattern]);
  });

  test('refuses values that would break its rows, and changes nothing', async () => {
    const before = await everything();
    for (const reason of ['a\u0000b', 'a\u001fb', 'a\u001eb']) await expect(give([e('LEA-1', { reason })])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    expect(await everything()).toEqual(before);
  });

  test('is changed by a delta only where the delta says so', async () => {
    await give([e('LEA-1'), e('LEA-2'), e('LEA-3')]);
    const result = await give([e('LEA-2', { reason: 'new' }), withdrawn('LEA-3', 2), e('LEA-4'), e('LEA-1'), withdrawn('LEA-9', 5)], { mode: 'delta' });
    expect(result).toMatchObject({ version: 2, rows: 3, added: 1, changed: 1, removed: 1, unknownCount: 1, unknown: [5] });
    expect(await inForce()).toEqual({ 'LEA-1': 'FIR 112/2026', 'LEA-2': 'new', 'LEA-4': 'FIR 112/2026' });
    expect((await versionsOfList(db, 'stolen', { limit: 9 })).map((v) => [v.version, v.origin, v.added, v.changed, v.removed])).toEqual([[2, 'delta', 1, 1, 1], [1, 'file', 3, 0, 0]]);
  });

  test('of a delta, the last line of an entry counts where one withdraws it', async () => {
    await give([e('LEA-1'), e('LEA-2')]);
    const add = (mark: string, line: number): GivenRow => ({ line, withdraw: false, entry: e(mark, { reason: 'again' }) });
    expect(await give([withdrawn('LEA-1', 2), add('LEA-1', 3), add('LEA-2', 4), withdrawn('LEA-2', 5)], { mode: 'delta' })).toMatchObject({ changed: 1, removed: 1, duplicates: 2 });
    expect(await inForce()).toEqual({ 'LEA-1': 'again' });
  });

  test('loses by one withdrawal all that was said of the entry', async () => {
    await give([e('LEA-1', { reason: 'one' }), e('LEA-1', { reason: 'two' }), e('LEA-2')]);
    expect(await give([withdrawn('LEA-1')], { mode: 'delta' })).toMatchObject({ removed: 2, rows: 1 });
  });

  test('is not touched by a dry run, which tells what it would do', async () => {
    await give([e('LEA-1'), e('LEA-2'), e('LEA-3')]);
    const before = await everything();
    const rows: GivenRow[] = [{ line: 2, withdraw: false, entry: e('LEA-2', { reason: 'new', stage: 'recovered' }) }, { line: 3, withdraw: false, entry: e('LEA-3') }, { line: 4, withdraw: false, entry: e('LEA-4') }];
    expect(await give(rows, { dryRun: true })).toMatchObject({
      version: 1, rows: 3, added: 1, changed: 1, removed: 1, unchanged: false,
      difference: {
        added: [{ id: 'LEA-4', mark: 'PB:LEA-4', line: 4, changes: [] }], removed: [{ id: 'LEA-1', mark: 'PB:LEA-1', line: null }],
        changed: [{ id: 'LEA-2', line: 2, changes: [{ column: 'reason', from: 'FIR 112/2026', to: 'new' }, { column: 'stage', from: '', to: 'recovered' }] }],
      },
    });
    expect(await everything()).toEqual(before);
  });

  test('that is new is not even made by a dry run', async () => {
    expect(await give([e('LEA-1')], { dryRun: true })).toMatchObject({ version: 0, rows: 1, added: 1 });
    expect(await everything()).toEqual([]);
  });

  test('whose file is in force already is told so by a dry run, and becomes no younger', async () => {
    await importList(db, { list: 'stolen', sha256: 's', fileName: 'f', entries: [e('LEA-1')], importedAt: NOW });
    const before = await everything();
    expect(await importList(db, { list: 'stolen', sha256: 's', fileName: 'f', entries: thenFailing([]), importedAt: NOW + HOUR, dryRun: true })).toMatchObject({ unchanged: true, version: 1 });
    expect(await everything()).toEqual(before);
  });

  test('shows the first hundred of a large difference and counts all', async () => {
    const many = Array.from({ length: 250 }, (_, i) => e(`LEA-${i + 1}`));
    const { added, difference } = await give(many, { dryRun: true });
    expect([added, difference?.added.length, difference?.added[99]?.line]).toEqual([250, 100, 100]);
  });

  test.each([['replace', [e('LEA-9')]], ['delta', [withdrawn('LEA-1'), e('LEA-9')]]] as const)('cut off in a %s keeps what it has', async (mode, rows) => {
    await give([e('LEA-1')]);
    const before = await everything();
    await expect(give(thenFailing(rows), { mode })).rejects.toThrow('cut off');
    await expect(give(thenFailing(rows), { mode, dryRun: true })).rejects.toThrow('cut off');
    expect(await everything()).toEqual(before);
  });

  test('is changed only from the version that was looked at', async () => {
    await expect(give([e('LEA-1')], { expectVersion: 1 })).rejects.toMatchObject({ code: 'LIST_BUSY', details: { version: 0 } });
    await give([e('LEA-1')], { expectVersion: 0 });
    await expect(give([e('LEA-2')], { expectVersion: 0 })).rejects.toMatchObject({ code: 'LIST_BUSY', details: { list: 'stolen', version: 1 } });
    const slow = (async function* () {
      yield e('LEA-2');
      await addListEntry(db, { ...BY, entry: e('LEA-7') });
    })();
    await expect(give(slow, { expectVersion: 1 })).rejects.toMatchObject({ code: 'LIST_BUSY', details: { version: 2 } });
    expect(Object.keys(await inForce())).toEqual(['LEA-1', 'LEA-7']);
  });

  test('to which somebody adds an entry while a file comes has both', async () => {
    await give([e('LEA-1'), e('LEA-2')]);
    const slow = (async function* () {
      yield e('LEA-2');
      await addListEntry(db, { ...BY, entry: e('LEA-7') });
      await stageEntry(db, { ...BY, id: 'LEA-1', stage: 'recovered' });
      yield e('LEA-3');
    })();
    expect(await give(slow)).toMatchObject({ version: 4, added: 1, removed: 1 });
    expect(Object.keys(await inForce())).toEqual(['LEA-2', 'LEA-3', 'LEA-7']);
  });

  test('goes back to an older version: the same entries, as a new version, as old as its file', async () => {
    await give([e('LEA-1'), e('LEA-2'), e('LEA-3')]);
    await give([e('LEA-2'), e('LEA-3', { reason: 'new' }), e('LEA-4')], { importedAt: NOW + HOUR });
    await give([e('LEA-5')], { importedAt: NOW + 2 * HOUR });
    const back = await rollbackList(db, { list: 'stolen', version: 1, author: 'key-1', at: NOW + 3 * HOUR });
    expect(back).toMatchObject({ version: 4, origin: 'rollback', ofVersion: 1, entryCount: 3, author: 'key-1', importedAt: NOW + 3 * HOUR, confirmedAt: NOW, added: 3, changed: 0, removed: 1 });
    expect(await inForce()).toEqual({ 'LEA-1': 'FIR 112/2026', 'LEA-2': 'FIR 112/2026', 'LEA-3': 'FIR 112/2026' });
    expect(await rollbackList(db, { list: 'stolen', version: 2, author: null, at: NOW + 4 * HOUR })).toMatchObject({ version: 5, added: 1, changed: 1, removed: 1, entryCount: 3 });
    expect(await inForce()).toEqual({ 'LEA-2': 'FIR 112/2026', 'LEA-3': 'new', 'LEA-4': 'FIR 112/2026' });
  });

  test('does not go back to what is not there, or from what was not looked at', async () => {
    await expect(rollbackList(db, { list: 'none', version: 1, author: null, at: NOW })).rejects.toMatchObject({ code: 'LIST_NOT_FOUND' });
    await give([e('LEA-1')]);
    await expect(rollbackList(db, { list: 'stolen', version: 2, author: null, at: NOW })).rejects.toMatchObject({ code: 'LIST_VERSION_NOT_FOUND' });
    await expect(rollbackList(db, { list: 'stolen', version: 1, author: null, at: NOW, expectVersion: 2 })).rejects.toMatchObject({ code: 'LIST_BUSY' });
  });

  test('that was rolled back takes the bad file by hand, but not from its feed', async () => {
    const deliver = (sha256: string, mark: string, origin: 'file' | 'feed') => importList(db, { list: 'stolen', sha256, fileName: 'f', entries: [e(mark)], importedAt: NOW, origin });
    await deliver('good', 'LEA-1', 'feed');
    await deliver('bad', 'LEA-2', 'feed');
    await rollbackList(db, { list: 'stolen', version: 1, author: null, at: NOW });
    await addListEntry(db, { ...BY, entry: e('LEA-7') });
    await expect(deliver('bad', 'LEA-2', 'feed')).rejects.toMatchObject({ code: 'FEED_ROLLED_BACK', details: { version: 2 } });
    expect(await deliver('good', 'LEA-1', 'feed')).toMatchObject({ unchanged: true });
    expect(await deliver('better', 'LEA-3', 'feed')).toMatchObject({ version: 5 });
    expect(await deliver('bad', 'LEA-2', 'feed')).toMatchObject({ version: 6 });
    await rollbackList(db, { list: 'stolen', version: 5, author: null, at: NOW });
    expect(await deliver('bad', 'LEA-2', 'file')).toMatchObject({ version: 8 });
  });

  test('after any imports, deltas, persons and rollbacks holds what a plain reckoning holds, and every version can be brought back', async () => {
    const marks = ['LEA-1', 'LEA-2', 'LEA-3', 'LEA-4'];
    const row = fc.record({ mark: fc.constantFrom(...marks), reason: fc.constantFrom('a', 'b') });
    const rows = fc.uniqueArray(row, { selector: (r) => r.mark, minLength: 1, maxLength: 4 });
    const step = fc.oneof(
      fc.record({ do: fc.constant('replace' as const), rows }), fc.record({ do: fc.constant('delta' as const), rows, gone: fc.subarray(marks) }), fc.record({ do: fc.constant('back' as const), to: fc.nat(5) }),
    );
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      await database().clear();
      const versions: Record<string, string>[] = [];
      for (const s of steps) {
        const now = { ...versions.at(-1) };
        if (s.do === 'back') {
          if (versions.length === 0) continue;
          const to = 1 + (s.to % versions.length);
          await rollbackList(db, { list: 'stolen', version: to, author: null, at: NOW });
          versions.push({ ...versions[to - 1] });
          continue;
        }
        const gone = s.do === 'delta' ? s.gone.filter((m) => !s.rows.some((r) => r.mark === m)) : [];
        await give([...s.rows.map((r) => e(r.mark, { reason: r.reason })), ...gone.map((m) => withdrawn(m, 90))], { mode: s.do });
        if (s.do === 'replace') for (const m of marks) delete now[m];
        for (const m of gone) delete now[m];
        for (const r of s.rows) now[r.mark] = r.reason;
        versions.push(now);
      }
      expect(await inForce()).toEqual(versions.at(-1) ?? {});
      const [last] = await versionsOfList(db, 'stolen', { limit: 1 });
      expect(last?.entryCount ?? 0).toBe(Object.keys(versions.at(-1) ?? {}).length);
      const once = await rowsOf<{ n: number }>(db.orm, sql`select count(*)::integer as n from list_entries where id = any(${array(marks, 'text')}) and to_version is null group by id`);
      expect(once.every(({ n }) => n === 1)).toBe(true);
    }), { numRuns: 15 });
  });
});

onBothDatabases('what a person says of an entry', (database) => {
  let db: Database;
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
    await importList(db, { list: 'stolen', sha256: 'a', fileName: 'a.csv', entries: [e('LEA-1'), e('LEA-2')], importedAt: NOW });
  });
  const deliver = (sha256: string, entries: ListEntry[], importedAt = NOW + 2 * HOUR): Promise<ListImportResult> => importList(db, { list: 'stolen', sha256, fileName: `${sha256}.csv`, entries, importedAt });
  const stages = async (): Promise<unknown[]> => (await activeListEntries(db)).entries.map((x) => [x.id, x.stage]);

  test('is a version of one row, with who said it; the age of the list stays that of its file', async () => {
    expect(await addListEntry(db, { ...BY, entry: e('LEA-7') })).toMatchObject({ version: 2, entry: { id: 'LEA-7' } });
    expect(await versionsOfList(db, 'stolen', { limit: 1 })).toMatchObject([{ version: 2, origin: 'entry', author: 'key-1', entryCount: 3, added: 1, changed: 0, removed: 0, sha256: 'a', importedAt: NOW + HOUR, confirmedAt: NOW }]);
    expect(await rowsOf(db.orm, sql`select id, author from list_entries where from_version = 2`)).toEqual([{ id: 'LEA-7', author: 'key-1' }]);
  });

  test('can be the first of a list that settings made, which then is as old as it', async () => {
    await expect(addListEntry(db, { ...BY, list: 'road', entry: e('LEA-7', { list: 'road' }) })).rejects.toMatchObject({ code: 'LIST_NOT_FOUND' });
    await putListSettings(db, 'road', DEFAULT_LIST_SETTINGS);
    expect(await addListEntry(db, { ...BY, list: 'road', entry: e('LEA-7', { list: 'road' }) })).toMatchObject({ version: 1 });
    expect((await listOverviews(db, 'road'))[0]?.state).toMatchObject({ version: 1, confirmedAt: BY.at, entryCount: 1 });
  });

  test('added, stays when a file replaces the list, until the file has it too', async () => {
    await addListEntry(db, { ...BY, entry: e('LEA-7') });
    expect(await deliver('b', [e('LEA-1')])).toMatchObject({ rows: 2, removed: 1 });
    expect(await stages()).toEqual([['LEA-1', null], ['LEA-7', null]]);
    expect(await deliver('c', [e('LEA-1'), e('LEA-7')])).toMatchObject({ rows: 2, changed: 1 });
    expect(await deliver('d', [e('LEA-1')])).toMatchObject({ rows: 1, removed: 1 });
  });

  test('of its stage stands until the file says something new of the entry', async () => {
    await stageEntry(db, { ...BY, id: 'LEA-1', stage: 'recovered' });
    expect(await deliver('a', [], NOW + 2 * HOUR)).toMatchObject({ unchanged: true });
    expect(await deliver('b', [e('LEA-1'), e('LEA-3')])).toMatchObject({ changed: 0, added: 1 });
    expect(await stages()).toEqual([['LEA-1', 'recovered'], ['LEA-3', null]]);
    expect(await deliver('c', [e('LEA-1', { reason: 'stolen again' }), e('LEA-3')])).toMatchObject({ changed: 1 });
    expect(await stages()).toEqual([['LEA-1', null], ['LEA-3', null]]);
  });

  test('when it withdraws one is not undone by the next file, only by one that says something new, or a rollback', async () => {
    expect(await withdrawEntry(db, { ...BY, id: 'LEA-1' })).toMatchObject({ version: 2, entry: { id: 'LEA-1' } });
    expect(await deliver('b', [e('LEA-1'), e('LEA-2'), e('LEA-3')])).toMatchObject({ added: 1, withheld: 1, rows: 2 });
    expect(await deliver('c', [e('LEA-1'), e('LEA-2')])).toMatchObject({ withheld: 1, rows: 1 });
    expect(await deliver('d', [e('LEA-1', { reason: 'stolen again' }), e('LEA-2')])).toMatchObject({ added: 1, withheld: 0, rows: 2 });
    await withdrawEntry(db, { ...BY, id: 'LEA-1' });
    await rollbackList(db, { list: 'stolen', version: 5, author: null, at: NOW });
    expect((await stages()).map(([id]: any) => id)).toEqual(['LEA-1', 'LEA-2']);
  });

  test('reviews one by moving its date on', async () => {
    const { entry } = await reviewEntry(db, { ...BY, id: 'LEA-1' });
    expect(entry.reviewAt).toBe(BY.at + 28 * DAY);
    await putListSettings(db, 'stolen', { ...DEFAULT_LIST_SETTINGS, reviewDays: null });
    await expect(reviewEntry(db, { ...BY, id: 'LEA-1' })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  test('of an entry that is not in force, or on another list, is refused and changes nothing', async () => {
    for (const id of ['LEA-9', '']) {
      await expect(withdrawEntry(db, { ...BY, id })).rejects.toMatchObject({ code: 'ENTRY_NOT_FOUND' });
      await expect(stageEntry(db, { ...BY, id, stage: null })).rejects.toMatchObject({ code: 'ENTRY_NOT_FOUND' });
    }
    await putListSettings(db, 'road', DEFAULT_LIST_SETTINGS);
    await expect(reviewEntry(db, { ...BY, list: 'road', id: 'LEA-1' })).rejects.toMatchObject({ code: 'ENTRY_NOT_FOUND' });
    expect((await versionsOfList(db, 'stolen', { limit: 9 })).length).toBe(1);
  });

  test('by many at once is a version each, none lost', async () => {
    const other = await database().another();
    await Promise.all(Array.from({ length: 8 }, (_, i) => addListEntry(i % 2 === 0 ? db : other, { ...BY, entry: e(`LEA-${20 + i}`) })));
    expect((await versionsOfList(db, 'stolen', { limit: 20 })).map((v) => [v.version, v.entryCount])).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1].map((v) => [v, v + 1]));
  });
});
