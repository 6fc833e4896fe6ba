import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DarwazaError } from '../../src/core/errors.ts';
import { DEFAULT_LIST_SETTINGS } from '../../src/list/list-settings.ts';
import type { ListFormat } from '../../src/list/parse-list.ts';
import type { ListImportHow, ListImportReport } from '../../src/pipeline/engine-interface.ts';
import { createImports } from '../../src/pipeline/imports.ts';
import { activeListEntries, listStates } from '../../src/store/active-list-entries.ts';
import { withdrawEntry } from '../../src/store/change-entry.ts';
import type { Database } from '../../src/store/database.ts';
import { putListSettings } from '../../src/store/list-settings-row.ts';
import { rowsOf } from '../../src/store/query.ts';
import { chunksOf } from '../list/chunks.ts';
import { onBothDatabases } from '../support/databases.ts';
import { MORNING } from '../support/passes.ts';

const HEADER = 'mark,kind,reason,owner,action,expires';
const csv = (...marks: string[]): string => [HEADER, ...marks.map((m) => `${m},stolen,FIR 1,CTD,stop,`)].join('\n');

onBothDatabases('a file of a list', (database, kind) => {
  let db: Database, dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'darwaza-imports-'));
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
  });
  const give = (content: string | Uint8Array, how: ListImportHow = {}): Promise<ListImportReport> => createImports(db, () => MORNING, dataDir).importList('stolen', 'stolen.csv', chunksOf(content), how);
  const state = async (): Promise<unknown> => ({ lists: await listStates(db), entries: (await activeListEntries(db)).entries });
  const leftOver = async (): Promise<number> => (await rowsOf(db.orm, sql`select 1 from list_import_rows union all select 1 from list_import_changes`)).length + (await readdir(join(dataDir, 'incoming'))).length;

  test('with any bytes is imported or refused as a whole: every fault has a line, and nothing is left over', async () => {
    await give(csv('LEA-1', 'LEA-2'));
    const good: Record<ListFormat, string> = { csv: csv('LEA-1', 'RIA-4521', 'LE*4201'), json: '', ndjson: '' };
    const items = ['LEA-1', 'RIA-4521', 'LE*4201'].map((mark) => ({ mark, kind: 'stolen', reason: 'FIR 1', owner: 'CTD', action: 'stop' }));
    good.json = JSON.stringify(items);
    good.ndjson = items.map((item) => JSON.stringify(item)).join('\n');
    const changed = fc.record({ at: fc.nat(500), byte: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(fc.asyncProperty(
      fc.constantFrom<ListFormat>('csv', 'json', 'ndjson'), fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.array(changed, { minLength: 1, maxLength: 4 })), fc.constantFrom<'replace' | 'delta'>('replace', 'delta'), fc.boolean(),
      async (format, given, mode, dryRun) => {
        const bytes = Array.isArray(given) ? new TextEncoder().encode(good[format]) : given;
        if (Array.isArray(given)) for (const { at, byte } of given) bytes[at % bytes.length] = byte;
        const before = await state();
        const report = await give(bytes, { format, mode, dryRun }).catch((error: unknown) => error);
        if (report instanceof DarwazaError) expect([report.code, await state()]).toEqual([expect.stringMatching(/^IMPORT_(UNUSABLE|BROKEN|EMPTY)$/), before]);
        else {
          const { refused, imported, version } = report as ListImportReport;
          for (const fault of refused) expect([fault.line >= 1, fault.message.length > 5]).toEqual([true, true]);
          if (dryRun) expect(await state()).toEqual(before);
          else expect(await listStates(db)).toMatchObject([{ version, entryCount: imported }]);
        }
        expect(await leftOver()).toBe(0);
      },
    ), { numRuns: kind === 'postgres' ? 60 : 40 });
  });

  test('names rows that another row repeats or that withdraw nothing, by line, among the other faults', async () => {
    await give(csv('LEA-1'));
    const rows = ['LEA-2,stolen,a,CTD,stop,,', 'LEA-2,stolen,a,CTD,stop,,', 'X,stolen,a,CTD,stop,,', 'LEA-9,stolen,,CTD,,,yes', 'LEA-2,stolen,a,CTD,stop,,'];
    const { refused, refusedCount, added } = await give([`${HEADER},withdraw`, ...rows].join('\n'), { mode: 'delta' });
    expect([refused.map((f) => [f.line, f.code]), refusedCount, added]).toEqual([[[3, 'ROW_REPEATED'], [4, 'MARK_INVALID'], [5, 'ENTRY_UNKNOWN'], [6, 'ROW_REPEATED']], 4, 1]);
  });

  test('says how many rows were left out because a person withdrew them', async () => {
    await give(csv('LEA-1', 'LEA-2'));
    const [entry] = (await activeListEntries(db)).entries;
    await withdrawEntry(db, { list: 'stolen', id: entry?.id ?? '', author: 'key-1', at: MORNING });
    expect(await give(csv('LEA-1', 'LEA-2', 'LEA-3'))).toMatchObject({ added: 1, withheld: 1, imported: 2, notes: [expect.stringContaining('1 rows were left out')] });
  });

  test('may name its columns as the list\'s settings say, or as whoever sends it says', async () => {
    await putListSettings(db, 'stolen', { ...DEFAULT_LIST_SETTINGS, kind: 'stolen', action: 'stop', owner: 'AVLS', columns: { mark: 'Reg No', expires: '' } });
    expect(await give('Reg No,Reason\nLEA-1,FIR 1')).toMatchObject({ imported: 1, refusedCount: 0 });
    expect(await give('Plate,Reason\nLEA-2,FIR 1', { columns: { mark: 'plate', expires: '' } })).toMatchObject({ imported: 1, refusedCount: 0 });
    await expect(give('Plate,Reason\nLEA-3,FIR 1')).rejects.toMatchObject({ code: 'IMPORT_UNUSABLE' });
  });

  test('of many rows is in force whole, and those of the version before are matched against until then', async () => {
    const first = Array.from({ length: 5000 }, (_, i) => `LEA-${i + 1}`), second = Array.from({ length: 5000 }, (_, i) => `LEB-${i + 1}`);
    await give(csv(...first));
    const other = await database().another(), seen = new Set<string>();
    const done = new AbortController();
    const watching = (async () => {
      while (!done.signal.aborted) {
        // PGlite answers without leaving the thread: files would never be read beside it.
        await new Promise((resolve) => setTimeout(resolve, 5));
        const { states, entries } = await activeListEntries(other);
        seen.add(`${states[0]?.version} ${entries.length} ${new Set(entries.map((e) => e.mark?.letters)).size}`);
      }
    })();
    await give(csv(...second)).finally(() => done.abort());
    await watching;
    expect([...seen].every((look) => look === '1 5000 1' || look === '2 5000 1')).toBe(true);
    expect(seen.has('1 5000 1')).toBe(true);
  });

  test('tells the first thousand of its faults and counts all', async () => {
    const { refused, refusedCount } = await give(csv('LEA-1', ...Array.from({ length: 700 }, () => 'X'), ...Array.from({ length: 700 }, () => 'LEA-1')));
    expect([refused.length, refusedCount, refused.at(-1)]).toEqual([1000, 1400, expect.objectContaining({ code: 'ROW_REPEATED' })]);
  });
});
