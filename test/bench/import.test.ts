import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createPostgresDatabase } from '../support/databases.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bench = (env: Record<string, string>, ...args: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', 'bench/import.ts', ...args], { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } });

describe('npm run bench -- import', { timeout: 120_000 }, () => {
  it.each(['csv', 'json', 'ndjson'])('imports %s and ends with a line that scripts can read', async (format) => {
    const url = await createPostgresDatabase('empty');
    const { status, stdout, stderr } = bench({ DATABASE_URL: url }, '--rows', '3000', '--plain-rows', '700', '--format', format);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^first: version 1, 3000 added, 0 changed, 0 removed, 0 refused$/m);
    expect(stdout).toMatch(/^second: version 2, 0 added, 30 changed, 0 removed, 0 refused$/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^import rows=3000 seconds=\d+\.\d rss_mb=\d+ plain_ratio=\d+\.\d\d us_per_row=\d+\.\d again_seconds=\d+\.\d rss_growth_mb=\d+ lookup_p99_ms=\d+\.\d plain_rows=700 plain_us_per_row=\d+\.\d$/,
    );
  });

  it.each([[['--rows', 'many'], /--rows must be a whole number/], [['--format', 'xml'], /csv, json, ndjson/]])('says what is wrong with %j', (args, message) => {
    const { status, stdout, stderr } = bench({}, ...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});
