import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { asEntryExit, EqualStrings, exactPairs, insideEvidence, journeysOf, probablePairs, scorePairs, sightingsByKey, trulyInside } from '../../bench/journeys/measure.ts';
import { estimateInside } from '../../src/journey/inside-estimate.ts';
import { pairRules } from '../../src/pipeline/derivation.ts';
import { simulateCity } from '../../src/simulate/city.ts';
import { DAY, MORNING, quetta } from '../support/passes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bench = (...args: string[]) => spawnSync(process.execPath, ['--import', 'tsx', 'bench/journeys.ts', ...args], { cwd: root, encoding: 'utf8' });

describe('npm run bench -- journeys', { timeout: 120_000 }, () => {
  it('ends with a line that scripts can read, and says the same twice', () => {
    const run = (): string => {
      const { status, stdout, stderr } = bench('--vehicles', '1500', '--days', '2', '--seed', '7');
      expect([status, stderr]).toEqual([0, '']);
      return stdout.trimEnd().split('\n').at(-1) ?? '';
    };
    const line = run(), share = String.raw`\d(?:\.\d{4})?`;
    expect(line).toMatch(new RegExp(`^journeys precision=${share} recall=${share} inside_error=${share} baseline_precision=${share} baseline_recall=${share} clone_precision=${share} clone_recall=${share} convoy_precision=${share} convoy_recall=${share} `));
    expect(line).toMatch(/ vehicles=1500 days=2 seeds=7$/);
    expect(run()).toBe(line);
  });

  it.each([['--seed', 'first'], ['--vehicles', '5'], ['--days', '0']])('says what is wrong with %s %s', (name, value) => {
    const { status, stderr } = bench(name, value);
    expect(status).toBe(2);
    expect(stderr).toContain(`${name} must be a whole number`);
  });
});

describe('a city measured', () => {
  const register = quetta(), DAYS = 3;
  const measured = (rates: Partial<Parameters<typeof simulateCity>[1]>) => {
    const city = simulateCity(register, { seed: 3, vehicles: 4000, days: DAYS, startsAt: MORNING, clones: 0, twins: 0, convoys: 0, ...rates }), plain = new EqualStrings();
    const cameras = new Map(register.cameras.map((c) => [c.id, c]));
    const byKey = sightingsByKey(city.passes(), register, ({ pass, repeated }) => {
      const camera = cameras.get(pass.cameraId);
      if (camera && !repeated) plain.take(pass, camera.direction, camera.boundary);
    });
    const journeys = journeysOf(byKey), pairs = probablePairs(journeys, pairRules(register));
    return { city, journeys, pairs, plain, score: scorePairs([...exactPairs(journeys), ...asEntryExit(pairs, journeys)], city.truth.stays) };
  };
  const perfect = { misreads: 0, missed: 0, late: 0, repeats: 0, yearUnread: 0, provinceUnread: 0, provinceWrong: 0, classWrong: 0, down: 0, wrongClocks: 0, parked: 0 };

  it('with perfect cameras and readers has every stay paired, and nothing else', () => {
    const { score, plain, city, journeys, pairs } = measured(perfect);
    expect(score).toMatchObject({ precision: 1, recall: 1 });
    expect(scorePairs(plain.pairs, city.truth.stays)).toMatchObject({ precision: 1, recall: 1 });
    expect(pairs).toEqual([]);
    expect(estimateInside(insideEvidence(journeys, pairs, MORNING + DAYS * DAY)).estimate / trulyInside(city.truth)).toBeCloseTo(1, 1);
  });

  it('with those of every day has at least 99 of 100 pairs right and 95 of 100 stays found, where equal strings find fewer', () => {
    const { score, plain, city } = measured({});
    expect(score.precision).toBeGreaterThanOrEqual(0.99);
    expect(score.recall).toBeGreaterThanOrEqual(0.95);
    expect(scorePairs(plain.pairs, city.truth.stays).recall).toBeLessThan(score.recall - 0.05);
  });

  it('counts a pair of two vehicles, and one of two stays of one vehicle, as wrong', () => {
    const crossing = (at: number, passId: string) => ({ at, site: 'baleli', passId }), stays = [
      { vehicle: 0, entry: crossing(0, 'a'), exit: crossing(1, 'b'), seen: 2 }, { vehicle: 0, entry: crossing(2, 'c'), exit: crossing(3, 'd'), seen: 2 }, { vehicle: 1, entry: crossing(0, 'e'), exit: null, seen: 1 },
    ];
    expect(scorePairs([{ entry: 'a', exit: 'b' }, { entry: 'a', exit: 'd' }, { entry: 'e', exit: 'd' }], stays)).toEqual({ precision: 1 / 3, recall: 0.5, found: 3, right: 1, known: 2 });
  });
});
