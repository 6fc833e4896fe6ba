import { beforeEach, describe, expect, test } from 'vitest';
import { createThreadIndexHost, type IndexHost } from '../../src/hit/index-host.ts';
import { createMatcher, type Matcher } from '../../src/hit/matcher.ts';
import type { ListEntry } from '../../src/list/entry.ts';
import type { IndexStep } from '../../src/list/list-indexes.ts';
import { addListEntry } from '../../src/store/change-entry.ts';
import type { Database } from '../../src/store/database.ts';
import { importList } from '../../src/store/import-list.ts';
import { PATCH_LIMIT } from '../../src/store/list-changes.ts';
import { onBothDatabases } from '../support/databases.ts';
import { createLocalIndexHost } from '../support/local-index-host.ts';
import { anEntry, aPass, HOUR, MORNING } from '../support/passes.ts';

const seen = (mark: string): Parameters<Matcher['match']>[0][number] => {
  const pass = aPass({ mark });
  if (pass.mark === null || pass.key === null) throw new Error('a pass without a mark');
  return { ...pass, mark: pass.mark, key: pass.key, siteId: 'baleli' };
};
const many = (count: number, from = 0): ListEntry[] => Array.from({ length: count }, (_, i) => anEntry({ mark: `LEA-${from + i + 1}` }));

/** A host that notes each step, and waits before those that begin with `hold`. */
function watched(hold: IndexStep['do'] | null = null): { readonly host: IndexHost; readonly steps: IndexStep['do'][]; release: () => void } {
  const inner = createLocalIndexHost(), steps: IndexStep['do'][] = [];
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    steps, release: () => release(),
    host: {
      ...inner,
      async run(step) {
        steps.push(step.do);
        if (step.do === hold && steps.filter((s) => s === hold).length > 1) await released;
        await inner.run(step);
      },
    },
  };
}

onBothDatabases('matching against the lists as they stand', (database) => {
  let db: Database;
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
  });
  const give = (list: string, sha256: string, entries: readonly ListEntry[], importedAt = MORNING): Promise<unknown> =>
    importList(db, { list, sha256, fileName: 'x.csv', entries, importedAt });
  const matcherWith = (host: IndexHost = createLocalIndexHost()): Matcher => createMatcher({ database: db, host, timeZone: 'Asia/Karachi', clock: () => MORNING });
  const matched = async (matcher: Matcher, ...marks: string[]): Promise<string[][]> =>
    (await matcher.match(marks.map(seen))).map((found) => found.filter(({ match }) => match.kind === 'exact' || match.kind === 'unread-part').map(({ match }) => `${match.entry.list} ${match.kind}`));

  test('without any list nothing matches', async () => {
    expect(await matched(matcherWith(), 'LEC-13-8447')).toEqual([[]]);
  });

  test('each pass gets its own matches, of every list', async () => {
    await give('stolen', 'a', [anEntry()]);
    await give('wanted', 'b', [anEntry({ list: 'wanted' }), anEntry({ list: 'wanted', mark: 'BGC-771' })]);
    expect((await matched(matcherWith(), 'LEC-13-8447', 'ZZZ-999', 'BGC-771')).map((m) => m.toSorted())).toEqual([['stolen exact', 'wanted exact'], [], ['wanted exact']]);
  });

  test('a match carries its list as it stood: version, age, settings', async () => {
    await give('stolen', 'a', [anEntry()]);
    await give('stolen', 'a', [], MORNING + HOUR);
    const [[found] = []] = await matcherWith().match([seen('LEC-13-8447')]);
    expect(found?.state).toMatchObject({ list: 'stolen', version: 1, confirmedAt: MORNING + HOUR, settings: { priority: 50 } });
  });

  test('an entry that comes or goes is in force at the next look, without reading the list again', async () => {
    await give('stolen', 'a', many(50));
    const { host, steps } = watched(), matcher = matcherWith(host);
    expect(await matched(matcher, 'LEA-7', 'LEA-900')).toEqual([['stolen exact'], []]);
    steps.length = 0;
    await give('stolen', 'b', [...many(49, 1), anEntry({ mark: 'LEA-900' })]);
    expect(await matched(matcher, 'LEA-1', 'LEA-7', 'LEA-900')).toEqual([[], ['stolen exact'], ['stolen exact']]);
    expect(steps).toEqual(['patch']);
  });

  test('an entry that another process adds is in force at the next look here', async () => {
    await give('stolen', 'a', many(5));
    const here = matcherWith(), there = await database().another();
    expect(await matched(here, 'RIZ-3725')).toEqual([[]]);
    await addListEntry(there, { list: 'stolen', author: 'k_1', at: MORNING, entry: anEntry({ mark: 'RIZ-3725' }) });
    expect(await matched(here, 'RIZ-3725')).toEqual([['stolen exact']]);
  });

  test('a list that nobody delivered or reviewed for its days has lapsed and matches no more, until it is delivered again', async () => {
    await give('stolen', 'a', [anEntry()], MORNING - 29 * 24 * HOUR);
    const matcher = matcherWith();
    expect(await matched(matcher, 'LEC-13-8447')).toEqual([[]]);
    await give('stolen', 'a', [], MORNING - HOUR);
    expect(await matched(matcher, 'LEC-13-8447')).toEqual([['stolen exact']]);
  });

  test('nothing is asked of the index while no list changed', async () => {
    await give('stolen', 'a', many(3));
    const { host, steps } = watched(), matcher = matcherWith(host);
    await matched(matcher, 'LEA-1');
    steps.length = 0;
    await matched(matcher, 'LEA-1');
    await give('stolen', 'a', [], MORNING + HOUR);
    await matched(matcher, 'LEA-1');
    expect(steps).toEqual([]);
  });

  test('several versions at once are one step', async () => {
    await give('stolen', 'a', many(5));
    const { host, steps } = watched(), matcher = matcherWith(host);
    await matched(matcher, 'LEA-1');
    for (const [i, sha] of ['b', 'c', 'd'].entries()) await give('stolen', sha, many(5, i + 1));
    steps.length = 0;
    expect(await matched(matcher, 'LEA-1', 'LEA-3', 'LEA-4', 'LEA-8')).toEqual([[], [], ['stolen exact'], ['stolen exact']]);
    expect(steps).toEqual(['patch']);
  });

  test('many who look at once get the same, and the list is read once', async () => {
    await give('stolen', 'a', many(20));
    const { host, steps } = watched(), matcher = matcherWith(host);
    const looks = await Promise.all(Array.from({ length: 6 }, () => matched(matcher, 'LEA-5')));
    expect(looks).toEqual(Array.from({ length: 6 }, () => [['stolen exact']]));
    expect(steps).toEqual(['begin', 'load', 'commit']);
  });

  test('a list that changed in many rows is read whole', async () => {
    await give('stolen', 'a', many(10));
    const { host, steps } = watched(), matcher = matcherWith(host);
    await matched(matcher, 'LEA-1');
    steps.length = 0;
    await give('stolen', 'b', many(PATCH_LIMIT + 1, 100));
    expect(await matched(matcher, 'LEA-1', 'LEA-3000')).toEqual([[], ['stolen exact']]);
    expect(steps).toEqual(['begin', 'load', 'load', 'commit']);
  });

  test('a pass may match by another class than exactly, as its list allows', async () => {
    await give('stolen', 'a', [anEntry({ mark: 'LEB-17-4201' })]);
    const matcher = matcherWith();
    expect(await matched(matcher, 'LEB-4201', 'LEB-16-4201')).toEqual([['stolen unread-part'], []]);
  });
});

