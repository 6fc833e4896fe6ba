/**
 * How right the journeys, the inside-now count and the findings are, on simulated cities whose truth is known.
 *
 *   npm run bench -- journeys [--seed N] [--vehicles N] [--days N]
 *
 * Without --seed the seeds 1 to 5, one line each, and their means in the last line. 200,000 vehicles and a week when not given (the inside-now count
 * learns from the days before: after 4 it is still 3 % off); 5 % of the
 * marks are misread, 2 % of the passes missed, 3 % come late, cameras go down, sites are cut off, marks are cloned (src/simulate/). No
 * threshold was set on these seeds: those of the findings on 11 to 13, those of the journeys on seed 1 of 20,000 to 100,000 vehicles.
 *
 * The last line is a contract for scripts:
 *   journeys precision=… recall=… inside_error=… baseline_precision=… baseline_recall=… clone_precision=… clone_recall=… convoy_precision=… convoy_recall=…
 * `precision`: of the pairs of an entry and an exit that the journeys name, exact and probable, those that are one stay of one vehicle. `recall`: of
 * the true stays both ends of which a camera captured (read right or wrong), those so paired. `inside_error`: |estimate / truth − 1| of the
 * vehicles that entered in the time and have not left at its end. `baseline_…`: the peer, pairing by the equal string as read in the order of
 * arrival. Clones: vehicles' marks; convoys: pairs of vehicles that travelled at least two trips over at least three sites together.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readRegister, type Register } from '../src/geo/register.ts';
import { estimateInside } from '../src/journey/inside-estimate.ts';
import { DEFAULT_MOST_COST } from '../src/journey/pair.ts';
import { localTime } from '../src/journey/patterns.ts';
import { findingsOfTraffic } from '../src/journey/traffic-findings.ts';
import { placesOf, vehicleDifferences } from '../src/pipeline/clone-search.ts';
import { pairRules } from '../src/pipeline/derivation.ts';
import { markKey } from '../src/plate/key.ts';
import { simulateCity, type CityTruth } from '../src/simulate/city.ts';
import { asEntryExit, EqualStrings, exactPairs, insideEvidence, journeysOf, probablePairs, scorePairs, sightingsByKey, trulyInside } from './journeys/measure.ts';

const { values } = parseArgs({ options: { seed: { type: 'string' }, vehicles: { type: 'string', default: '200000' }, days: { type: 'string', default: '7' } } });
const DAY_MS = 86_400_000, STARTS_AT = Date.parse('2026-11-01T00:00:00+05:00');
function whole(name: string, text: string, least: number): number {
  if (/^\d{1,8}$/.test(text) && Number(text) >= least) return Number(text);
  console.error(`${name} must be a whole number from ${least} on.`);
  process.exit(2);
}

const vehicles = whole('--vehicles', values.vehicles, 100), days = whole('--days', values.days, 1), seeds = values.seed === undefined ? [1, 2, 3, 4, 5] : [whole('--seed', values.seed, 0)];

const register = ((): Register => {
  const reading = readRegister(JSON.parse(readFileSync(new URL('../fixtures/quetta.json', import.meta.url), 'utf8')));
  if (reading.kind !== 'ok') throw new Error('fixtures/quetta.json has faults');
  return reading.register;
})();

type Figures = Readonly<Record<string, number>>;

function measure(seed: number): Figures {
  const city = simulateCity(register, { seed, vehicles, days, startsAt: STARTS_AT }), baseline = new EqualStrings(), cameras = new Map(register.cameras.map((c) => [c.id, c]));
  let passes = 0;
  const byKey = sightingsByKey(city.passes(), register, ({ pass, repeated }) => {
    const camera = cameras.get(pass.cameraId);
    passes++;
    if (camera && !repeated) baseline.take(pass, camera.direction, camera.boundary);
  });
  const journeys = journeysOf(byKey), pairs = probablePairs(journeys, pairRules(register, DEFAULT_MOST_COST)), { stays } = city.truth;
  const ours = scorePairs([...exactPairs(journeys), ...asEntryExit(pairs, journeys)], stays), probable = scorePairs(asEntryExit(pairs, journeys), stays), plain = scorePairs(baseline.pairs, stays);
  const inside = estimateInside(insideEvidence(journeys, pairs, STARTS_AT + days * DAY_MS)), trueInside = trulyInside(city.truth);
  return {
    precision: ours.precision, recall: ours.recall, inside_error: Math.abs(inside.estimate / trueInside - 1), baseline_precision: plain.precision, baseline_recall: plain.recall,
    ...findingFigures(byKey, city.truth), probable_precision: probable.precision, inside_plain_error: Math.abs(inside.plain / trueInside - 1), baseline_inside_error: Math.abs(baseline.inside / trueInside - 1), passes,
  };
}

function findingFigures(byKey: ReturnType<typeof sightingsByKey>, truth: CityTruth): Figures {
  const keyOf = (vehicle: number): string => markKey(truth.vehicles[vehicle]?.mark ?? { letters: '', number: '' });
  const found = findingsOfTraffic([...byKey.values()].flat(), { placeOf: placesOf(register), differences: vehicleDifferences, hourOf: localTime(300).hourOf });
  const clones = shares(new Set(found.clones.filter((f) => f.label === 'clone').map((f) => f.key)), new Set(truth.clones.map((c) => keyOf(c.original))));
  const convoys = shares(new Set(found.convoys.flatMap((f) => pairsAmong(f.keys))), new Set(truth.convoys.filter((c) => c.trips >= 2 && c.sites >= 3).flatMap((c) => pairsAmong(c.vehicles.map(keyOf)))));
  return { clone_precision: clones.precision, clone_recall: clones.recall, convoy_precision: convoys.precision, convoy_recall: convoys.recall };
}

function pairsAmong(keys: readonly string[]): string[] {
  return keys.flatMap((a, i) => keys.slice(i + 1).map((b) => [a, b].toSorted().join(' ')));
}

function shares(told: ReadonlySet<string>, real: ReadonlySet<string>): { readonly precision: number; readonly recall: number } {
  const right = [...told].filter((one) => real.has(one)).length;
  return { precision: told.size === 0 ? 1 : right / told.size, recall: real.size === 0 ? 1 : right / real.size };
}

function line(figures: Figures): string {
  return Object.entries(figures).map(([name, value]) => `${name}=${Number.isInteger(value) ? value : value.toFixed(4)}`).join(' ');
}

const all: Figures[] = [];
for (const seed of seeds) {
  const begun = performance.now(), figures = measure(seed);
  all.push(figures);
  console.log(`seed ${seed}: ${line(figures)} seconds=${((performance.now() - begun) / 1000).toFixed(0)}`);
}
const mean = (name: string): number => all.reduce((sum, f) => sum + (f[name] ?? 0), 0) / all.length;
const means = Object.fromEntries(Object.keys(all[0] ?? {}).map((name) => [name, name === 'passes' ? Math.round(mean(name)) : mean(name)]));
console.log(`journeys ${line(means)} vehicles=${vehicles} days=${days} seeds=${seeds.join()}`);
