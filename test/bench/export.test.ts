import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bench = (...args: string[]) => spawnSync(process.execPath, ['--import', 'tsx', 'bench/export.ts', ...args], { cwd: root, encoding: 'utf8' });

describe('npm run bench -- export', { timeout: 240_000 }, () => {
  it('ends with a line that scripts can read: how fast, and in how much memory', () => {
    const { status, stdout, stderr } = bench('--rows', '20000', '--plain-rows', '5000', '--format', 'ndjson');
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('Error')]);
    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(last).toMatch(/^export rows=20000 rows_per_s=\d+ rss_mb=\d+ plain_ratio=\d+\.\d /);
    const fields = Object.fromEntries(last.split(' ').slice(1).map((field) => field.split('='))) as Record<string, string>;
    expect(Number(fields['rss_mb'])).toBeLessThan(200);
    expect(fields).toMatchObject({ plain_rows: '5000' });
  });

  it.each([['--rows', 'many'], ['--format', 'xlsx']])('says what is wrong with %s %s', (name, value) => {
    const { status, stdout, stderr } = bench(name, value);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(name);
  });
});
