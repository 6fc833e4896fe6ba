import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { knowsCamera } from '../../src/geo/register.ts';
import { ask } from '../../bench/store/columns.ts';
import { wholeCity } from '../../bench/store/city.ts';
import { planFor, WEEK } from '../../bench/store/plan.ts';
import { foldOfKey, FUNCTIONS, keyLater, passIdLater, PLAIN_KEY, profileLater, profileParts, skeletonOf } from '../../bench/store/shift.ts';
import { profileOf } from '../../src/journey/vehicles.ts';
import { capturedAtOfPassId, passId } from '../../src/pass/pass-id.ts';
import { foldOf, markKey, skeleton } from '../../src/plate/key.ts';
import { onBothDatabases } from '../support/databases.ts';
import { mark } from '../support/passes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bench = (...args: string[]) => spawnSync(process.execPath, ['--import', 'tsx', 'bench/store.ts', ...args], { cwd: root, encoding: 'utf8' });
// No cold askings: they empty the cache of the whole machine.
const SMALL = ['--passes', '20000', '--ingest', '1000', '--asked', '6', '--cold', '0', '--list', '500'];
const LAST_LINE = /^store passes=\d+ ingest_per_s=\d+ bytes_per_pass=\d+ timeline_p95_ms=\d+\.\d camera_p95_ms=\d+\.\d wildcard_p95_ms=\d+\.\d plain_ratio=\d+\.\d empty_ingest_per_s=(\d+|-) /;

describe('npm run bench -- store', { timeout: 300_000 }, () => {
  it('loads, keeps what it loaded, records on top of it and asks it, and ends with a line that scripts can read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'darwaza-bench-kept-'));
    try {
      const loaded = bench(...SMALL, '--keep', folder, '--load-only');
      expect([loaded.status, loaded.stderr]).toEqual([0, '']);
      const asked = bench(...SMALL, '--keep', folder, '--profile');
      expect([asked.status, asked.stderr]).toEqual([0, '']);
      expect(asked.stdout).toMatch(/holds 20000 passes already/);
      expect(asked.stdout).toMatch(/0 of \d+ journeys of 200 keys differ from what the program builds/);
      expect(asked.stdout).toMatch(/on top of what is stored: 1000 passes recorded/);
      for (const name of ['timeline', 'camera', 'wildcard', 'look_alikes', 'seen_at_both', 'inside_now', 'plain_wildcard']) expect(asked.stdout).toMatch(new RegExp(`^${name} +\\d+\\.\\d`, 'm'));
      expect(asked.stdout.trimEnd().split('\n').at(-1)).toMatch(LAST_LINE);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('asks the same of PGlite', () => {
    const { status, stdout, stderr } = bench(...SMALL, '--pglite');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(LAST_LINE);
    expect(stdout).toMatch(/database=pglite/);
  });

  it.each([
    [['--passes', 'many'], /--passes must be a whole number/], [['--passes', '500'], /from 20000 on/], [['--load-only'], /--load-only needs --keep/],
    [['--pglite', '--keep', '/tmp/x'], /leave out --pglite/],
  ])('says what is wrong with %j', (args, message) => {
    const { status, stdout, stderr } = bench(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});

describe('the city of the bench', () => {
  const city = wholeCity();

  it('has 225 sites and 1,400 cameras, the same every time, and every site has some', () => {
    expect([city.sites.length, city.cameras.length]).toEqual([225, 1400]);
    expect(wholeCity()).toEqual(city);
    expect(new Set(city.cameras.map((c) => c.siteId)).size).toBe(225);
    expect(knowsCamera(city, 'baleli-in-3')).toBe(true);
  });

  it('can be driven through from anywhere to anywhere', () => {
    const reached = new Set([city.sites[0]?.id]);
    for (let before = 0; before < reached.size;) {
      before = reached.size;
      for (const { from, to } of city.roads) if (reached.has(from) || reached.has(to)) reached.add(from).add(to);
    }
    expect(reached.size).toBe(225);
  });
});

describe('the plan', () => {
  it('is a year from 260,000 passes on, and fewer weeks below', () => {
    expect([20_000, 100_000, 260_000, 100_000_000].map((passes) => planFor(passes).weeks)).toEqual([4, 20, 52, 52]);
    expect(planFor(20_000).endsAt - planFor(20_000).startsAt).toBe(4 * WEEK);
    expect(() => planFor(19_999)).toThrow(RangeError);
  });
});

onBothDatabases('a row of the week, some weeks later', (database) => {
  const one = async <T>(expression: string): Promise<T> => (await ask<{ value: T }>(database().db.orm, `select ${expression} as value`))[0]?.value as T;
  const prepare = async (): Promise<void> => {
    for (const statement of FUNCTIONS.split(/;?\n(?=create)/).filter((text) => text.trim() !== '')) await ask(database().db.orm, statement);
  };

  it('has the id that a pass of that time has, but for the hash', async () => {
    await prepare();
    await fc.assert(fc.asyncProperty(fc.integer({ min: Date.UTC(2001, 0), max: Date.UTC(2090, 0) }), fc.integer({ min: 1, max: 51 }), async (at, k) => {
      const id = passId('camera', at, 0), later = await one<string>(passIdLater(`'${id}'::text`, `bench_ms('${id}')`, k));
      expect(capturedAtOfPassId(later)).toBe(at + k * WEEK);
      expect(later.slice(9)).toBe(id.slice(9));
    }), { numRuns: 30 });
  });

  it('has keys, folded as the program folds them, that no other week has', async () => {
    const keys = ['LEB4201', 'Q7', 'BCS36', 'ABC999'];
    for (const key of keys) {
      const later = await Promise.all(Array.from({ length: 9 }, (_, k) => one<string>(keyLater(`'${key}'::text`, k))));
      expect(new Set(later).size).toBe(9);
      for (const other of later) {
        expect(other).toMatch(PLAIN_KEY);
        expect(other.charAt(0)).toBe(key.charAt(0));
        expect(await one(skeletonOf(`'${other}'`))).toBe(skeleton(other));
        expect(await one(foldOfKey(`'${other}'`))).toBe(foldOf(other));
      }
    }
  });

  it('has the profile of its new mark', async () => {
    const seen = { ...mark('LEB-17-4201'), district: 'QUETTA CANTT' }, profile = `'${profileOf(seen)}'::text`;
    const later = await one<string>(profileLater(profile, `(${profileParts(profile)})`, `'LEB4201'::text`, 3));
    const [jurisdiction, district, letters, year, number] = JSON.parse(later) as string[];
    expect([jurisdiction, district, year]).toEqual([seen.jurisdiction, seen.district, seen.year]);
    expect(markKey({ letters: letters as string, number: number as string })).toBe(await one(keyLater(`'LEB4201'::text`, 3)));
  });
});
