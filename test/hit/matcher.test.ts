import { beforeEach, expect, test } from 'vitest';
import { createListWatch } from '../../src/hit/list-watch.ts';
import type { ListEntry } from '../../src/list/entry.ts';
import type { Database } from '../../src/store/database.ts';
import { importList } from '../../src/store/import-list.ts';
import { onBothDatabases } from '../support/databases.ts';
import { anEntry, HOUR, MORNING } from '../support/passes.ts';

onBothDatabases('watching the lists', (database) => {
  let db: Database;
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
  });
  const give = (list: string, sha256: string, entries: readonly ListEntry[], importedAt = MORNING): Promise<unknown> =>
    importList(db, { list, sha256, fileName: 'x.csv', entries, importedAt });

  test('without any list there is nothing to match', async () => {
    const { index, states } = await createListWatch(db).current();
    expect([index.size, states.size]).toEqual([0, 0]);
  });

  test('an unchanged list is read once', async () => {
    await give('stolen', 'a', [anEntry()]);
    const watch = createListWatch(db), { index } = await watch.current();
    expect(index.size).toBe(1);
    expect((await watch.current()).index).toBe(index);
  });

  test('a new version, and a new list, are seen at the next look', async () => {
    const watch = createListWatch(db);
    await give('stolen', 'a', [anEntry()]);
    await watch.current();
    await give('stolen', 'b', [anEntry({ mark: 'BCS-036' }), anEntry({ mark: 'BGC-771' })]);
    expect([...(await watch.current()).index.byKey.keys()].toSorted()).toEqual(['BCS36', 'BGC771']);
    await give('wanted', 'c', [anEntry({ list: 'wanted' })]);
    expect((await watch.current()).index.size).toBe(3);
  });

  test('a list delivered again unchanged is younger, and its entries are not read again', async () => {
    await give('stolen', 'a', [anEntry()]);
    const watch = createListWatch(db), before = await watch.current();
    await give('stolen', 'a', [], MORNING + HOUR);
    const after = await watch.current();
    expect(after.index).toBe(before.index);
    expect([before, after].map((w) => w.states.get('stolen')?.confirmedAt)).toEqual([MORNING, MORNING + HOUR]);
  });

  test('many who look at once get the same', async () => {
    await give('stolen', 'a', [anEntry()]);
    const watch = createListWatch(db), looks = await Promise.all(Array.from({ length: 5 }, () => watch.current()));
    expect(looks.map((l) => l.index.size)).toEqual([1, 1, 1, 1, 1]);
  });
});