onBothDatabases('a large list that changes while passes come', (database, kind) => {
  const LARGE = 21_000;
  const marks = (letters: string): ListEntry[] => Array.from({ length: LARGE }, (_, i) => anEntry({ list: 'tax', id: `${letters}${i}`, mark: `${letters}${String.fromCodePoint(65 + Math.floor(i / 9000))}-${1 + (i % 9000)}` }));
  test.runIf(kind === 'postgres')('is matched in its old version until the new one is read, and says so', async () => {
    const { db } = database();
    await importList(db, { list: 'tax', sha256: 'a', fileName: 'x.csv', entries: marks('LE'), importedAt: MORNING });
    const { host, release } = watched('commit'), matcher = createMatcher({ database: db, host, timeZone: 'Asia/Karachi', clock: () => MORNING });
    const matched = async (mark: string): Promise<number> => ((await matcher.match([seen(mark)]))[0] ?? []).filter(({ match }) => match.kind === 'exact').length;
    await matcher.caughtUp();
    expect([await matched('LEA-1'), matcher.behind()]).toEqual([1, false]);
    await importList(db, { list: 'tax', sha256: 'b', fileName: 'x.csv', entries: marks('RI'), importedAt: MORNING });
    expect([await matched('LEA-1'), await matched('RIB-7'), matcher.behind()]).toEqual([1, 0, true]);
    release();
    await matcher.caughtUp();
    expect([await matched('LEA-1'), await matched('RIB-7'), matcher.behind()]).toEqual([0, 1, false]);
    await matcher.close();
  });
});

describe('the index in a thread of its own', () => {
  const row = (serial: number, letters: string, number: string): string => JSON.stringify([serial, letters + number, letters, number, null, null, null]);
  const rules = [{ list: 'stolen', kinds: ['exact' as const], lookAlikes: 'hard' as const }];

  test('answers as the one in this thread does', async () => {
    const hosts = [createThreadIndexHost(), createLocalIndexHost()];
    const answers = await Promise.all(hosts.map(async (host) => {
      await host.run({ do: 'begin', with: ['stolen'] });
      await host.run({ do: 'load', with: ['stolen', [row(1, 'LEA', '1'), row(2, 'LEA', '2')].join('\n')] });
      await host.run({ do: 'commit', with: ['stolen'] });
      await host.run({ do: 'patch', with: ['stolen', row(3, 'LEA', '3'), [2]] });
      return host.find(['LEA-1', 'LEA-2', 'LEA-3'].map(seen), rules);
    }));
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.map((found) => found.map((f) => f.serial))).toEqual([[1], [], [3]]);
    await Promise.all(hosts.map((host) => host.close()));
  });

  test('tells of a fault, and of its end, instead of leaving anybody waiting', async () => {
    const host = createThreadIndexHost();
    await expect(host.run({ do: 'load', with: ['nobody', row(1, 'LEA', '1')] })).rejects.toThrow('nobody is not being loaded');
    expect(await host.find([seen('LEA-1')], rules)).toEqual([[]]);
    await host.close();
    await expect(host.find([seen('LEA-1')], rules)).rejects.toThrow('ended');
  });
});
