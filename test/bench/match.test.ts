import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bench = (options: readonly string[], ...args: string[]) => spawnSync(process.execPath, [...options, '--import', 'tsx', 'bench/match.ts', ...args], { cwd: root, encoding: 'utf8' });

describe('npm run bench -- match', { timeout: 120_000 }, () => {
  it('ends with a line that scripts can read: passes a second, memory, and how much slower SQL and a scan are in the same run', () => {
    const { status, stdout, stderr } = bench(['--expose-gc'], '--entries', '3000', '--passes', '600', '--lookups', '300', '--scans', '3');
    expect([status, stderr]).toEqual([0, '']);
    const line = stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(line).toMatch(/^match exact_per_s=\d+ all_per_s=\d+ mb_per_million=\d+\.\d sql_ratio=\d+ scan_ratio=\d+ entries=3000 passes=600 build_s=\d+\.\d$/);
    expect(stdout).toMatch(/^index, exact +600 /m);
    expect(stdout).toMatch(/^index, every class +600 .* [1-9]\d*$/m);
  });

  it.each([
    ['a number of entries that is none', ['--expose-gc'], ['--entries', 'many'], /--entries must be a whole number above 0/],
    ['a start without the means to measure memory', [], ['--entries', '10'], /npm run bench -- match/],
  ])('says what is wrong with %s', (_, options, args, message) => {
    const { status, stdout, stderr } = bench(options, ...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});
