import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { darwaza, type Finished } from '../support/command-line.ts';
import { createPostgresDatabase } from '../support/databases.ts';

let folder: string, settings: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-cli-lists-'));
  // A server's database: a command then takes a second and not the five that opening the embedded one takes.
  settings = { DATABASE_URL: await createPostgresDatabase('migrated'), DARWAZA_DATA_DIR: folder };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const HEADER = 'mark,kind,reason,owner,action,expires';
const run = (...args: string[]): Promise<Finished> => darwaza(args, settings);
async function file(name: string, content: string | object): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const json = ({ stdout }: Finished): any[] => stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));

describe('lists from the command line', () => {
  it('are made by settings, filled by a file of the department, and shown', async () => {
    const made = await run('list', 'set', 'stolen', await file('settings.json', { owner: 'AVLS', kind: 'stolen', action: 'stop', priority: 80 }));
    expect([made.code, made.stdout]).toEqual([0, 'stolen: made, with these settings.\n']);
    const columns = await file('avls.json', { mark: 'Reg No', reason: 'FIR', expires: '' });
    const imported = await run('import', 'list', 'stolen', await file('avls.csv', 'Reg No,FIR\nLEC-13-8447,FIR 1\nBCS-036,FIR 2\nX,FIR 3\n'), '--columns', columns);
    expect([imported.code, imported.stdout]).toEqual([1, 'stolen: version 1 with 2 rows is in force: 2 added, 0 changed, 0 removed.\n  1 row refused:\n  line 4, reg no: The mark "X" cannot be used: the text has letters but no number.\n']);
    const shown = await run('list', 'show', 'stolen');
    expect(shown.stdout).toMatch(/^stolen +1 +2 +0 +0 +20/m);
    expect(shown.stdout).toContain('"priority": 80');
    expect(json(await run('list', 'show', '--json'))).toMatchObject([{ list: 'stolen', version: 1, inForce: 2, stale: false, settings: { owner: 'AVLS' } }]);
  });

  it('show what a file would change before it does', async () => {
    const next = await file('next.json', [{ mark: 'LEC-13-8447', reason: 'FIR 1, recovered', stage: 'recovered' }, { mark: 'RIA-4521', reason: 'FIR 9' }]);
    const dry = await run('import', 'list', 'stolen', next, '--dry-run');
    expect([dry.code, dry.stdout.split('\n')]).toEqual([0, [
      'stolen: this file would make 2 rows: 1 added, 1 changed, 1 removed. Nothing was changed; version 1 is in force.',
      '  + PB:RIA-4521 (line 2)', '  ~ PB:LEC-13-8447 (line 1): reason "FIR 1" → "FIR 1, recovered", stage "" → "recovered"', '  - BCS-036', '',
    ]]);
    expect(json(await run('import', 'list', 'stolen', next, '--dry-run', '--json'))).toMatchObject([{ dryRun: true, version: 1, added: 1, changed: 1, removed: 1 }]);
    expect(json(await run('list', 'versions', 'stolen', '--json'))).toMatchObject([{ version: 1 }]);
  });

  it('are changed by a delta and rolled back', async () => {
    const delta = await file('delta.ndjson', `${JSON.stringify({ mark: 'BCS-036', withdraw: true })}\n${JSON.stringify({ mark: 'RIA-4521', reason: 'FIR 9' })}\n`);
    expect((await run('import', 'list', 'stolen', delta, '--delta')).stdout).toBe('stolen: version 2 with 2 rows is in force: 1 added, 0 changed, 1 removed.\n');
    expect((await run('list', 'rollback', 'stolen', '1')).stdout).toBe('stolen: version 3 holds the 2 entries of version 1: 1 came back, 0 changed back, 1 went.\n');
    const { stdout } = await run('list', 'versions', 'stolen');
    const cells = stdout.split('\n').slice(2, 5).map((line) => line.split(/ {2,}/));
    expect(cells.map(([version, , by, name]) => [version, by, name])).toEqual([['3', 'rollback to 1', 'avls.csv'], ['2', 'delta', 'delta.ndjson'], ['1', 'file', 'avls.csv']]);
  });

  it.each([
    [['list', 'rollback', 'stolen', '9'], 'LIST_VERSION_NOT_FOUND'], [['list', 'rollback', 'stolen', 'x'], 'ARGUMENT_INVALID'], [['list', 'versions', 'none'], 'LIST_NOT_FOUND'], [['list', 'show', 'none'], 'LIST_NOT_FOUND'],
    [['list', 'set', 'stolen', '/none.json'], 'FILE_NOT_FOUND'], [['list', 'set', 'No Name', '/none.json'], 'ARGUMENT_INVALID'], [['import', 'list', 'stolen', '/none.csv'], 'FILE_NOT_FOUND'],
  ])('%j is refused in one line', async (args, code) => {
    const { code: exit, stdout, stderr } = await run(...args);
    expect([exit, stdout, stderr.split('\n').length]).toEqual([1, '', 2]);
    expect(stderr).toMatch(new RegExp(`^${code}: `));
  });

  it('refuse settings and columns that cannot be used, saying what is wrong', async () => {
    for (const [content, word] of [['{', 'not JSON'], [{ priority: 500 }, 'priority'], [{ sites: ['nowhere'] }, 'nowhere']] as const) {
      const { code, stderr } = await run('list', 'set', 'stolen', await file('bad.json', content));
      expect([code, stderr]).toEqual([1, expect.stringContaining(word)]);
    }
    const { stderr } = await run('import', 'list', 'stolen', await file('some.csv', `${HEADER}\n`), '--columns', await file('columns.json', { plate: 'Reg No' }));
    expect(stderr).toContain('there is no column "plate"');
  });
});
