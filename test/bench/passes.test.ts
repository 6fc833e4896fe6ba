import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONDITIONS } from '../../bench/passes/conditions.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bench = (...args: string[]) => spawnSync(process.execPath, ['--import', 'tsx', 'bench/passes.ts', ...args], { cwd: root, encoding: 'utf8' });

let reads: string;
beforeAll(async () => {
  reads = await mkdtemp(join(tmpdir(), 'darwaza-passes-'));
});
afterAll(() => rm(reads, { recursive: true, force: true }));

describe('npm run bench -- passes', { timeout: 180_000 }, () => {
  it('ends with a line that scripts can read, and says the same of the reads it kept', async () => {
    const run = (): string => {
      const { status, stdout, stderr } = bench('--only', 'two ways, large', '--vehicles', '3', '--seed', '3', '--reads', reads, '--misses');
      expect([status, stderr]).toEqual([0, '']);
      return stdout.trimEnd().split('\n').at(-1) ?? '';
    };
    const line = run(), share = String.raw`(?:\d\.\d{3}|-)`, kept = await readdir(reads);
    expect(line).toMatch(new RegExp(`^passes per_vehicle=${share} vote_right=${share} best_frame_right=${share} first_read_right=${share} direction_right=${share} provisional_ms=-?\\d+ vehicles=\\d+ missed=\\d+ doubled=\\d+ phantom=\\d+ `));
    expect(line).toMatch(/ scenes=1 seed=3$/);
    expect(kept).toEqual([expect.stringMatching(/^two-ways-large-[0-9a-f]{16}\.json\.gz$/)]);
    expect(run()).toBe(line);
    expect(await readdir(reads)).toEqual(kept);
  });

  it.each([['--seed', 'first'], ['--scenes', '0'], ['--vehicles', 'many']])('says what is wrong with %s %s', (name, value) => {
    const { status, stdout, stderr } = bench(name, value, '--reads', reads);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`${name} must be a whole number`);
  });

  it('names the conditions when none is meant', () => {
    const { status, stderr } = bench('--only', 'snow', '--reads', reads);
    expect(status).toBe(2);
    for (const { name } of CONDITIONS) expect(stderr).toContain(name);
  });
});

describe('the conditions', () => {
  const all = <T>(of: (c: (typeof CONDITIONS)[number]) => T): T[] => CONDITIONS.map(of);

  it('reach from 10 to 120 km/h, 5 to 25 frames a second, plates of 40 to 200 px', () => {
    expect([Math.min(...all((c) => c.speedKmh[0])), Math.max(...all((c) => c.speedKmh[1]))]).toEqual([10, 120]);
    expect([Math.min(...all((c) => c.fps)), Math.max(...all((c) => c.fps))]).toEqual([5, 25]);
    expect(Math.min(...all((c) => c.nearPlatePx))).toBeLessThan(50);
    expect(Math.max(...all((c) => c.nearPlatePx))).toBe(200);
  });

  it('have night, rain, blur, queues, parked vehicles and something in the way', () => {
    expect(new Set(all((c) => c.light))).toEqual(new Set(['day', 'dusk', 'night']));
    expect((['rain', 'queue', 'pole', 'blur', 'parked'] as const).filter((of) => !CONDITIONS.some((c) => Number(c[of]) > 0))).toEqual([]);
  });

  it('have names of their own', () => {
    expect(new Set(all((c) => c.name)).size).toBe(CONDITIONS.length);
  });
});
