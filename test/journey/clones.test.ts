import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cloneLabel, clonesOf, oneCharacterAway, type CloneRules } from '../../src/journey/clones.ts';
import type { Finding } from '../../src/journey/finding.ts';
import { impossibleTrip, isSuspectTrip } from '../../src/journey/impossible-trips.ts';
import type { Sighting } from '../../src/journey/journey.ts';
import { fastestTrips, type LinkTime } from '../../src/journey/link-times.ts';
import { profileOf } from '../../src/journey/vehicles.ts';
import { localTime } from '../../src/journey/patterns.ts';
import { lookAlikeDistance } from '../../src/plate/key.ts';
import { quetta } from '../support/passes.ts';
import { mark, MORNING, sighting } from './sightings.ts';

const MINUTE = 60_000, register = quetta(), sites = new Map(register.sites.map((s) => [s.id, s]));
const placeOf: CloneRules['placeOf'] = ({ siteId }) => sites.get(siteId ?? '') ?? null;
const coloursDiffer: CloneRules['differences'] = (a, b) =>
  (a.vehicleColour !== null && b.vehicleColour !== null && a.vehicleColour !== b.vehicleColour ? [`${a.vehicleColour} and ${b.vehicleColour}`] : []);
const rules = (more: Partial<CloneRules> = {}): CloneRules => ({ placeOf, fastest: null, differences: coloursDiffer, neighbours: () => [], ...more });

/** Baleli in the north and Lak Pass in the south are 30 km apart: eleven minutes at 160 km/h. */
const north = (minutes: number, more: Partial<Sighting> = {}): Sighting => sighting('baleli', 'in', minutes, more);
const south = (minutes: number, more: Partial<Sighting> = {}): Sighting => sighting('lak-pass', 'out', minutes, more);
const middle = (minutes: number, more: Partial<Sighting> = {}): Sighting => sighting('sariab', 'unknown', minutes, more);
const found = (sightings: readonly Sighting[], more: Partial<CloneRules> = {}): Finding | undefined => clonesOf(sightings, rules(more))[0];

describe('a trip', () => {
  const trip = (minutes: number, more: Partial<CloneRules> = {}) => impossibleTrip(north(0), south(minutes), rules(more));

  it('is impossible when it is faster than 160 km/h in a straight line', () => {
    const impossible = trip(5);
    expect(impossible).toMatchObject({ bound: 'straight-line', tookMs: 5 * MINUTE, clockErrorMs: 10_000 });
    expect(impossible?.metres).toBeGreaterThan(29_000);
    expect(impossible?.metres).toBeLessThan(32_000);
    expect(impossible?.leastMs).toBeGreaterThan(11 * MINUTE);
  });

  it('is possible from then on, with the clocks granted their errors', () => {
    const leastMs = trip(5)?.leastMs ?? 0, at = (ms: number) => impossibleTrip(north(0), { ...south(0), capturedAt: MORNING + ms }, rules());
    expect(at(leastMs - 10_000)).toBeNull();
    expect(at(leastMs - 10_001)).not.toBeNull();
  });

  it('is never impossible within one site, to nowhere, or by a clock that is known to be wrong', () => {
    expect(impossibleTrip(north(0), sighting('baleli', 'out', 0), rules())).toBeNull();
    expect(impossibleTrip(north(0), { ...south(1), siteId: null }, rules())).toBeNull();
    expect(trip(5, { placeOf: () => null })).toBeNull();
    expect(trip(5, { clockErrorMs: (camera) => (camera.startsWith('lak') ? 6_000 : 2_000) })).toBeNull();
    expect(trip(5, { clockErrorMs: () => 2_000 })).toMatchObject({ clockErrorMs: 4_000 });
  });

  it('is impossible below the fastest hundredth less 15 % where that was learned', () => {
    const link: LinkTime = { from: 'baleli', to: 'lak-pass', band: 'morning', trips: 20, medianMs: 50 * MINUTE, madMs: MINUTE, p01Ms: 40 * MINUTE };
    const fastest = fastestTrips([link], localTime(300).hourOf);
    expect(trip(30, { fastest })).toMatchObject({ bound: 'learned', leastMs: 34 * MINUTE });
    expect(trip(34, { fastest })).toBeNull();
    expect(trip(5, { fastest })).toMatchObject({ bound: 'straight-line' });
    expect(trip(30, { fastest: fastestTrips([{ ...link, trips: 19 }], localTime(300).hourOf) })).toBeNull();
  });

  it('is looked at closely long before it is impossible, in either order', () => {
    const [a, b] = [sites.get('baleli'), sites.get('lak-pass')];
    if (a === undefined || b === undefined) throw new Error('the example city has both');
    expect(isSuspectTrip({ place: a, at: 0 }, { place: b, at: 15 * MINUTE })).toBe(true);
    expect(isSuspectTrip({ place: a, at: 15 * MINUTE }, { place: b, at: 0 })).toBe(true);
    expect(isSuspectTrip({ place: a, at: 0 }, { place: b, at: 20 * MINUTE })).toBe(false);
    expect(isSuspectTrip({ place: a, at: 0 }, { place: a, at: 0 })).toBe(false);
  });
});

