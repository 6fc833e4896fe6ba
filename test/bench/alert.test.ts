import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bench = (...args: string[]) => spawnSync(process.execPath, ['--import', 'tsx', 'bench/alert.ts', ...args], { cwd: root, encoding: 'utf8' });

describe('npm run bench -- alert', { timeout: 240_000 }, () => {
  it('ends with a line that scripts can read: every hit at every client, once, and how soon', () => {
    const { status, stdout, stderr } = bench('--entries', '300', '--clients', '7', '--rate', '10', '--seconds', '3', '--every', '5');
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('Error')]);
    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(last).toMatch(/^alert p50_ms=\d+\.\d p99_ms=\d+\.\d lost=0 twice=0 /);
    const fields = Object.fromEntries(last.split(' ').slice(1).map((field) => field.split('='))) as Record<string, string>;
    expect(fields).toMatchObject({ clients: '7', hits: '6', entries: '300' });
    expect(Number(fields['p50_ms'])).toBeLessThanOrEqual(Number(fields['p99_ms']));
    expect(Number(fields['rate'])).toBeGreaterThan(1);
  });

  it('says what is wrong with its arguments', () => {
    const { status, stdout, stderr } = bench('--clients', 'many');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('--clients');
  });
});