describe('a mark that one vehicle can have carried', () => {
  it('is no finding', () => {
    expect(clonesOf([north(0), middle(30), south(60)], rules())).toEqual([]);
    expect(clonesOf([], rules())).toEqual([]);
  });

  it('is none whose provinces contradict: those are two lawful vehicles', () => {
    expect(clonesOf([north(0), south(5, { mark: mark({ jurisdiction: 'SD', year: null }) })], rules())).toEqual([]);
  });

  it('accuses nobody by a read that could be either of two vehicles', () => {
    const unread = mark({ year: null });
    expect(clonesOf([north(0), south(5, { mark: unread }), middle(600, { mark: mark({ year: '08' }) })], rules())).toEqual([]);
    expect(clonesOf([north(0), south(5, { mark: unread })], rules(), [profileOf(mark({ year: '08' }))])).toEqual([]);
  });
});

describe('two passes that no vehicle could make', () => {
  it('are a clone when both were read whole and surely', () => {
    const clone = found([north(0), south(5)]);
    expect(clone).toMatchObject({ kind: 'clone', label: 'clone', key: 'LEA1234', count: 1 });
    expect(clone?.summary).toContain('PB:LEA-07-1234');
    expect(clone?.evidence).toMatchObject([{ firm: true, figures: { seconds: 300, bound: 'straight-line', clockErrorSeconds: 10, unread: '', differs: '' }, passes: [{ siteId: 'baleli' }, { siteId: 'lak-pass' }] }]);
    expect(clone?.evidence[0]?.words).toContain('300 s later at lak-pass');
  });

  it('are a possible misread when one of them is not sure', () => {
    const doubt = found([north(0), south(5, { confidence: 0.89 })]);
    expect(doubt).toMatchObject({ label: 'possible-misread', evidence: [{ firm: false }] });
    expect(doubt?.evidence[0]?.words).toContain('only 89 % sure');
  });

  it.each([
    ['the province', { jurisdiction: null }, 'jurisdiction'], ['the year', { year: null }, 'year'], ['the district', { jurisdiction: 'PB', district: 'LAHORE' }, 'district'], ['a letter after the number', { suffix: 'A' }, 'suffix'],
  ] as const)('are one when %s was not read on both', (_what, parts, unread) => {
    expect(found([north(0), south(5, { mark: mark(parts) })])).toMatchObject({ label: 'possible-misread', evidence: [{ firm: true, figures: { unread } }] });
  });

  it('are one when neither shows the province, or a Punjab plate its year', () => {
    const plain = mark({ jurisdiction: null, year: null }), noYear = mark({ year: null });
    expect(found([north(0, { mark: plain }), south(5, { mark: plain })])).toMatchObject({ label: 'possible-misread', evidence: [{ figures: { unread: 'jurisdiction' } }] });
    expect(found([north(0, { mark: noYear }), south(5, { mark: noYear })])).toMatchObject({ label: 'possible-misread', evidence: [{ figures: { unread: 'year' } }] });
    const newer = mark({ letters: 'ABH', year: null, number: '041', series: 'PB-U' });
    expect(found([north(0, { mark: newer }), south(5, { mark: newer })])).toMatchObject({ label: 'clone' });
  });

  it('say so when the cameras saw different vehicles', () => {
    const words = found([north(0, { vehicleColour: 'white' }), south(5, { vehicleColour: 'black' })])?.evidence[0]?.words;
    expect(words).toContain('different vehicles: white and black');
  });

  it('are each in evidence once, whatever the order and repeats of the passes', () => {
    const passes = [north(0), middle(30), south(33), north(36), middle(90), south(91), south(130)];
    const expected = clonesOf(passes, rules());
    expect(expected[0]?.count).toBeGreaterThan(1);
    fc.assert(fc.property(fc.shuffledSubarray(passes, { minLength: passes.length }), fc.subarray(passes), (order, again) => {
      expect(clonesOf([...order, ...again], rules())).toEqual(expected);
    }));
  });

  it('are told from the fewest passes that are out of place', () => {
    const odd = south(31), clone = found([north(0), sighting('airport-road', 'unknown', 6), north(30, { direction: 'out', cameraId: 'baleli-out-1' }), odd, sighting('airport-road', 'unknown', 38)]);
    expect(clone?.evidence.map((e) => e.passes.map((p) => p.passId).includes(odd.passId))).toEqual([true]);
  });

  it('make two findings when two vehicles of different years are both cloned', () => {
    const other = mark({ year: '08' });
    const clones = clonesOf([north(0), south(5), north(0, { mark: other, sequence: 1 }), south(5, { mark: other, sequence: 1 })], rules());
    expect(new Set(clones.map((c) => c.id)).size).toBe(2);
  });

  it('belong to the same finding on every day', () => {
    expect(found([north(0), south(5)])?.id).toBe(found([south(4_000), north(4_005)])?.id);
  });
});

describe('a misread', () => {
  const neighbour = (siteId: string, minutes: number, more: Partial<Sighting> = {}): Sighting => sighting(siteId, 'unknown', minutes, { mark: mark({ number: '1284' }), ...more });
  const label = (seen: readonly Sighting[], more: Partial<CloneRules> = {}) => found([north(0), sighting('airport-road', 'unknown', 6), south(7)], { neighbours: () => seen, ...more })?.label;

  it('is likelier when a vehicle one character away was on its way past', () => {
    expect(label([])).toBe('clone');
    expect(label([neighbour('mian-ghundi', -5)])).toBe('possible-misread');
    expect(found([north(0), sighting('airport-road', 'unknown', 6), south(7)], { neighbours: () => [neighbour('mian-ghundi', -5)] })?.evidence[0]?.words).toContain('LEA-07-1284');
  });

  it('is not when that vehicle was elsewhere, long ago, read there itself, or looks otherwise', () => {
    expect(label([neighbour('baleli', 5)])).toBe('clone');
    expect(label([neighbour('mian-ghundi', -90)])).toBe('clone');
    expect(label([neighbour('mian-ghundi', -5), neighbour('lak-pass', 7)])).toBe('clone');
    expect(label([neighbour('mian-ghundi', -5), neighbour('baleli', 9)])).toBe('clone');
    const red = (s: Sighting): Sighting => ({ ...s, vehicleColour: 'red' });
    expect(found([north(0), sighting('airport-road', 'unknown', 6), south(7, { vehicleColour: 'white' })], { neighbours: () => [red(neighbour('mian-ghundi', -5))] })?.label).toBe('clone');
  });

  it('is looked for among all marks that differ by one character', () => {
    const away = oneCharacterAway('LEA1234');
    expect(away).toEqual(expect.arrayContaining(['LEA1284', 'IEA1234', 'LFA1234', 'LE41234', 'LEA123A']));
    expect(away).not.toContain('LEA1234');
    expect(new Set(away).size).toBe(away.length);
    for (const key of away) expect(lookAlikeDistance(key, 'LEA1234')).toBeLessThanOrEqual(1);
  });
});

describe('what evidence weighs', () => {
  const evidence = (bound: string, unread = '', differs = '', firm = true) => ({ id: bound, at: 0, firm, words: '', figures: { bound, unread, differs }, passes: [] });
  it.each([
    ['the straight line once', [evidence('straight-line')], 'clone'],
    ['a learned time once', [evidence('learned')], 'possible-misread'],
    ['a learned time once, with another vehicle seen', [evidence('learned', '', 'white and black')], 'possible-misread'],
    ['learned times twice', [evidence('learned'), evidence('learned')], 'clone'],
    ['the straight line once, province unread', [evidence('straight-line', 'jurisdiction')], 'possible-misread'],
    ['the straight line twice, province unread', [evidence('straight-line', 'jurisdiction'), evidence('straight-line', 'jurisdiction')], 'clone'],
    ['what is not firm, ever so often', Array.from({ length: 9 }, () => evidence('straight-line', '', 'white and black', false)), 'possible-misread'],
  ] as const)('%s', (_what, all, label) => expect(cloneLabel(all)).toBe(label));
});
